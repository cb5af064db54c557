"""Treatments and modifiers: one file each treatment, registered here, declared without jax."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from netmod.treatments import modifiers
from netmod.treatments.ctbs import CTBS
from netmod.treatments.declaration import Modifier, Premedication, Treatment
from netmod.treatments.dmt import DMT
from netmod.treatments.ect import ECT_BF, ECT_BL, ECT_RUL
from netmod.treatments.itbs import ITBS, ITBS_6WK
from netmod.treatments.ketamine import KETAMINE
from netmod.treatments.lsd import LSD
from netmod.treatments.placebo import PLACEBO
from netmod.treatments.psilocybin import PSILOCYBIN
from netmod.treatments.psilocybin_rtms import PSILOCYBIN_RTMS
from netmod.treatments.rtms_1hz import RTMS_1HZ
from netmod.treatments.rtms_10hz import RTMS_10HZ
from netmod.treatments.saint import SAINT
from netmod.treatments.sham import SHAM
from netmod.treatments.ssri import SSRI, SSRI_SINGLE
from netmod.treatments.therapy import THERAPY

_ALL = (
    SHAM, RTMS_10HZ, RTMS_1HZ, ITBS, ITBS_6WK, CTBS, SAINT,
    ECT_BL, ECT_RUL, ECT_BF,
    PSILOCYBIN, LSD, DMT, KETAMINE,
    SSRI, SSRI_SINGLE,
    PLACEBO, THERAPY,
    PSILOCYBIN_RTMS,
)  # fmt: skip

TREATMENTS: Mapping[str, Treatment] = MappingProxyType({t.name: t for t in _ALL})
"""Every treatment by its name."""

MODIFIERS: Mapping[str, Modifier] = MappingProxyType({m.name: m for m in modifiers.ALL})
"""Every modifier by its name."""

__all__ = ["MODIFIERS", "TREATMENTS", "Modifier", "Premedication", "Treatment"]
