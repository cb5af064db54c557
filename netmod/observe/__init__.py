"""Observation: neural activity as a scanner gives it."""
