"""Search of mixed spaces: known optima, never outside the space, never beyond the budget."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netmod.errors import ConfigError
from netmod.fit.search import Choice, Span, search, size_of


class Asked:
    """A loss that remembers what it was asked."""

    def __init__(self, loss):
        self.loss, self.batches = loss, []

    def __call__(self, plans):
        self.batches.append(plans)
        return [self.loss(plan) for plan in plans]

    @property
    def plans(self):
        return [plan for batch in self.batches for plan in batch]


def inside(plan, space):
    for axis in space:
        value = plan[axis.name]
        if isinstance(axis, Choice):
            assert value in axis.values
        else:
            assert axis.low <= value <= axis.high
            assert not axis.whole or isinstance(value, int)
    assert len(plan) == len(space)


def scattered(plan):
    """A loss without structure, the same in every run."""
    return math.sin(1e4 * sum((i + 1) * hash(v) for i, v in enumerate(plan.values())) % 1e3)


NUMBERS = st.floats(-1e3, 1e3, allow_nan=False)
CHOICES = st.lists(st.integers(0, 50), min_size=1, max_size=6, unique=True).map(tuple)
SPANS = st.tuples(NUMBERS, NUMBERS).map(sorted)
WHOLE = st.tuples(st.integers(-20, 20), st.integers(0, 15))
AXES = st.lists(
    st.one_of(
        CHOICES.map(lambda values: lambda name: Choice(name, values)),
        SPANS.map(lambda ends: lambda name: Span(name, *ends)),
        WHOLE.map(lambda w: lambda name: Span(name, w[0] - 0.5, w[0] + w[1] + 0.5, whole=True)),
    ),
    min_size=1,
    max_size=4,
).map(lambda made: [axis(f"a{i}") for i, axis in enumerate(made)])


@settings(max_examples=60, deadline=None)
@given(space=AXES, budget=st.integers(5, 80), seed=st.integers(0, 2**32 - 1))
def test_a_search_stays_in_its_space_and_budget(space, budget, seed):
    asked = Asked(scattered)
    found = search(asked, space, budget, seed)
    for plan in asked.plans:
        inside(plan, space)
    keys = [tuple(plan.items()) for plan in asked.plans]
    assert len(set(keys)) == len(keys) == found.tried <= budget
    assert found.loss == min(map(scattered, asked.plans)) == scattered(found.plan)
    if size_of(space) <= budget:
        assert found.tried == size_of(space) and len(asked.batches) == 1
    again = Asked(scattered)
    assert search(again, space, budget, seed) == found
    assert again.batches == asked.batches


@settings(max_examples=40, deadline=None)
@given(
    values=st.lists(CHOICES, min_size=1, max_size=3),
    table=st.lists(st.integers(0, 9), min_size=216, max_size=216),
)
def test_exhaustion_finds_the_first_of_the_lowest(values, table):
    space = [Choice(f"a{i}", v) for i, v in enumerate(values)]
    mesh = list(np.ndindex(*map(len, values)))
    losses = dict(zip(mesh, table, strict=False))

    def loss(plan):
        return losses[tuple(a.values.index(plan[a.name]) for a in space)]

    found = search(Asked(loss), space, 216)
    best = min(mesh, key=losses.__getitem__)
    assert tuple(found.plan.values()) == tuple(
        a.values[i] for a, i in zip(space, best, strict=True)
    )


@pytest.mark.parametrize("seed", range(3))
def test_evolution_finds_a_known_optimum(seed):
    space = [
        Span("x", -5.0, 5.0),
        Span("y", 0.0, 40.0),
        Span("n", 1, 30, whole=True),
        Choice("kind", ("far", "near", "farther")),
    ]
    far = {"near": 0.0, "far": 1.0, "farther": 2.0}

    def bowl(plan):
        x, y = plan["x"] - 1.5, (plan["y"] - 12.0) / 8.0
        return x**2 + y**2 + 0.01 * (plan["n"] - 17) ** 2 + far[plan["kind"]]

    found = search(Asked(bowl), space, 3000, seed)
    assert found.plan["kind"] == "near" and found.plan["n"] == 17
    assert found.plan["x"] == pytest.approx(1.5, abs=0.1)
    assert found.plan["y"] == pytest.approx(12.0, abs=0.8)
    assert found.loss < 0.02
    drawn = np.random.default_rng(seed)
    blind = min(
        bowl({a.name: a.at(drawn.uniform(*a.bounds)) for a in space}) for _ in range(found.tried)
    )
    assert found.loss < blind


def test_a_whole_span_reaches_both_ends():
    asked = Asked(lambda plan: 0.0)
    search(asked, [Span("n", 1, 400, whole=True), Span("m", 1, 3, whole=True)], 300, 1)
    assert {plan["m"] for plan in asked.plans} == {1, 2, 3}


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_what_is_not_finite_never_wins(bad):
    space = [Choice("a", tuple(range(9))), Span("x", 0.0, 1.0)]
    found = search(Asked(lambda p: p["x"] if p["a"] == 3 else bad), space, 400, 2)
    assert found.plan["a"] == 3 and math.isfinite(found.loss)
    nothing = search(Asked(lambda p: bad), space, 50, 2)
    assert nothing.loss == math.inf
    inside(nothing.plan, space)


def test_an_empty_space_has_one_plan():
    assert search(Asked(lambda plan: 4.0), [], 1).plan == {}


@pytest.mark.parametrize(
    ("space", "budget", "what"),
    [
        ([Choice("a", (1, 2)), Choice("a", (3,))], 9, "same name"),
        ([Choice("a", (1, 2))], 0, "too small"),
        ([Choice("a", tuple(range(9)))], 4, "too small"),
    ],
)
def test_bad_searches_are_refused(space, budget, what):
    with pytest.raises(ConfigError, match=what):
        search(lambda plans: [0.0] * len(plans), space, budget)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Choice("a", ()),
        lambda: Choice("a", (1, 1)),
        lambda: Span("a", 2.0, 1.0),
        lambda: Span("a", 0.0, math.inf),
        lambda: Span("a", math.nan, 1.0),
        lambda: Span("a", 1.2, 1.8, whole=True),
    ],
)
def test_bad_axes_are_refused(make):
    with pytest.raises(ConfigError):
        make()
