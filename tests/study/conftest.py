"""Studies of a made-up atlas that have run to the end, one for each engine."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

# test files are not on the path (importlib mode): this one is known by its name
_spec = importlib.util.spec_from_file_location(
    "study_lab", Path(__file__).with_name("study_lab.py")
)
lab = importlib.util.module_from_spec(_spec)
sys.modules["study_lab"] = lab
_spec.loader.exec_module(lab)

from netmod.scenario import load_scenario  # noqa: E402


@pytest.fixture(scope="session")
def ten(tmp_path_factory) -> Path:
    return lab.write_small_atlas(tmp_path_factory.mktemp("atlas") / "ten")


@pytest.fixture(scope="session")
def scenario_of(ten, tmp_path_factory):
    """Return a scenario on the small atlas."""
    folder = tmp_path_factory.mktemp("config")

    def read(engine="linear", arms=lab.ARMS, overrides=(), **lines):
        path = folder / "c.yaml"
        path.write_text(lab.config(ten, engine, arms, **lines))
        return load_scenario(path, overrides)

    return read


@pytest.fixture(scope="session")
def linear_study(scenario_of, tmp_path_factory) -> Path:
    return lab.finish(scenario_of("linear"), tmp_path_factory.mktemp("linear") / "s")


@pytest.fixture(scope="session")
def sde_study(scenario_of, tmp_path_factory) -> Path:
    return lab.finish(scenario_of("sde"), tmp_path_factory.mktemp("sde") / "s")


@pytest.fixture(params=["linear", "sde"])
def study(request) -> Path:
    """A finished study of either engine, to look at only."""
    return request.getfixturevalue(f"{request.param}_study")
