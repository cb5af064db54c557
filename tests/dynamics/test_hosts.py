"""Processes that share lanes give the bytes of one; what keeps them apart is said."""

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import netmod
from netmod.dynamics.devices import prepare_devices
from netmod.dynamics.hosts import Hosts
from netmod.errors import ConfigError

PAGE = Path(__file__).resolve().parents[2] / "docs" / "hosts.md"

PROGRAM = """
import hashlib, sys
import numpy as np
from netmod.dynamics.devices import prepare_devices
from netmod.dynamics.hosts import Hosts

jobs, count, index, port = (int(x) for x in sys.argv[1:])
hosts = Hosts(f"127.0.0.1:{port}", count, index, 60) if count > 1 else None
devices = prepare_devices(jobs=jobs, hosts=hosts)

from netmod.dynamics.noise import scan_key
from netmod.dynamics.parameters import make_parameters, stack
from netmod.dynamics.record import record
from netmod.models.ornstein_uhlenbeck import OrnsteinUhlenbeck

rng = np.random.default_rng(1)
model, n, lanes = OrnsteinUhlenbeck(), 5, 5
weights = rng.uniform(0.1, 0.3, (lanes, 1, n, n))
delays_s = rng.uniform(0.01, 0.02, (n, n)) * (rng.random((n, n)) < 0.8)
keys = np.stack([scan_key(1, str(k), "t") for k in range(lanes)])

def run(shared, delays_s, bad=(), **options):
    networks = [
        make_parameters(model, weights[0 if shared else k], None, delays_s) for k in range(lanes)
    ]
    start = np.zeros((lanes, n))
    start[list(bad)] = np.inf  # it is run once more, to say where it left the finite numbers
    got = record(
        model, stack(networks, shared=shared), [start], keys, duration_s=0.2, dt_ms=10.0,
        solver="euler", **options,
    )
    good = np.delete(got.values, list(bad), axis=0)
    assert np.isfinite(good).all() and len(np.unique(good[:, -1, 0, 0])) == len(good)
    assert [d.lane for d in got.divergences] == list(bad)
    return hashlib.sha256(got.values.tobytes() + str(got.divergences).encode()).hexdigest()

print(
    len(devices),
    run(False, None, bad=(3,), chunk_s=0.1), run(True, None, precision="double"),
    run(False, delays_s),
)
"""

SET_UP = """
import sys
from netmod.dynamics.devices import prepare_devices
from netmod.dynamics.hosts import Hosts
from netmod.errors import ConfigError

jobs, index, port = (int(x) for x in sys.argv[1:])
try:
    print(prepare_devices(jobs=jobs, hosts=Hosts(f"127.0.0.1:{port}", 2, index, 60)))
except ConfigError as error:
    print(error.what, error.got, sep="|")
"""


