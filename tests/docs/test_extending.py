"""docs/extending.md runs, and its example model passes the checks of the models that ship."""

import importlib.util
import inspect
import re
from pathlib import Path

import numpy as np
import pytest

HERE = Path(__file__).resolve().parent


def load(path):
    """A file of tests as a module of its own."""
    spec = importlib.util.spec_from_file_location(f"docs_{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


CHECKS = load(HERE.parent / "models" / "test_every_model.py")
NAMES = [
    name
    for name, check in vars(CHECKS).items()
    if name.startswith("test_") and list(inspect.signature(check).parameters) == ["model"]
]


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """What the blocks of the page define."""
    return load(HERE / "blocks.py").run_page("docs/extending.md", tmp_path_factory.mktemp("docs"))


@pytest.fixture(scope="module")
def model(page):
    return page["HindmarshRose"]()


def test_there_are_checks():
    assert len(NAMES) > 10


@pytest.mark.parametrize("name", NAMES)
def test_example_model_passes_the_check(model, name):
    getattr(CHECKS, name)(model)


def test_example_model_is_declared_as_the_shipped_ones(model):
    assert re.search(r"doi:10\.\d+/", type(model).__doc__)
    for name, declared in model.parameters.items():
        assert declared.low <= declared.default <= declared.high, name
        assert declared.unit and declared.doc and declared.source, name
    assert set(model.noise_on) <= set(model.states)


def test_example_model_bursts(page, model):
    """Trains of spikes with pauses between, as published for this current."""
    assert (page["spikes"] >= 10).all()
    trace = page["traces"]["x"][0][:, 0]
    at = np.flatnonzero(np.diff((trace > 0).astype(int)) > 0)
    pauses = np.diff(at)
    assert pauses.max() > 4 * np.median(pauses)


def test_saturating_coupling_bounds_the_input(page):
    assert np.abs(page["x"]).max() < 5.0
    assert page["bounded"].model.link.name == "saturating"


def test_example_solver_has_its_order(page):
    error, order = page["error"], page["Midpoint"].order
    assert np.log2(error(64) / error(128)) == pytest.approx(order, abs=0.1)


def test_example_waveform_is_exact_and_reaches_one_region(page):
    wave = page["Decaying"](onset_s=0.1, tau_s=0.05)
    edges = np.linspace(0.0, 3.0, 7)
    pieces = wave.integral(edges[:-1], edges[1:])
    assert pieces.sum() == pytest.approx(0.05, rel=1e-12)
    t = np.linspace(0.1, 0.5, 20001)
    assert wave.integral(0.0, 0.5) == pytest.approx(
        np.trapezoid(np.exp(-(t - 0.1) / 0.05), t), rel=1e-6
    )
    assert page["answers"][0] > 0 and (page["answers"][1:] == 0).all()


def test_example_treatment_is_declared_as_the_shipped_ones_and_potentiates(page):
    from netmod.treatments import TREATMENTS

    treatment = page["RTMS_20HZ"]
    assert treatment.name not in TREATMENTS
    assert set(vars(treatment)) == set(vars(TREATMENTS["rtms_10hz"]))
    assert len(treatment.schedule(page["protocol"], "dlpfc_left")) == 5
    assert 0.0 < page["week"] < page["hour"] < 0.33
