"""The protocol of the peers suite, with made-up peers: no timing is asserted, nothing installed."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks import peers
from benchmarks.peers import driver, environments, worker
from benchmarks.peers.catalogue import PEERS, peer_of
from benchmarks.peers.driver import Worker, WorkerError
from benchmarks.peers.environments import BuildError
from benchmarks.runner import APART, SUITES
from netmod.errors import ConfigError

ROOT = Path(__file__).parents[2]
WORK = {"kind": "shared", "n": 6, "lanes": 3, "dt_ms": 0.1, "tr_s": 0.1, "velocity_m_per_s": None}

MADE_UP = """
import os, sys, time
import numpy as np

HOW = "made up, {lanes} lanes"
print("a banner on stdout")

def prepare(work):
    if work.kind == "delays":
        raise NotImplementedError("it has no delays")
    if work.kind == "personal":
        raise ValueError("no room")
    steps = round(work.duration_s * 1e3 / work.dt_ms)

    def call():
        print("noise on stdout")
        time.sleep(1e-6 * steps)
        if work.lanes == 13:
            print("it hurts", file=sys.stderr, flush=True)
            os._exit(3)
        samples = round(work.duration_s / work.tr_s)
        seen = np.ones((work.lanes, samples, work.n)) * work.weights[0, 1]
        seen[-1] = np.nan if work.lanes == 2 else 1.0
        return seen

    return call
