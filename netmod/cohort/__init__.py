"""Virtual people: populations, how subjects differ, and the lesion of depression."""

from netmod.cohort.declaration import PARAMETERS, POPULATIONS

__all__ = ["PARAMETERS", "POPULATIONS"]
