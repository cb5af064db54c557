"""Two devices give what one gives; nothing changes by importing."""

import os
import subprocess
import sys

import pytest

from netmod.dynamics.devices import prepare_devices
from netmod.errors import ConfigError

PROGRAM = """
import hashlib, sys
import numpy as np
from netmod.dynamics.devices import prepare_devices

devices = prepare_devices(jobs=int(sys.argv[1]))
from netmod.dynamics.noise import scan_key
from netmod.dynamics.parameters import make_parameters, stack
from netmod.dynamics.simulate import Scan, simulate
from netmod.models import MODELS

rng = np.random.default_rng(1)
model = MODELS["reduced_wong_wang"]
lanes = [
    make_parameters(model, rng.uniform(0, 0.1, (2, 7, 7)), {"J": rng.uniform(1.0, 1.2, 7)})
    for _ in range(11)
]
start = tuple(np.full((11, 7), s) for s in model.start)
keys = np.stack([scan_key(1, str(k), "t") for k in range(11)])
got = simulate(model, stack(lanes), start, keys, Scan(1.0, 0.5, 0.5))
assert got.finite.all() and got.bold.shape == (11, 2, 7)
digest = hashlib.sha256(got.bold.tobytes() + got.rate_hz.tobytes()).hexdigest()
print(len(devices), digest)
"""


def run(jobs, **environment):
    clean = {
        k: v
        for k, v in os.environ.items()
        if k not in {"XLA_FLAGS", "JAX_NUM_CPU_DEVICES", "JAX_PLATFORMS"}
    }
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", PROGRAM, str(jobs)],
        capture_output=True,
        text=True,
        check=False,
        env={**clean, **environment},
    )
    assert done.returncode == 0, done.stderr
    devices, digest = done.stdout.split()
    return int(devices), digest


def test_two_devices_give_the_same_bytes_as_one():
    (one, alone), (two, shared) = run(1), run(2)
    assert (one, two) == (1, 2)
    assert alone == shared


@pytest.mark.slow
def test_devices_that_the_user_chose_stand():
    assert run(2, JAX_NUM_CPU_DEVICES="1")[0] == 1


def test_a_gpu_that_is_not_there(monkeypatch):
    import jax

    if jax.devices()[0].platform == "gpu":
        pytest.skip("this machine has a GPU")
    with pytest.raises(ConfigError) as caught:
        prepare_devices("gpu")
    assert str(caught.value) == (
        "no GPU was found\n"
        "  expected: a GPU that JAX can use\n"
        "  got: cpu devices only\n"
        "  hint: install netmod[gpu] on a machine with a GPU, or use --device cpu"
    )


BROKEN = """
def initialize():
    raise RuntimeError("no such device")
"""

CHOOSE = """
import sys
from netmod.dynamics.devices import prepare_devices
from netmod.errors import ConfigError

try:
    print(len(prepare_devices(sys.argv[1], jobs=2)))
except ConfigError as error:
    print(error.got)
"""


@pytest.fixture
def choose(tmp_path):
    """Choose a device where JAX's GPU plugin is installed but finds no GPU, or is not there."""

    def run_it(device, *, plugin, **environment):
        for name in ("jax_plugins/xla_cuda12", "jax_cuda12_plugin") if plugin else ():
            (tmp_path / name).mkdir(parents=True)
            (tmp_path / name / "__init__.py").write_text(BROKEN)
        drop = {"XLA_FLAGS", "JAX_NUM_CPU_DEVICES", "JAX_PLATFORMS"}
        clean = {k: v for k, v in os.environ.items() if k not in drop}
        paths = os.pathsep.join(p for p in (str(tmp_path), os.environ.get("PYTHONPATH")) if p)
        done = subprocess.run(
            [sys.executable, "-c", CHOOSE, device],
            capture_output=True, text=True, check=False,
            env={**clean, "PYTHONPATH": paths, **environment},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout.strip(), done.stderr

    return run_it


def gpu_here():
    import jax

    return jax.devices()[0].platform == "gpu"


def test_a_gpu_that_is_absent_gives_way_to_the_cpu_with_one_line(choose):
    if gpu_here():
        pytest.skip("this machine has a GPU")
    devices, said = choose("auto", plugin=True)
    assert devices == "2"
    assert said == "netmod: no usable GPU: computing on the CPU\n"


def test_a_gpu_that_was_asked_for_is_missed(choose):
    if gpu_here():
        pytest.skip("this machine has a GPU")
    got, said = choose("gpu", plugin=True)
    assert got == "cpu devices only"
    assert "no such device" in said  # JAX's own word on why


@pytest.mark.parametrize(
    ("plugin", "environment"), [(False, {}), (True, {"JAX_PLATFORMS": "cpu"})],
    ids=["no plugin", "the user chose"],
)  # fmt: skip
def test_without_a_plugin_or_by_choice_the_cpu_needs_no_word(choose, plugin, environment):
    devices, said = choose("auto", plugin=plugin, **environment)
    assert devices == "2"
    assert said == ""
