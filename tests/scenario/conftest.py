"""Small registries, so that these tests do not depend on what ships."""

from types import MappingProxyType

import pytest

from netmod import treatments
from netmod.models.declaration import Parameter
from netmod.treatments.declaration import Modifier, Treatment

BASE = """\
schema_version: 1
name: test
seed: 7
atlas: dk84
engine: linear
model: {name: reduced_wong_wang, parameters: {G: 2}}
solver: {name: heun, dt_ms: 1}
scanner: {duration_s: 300, tr_s: 2}
cohort: {subjects: 8}
times: [baseline, 2 h, 1 d]
readout: {bootstrap: 500}
arms:
  mdd: {}
  rtms: {treatment: rtms_10hz, modifiers: [target_vertex], parameters: {sessions: 10}}
"""


def _treatment(name, target=None, **parameters):
    return Treatment(name, "doc", "mechanism", "source", lambda p, t: [], parameters, target)


TREATMENTS = MappingProxyType(
    {
        t.name: t
        for t in (
            _treatment("sham"),
            _treatment(
                "rtms_10hz",
                "dlpfc_left",
                sessions=Parameter(20.0, "1", 1.0, 60.0, "Number of sessions", "test"),
                frequency_hz=Parameter(10.0, "Hz", 1.0, 50.0, "Pulses per second", "test"),
            ),
            _treatment("ect_bl"),
            _treatment("psilocybin", dose_mg=Parameter(25.0, "mg", 0.0, 50.0, "Oral dose", "test")),
            _treatment("ssri"),
        )
    }
)
MODIFIERS = MappingProxyType(
    {
        "ketanserin": Modifier("ketanserin", "doc", "source", {"ht2a": 0.0}),
        "target_vertex": Modifier("target_vertex", "doc", "source", {}, "vertex"),
        "target_motor": Modifier("target_motor", "doc", "source", {}, "motor_left"),
    }
)


SHIPPED = treatments.TREATMENTS, treatments.MODIFIERS


@pytest.fixture
def shipped_registries(monkeypatch, small_registries):
    """What ships, for the tests that are about it."""
    monkeypatch.setattr(treatments, "TREATMENTS", SHIPPED[0])
    monkeypatch.setattr(treatments, "MODIFIERS", SHIPPED[1])


@pytest.fixture(autouse=True)
def small_registries(monkeypatch):
    monkeypatch.setattr(treatments, "TREATMENTS", TREATMENTS)
    monkeypatch.setattr(treatments, "MODIFIERS", MODIFIERS)


@pytest.fixture
def base():
    return BASE


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Write a config beside which the test runs, and return its relative path."""
    monkeypatch.chdir(tmp_path)

    def _write(text, name="c.yaml"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return name

    return _write
