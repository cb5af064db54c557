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
