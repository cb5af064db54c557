"""The people of a study, virtual or real: how they differ, and the lesion of depression."""

from netmod.cohort.declaration import PARAMETERS, POPULATIONS

__all__ = ["PARAMETERS", "POPULATIONS"]
