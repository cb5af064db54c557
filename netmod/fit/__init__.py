"""Fits: parameters from data, through the differentiable linear engine; plans by search."""
