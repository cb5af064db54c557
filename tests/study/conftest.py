"""Studies of a made-up atlas that have run to the end, one for each engine."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest


def _known(name: str):
    """Import a helper by its name: test files are not on the path (importlib mode)."""
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    sys.modules[name] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


lab = _known("study_lab")
_known("claims_lab")

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
