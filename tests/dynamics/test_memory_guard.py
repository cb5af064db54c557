"""Memory is estimated as the compiler counts it, and a run that does not fit is refused."""

from pathlib import Path

import jax
import numpy as np
import pytest

from netmod.dynamics import available_memory, memory, run
from netmod.dynamics import simulate as simulate_module
from netmod.dynamics.available_memory import available_bytes, shown
from netmod.dynamics.delays import conduction_delays, windowed
from netmod.dynamics.divergence import trace_program
from netmod.dynamics.memory import Sizes, estimate_bytes, sizes_of
from netmod.dynamics.network import Network, simulate_networks
from netmod.dynamics.parameters import make_parameters, stack
from netmod.dynamics.record import record
from netmod.dynamics.simulate import Scan, simulate
from netmod.dynamics.stimulation import Pulse, Stimulus
from netmod.errors import ConfigError, NetmodError
from netmod.models import MODELS


def pieces(name, n, lanes, *, shared=False, delays=False):
    """A model with stacked parameters, start and keys."""
    rng = np.random.default_rng(0)
    model = MODELS[name]
    weights = rng.uniform(0, 0.01, (len(model.coupling_inputs), n, n))
    delays_s = conduction_delays(rng.uniform(20, 200, (n, n)), 10.0) if delays else None
    network = make_parameters(model, weights, {}, delays_s)
    start = tuple(np.full((lanes, n), s) for s in model.start)
    return model, stack([network] * lanes, shared=shared), start, np.zeros((lanes, 2), np.uint32)


CASES = {
    # name: (model, regions, lanes, options, dt_ms, steps of a block, samples, stimuli)
    "own weights": ("reduced_wong_wang", 60, 24, {}, 1.0, 10, 40, 0),
    "shared weights": ("reduced_wong_wang", 60, 64, {"shared": True}, 1.0, 10, 40, 0),
    "long recording": ("montbrio_pazo_roxin", 20, 8, {}, 0.1, 1, 4000, 0),
    "long blocks": ("larter_breakspear", 20, 8, {}, 0.1, 2000, 3, 0),
    "three-point": ("larter_breakspear", 20, 8, {"noise": "three_point"}, 0.1, 2000, 3, 0),
    "one noisy state": ("jansen_rit", 20, 8, {}, 0.1, 2000, 3, 0),
    "large network": ("reduced_wong_wang", 300, 8, {}, 1.0, 10, 5, 0),
    "delays": ("reduced_wong_wang", 60, 8, {"delays": True}, 0.1, 100, 20, 0),
    "course": ("montbrio_pazo_roxin", 10, 4, {}, 0.1, 10, 3000, 4),
}


@pytest.mark.parametrize(
    ("case", "precision"),
    [
        *((case, "single") for case in ("own weights", "shared weights", "delays", "course")),
        ("three-point", "single"),
        ("long blocks", "double"),
        *(
            pytest.param(*words, marks=pytest.mark.slow)
            for words in (
                ("long recording", "single"),
                ("long blocks", "single"),
                ("one noisy state", "single"),
                ("large network", "single"),
                ("own weights", "double"),
                ("delays", "double"),
            )
        ),
    ],
)
def test_the_estimate_is_what_the_compiler_counts(case, precision):
    name, n, lanes, options, dt_ms, steps, samples, stimuli = CASES[case]
    noise = {"noise": options.get("noise", "gaussian")}
    options = {k: v for k, v in options.items() if k != "noise"}
    model, parameters, start, keys = pieces(name, n, lanes, **options)
    driven = tuple(Stimulus(Pulse(0.01, 0.01), np.ones(n)) for _ in range(stimuli))
    sizes = sizes_of(
        model, parameters, lanes, dt_ms=dt_ms, block_steps=steps, samples=samples, piece=samples,
        sample_steps=steps, signals=1, precision=precision, stimuli=stimuli, **noise,
    )  # fmt: skip
    job = run.prepare(
        model, parameters, start, keys, dt_ms=dt_ms, block_steps=steps, solver="heun",
        hold_coupling=None, precision=precision, stimuli=driven, **noise,
    )  # fmt: skip
    course = job.course(0, samples * steps)
    course = None if course is None else course.reshape(samples, steps, -1)
    devices = tuple(jax.devices())
    with job.width():
        program = run.compiled(
            trace_program, model, job.numerics, (True, samples, steps, (model.observed,), False),
            devices,
        )  # fmt: skip
        lowered = program.lower(job.tiles, job.start, job.shared_weights, course)
        counted = lowered.compile().memory_analysis()
    got = estimate_bytes(sizes, len(devices))
    # the compiler counts one device
    want = len(devices) * (
        counted.argument_size_in_bytes + counted.output_size_in_bytes + counted.temp_size_in_bytes
    )
    assert want / 1.35 < got.program < 1.35 * want
    # NumPy's arrays are counted exactly, but for weights of undelayed edges that are not there
    tiles = job.tiles._replace(weights=None) if case == "delays" else job.tiles
    arrays = jax.tree.leaves((tiles, job.start, job.shared_weights, course))
    assert got.inputs == pytest.approx(sum(x.nbytes for x in arrays), rel=0.02)
    assert got.total > got.program + got.inputs * 0.99
    assert job.numerics.delays is None or (
        sizes.delays.history == job.numerics.delays.history
        and sizes.delays.blocks == job.numerics.delays.blocks
        and list(map(windowed, sizes.delays.edges))
        == [np.prod(own.start.shape[-2:]) for own in job.tiles.edges]
    )


