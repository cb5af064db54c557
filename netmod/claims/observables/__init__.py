"""Observables of the ledger, one file for each family of rows."""

from netmod.claims.observables import (  # noqa: F401 (importing registers)
    across,
    common,
    ect,
    patient,
    psychedelics,
    rtms,
    ssri,
)
from netmod.claims.observables.registry import OBSERVABLES, Observable

__all__ = ["OBSERVABLES", "Observable"]
