"""The fast layer: stochastic simulation and the linear-noise engine of any declared model."""
