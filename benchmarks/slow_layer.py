"""The slow layer alone: all subjects of all arms over half a year on dk84.

The fast layer is stood in for: every shock is a reference seizure, rates stay as they are, and the
answers to surroundings are constant. What a node costs in a study, new fixed points above all, is
not in these times.
"""

from __future__ import annotations

from functools import lru_cache
from types import SimpleNamespace
from typing import Any

import numpy as np

from benchmarks.measure import Column, interleaved, peak_memory_mb
from benchmarks.networks import SEED
from netmod.atlas import load_atlas
from netmod.plasticity import PARAMETERS
from netmod.plasticity.anatomy import make_anatomy
from netmod.plasticity.environment import PATTERNS
from netmod.plasticity.events import Event, Session
from netmod.plasticity.slow import Course
from netmod.plasticity.state import People
from netmod.study.inhibition import grid_until
from netmod.treatments import TREATMENTS

ARMS = (
    "sham", "rtms_10hz", "rtms_1hz", "itbs_6wk", "ctbs", "saint", "ect_bl", "ect_rul",
    "psilocybin", "lsd", "dmt", "ketamine", "ssri", "placebo", "therapy", "psilocybin_rtms",
)  # fmt: skip
"""Treatments, each as declared; an untreated arm costs nothing and is left out."""

GOAL_S = 10.0
"""What 16 subjects, 16 arms and 26 weeks may take on two cores."""

COLUMNS = (
    Column("subjects", "subjects", "d"), Column("arms", "arms", "d"), Column("weeks", "weeks", "d"),
    Column("median_s", "s", ".2f"), Column("min_s", "min", ".2f"), Column("max_s", "max", ".2f"),
    Column("first_s", "first s", ".2f"), Column("slowest", "slowest arm"),
    Column("slowest_s", "s of it", ".2f"), Column("peak_memory_mb", "peak MB", ".0f"),
)  # fmt: skip


def cases(quick: bool) -> list[dict[str, Any]]:
    """Return the cases: the goal, and how it goes with subjects."""
    if quick:
        return [{"subjects": 2, "arms": 3, "weeks": 1}]
    return [{"subjects": n, "arms": len(ARMS), "weeks": 26} for n in (1, 16, 64)]


def measure(case: dict[str, Any], repeats: int) -> dict[str, Any]:
    """Measure one case; the first call also compiles the induction and makes its tables."""
    before = peak_memory_mb()
    arms = ARMS[: case["arms"]]
    nodes = grid_until(168.0 * case["weeks"])
    people = _people(case["subjects"])
    planned = {name: _events(name) for name in arms}
    # tables of induction are kept from the first call on, as a study keeps them
    times = interleaved(
        {
            "all": lambda: [_follow(planned[name], people, nodes) for name in arms],
            **{name: lambda name=name: _follow(planned[name], people, nodes) for name in arms},
        },
        repeats,
    )
    whole = times.pop("all")
    slowest = max(times, key=lambda name: times[name].median_s)
    return {
        **whole.row(),
        "first_s": whole.first_s,
        "slowest": slowest,
        "slowest_s": times[slowest].median_s,
        "arms_s": {name: timing.median_s for name, timing in times.items()},
        "goal_s": GOAL_S,
        "memory_before_mb": before,
        "float": "float64",
    }


def _events(name: str) -> list[Event]:
    treatment = TREATMENTS[name]
    declared = {key: parameter.default for key, parameter in treatment.parameters.items()}
    return list(treatment.schedule(declared, treatment.target))


@lru_cache(maxsize=8)
def _anatomy(places: frozenset[str]):
    return make_anatomy(load_atlas("dk84"), places, _constants())


def _constants() -> dict[str, float]:
    return {name: parameter.default for name, parameter in PARAMETERS.items()}


def _people(count: int) -> People:
    rng = np.random.default_rng([SEED, count])
    clearance, induction, stress = np.exp(rng.normal(0.0, 0.2, (3, count)))
    return People(clearance, induction, stress, tuple(range(count)))


def _follow(events: list[Event], people: People, nodes: list[float]) -> None:
    """Move one arm's subjects on to the last node."""
    constants = _constants()
    anatomy = _anatomy(frozenset(e.place for e in events if isinstance(e, Session)))
    shape = people.stress.size, anatomy.ht2a.size
    seizure = SimpleNamespace(power=np.full(shape, constants["seizure_reference_s"]))
    course = Course(
        events, people, anatomy, constants, nodes_h=nodes, discharge=lambda shock: seizure
    )
    activity = np.ones(shape)
    answers = dict.fromkeys(PATTERNS, (np.full(shape, 0.01),) * 3)
    for node in nodes:
        course.advance(node, activity, answers)
