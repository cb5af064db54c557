"""Our side of the workers: start two, prepare the same work in each, time them in turn."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.networks import SEED, batch, connectome
from netmod.dynamics.devices import usable_cores

HERE = Path(__file__).parent
ADAPTERS = HERE / "adapters"
PATIENCE_S = 0.05
"""Pause between two calls: threads of the one before must have gone to sleep."""

_THREADS = "_NUM_THREADS"


class WorkerError(RuntimeError):
    """A simulator could not run the work; the message is the row's reason."""


class Worker:
    """A simulator in a process of its own.

    Parameters
    ----------
    adapter : str
        Name of a file in ``adapters``, or the path of another one.
    python : Path
        Interpreter that has the simulator.
    environment : mapping
        Variables beyond those of this process, such as XLA flags.
    """

    def __init__(self, adapter: str, python: Path, environment: Mapping[str, str]) -> None:
        self.name = Path(adapter).stem
        self._errors = tempfile.TemporaryFile("w+")  # noqa: SIM115 closed in close()
        file = Path(adapter) if adapter.endswith(".py") else ADAPTERS / f"{adapter}.py"
        self._process = subprocess.Popen(
            # -P: the folder of the script must not stand before the packages of its name
            [str(python), "-P", str(HERE / "worker.py"), str(file)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors, text=True,
            env={**_without_threads(os.environ), **environment},
        )  # fmt: skip

    def ask(self, **request: Any) -> dict[str, Any]:
        """Return the answer to one request.

        Raises
        ------
        WorkerError
            If the peer cannot do it, failed, or its process died.
        """
        try:
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            code = self._process.wait()
            raise WorkerError(f"{self.name} ended with exit code {code}{self._last_words()}")
        answer = json.loads(line)
        for key in ("cannot", "error"):
            if key in answer:
                raise WorkerError(f"{key}: {answer[key]}")
        return answer

    def seconds(self) -> float:
        """Return the wall time of one call."""
        time.sleep(PATIENCE_S)
        return self.ask(do="call")["seconds"]

    def peak_memory_mb(self) -> float:
        """Return the largest resident set so far of the process and its children, MB."""
        return self.ask(do="memory")["peak_memory_mb"]

    def close(self) -> None:
        """End the process: it stops where its requests stop."""
        self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()
        self._errors.close()

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _last_words(self) -> str:
        self._errors.seek(0)
        said = [line for line in self._errors.read().splitlines() if line.strip()]
        return f": {said[-1][:200]}" if said else ""


def _without_threads(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment without what would keep a simulator from its cores."""
    return {
        key: value
        for key, value in environment.items()
        if not key.endswith(_THREADS) and key not in ("PYTHONPATH", "XLA_FLAGS")
    }


def our_worker() -> Worker:
    """Return a worker that runs netmod as it stands here."""
    kept = {"PYTHONPATH": os.pathsep.join([str(HERE.parents[1]), os.environ.get("PYTHONPATH", "")])}
    if "XLA_FLAGS" in os.environ:
        kept["XLA_FLAGS"] = os.environ["XLA_FLAGS"]
    return Worker("netmod", Path(sys.executable), kept)


@contextmanager
def network_file(work: Mapping[str, Any]) -> Iterator[str]:
    """Write the network of some work where any simulator can read it.

    ``weights`` and ``lengths_mm`` are ``[target, source]``; ``personal`` are ``[lane, target,
    source]``; ``gains`` are one factor of the weights a lane, ``seeds`` one number a lane.
    """
    n, lanes = work["n"], work["lanes"]
    weights, lengths_mm = connectome(n)
    arrays = {
        "weights": weights,
        "lengths_mm": lengths_mm,
        "gains": np.linspace(0.9, 1.0, lanes),
        "seeds": np.arange(SEED, SEED + lanes),
    }
    if work["kind"] == "personal":
        arrays["personal"] = np.asarray(batch(n, lanes, shared=False)[0].weights[:, 0], float)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "network.npz"
        np.savez(file, **arrays)
        yield str(file)


def in_turn(workers: Mapping[str, Worker], repeats: int) -> dict[str, list[float]]:
    """Time a call of each in turn, A B A B, so that drifts of the machine hit all alike."""
    seconds: dict[str, list[float]] = {name: [] for name in workers}
    for _ in range(repeats):
        for name, worker in workers.items():
            seconds[name].append(worker.seconds())
    return seconds


def cores() -> int:
    """Return the number of cores that every simulator is given."""
    return usable_cores()
