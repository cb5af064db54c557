"""The slow layer: how drives over hours to months change the fast model's parameters."""

from netmod.plasticity.declaration import ACTS_ON, PARAMETERS

__all__ = ["ACTS_ON", "PARAMETERS"]
