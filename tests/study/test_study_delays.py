"""Delays and models of a study: they reach every scan and both engines, or are refused."""

import numpy as np
import pytest

from netmod.atlas import load_atlas
from netmod.errors import ConfigError
from netmod.study.engines import run_cells
from netmod.study.prepare import prepare

ARMS = ("healthy", "mdd")
SLOW = ["model.velocity_m_per_s=3"]


def read(scenario, atlas):
    cells = prepare(scenario, atlas).cells
    return cells, dict(run_cells(scenario, cells, lambda done: None))


@pytest.mark.parametrize("engine", [pytest.param("linear", marks=pytest.mark.slow), "sde"])
def test_delays_reach_every_scan(scenario_of, ten, engine):
    atlas = load_atlas(ten)
    at_once, late = scenario_of(engine, ARMS), scenario_of(engine, ARMS, SLOW)
    plain, plain_readings = read(at_once, atlas)
    cells, readings = read(late, atlas)
    assert all(c.parameters.delays_s is None for c in plain)
    for cell in cells:
        np.testing.assert_allclose(cell.parameters.delays_s, atlas.lengths_mm / 3e3)
    assert not {c.identity for c in plain} & {c.identity for c in cells}
    for before, after in zip(plain, cells, strict=True):
        a, b = plain_readings[before.identity], readings[after.identity]
        assert a.status == b.status == "ok"
        # delays do not move the fixed point, and slow waves hardly feel them
        np.testing.assert_array_equal(before.start[0], after.start[0])
        difference = np.abs(a.fc - b.fc).max()
        assert 1e-6 < difference < 0.2
    assert late.to_yaml() != at_once.to_yaml()


def test_a_step_longer_than_a_delay_is_refused(scenario_of, ten):
    scenario = scenario_of("sde", ARMS, ["model.velocity_m_per_s=100"])
    with pytest.raises(ConfigError, match="dt_ms is too large for the shortest delay"):
        read(scenario, load_atlas(ten))


@pytest.mark.parametrize(
    ("override", "what", "hint"),
    [
        ("model.velocity_m_per_s=0", "out of range", None),
        ("model.velocity_m_per_s=fast", "not a number", None),
        (
            "model.name=jansen_rit",
            "lesion and treatments do not act on this model",
            "write reduced_wong_wang; from Python, netmod.Network takes any model",
        ),
        ("model.name=jansen", "unknown model", None),
    ],
)
def test_what_a_scenario_refuses(scenario_of, override, what, hint):
    with pytest.raises(ConfigError) as caught:
        scenario_of("linear", ARMS, [override])
    assert what in str(caught.value)
    assert hint is None or hint in str(caught.value)
