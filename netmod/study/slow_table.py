"""What a run leaves of the slow layer: the course of its states, and the seizures."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from netmod.atlas import Atlas
from netmod.plasticity.state import STAGES, STATES, SlowState
from netmod.study.store import DISCLAIMER, Store, frame_text, write_whole

if TYPE_CHECKING:
    import pandas as pd

    from netmod.plasticity.seizure import Seizures
    from netmod.study.courses import Courses
    from netmod.study.prepare import Cohort

PERSON = "person"
"""Where a state is that a subject has as a whole."""

CORTEX = "cortex"

REGION_SETS = ("dlpfc_left", "sgacc", "hippocampus", "amygdala", CORTEX)
"""Regions over which states are averaged: targets of the atlas, those that it has, and cortex."""

_NEUROGENESIS = "neurogenesis"
_STAGE_NAMES = ("proliferation", "survival", "growth", "maturation")

MEANINGS: Mapping[str, str] = {
    **{name: meaning for name, meaning in STATES.items() if name != _NEUROGENESIS},
    **{
        f"{_NEUROGENESIS}_{k + 1}": f"neurogenesis, {_STAGE_NAMES[k]}, 1 in the unstressed"
        for k in range(STAGES)
    },
    "efficacy": "early and late change of a region's outgoing synapses together, relative",
    "volume": "change of volume by neurons, glia, vessels and stress together, relative",
}
"""Every state of the table, with its meaning and unit."""

SLOW_COLUMNS = ("arm", "time_h", "state", "where", "mean", "sd")

SEIZURE_COLUMNS: Mapping[str, Mapping[str, str]] = {
    "arm": {"Description": "arm of the scenario"},
    "shock": {"Description": "number of the stimulus in the course, from 1"},
    "subject": {"Description": "virtual subject, the same person in every arm"},
    "duration_s": {
        "Description": "time after the stimulus in which the mean power of all regions exceeds "
        "the threshold; 0 without a seizure",
        "Units": "s",
    },
    "suppression": {
        "Description": "change of the amplitude after the seizure relative to that before the "
        "stimulus, median over regions",
        "Units": "1",
    },
    "spread": {"Description": "share of regions that discharge", "Units": "1"},
    **{
        f"power_{side}_hippocampus": {
            "Description": f"power of the discharge, mean over the {side} hippocampus: its length, "
            "were it full",
            "Units": "s",
        }
        for side in ("left", "right")
    },
}
"""Columns of ``group/seizures.tsv``."""

_DECIMALS = 12
"""What is smaller is rounding of sums, and differs between machines."""


def slow_table(courses: Courses, atlas: Atlas) -> pd.DataFrame:
    """Return the course of every state in every arm, over subjects.

    Parameters
    ----------
    courses : Courses
        With the trace of the slow layer.
    atlas : Atlas
        For the regions over which a state is averaged in each subject.

    Returns
    -------
    DataFrame
        Columns :data:`SLOW_COLUMNS`; one row for each arm, time, state (:data:`MEANINGS`) and
        place, in this order. ``where`` is one of :data:`REGION_SETS`, or ``person`` for what is no
        matter of regions. ``sd`` is over subjects, with n - 1; missing for a single one.
    """
    import pandas as pd

    sets = _region_sets(atlas)
    share = np.zeros((atlas.n_regions, len(sets)))
    for k, own in enumerate(sets.values()):
        share[list(own), k] = 1.0 / len(own)
    places = {name: k for k, name in enumerate(dict.fromkeys(arm for _, arm, _ in courses.trace))}
    moments = sorted(courses.trace, key=lambda moment: (places[moment[1]], moment[0]))
    labels = _labels(moments[0][2], tuple(sets))
    values = np.concatenate([_values(state, share) for *_, state in moments])
    alone = values.shape[1] < 2
    return pd.DataFrame(
        {
            "arm": np.repeat([arm for _, arm, _ in moments], len(labels)),
            "time_h": np.repeat([time_h for time_h, *_ in moments], len(labels)),
            "state": [name for name, _ in labels] * len(moments),
            "where": [where for _, where in labels] * len(moments),
            "mean": _rounded(values.mean(axis=1)),
            "sd": np.nan if alone else _rounded(values.std(axis=1, ddof=1)),
        }
    )


def seizure_table(
    seizures: Mapping[str, Sequence[Seizures]], subjects: Sequence[str], atlas: Atlas
) -> pd.DataFrame:
    """Return every seizure of every subject.

    Parameters
    ----------
    seizures : mapping of str to sequence of Seizures
        Of each arm with shocks, one entry a shock, with a lane for each subject.
    subjects : sequence of str
        Labels.
    atlas : Atlas
        For the hippocampus of each side; its power is missing where the atlas has none.

    Returns
    -------
    DataFrame
        Columns as in :data:`SEIZURE_COLUMNS`.
    """
    import pandas as pd

    hippocampus = atlas.targets.get("hippocampus", ())
    sides = {
        name: [region for region in hippocampus if atlas.hemisphere[region] == letter]
        for name, letter in (("left", "L"), ("right", "R"))
    }
    rows = [
        (
            arm, number, subject, found.duration_s[i], found.suppression[i], found.spread[i],
            *(found.power[i, own].mean() if own else np.nan for own in sides.values()),
        )
        for arm, course in seizures.items()
        for number, found in enumerate(course, 1)
        for i, subject in enumerate(subjects)
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=list(SEIZURE_COLUMNS))


def write_slow(cohort: Cohort, atlas: Atlas, store: Store) -> None:
    """Write ``group/slow_states.*`` and, where there were shocks, ``group/seizures.*``.

    Parameters
    ----------
    cohort : Cohort
        With its courses.
    atlas : Atlas
        For the regions.
    store : Store
        The study folder.
    """
    group = store.folder / "group"
    write_whole(group / "slow_states.tsv", frame_text(slow_table(cohort.courses, atlas)))
    write_whole(group / "slow_states.json", _dictionary(_slow_columns(tuple(_region_sets(atlas)))))
    if cohort.courses.seizures:
        subjects = [store.label(subject.name) for subject in cohort.subjects]
        table = seizure_table(cohort.courses.seizures, subjects, atlas)
        write_whole(group / "seizures.tsv", frame_text(table))
        write_whole(group / "seizures.json", _dictionary(SEIZURE_COLUMNS))
    else:  # an earlier scenario of the same folder may have had some
        for name in ("seizures.tsv", "seizures.json"):
            (group / name).unlink(missing_ok=True)


def _region_sets(atlas: Atlas) -> dict[str, tuple[int, ...]]:
    known = {**atlas.targets, CORTEX: tuple(np.flatnonzero(atlas.cortex).tolist())}
    return {name: known[name] for name in REGION_SETS if known.get(name)}


def _split(state: SlowState) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Return states by region, shape (subject, region), and those of a person, (subject,)."""
    regional, personal = {}, {}
    for name in (*STATES, "efficacy", "volume"):
        value = getattr(state, name)
        if name == _NEUROGENESIS:
            personal |= {f"{name}_{k + 1}": stage for k, stage in enumerate(value.T)}
        elif value.ndim == 1:
            personal[name] = value
        else:  # pools of several coil places add up
            regional[name] = value.sum(axis=0) if value.ndim == 3 else value
    return regional, personal


