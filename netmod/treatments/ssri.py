"""A selective serotonin reuptake inhibitor."""

from __future__ import annotations

from collections.abc import Mapping

from netmod.models.declaration import Parameter
from netmod.treatments.declaration import Treatment

_DOSE = "proposal: the usual full dose from the first day"


def _course(parameters: Mapping[str, float], target: str | None):
    from netmod.plasticity.events import Dose

    days = round(7 * parameters["weeks"])
    return [Dose(24.0 * k, "escitalopram", parameters["dose_mg"] / 20.0) for k in range(days)]


SSRI = Treatment(
    name="ssri",
    doc="escitalopram 20 mg daily, twelve weeks",
    mechanism="transporter block raises 5-HT tone, held back until autoreceptors desensitise; tone "
    "acts through 5-HT1A currents and drives a chain of neurogenesis whose end raises TrkB, "
    "spines and the PV brake's opening in the hippocampus",
    source="proposal; compare Carhart-Harris et al. 2021, doi:10.1056/NEJMoa2032994",
    schedule=_course,
    parameters={
        "dose_mg": Parameter(20.0, "mg", 0.1, 100.0, "Each dose", _DOSE),
        "weeks": Parameter(12.0, "wk", 0.1, 104.0, "Length of the course", "proposal"),
    },
)