@pytest.fixture
def port(socket_enabled):
    """A port of the loopback that is free."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        return door.getsockname()[1]


def together(program, arguments, environments=None, **options):
    """Run processes side by side and return the last line of each."""
    drop = re.compile("XLA_FLAGS|JAX_|SLURM_|OMPI_")
    clean = {k: v for k, v in os.environ.items() if not drop.match(k)}
    processes = [
        subprocess.Popen(
            [sys.executable, "-W", "error", "-c", program, *(str(x) for x in given)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env=clean | environment, **options,
        )
        for given, environment in zip(
            arguments, environments or [{}] * len(arguments), strict=True
        )
    ]  # fmt: skip
    try:
        said = [process.communicate(timeout=200) for process in processes]
    finally:
        for process in processes:
            process.kill()
    for process, (_, errors) in zip(processes, said, strict=True):
        assert process.returncode == 0, errors
    return [out.strip().splitlines()[-1] for out, _ in said]


@pytest.mark.slow
def test_two_processes_give_the_bytes_of_one(port):
    first, second = together(PROGRAM, [(1, 2, k, port) for k in range(2)])
    assert first.split()[0] == "2" and len(set(first.split())) == 4
    assert second == first
    two, one = together(PROGRAM, [(2, 1, 0, 0), (1, 1, 0, 0)])
    assert two == first
    assert one.split()[0] == "1" and one.split()[1:] == first.split()[1:]


def test_processes_with_different_numbers_of_devices(port):
    said = together(SET_UP, [(1, 0, port), (2, 1, port)])
    what = "the processes have different numbers of devices|1 in process 0, 2 in process 1"
    assert said == [what, what]


@pytest.mark.slow
def test_the_page_runs_as_a_job_of_slurm(port, tmp_path):
    program = PAGE.read_text("utf-8").split("```python\n")[1].split("```")[0]
    for long, short in (("range(256)", "range(3)"), ("duration_s=300", "duration_s=20")):
        assert long in program
        program = program.replace(long, short)
    together(
        program + "assert jax.process_count() == 2\nprint(len(scans))\n",
        [(), ()],
        [
            {
                "SLURM_JOB_ID": "1", "SLURM_STEP_NODELIST": "localhost", "SLURM_NTASKS": "2",
                "SLURM_PROCID": k, "SLURM_LOCALID": k, "JAX_COORDINATOR_PORT": str(port),
                "JAX_NUM_CPU_DEVICES": "1", "PYTHONPATH": str(Path(netmod.__file__).parents[1]),
            }
            for k in "01"
        ],
        cwd=tmp_path,
    )  # fmt: skip
    assert np.load(tmp_path / "fc.npy").shape == (3, 84, 84)


@pytest.mark.parametrize(
    ("hosts", "what", "got"),
    [
        (Hosts("node01:47000", 2), "the settings of the processes are incomplete",
         "coordinator, count"),
        (Hosts(index=0), "the settings of the processes are incomplete", "index"),
        (Hosts("node01", 2, 0), "the coordinator has no address and port", "node01"),
        (Hosts("node01:http", 2, 0), "the coordinator has no address and port", "node01:http"),
        (Hosts("node01:70000", 2, 0), "the coordinator has no address and port", "node01:70000"),
        (Hosts("node01:47000", 2, 2), "the index of a process does not fit their number",
         "index 2 of 2"),
        (Hosts("node01:47000", 2, -1), "the index of a process does not fit their number",
         "index -1 of 2"),
        (Hosts("node01:47000", 2, "1"), "the index of a process does not fit their number",
         "index '1' of 2"),
        (Hosts("node01:47000", 2, True), "the index of a process does not fit their number",
         "index True of 2"),
        (Hosts(timeout_s=0), "timeout_s is not a whole number of at least 1", "0"),
    ],
)  # fmt: skip
def test_wrong_settings(hosts, what, got):
    with pytest.raises(ConfigError) as caught:
        prepare_devices(hosts=hosts)
    assert (caught.value.what, caught.value.got) == (what, got)


def test_a_backend_that_runs(port):
    import jax

    jax.devices()
    cores = jax.config.jax_num_cpu_devices
    for hosts in (Hosts(), Hosts(f"127.0.0.1:{port}", 2, 0)):
        with pytest.raises(ConfigError, match="JAX runs already"):
            prepare_devices(hosts=hosts)
    assert jax.config.jax_num_cpu_devices == cores


ALONE = """
import socket, sys, time
from netmod.dynamics.devices import prepare_devices
from netmod.dynamics.hosts import Hosts
from netmod.errors import ConfigError

port = int(sys.argv[1])

def refused(hosts):
    began = time.monotonic()
    try:
        prepare_devices(hosts=hosts)
    except ConfigError as error:
        assert time.monotonic() - began < hosts.timeout_s + 5
        return error.what, error.got

coordinator = f"127.0.0.1:{port}"
assert refused(Hosts(coordinator, 2, 1, 1)) == (
    "the coordinator cannot be reached", "Connection refused"
)
assert refused(Hosts(coordinator, 3, 0, 1)) == ("not all processes came in time", "0")
with socket.create_server(("127.0.0.1", port)):
    assert refused(Hosts(coordinator, 2, 0, 1)) == (
        "the coordinator's port cannot be opened", f"{port}: Address already in use"
    )
    assert refused(Hosts(coordinator, 2, 1, 1))[1] == "timed out"
what, _ = refused(Hosts())
assert what == "the other processes are not known"
assert len(prepare_devices(jobs=1, hosts=Hosts(coordinator, 1, 0, 5))) == 1
assert refused(Hosts(coordinator, 1, 0, 5))[0].startswith("JAX runs already")
print("all refused")
"""


def test_processes_that_do_not_meet(port):
    assert together(ALONE, [(port,)]) == ["all refused"]