def _labels(state: SlowState, sets: Sequence[str]) -> list[tuple[str, str]]:
    """Return (state, where) of each row of :func:`_values`."""
    regional, personal = _split(state)
    labels = [(name, where) for name in regional for where in sets]
    return [*labels, *((name, PERSON) for name in personal)]


def _values(state: SlowState, share: np.ndarray) -> np.ndarray:
    """Return every state averaged over each set of regions, shape (row, subject)."""
    regional, personal = _split(state)
    averaged = (np.stack(list(regional.values())) @ share).swapaxes(1, 2)
    people = np.stack(list(personal.values()))
    return np.concatenate([averaged.reshape(-1, people.shape[1]), people])


def _rounded(values: np.ndarray) -> np.ndarray:
    return np.round(values, _DECIMALS) + 0.0  # no minus before zero


def _slow_columns(sets: Sequence[str]) -> dict[str, Mapping[str, object]]:
    places = {name: f"mean over the regions of {name}" for name in sets}
    return {
        "arm": {"Description": "arm of the scenario"},
        "time_h": {"Description": "hours from the first treatment", "Units": "h"},
        "state": {"Description": "state of the slow layer", "Levels": dict(MEANINGS)},
        "where": {
            "Description": "regions over which the state is averaged in each subject",
            "Levels": {**places, PERSON: "one value for the whole person"},
        },
        "mean": {"Description": "mean over subjects, in the unit of the state"},
        "sd": {"Description": "standard deviation over subjects (n - 1)"},
    }


def _dictionary(columns: Mapping[str, object]) -> str:
    return json.dumps({**columns, "Note": DISCLAIMER}, indent=1) + "\n"
