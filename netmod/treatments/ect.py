"""Electroconvulsive therapy with three placements of the electrodes."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from netmod.models.declaration import Parameter
from netmod.treatments.declaration import Treatment
from netmod.treatments.weekdays import course, session_hours

_COURSE = "Oltedal et al. 2018, doi:10.1016/j.biopsych.2018.05.017"
_MECHANISM = (
    "the current drives a seizure that ends by itself; in every region that takes part, as much as "
    "it does, it raises BDNF, VEGF and the baseline of inhibition, remodels edges without "
    "direction, and lets young neurons be born"
)


def _shocks(montage: str) -> Callable:
    def schedule(parameters: Mapping[str, float], target: str | None) -> list:
        from netmod.plasticity.events import Shock

        hours = session_hours(int(parameters["sessions"]), int(parameters["days_a_week"]))
        return [Shock(time_h, montage, parameters["charge"]) for time_h in hours]

    return schedule


def _ect(name: str, montage: str, doc: str) -> Treatment:
    return Treatment(
        name=name,
        doc=doc,
        mechanism=_MECHANISM,
        source=f"course length: {_COURSE}",
        schedule=_shocks(montage),
        parameters={
            **course(11, 3, _COURSE, "shocks"),
            "charge": Parameter(
                1.0, "1", 0.0, 3.0,
                "Stimulus relative to the placement's usual dose; small ones give no seizure",
                "proposal",
            ),
        },
    )  # fmt: skip


ECT_BL = _ect("ect_bl", "bitemporal", "bilateral (bitemporal) ECT, 11 shocks, three a week")
ECT_RUL = _ect("ect_rul", "right_unilateral", "right unilateral ECT, 11 shocks, three a week")
ECT_BF = _ect("ect_bf", "bifrontal", "bifrontal ECT, 11 shocks, three a week")
