"""What a run leaves of the slow layer, against sums by hand."""

import dataclasses
import hashlib
import json
import statistics
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from netmod.atlas import load_atlas
from netmod.plasticity.seizure import Seizures
from netmod.plasticity.state import STATES, SlowState
from netmod.study.courses import Courses
from netmod.study.frame import OWN, seal_study, verify_study
from netmod.study.slow_table import (
    MEANINGS,
    REGION_SETS,
    SEIZURE_COLUMNS,
    SLOW_COLUMNS,
    seizure_table,
    slow_table,
    write_slow,
)
from netmod.study.store import Store

SUBJECTS = 3
REGIONS = 10
PLACES = 2


@pytest.fixture(scope="module")
def atlas(ten):
    return load_atlas(str(ten))


def made_up(seed, subjects=SUBJECTS):
    """A slow state in which every number is another."""
    rng = np.random.default_rng(seed)
    shapes = {
        **dict.fromkeys(("early", "late", "bound"), (PLACES, subjects, REGIONS)),
        "neurogenesis": (subjects, 4),
        "lessons": (1, subjects, REGIONS),
        **dict.fromkeys(
            ("maturity", "autoreceptor", "stress", "tone", "occupancy_2a", "occupancy_nmda"),
            (subjects,),
        ),
    }
    names = [f.name for f in dataclasses.fields(SlowState) if f.name not in ("learned", "turnover")]
    return SlowState(**{n: rng.normal(1.0, 0.3, shapes.get(n, (subjects, REGIONS))) for n in names})


def courses_of(subjects=SUBJECTS, seizures=None):
    trace = tuple(
        (time_h, arm, made_up(10 * k + len(arm), subjects))
        for k, time_h in enumerate((0.0, 0.5, 24.0))
        for arm in ("ssri", "ect_bl")
    )
    return Courses((), (), trace, seizures or {})


def shocks(count, subjects=SUBJECTS):
    rng = np.random.default_rng(3)
    return tuple(
        Seizures(*(rng.uniform(0, 9, shape)
                   for shape in ((subjects,), (subjects, REGIONS), (subjects,), (subjects,))))
        for _ in range(count)
    )  # fmt: skip


def row(table, **keys):
    chosen = table
    for column, value in keys.items():
        chosen = chosen[chosen[column] == value]
    assert len(chosen) == 1
    return chosen.iloc[0]


def test_means_and_deviations_by_hand(atlas):
    courses = courses_of()
    table = slow_table(courses, atlas)
    state = next(s for t, arm, s in courses.trace if (t, arm) == (24.0, "ect_bl"))
    cortex = [k for k, kind in enumerate(atlas.kind) if kind == "cortex"]
    hand = {
        ("bdnf", "hippocampus"): [(state.bdnf[s, 4] + state.bdnf[s, 9]) / 2 for s in range(3)],
        ("early", "dlpfc_left"): [state.early[0, s, 0] + state.early[1, s, 0] for s in range(3)],
        ("efficacy", "sgacc"): [
            sum(x[place, s, region] for x in (state.early, state.late) for place in range(PLACES)
                for region in (1, 6)) / 2
            for s in range(3)
        ],
        ("volume", "amygdala"): [
            state.neurons[s, 4] + state.glia[s, 4] + state.vessels[s, 4] + state.atrophy[s, 4]
            for s in range(3)
        ],
        ("brake", "cortex"): [sum(state.brake[s, k] for k in cortex) / 8 for s in range(3)],
        ("neurogenesis_3", "person"): [state.neurogenesis[s, 2] for s in range(3)],
        ("tone", "person"): list(state.tone),
    }  # fmt: skip
    for (name, where), values in hand.items():
        found = row(table, arm="ect_bl", time_h=24.0, state=name, where=where)
        assert found["mean"] == pytest.approx(statistics.mean(values), abs=2e-12), (name, where)
        assert found["sd"] == pytest.approx(statistics.stdev(values), abs=2e-12), (name, where)


