"""The slow layer: how drives over hours to months change the fast model's parameters."""

from netmod.plasticity.declaration import PARAMETERS

__all__ = ["PARAMETERS"]
