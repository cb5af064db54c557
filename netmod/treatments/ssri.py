"""A selective serotonin reuptake inhibitor: a course, and one dose."""

from __future__ import annotations

from collections.abc import Mapping

from netmod.models.declaration import Parameter
from netmod.treatments.declaration import Treatment
from netmod.treatments.dosing import doses_of

_DOSE = "proposal: the usual full dose from the first day"
_MECHANISM = (
    "transporter block raises 5-HT tone, held back until autoreceptors desensitise; tone "
    "acts through 5-HT1A currents and drives a chain of neurogenesis whose end raises TrkB, "
    "the PV brake's opening, most in the hippocampus"
)


def _daily(parameters: Mapping[str, float], target: str | None) -> list:
    from netmod.plasticity.pharmacology import adherent

    days = range(max(1, round(7 * parameters["weeks"])))
    doses = doses_of("escitalopram", parameters["dose_mg"] / 20.0, [24.0 * k for k in days])
    return list(adherent(doses, parameters["adherence"], int(parameters["adherence_seed"])))


def _single(parameters: Mapping[str, float], target: str | None) -> list:
    return doses_of("escitalopram", parameters["dose_mg"] / 20.0, [0.0])


SSRI = Treatment(
    name="ssri",
    doc="escitalopram 20 mg daily, twelve weeks",
    mechanism=_MECHANISM,
    source="proposal; compare Carhart-Harris et al. 2021, doi:10.1056/NEJMoa2032994",
    schedule=_daily,
    parameters={
        "dose_mg": Parameter(20.0, "mg", 0.1, 100.0, "Each dose", _DOSE),
        "weeks": Parameter(12.0, "wk", 0.1, 104.0, "Length of the course", "proposal"),
        "adherence": Parameter(
            1.0, "1", 0.0, 1.0, "Share of the doses that is taken", "proposal: all of them"
        ),
        "adherence_seed": Parameter(
            0, "1", 0, 2**31, "Which doses are missed", "any whole number", whole=True
        ),
    },
)

SSRI_SINGLE = Treatment(
    name="ssri_single",
    doc="escitalopram 20 mg, once",
    mechanism=_MECHANISM,
    source="Schaefer et al. 2014, doi:10.1016/j.cub.2014.08.024",
    schedule=_single,
    parameters={"dose_mg": Parameter(20.0, "mg", 0.1, 100.0, "The dose", _DOSE)},
)