def test_every_state_at_every_place_and_time(atlas):
    table = slow_table(courses_of(), atlas)
    assert tuple(table.columns) == SLOW_COLUMNS
    assert not table.duplicated(["arm", "time_h", "state", "where"]).any()
    assert set(table["state"]) == set(MEANINGS)
    assert set(STATES) - set(MEANINGS) == {"neurogenesis"}
    personal = set(table[table["where"] == "person"]["state"])
    assert personal == {
        "maturity", "autoreceptor", "stress", "tone", "occupancy_2a", "occupancy_nmda",
        *(f"neurogenesis_{k}" for k in range(1, 5)),
    }  # fmt: skip
    regional = set(MEANINGS) - personal
    assert len(table) == 2 * 3 * (len(personal) + len(regional) * len(REGION_SETS))
    assert list(table["arm"].unique()) == ["ssri", "ect_bl"]  # as they come in the study
    for _, own in table.groupby("arm"):
        assert own["time_h"].is_monotonic_increasing


def test_regions_that_the_atlas_lacks_are_left_out(atlas):
    poor = dataclasses.replace(atlas, targets={"sgacc": (1, 6)})
    assert set(slow_table(courses_of(), poor)["where"]) == {"sgacc", "cortex", "person"}
    below = dataclasses.replace(atlas, targets={}, kind=("subcortex",) * REGIONS)
    assert set(slow_table(courses_of(), below)["where"]) == {"person"}


def test_one_subject_has_no_deviation(atlas):
    table = slow_table(courses_of(1), atlas)
    assert table["sd"].isna().all() and table["mean"].notna().all()


def test_equal_subjects_do_not_differ_by_rounding(atlas):
    state = made_up(1)
    for f in dataclasses.fields(state):
        value = getattr(state, f.name)
        if value is not None:
            setattr(state, f.name, np.full(value.shape, 0.1))
    table = slow_table(Courses((), (), ((0.0, "mdd", state),), {}), atlas)
    assert (table["sd"] == 0).all()
    assert row(table, state="spines", where="cortex")["mean"] == 0.1


def test_seizures_by_hand(atlas):
    course = shocks(2)
    table = seizure_table({"ect_bl": course, "ect_rul": course[:1]}, ("01", "02", "03"), atlas)
    assert list(table.columns) == list(SEIZURE_COLUMNS)
    assert len(table) == 3 * (2 + 1)
    found = row(table, arm="ect_bl", shock=2, subject="03")
    assert found["duration_s"] == course[1].duration_s[2]
    assert found["suppression"] == course[1].suppression[2]
    assert found["spread"] == course[1].spread[2]
    assert found["power_left_hippocampus"] == course[1].power[2, 4]
    assert found["power_right_hippocampus"] == course[1].power[2, 9]
    left = dataclasses.replace(atlas, targets={"hippocampus": (4,)})
    table = seizure_table({"ect_bl": course}, ("01", "02", "03"), left)
    assert table["power_left_hippocampus"].notna().all()
    assert table["power_right_hippocampus"].isna().all()


@pytest.fixture
def written(atlas, tmp_path):
    """Write the slow files of two runs into the same folder; return what is there."""

    def write(seizures):
        subjects = tuple(SimpleNamespace(name=str(k + 1)) for k in range(SUBJECTS))
        cohort = SimpleNamespace(courses=courses_of(seizures=seizures), subjects=subjects)
        write_slow(cohort, atlas, Store(tmp_path, atlas.name, atlas.region, 2))
        return {p.name: p for p in (tmp_path / "group").iterdir()}

    return write


def test_files_have_their_dictionary_and_the_same_bytes(written, tmp_path):
    found = written({"ect_bl": shocks(2)})
    assert set(found) == {f"{n}.{e}" for n in ("slow_states", "seizures") for e in ("tsv", "json")}
    first = {name: hashlib.sha256(path.read_bytes()).digest() for name, path in found.items()}
    for name in ("slow_states", "seizures"):
        table = pd.read_csv(found[f"{name}.tsv"], sep="\t", dtype={"subject": str})
        columns = json.loads(found[f"{name}.json"].read_text())
        assert set(columns) == {*table.columns, "Note"}
        assert "not medical advice" in columns["Note"]
        for column in ("state", "where") if name == "slow_states" else ():
            assert set(columns[column]["Levels"]) == set(table[column])
    assert set(table["subject"]) == {"01", "02", "03"}
    again = written({"ect_bl": shocks(2)})
    assert {n: hashlib.sha256(p.read_bytes()).digest() for n, p in again.items()} == first
    seal_study(tmp_path)
    assert verify_study(tmp_path) == 0
    owned = {path for pattern in OWN for path in tmp_path.glob(pattern)}
    assert set(again.values()) <= owned


def test_seizures_of_an_earlier_scenario_go(written):
    written({"ect_bl": shocks(1)})
    assert set(written({})) == {"slow_states.tsv", "slow_states.json"}
