"""One program a shape: sweeps, other values and second calls do not compile again."""

import contextlib

import jax
import numpy as np
import pytest
from jax import monitoring

from netmod.dynamics import run
from netmod.dynamics.delays import conduction_delays
from netmod.dynamics.network import Network, simulate_networks
from netmod.dynamics.noise import scan_key
from netmod.dynamics.parameters import make_parameters, stack
from netmod.dynamics.simulate import Scan, simulate
from netmod.dynamics.stimulation import Pulse, Stimulus
from netmod.models import MODELS

CELLS, BATCH, N = 1000, 32, 5
SCAN = Scan(1.0, 0.5, 0.0)


@pytest.fixture(autouse=True)
def no_program_compiled_before():
    run.compiled.cache_clear()


@pytest.fixture
def nothing_compiled_before():
    """Not even the smallest operation: what other tests leave would hide it."""
    jax.clear_caches()


@contextlib.contextmanager
def compilations():
    """Count what XLA compiles, down to the smallest operation outside a program."""
    count = []

    def listen(event, _seconds, **_):
        if event == "/jax/core/compile/backend_compile_duration":
            count.append(event)

    monitoring.register_event_duration_secs_listener(listen)
    try:
        yield count
    finally:
        monitoring.unregister_event_duration_listener(listen)


def cells(count, seed=0, *, delayed=False, **values):
    """Networks of a sweep: every one with weights and parameters of its own."""
    rng = np.random.default_rng(seed)
    model = MODELS["reduced_wong_wang"]
    lengths = rng.uniform(20, 80, (N, N))
    return [
        make_parameters(
            model,
            rng.uniform(0, 0.05, (2, N, N)),
            {"G": rng.uniform(0.2, 1.0), "J": rng.uniform(1.0, 1.3, N), **values},
            conduction_delays(lengths, 10.0) if delayed else None,
        )
        for _ in range(count)
    ]


def simulated(networks, scan=SCAN, **options):
    model = MODELS["reduced_wong_wang"]
    start = tuple(np.full((len(networks), N), s) for s in model.start)
    keys = np.stack([scan_key(1, str(k), "t") for k in range(len(networks))])
    return simulate(model, stack(networks), start, keys, scan, **options)


def test_the_count_sees_compilations():
    with compilations() as count:
        jax.jit(lambda x: x * 3 + 1)(np.ones(3)).block_until_ready()
    assert len(count) == 1
    with compilations() as count:
        jax.numpy.add(np.ones(7), np.ones(7)).block_until_ready()
    assert len(count) == 1


def test_a_sweep_of_1000_cells_in_batches_compiles_once(nothing_compiled_before):
    sweep = cells(CELLS)
    with compilations() as count:
        for first in range(0, CELLS, BATCH):
            # as a study does: there is room for more than the last batch holds
            got = simulated(sweep[first : first + BATCH], room=BATCH)
            assert got.finite.all()
    assert len(count) == 1


def test_a_sweep_of_1000_cells_in_one_call_compiles_once(nothing_compiled_before):
    weights = np.random.default_rng(1).uniform(0, 0.05, (2, N, N))
    first = Network(weights)
    networks = [first.with_values(G=g) for g in np.linspace(0.1, 1.0, CELLS)]
    with compilations() as count:
        shared = simulate_networks(networks, duration_s=1.0, tr_s=0.5, warmup_s=0.0)
    assert len(shared) == CELLS and len(count) == 1


@pytest.mark.slow
def test_uneven_batches_of_a_sweep_compile_twice_at_most():
    """Without a study's room the rest of a sweep has a shape of its own."""
    sweep = cells(70)
    with compilations() as count:
        for first in range(0, 70, BATCH):
            simulated(sweep[first : first + BATCH])
    assert len(count) <= 2


DRIVEN = [(Stimulus(Pulse(*p), np.full(N, 0.01)),) for p in ((0.1, 0.2), (0.3, 0.1))]


@pytest.mark.parametrize(
    ("options", "other"),
    [
        ({}, {}),
        pytest.param({"chunk_s": 0.5}, {"chunk_s": 0.5}, marks=pytest.mark.slow),
        ({"stimuli": DRIVEN[0]}, {"stimuli": DRIVEN[1]}),
    ],
    ids=["plain", "pieces", "stimulus"],
)
def test_other_values_weights_seeds_and_second_calls_compile_nothing(options, other):
    with compilations() as first:
        simulated(cells(8), **options)
    # pieces: the first begins, the second goes on
    assert 1 <= len(first) <= 2
    with compilations() as count:
        simulated(cells(8), **options)
        simulated(cells(8, seed=1, tau_E=0.09, noise_sd=0.02), **other)
        # up to a full tile lanes are filled up anyway
        simulated(cells(7 if len(jax.devices()) == 1 else 8), **options)
    assert not count


def test_other_weights_with_the_same_delays_compile_nothing():
    simulated(cells(4, delayed=True))
    other = [p.replace(weights=p.weights * 0.5) for p in cells(4, delayed=True)]
    with compilations() as count:
        simulated(other)
    assert not count
