"""Psilocybin."""

from __future__ import annotations

from collections.abc import Mapping

from netmod.models.declaration import Parameter
from netmod.treatments.declaration import Treatment

_TRIAL = "Carhart-Harris et al. 2021, doi:10.1056/NEJMoa2032994"


def _course(parameters: Mapping[str, float], target: str | None):
    from netmod.plasticity.events import Dose

    return [
        Dose(24.0 * parameters["gap_d"] * k, "psilocybin", parameters["dose_mg"] / 25.0)
        for k in range(int(parameters["doses"]))
    ]


PSILOCYBIN = Treatment(
    name="psilocybin",
    doc="25 mg by mouth, twice, three weeks apart",
    mechanism="acute: 5-HT2A occupancy flattens incoming weights where the receptor is dense "
    "(gain, excitation and noise operators are there and off); lasting: TrkB binding grows spines "
    "and lowers the PV brake",
    source=_TRIAL,
    schedule=_course,
    parameters={
        "dose_mg": Parameter(25.0, "mg", 0.1, 100.0, "Each dose", _TRIAL),
        "doses": Parameter(2, "1", 1, 20, "Number of doses", _TRIAL, whole=True),
        "gap_d": Parameter(21.0, "d", 1.0, 365.0, "Days between doses", _TRIAL),
    },
)
