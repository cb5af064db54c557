"""Treatments and modifiers: one file each treatment, registered here, declared without jax."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from netmod.treatments import modifiers
from netmod.treatments.declaration import Modifier, Treatment
from netmod.treatments.ect import ECT_BL
from netmod.treatments.psilocybin import PSILOCYBIN
from netmod.treatments.rtms import RTMS_10HZ, SHAM
from netmod.treatments.ssri import SSRI

TREATMENTS: Mapping[str, Treatment] = MappingProxyType(
    {t.name: t for t in (SHAM, RTMS_10HZ, ECT_BL, PSILOCYBIN, SSRI)}
)
"""Every treatment by its name."""

MODIFIERS: Mapping[str, Modifier] = MappingProxyType({m.name: m for m in modifiers.ALL})
"""Every modifier by its name."""

__all__ = ["MODIFIERS", "TREATMENTS", "Modifier", "Treatment"]
