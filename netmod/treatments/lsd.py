"""Lysergic acid diethylamide."""

from __future__ import annotations

from netmod.models.declaration import Parameter
from netmod.treatments.declaration import Treatment
from netmod.treatments.dosing import repeated, single_doses
from netmod.treatments.psilocybin import MECHANISM

_HOLZE = "recalled: Holze et al. 2019, doi:10.1007/s40262-018-0718-7"

LSD = Treatment(
    name="lsd",
    doc="100 ug by mouth, once",
    mechanism=MECHANISM,
    source=_HOLZE,
    schedule=lambda parameters, target: repeated("lsd", 100.0, "ug", parameters),
    parameters=single_doses(
        _HOLZE,
        dose=Parameter(100.0, "ug", 1.0, 500.0, "Each dose", _HOLZE),
        unit="ug",
        doses=1,
        gap_d=21.0,
    ),
)
