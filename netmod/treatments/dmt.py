"""Dimethyltryptamine."""

from __future__ import annotations

from netmod.models.declaration import Parameter
from netmod.treatments.declaration import Treatment
from netmod.treatments.dosing import repeated, single_doses
from netmod.treatments.psilocybin import MECHANISM

_TIMMERMANN = "Timmermann et al. 2023, doi:10.1073/pnas.2218949120"

DMT = Treatment(
    name="dmt",
    doc="20 mg into a vein, once",
    mechanism=MECHANISM,
    source=_TIMMERMANN,
    schedule=lambda parameters, target: repeated("dmt", 20.0, "mg", parameters),
    parameters=single_doses(
        _TIMMERMANN,
        dose=Parameter(20.0, "mg", 0.1, 60.0, "Each dose", _TIMMERMANN),
        unit="mg",
        doses=1,
        gap_d=21.0,
    ),
)
