"""Psilocybin."""

from __future__ import annotations

from netmod.models.declaration import Parameter
from netmod.treatments.declaration import Treatment
from netmod.treatments.dosing import repeated, single_doses

_TRIAL = "Carhart-Harris et al. 2021, doi:10.1056/NEJMoa2032994"

MECHANISM = (
    "acute: 5-HT2A occupancy flattens incoming weights where the receptor is dense "
    "(gain, excitation and noise operators are there and off); lasting: TrkB binding grows spines "
    "and lowers the PV brake"
)

PSILOCYBIN = Treatment(
    name="psilocybin",
    doc="25 mg by mouth, twice, three weeks apart",
    mechanism=MECHANISM,
    source=_TRIAL,
    schedule=lambda parameters, target: repeated("psilocybin", 25.0, "mg", parameters),
    parameters=single_doses(
        _TRIAL,
        dose=Parameter(25.0, "mg", 0.1, 100.0, "Each dose", _TRIAL),
        unit="mg",
        doses=2,
        gap_d=21.0,
    ),
)