"""


@pytest.fixture
def made_up(tmp_path):
    file = tmp_path / "made_up.py"
    file.write_text(MADE_UP)
    with Worker(str(file), Path(sys.executable), {}) as found:
        yield found


def ask(found, call_s=0.05, **work):
    work = {**WORK, **work}
    with driver.network_file(work) as network:
        return found.ask(do="prepare", work=work, network=network, call_s=call_s)


def test_prepared_call_is_as_long_as_asked_for(made_up):
    ready = ask(made_up)
    # a step takes 1 us and a little more, so 50 ms are at most 5 s of simulated time
    assert 1.0 <= ready["duration_s"] <= 5.0
    assert round(ready["duration_s"] / 0.1) * 0.1 == pytest.approx(ready["duration_s"])
    assert ready["lanes"] == 3
    assert ready["finite"]
    assert ready["versions"]["numpy"] == np.__version__
    steps = ready["duration_s"] * 1e4
    assert made_up.seconds() >= 1e-6 * steps
    assert made_up.peak_memory_mb() > 10


def test_fixed_duration_is_kept(made_up):
    with driver.network_file(WORK) as network:
        ready = made_up.ask(do="prepare", work=WORK, network=network, duration_s=0.3)
    assert ready["duration_s"] == 0.3


def test_numbers_that_left_the_finite_are_told(made_up):
    ready = ask(made_up, lanes=2)
    assert not ready["finite"]
    assert peers._how(ready) == "made up, 2 lanes; left the finite numbers"


def test_what_a_peer_cannot_do_or_fails_at_is_its_reason(made_up):
    with pytest.raises(WorkerError, match=r"^cannot: it has no delays$"):
        ask(made_up, kind="delays")
    with pytest.raises(WorkerError, match=r"^error: ValueError: no room$"):
        ask(made_up, kind="personal")
    # it lives on
    assert ask(made_up)["lanes"] == 3


def test_death_of_a_worker_is_told_with_its_last_words(made_up):
    with pytest.raises(WorkerError, match=r"^made_up ended with exit code 3: it hurts$"):
        ask(made_up, lanes=13)


def test_missing_package_is_a_reason(tmp_path):
    file = tmp_path / "needy.py"
    file.write_text("import no_such_simulator\n")
    with (
        Worker(str(file), Path(sys.executable), {}) as needy,
        pytest.raises(WorkerError, match="No module named 'no_such_simulator'"),
    ):
        ask(needy)


def test_workers_are_called_in_turn():
    order = []

    class Recorded:
        def __init__(self, name):
            self.name = name

        def seconds(self):
            order.append(self.name)
            return float(len(order))

    seconds = driver.in_turn({"our": Recorded("a"), "peer": Recorded("b")}, 3)
    assert "".join(order) == "ababab"
    assert seconds == {"our": [1.0, 3.0, 5.0], "peer": [2.0, 4.0, 6.0]}


def test_network_file_holds_what_every_simulator_needs():
    with driver.network_file({"kind": "personal", "n": 6, "lanes": 3}) as file:
        found = dict(np.load(file))
    assert found["weights"].shape == found["lengths_mm"].shape == (6, 6)
    assert found["personal"].shape == (3, 6, 6)
    assert np.abs(found["personal"] / found["weights"].clip(1e-12) - 1)[:, 0, 1:].max() < 0.06
    assert len(set(found["seeds"])) == len(found["gains"]) == 3
    assert not Path(file).exists()


def test_lanes_are_shared_out_among_processes_in_order():
    code = (
        "import numpy as np\n"
        "from lane_processes import LaneProcesses\n"
        "run = LaneProcesses(lambda lanes: lambda: np.array(lanes), 5, 2)\n"
        "print(run().tolist(), run().tolist())\n"
        "def broken(lanes): raise ValueError('no')\n"
        "try:\n    LaneProcesses(broken, 5, 2)()\n"
        "except RuntimeError as error:\n    print(error)\n"
    )
    folder = Path(peers.__file__).parent
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.stdout.splitlines() == ["[0, 1, 2, 3, 4] [0, 1, 2, 3, 4]", "ValueError: no"]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs /proc")
def test_memory_counts_the_children():
    alone = worker.peak_memory_mb()
    code = "import sys; held = bytearray(60_000_000); print(flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        child.stdout.readline()
        with_child = worker.peak_memory_mb()
        child.stdin.close()
    assert with_child - alone > 50


def test_every_row_meets_every_peer():
    listed = peers.cases(False)
    assert len(listed) == len(peers.ROWS) * len(PEERS)
    assert json.loads(json.dumps(listed)) == listed
    assert len({(case["words"], case["peer"]) for case in listed}) == len(listed)


@pytest.mark.parametrize("name", PEERS)
def test_peer_is_pinned_and_has_an_adapter(name):
    peer = peer_of(name)
    pinned = [line for line in peer.requirements.read_text().split("\n") if line and line[0] != "#"]
    assert all(line.count("==") == 1 for line in pinned)
    assert pinned[0].startswith(f"{name}==")
    assert (driver.ADAPTERS / f"{peer.adapter}.py").exists()


def test_unknown_peer_is_refused():
    with pytest.raises(ConfigError, match="did you mean 'tvbk'"):
        peer_of("tvbkk")


def test_environment_is_kept_until_its_requirements_change(tmp_path, monkeypatch):
    monkeypatch.setenv(environments.CHOSEN, str(tmp_path / "kept"))
    file = tmp_path / "made-up.txt"
    file.write_text("# nothing\n")
    monkeypatch.setattr("benchmarks.peers.catalogue.REQUIREMENTS", tmp_path)
    peer = PEERS["tvbk"]._replace(name="made-up")
    built = []
    monkeypatch.setattr(environments, "_run", lambda *words: built.append(words))
    first = environments.interpreter(peer)
    assert environments.interpreter(peer) == first
    assert [words[1:3] for words in built] == [("-m", "venv"), ("-m", "pip")]
    file.write_text("# something\n")
    assert environments.interpreter(peer) != first
    assert len(built) == 4
    assert not [each for each in (tmp_path / "kept").iterdir() if each.name.startswith(".")]


def test_environment_that_fails_leaves_nothing_and_is_a_row(tmp_path, monkeypatch):
    monkeypatch.setenv(environments.CHOSEN, str(tmp_path))

    def fail(*words):
        raise BuildError("No matching distribution found for tvbk==0.5")

    monkeypatch.setattr(environments, "_run", fail)
    case = next(case for case in peers.cases(False) if case["peer"] == "tvbk")
    row = peers.measure(case, 1)
    assert row == {"not_run": "No matching distribution found for tvbk==0.5"}
    assert not list(tmp_path.iterdir())


def test_reason_of_a_failed_command_is_its_error():
    code = "import sys; print('ERROR: no wheel', file=sys.stderr); print('bye', file=sys.stderr)"
    with pytest.raises(BuildError, match=r"^no wheel$"):
        environments._run(sys.executable, "-c", f"{code}; sys.exit(1)")


def test_summary_takes_the_nearest_peer_and_judges_it(capsys):
    def row(peer, ratio, **more):
        found = {"words": "1 simulation", "peer": peer, "our_m_per_s": 40.0}
        found |= {"peer_m_per_s": 40.0 / ratio, "versions": {peer: "1.2"}}
        return {**found, "ratio": {"median": ratio}, **more}

    memory = {"words": "memory, 128 scans of 5 min", "our_memory_mb": 900.0}
    rows = [
        row("cubnm", 5.0), row("tvboptim", 2.0),
        {"words": "1 simulation", "peer": "tvbk", "not_run": "cannot: it"},
        {**memory, "peer": "cubnm", "peer_memory_mb": 600.0, "versions": {}},
        {**memory, "peer": "tvboptim", "peer_memory_mb": 4000.0, "versions": {}},
    ]  # fmt: skip
    more = peers.finish(rows, None)
    one, scans = more["summary"]
    assert (one["best"], one["ratio"], one["reached"]) == ("tvboptim", 2.0, "no")
    assert (scans["best"], scans["our_shown"], scans["reached"]) == ("cubnm", "900 MB", "yes")
    assert [each["version"] for each in more["differences"]] == ["1.2", "1.2", None]
    assert "| 1 simulation | tvboptim | 20.0 M/s | 40.0 M/s | 2.0 | ≥ 3.5 | no |" in (
        capsys.readouterr().out
    )


def test_peers_are_not_part_of_all():
    assert "peers" in APART
    assert not set(APART) & set(SUITES)


@pytest.mark.slow
def test_quick_runs_netmod_beside_itself(tmp_path):
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "XLA_FLAGS": "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true",
    }
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "benchmarks", "peers", "--quick", "-o", tmp_path],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (row,) = json.loads((tmp_path / "peers_cpu.json").read_text())["rows"]
    assert row["peer"] == "netmod"
    for key in ("our", "peer"):
        (seconds,) = row[f"{key}_seconds"]
        steps = row["n"] * row["lanes"] * row[f"{key}_duration_s"] * 1e4
        assert row[f"{key}_m_per_s"] == pytest.approx(steps / seconds / 1e6)
        assert row[f"{key}_memory_mb"] > 10
    assert row["ratio"]["median"] == pytest.approx(row["our_m_per_s"] / row["peer_m_per_s"])
    assert "numpy" in row["versions"]
    assert "## peers, cpu" in done.stdout
