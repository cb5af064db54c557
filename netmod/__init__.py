"""netmod: what a treatment for depression does to a whole-brain network model.

A research simulator, not medical advice. See ``README.md`` for a walk through the rooms.
"""

__version__ = "0.1.0"