@pytest.mark.parametrize("shared", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_a_run_that_keeps_its_fc_does_not_grow_with_its_length(monkeypatch, shared):
    model, parameters, start, keys = pieces("ornstein_uhlenbeck", 60, 32, shared=shared)
    found = []

    def counts(job, make_program, options, carry, common):
        program = run.compiled(make_program, model, job.numerics, options, tuple(jax.devices()))
        lowered = program.lower(job.tiles, carry, job.shared_weights, common)
        found.append(lowered.compile().memory_analysis())
        raise InterruptedError

    monkeypatch.setattr(simulate_module, "execute", counts)
    monkeypatch.setattr(
        simulate_module, "check_memory", lambda sizes, *_, **__: found.append(sizes)
    )
    for duration_s in (10.0, 1e4):
        with pytest.raises(InterruptedError):
            scan = Scan(duration_s, 2.0, 4.0, dt_ms=10.0)
            simulate(model, parameters, start, keys, scan, keep="fc")
    few, counted, many, counted_long = found
    assert (few.samples, many.samples) == (7, 5002)
    devices = len(jax.devices())
    got = estimate_bytes(few, devices)
    assert got == estimate_bytes(many, devices)
    parts = ("argument_size_in_bytes", "output_size_in_bytes", "temp_size_in_bytes")
    want = [devices * getattr(counted, part) for part in parts]
    assert want == [devices * getattr(counted_long, part) for part in parts]
    assert got.program == pytest.approx(sum(want), rel=0.1)
    assert got.outputs == pytest.approx(want[1], rel=0.05)
    # the series of the long run alone would be more
    assert estimate_bytes(many._replace(comoments=False), devices).total > 5 * got.total


SIZES = Sizes(
    lanes=1, regions=84, states=2, values=20, matrices=2, stimuli=0, width=4, shared=False,
    entries=2 * 84 * 84, drawn=2, coloured=False, drawn_ahead=False, sent=1, received=2,
    block_steps=10, samples=165, piece=165, sample_steps=2000, signals=2, delays=None,
)  # fmt: skip


def test_the_estimate_grows_with_what_grows():
    totals = [estimate_bytes(SIZES._replace(lanes=k)).total for k in (1, 8, 64, 512, 4096)]
    assert totals == sorted(totals) and totals[0] < totals[1]
    # doubling lanes that fill tiles doubles all but the tile in flight
    assert totals[4] / totals[3] == pytest.approx(8, rel=0.02)
    double = estimate_bytes(SIZES._replace(width=8, lanes=64)).total
    assert double == pytest.approx(2 * totals[2], rel=0.01)
    shared = estimate_bytes(SIZES._replace(shared=True, lanes=512)).inputs
    assert shared < estimate_bytes(SIZES._replace(lanes=512)).inputs / 5
    # cut into pieces, the state between them is there twice, and few samples at a time
    long = SIZES._replace(lanes=16, samples=100_000, piece=100_000)
    assert estimate_bytes(long._replace(piece=100)).total < 0.75 * estimate_bytes(long).total


def test_the_plan_of_four_thousand_lanes_is_known():
    """Independent arithmetic: 4096 dk84 lanes of 165 volumes."""
    estimate = estimate_bytes(SIZES._replace(lanes=4096))
    weights = 4096 * 2 * 84 * 84 * 4
    samples = 4096 * 165 * 2 * 84 * 4
    # weights for NumPy and JAX; the program's samples, the pieces and their joining
    assert estimate.total == pytest.approx(2 * weights + 3 * samples, rel=0.1)


@pytest.fixture
def refused(monkeypatch):
    """Run with a limit, expect a refusal and return its text; nothing may be compiled."""

    def compiles(*_):
        raise AssertionError("compiled before it was refused")

    def run_it(limit, call):
        monkeypatch.setenv("NETMOD_MEMORY_LIMIT", limit)
        monkeypatch.setattr(simulate_module, "execute", compiles)
        monkeypatch.setattr(run, "compiled", compiles)
        with pytest.raises(NetmodError) as caught:
            call()
        assert caught.value.exit_code == 1
        return str(caught.value)

    return run_it


def test_a_scan_that_does_not_fit_says_how_many_lanes_would(refused, monkeypatch):
    model, parameters, start, keys = pieces("reduced_wong_wang", 20, 64)
    scan = Scan(4000.0, 2.0, 0.0)
    devices = len(jax.devices())
    text = refused("20M", lambda: simulate(model, parameters, start, keys, scan))
    head, expected, got, hint = text.splitlines()
    assert head == "64 lanes of 20 regions, 2000 samples: the run does not fit into memory"
    assert expected == "  expected: at most 20 MiB (NETMOD_MEMORY_LIMIT sets another limit)"
    assert got.startswith("  got: about ") and got.endswith(" MiB")
    fits = int(hint.split("at most ")[1].split(" ")[0])
    assert hint.startswith(f"  hint: simulate at most {fits} lanes at once, or ")
    assert hint.endswith("or shorten the run") and 1 <= fits < 64

    def total(lanes):
        sizes = sizes_of(
            model, parameters, lanes, dt_ms=1.0, block_steps=10, samples=2000, piece=2000,
            sample_steps=2000, signals=2, precision="single", stimuli=0,
        )  # fmt: skip
        return estimate_bytes(sizes, devices).total

    # the largest number that fits, and no more
    assert total(fits) <= 20 * 2**20 < total(fits + 1)
    # with exactly what it needs a run is let through
    monkeypatch.undo()
    monkeypatch.setenv("NETMOD_MEMORY_LIMIT", str(total(64)))

    def arrives(*_):
        raise InterruptedError

    monkeypatch.setattr(simulate_module, "execute", arrives)
    with pytest.raises(InterruptedError):
        simulate(model, parameters, start, keys, scan)


def test_a_recording_that_does_not_fit_says_how_long_a_piece_may_be(refused):
    model, parameters, start, keys = pieces("montbrio_pazo_roxin", 10, 2)
    driven = (Stimulus(Pulse(0.01, 0.01), np.ones(10)),) * 5

    def call(**options):
        record(
            model, parameters, start, keys, duration_s=20.0, dt_ms=0.1, every_ms=100.0,
            average=True, stimuli=driven, **options,
        )  # fmt: skip

    text = refused("3M", call)
    piece = float(text.split("chunk_s to at most ")[1].split(",")[0])
    assert "lanes at once" not in text and 0.1 <= piece < 20
    # a piece of that length passes the guard (and reaches what would compile)
    with pytest.raises(AssertionError, match="compiled before"):
        call(chunk_s=0.1 * int(piece / 0.1 + 1e-6))


def test_a_scan_that_would_fit_without_its_series_says_so(refused):
    model, parameters, start, keys = pieces("reduced_wong_wang", 20, 64)

    def call(**options):
        simulate(model, parameters, start, keys, Scan(4000.0, 2.0, 0.0), **options)

    assert ', or set keep="fc" if the series is not needed, or shorten' in refused("20M", call)
    with pytest.raises(AssertionError, match="compiled before"):  # passes the guard
        call(keep="fc")
    assert "keep=" not in refused("10K", call)
    assert "keep=" not in refused("10K", lambda: call(keep="fc"))


def test_a_run_that_can_not_be_cut_says_so(refused):
    text = refused("1k", lambda: Network(np.ones((3, 3)) * 0.01).simulate(duration_s=4.0))
    assert text.endswith("hint: shorten the run or take fewer regions")
    assert "expected: at most 1 KiB" in text.replace("1.02e+03 B", "1 KiB")


def test_a_sweep_is_refused_as_a_whole(refused):
    networks = [Network(np.full((4, 4), 0.01), G=g) for g in np.linspace(0.1, 1.0, 40)]
    text = refused("200K", lambda: simulate_networks(networks, duration_s=300.0))
    assert text.startswith("40 lanes of 4 regions, 165 samples: ")


@pytest.mark.parametrize(
    ("text", "size"),
    [("123", 123), ("2K", 2048), (" 1.5 GiB", 3 * 2**29), ("16g", 2**34), ("1TB", 2**40)],
)
def test_a_limit_of_the_user_stands(monkeypatch, text, size):
    monkeypatch.setenv("NETMOD_MEMORY_LIMIT", text)
    assert available_bytes() == size


@pytest.mark.parametrize("text", ["much", "-1", "1X", "G"])
def test_a_limit_that_is_no_size(monkeypatch, text):
    monkeypatch.setenv("NETMOD_MEMORY_LIMIT", text)
    with pytest.raises(ConfigError) as caught:
        available_bytes()
    assert str(caught.value) == (
        "NETMOD_MEMORY_LIMIT is no size\n"
        "  expected: bytes, or a number with K, M, G or T\n"
        f"  got: {text}"
    )


def test_this_machine_says_what_it_has(monkeypatch):
    monkeypatch.delenv("NETMOD_MEMORY_LIMIT", raising=False)
    found = available_bytes()
    assert found is None or found > 2**24


def write(root: Path, files):
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def test_groups_of_the_second_version(tmp_path):
    root = write(
        tmp_path,
        {
            "proc/self/cgroup": "0::/job/step\n",
            "sys/fs/cgroup/job/step/memory.max": "max\n",
            "sys/fs/cgroup/job/step/memory.current": "5\n",
            "sys/fs/cgroup/job/memory.max": "1000\n",
            "sys/fs/cgroup/job/memory.current": "700\n",
            "sys/fs/cgroup/job/memory.stat": "anon 500\ninactive_file 150\nslab 3\n",
        },
    )
    assert available_memory._group_bytes(root) == 1000 - 700 + 150
    (root / "sys/fs/cgroup/job/step/memory.max").write_text("60\n")
    assert available_memory._group_bytes(root) == 55
    (root / "sys/fs/cgroup/job/step/memory.current").write_text("70\n")
    assert available_memory._group_bytes(root) == 0


def test_groups_of_the_first_version_and_none(tmp_path):
    root = write(
        tmp_path,
        {
            "proc/self/cgroup": "5:cpu:/a\n4:memory:/not/seen/here\n",
            "sys/fs/cgroup/memory/memory.limit_in_bytes": "4096\n",
            "sys/fs/cgroup/memory/memory.usage_in_bytes": "96\n",
        },
    )
    assert available_memory._group_bytes(root) == 4000
    write(root, {"sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n"})
    assert available_memory._group_bytes(root) is None
    assert available_memory._group_bytes(tmp_path / "nowhere") is None


def test_sizes_as_text():
    sizes = [0, 999, 1024, 20 * 2**20, 1.5 * 2**30, 3e15]
    want = ["0 B", "999 B", "1 KiB", "20 MiB", "1.5 GiB", "2.73e+03 TiB"]
    assert [shown(s) for s in sizes] == want


def test_an_estimate_has_no_surprise_in_its_parts():
    estimate = estimate_bytes(SIZES)
    assert estimate.program == estimate.inputs + estimate.outputs + estimate.temporaries
    assert estimate.total == estimate.program + estimate.host
    assert memory._most(lambda k: k <= 37, 100) == 37
    assert memory._most(lambda k: True, 100) == 99
    assert memory._most(lambda k: False, 100) == 0
