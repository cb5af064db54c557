"""A small anatomy, a few people, and one way to follow them through a treatment."""

from dataclasses import fields
from types import SimpleNamespace

import numpy as np
import pytest

from netmod.plasticity import PARAMETERS
from netmod.plasticity.anatomy import Anatomy
from netmod.plasticity.environment import PATTERNS
from netmod.plasticity.events import Dose, Session, Shock, Surroundings
from netmod.plasticity.pulses import PulseTrain
from netmod.plasticity.slow import Course
from netmod.plasticity.state import People, SlowState
from netmod.treatments import TREATMENTS

CONSTANTS = {name: parameter.default for name, parameter in PARAMETERS.items()}
ANATOMY = Anatomy(
    field={
        "left": np.array([1.0, 0.6, 0.1, 1e-9, 0.0]),
        "right": np.array([1e-9, 0.1, 0.6, 1.0, 0.0]),
    },
    ht2a=np.array([1.0, 0.8, 0.5, 0.2, 0.0]),
    ht1a=np.array([0.3, 1.0, 0.5, 0.2, 0.7]),
    hippocampus=np.array([False, False, False, False, True]),
)
ONE = People(np.ones(1), np.ones(1), np.ones(1), (1,))
HEALTHY = People(np.ones(1), np.ones(1), np.zeros(1), (1,))
THREE = People(
    np.array([0.7, 1.0, 1.4]), np.array([1.2, 1.0, 0.8]), np.array([0.0, 1.0, 1.3]), (1, 2, 3)
)


HIGH = PulseTrain(10.0, 400, 4.0, 26.0)
LOW = PulseTrain(1.0, 200)
MIXED = [
    *(Session(h, HIGH, "left") for h in (0.0, 24.0, 48.0)),
    *(Session(h, LOW, "right") for h in (24.0, 72.0)), Shock(24.0, "bitemporal"),
    Shock(96.0, "bitemporal"), Dose(20.0, "psilocybin"), Dose(-1.0, "ketanserin", 0.01),
    *(Dose(24.0 * k, "escitalopram") for k in range(6)), Surroundings(30.0, 5.0, "task"),
    Surroundings(33.0, 50.0, "threat", 0.3),
]  # fmt: skip


class Lab:
    """Courses of the slow layer with stand-ins for the fast one."""

    mixed = MIXED

    def course(
        self, events, nodes_h, people=ONE, *, anatomy=ANATOMY, constants=CONSTANTS, power=1.0,
        **options,
    ):  # fmt: skip
        """Return a course; every shock has the given power, in reference seizures."""
        seizure = np.full((people.stress.size, anatomy.ht2a.size), power)
        seizure *= constants["seizure_reference_s"]
        options.setdefault("discharge", lambda shock: SimpleNamespace(power=seizure))
        return Course(events, people, anatomy, constants, nodes_h=nodes_h, **options)

    def rest(self, people=ONE, anatomy=ANATOMY):
        """Return a fast layer that does not change: activity 1, no answer to surroundings."""
        shape = people.stress.size, anatomy.ht2a.size
        return np.ones(shape), dict.fromkeys(PATTERNS, (np.zeros(shape),) * 3)

    def follow(
        self, events, times_h, people=ONE, *, activity=None, answers=None, extra_h=(), **options
    ):
        """Return the states at some times, all nodes (as are those of ``extra_h``)."""
        nodes = sorted({0.0, *times_h, *extra_h})
        course = self.course(events, nodes, people, **options)
        usual, silent = self.rest(people, options.get("anatomy", ANATOMY))
        activity = usual if activity is None else activity * usual
        found = {h: course.advance(h, activity, answers or silent).copy() for h in nodes}
        return [found[h] for h in times_h]

    def schedule(self, name, target="left", **changed):
        """Return the events of a treatment as declared."""
        declared = TREATMENTS[name].parameters
        values = {k: p.default for k, p in declared.items()} | changed
        return list(TREATMENTS[name].schedule(values, target))

    @staticmethod
    def equal(a, b, rtol=0.0, atol=0.0):
        """Tell whether two states are the same; edges that never changed count as 0."""

        def value(state, name):
            found = getattr(state, name)
            return 0.0 if found is None else found

        return all(
            np.allclose(value(a, f.name), value(b, f.name), rtol=rtol, atol=atol)
            for f in fields(SlowState)
        )


@pytest.fixture(scope="session")
def lab():
    return Lab()


@pytest.fixture
def constants():
    return dict(CONSTANTS)


@pytest.fixture(scope="session")
def anatomy():
    return ANATOMY


@pytest.fixture(scope="session")
def one():
    return ONE


@pytest.fixture(scope="session")
def healthy():
    return HEALTHY


@pytest.fixture(scope="session")
def three():
    return THREE
