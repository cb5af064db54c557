"""A living process that runs one simulator: the peer's or netmod's, whichever python started it.

``python worker.py ADAPTER.py`` reads one JSON request a line and answers each with one line. It
imports the standard library, numpy and the adapter alone, so that it runs beside any peer.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from importlib.metadata import distributions
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, NamedTuple, TextIO

import numpy as np

LONGEST_GROWTH = 50.0
"""How much longer than a trial the next one may be: a first, short call says little."""


class Prepared(NamedTuple):
    """A call that is ready to be timed.

    Attributes
    ----------
    call : callable
        Simulates all lanes and returns what was observed, ``[lane, time, region]``.
    duration_s : float
        Simulated time of one call.
    lanes : int
        Simulations in one call.
    first_s : float
        Wall time of the first call of this length, which compiles.
    finite : bool
        Whether all of them stayed finite.
    """

    call: Callable[[], np.ndarray]
    duration_s: float
    lanes: int
    first_s: float
    finite: bool


def main(adapter_file: str) -> int:
    """Answer requests until there are no more."""
    # peers print on stdout: answers go through a copy of it that they do not know
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    # -P left this folder out; at the end it cannot hide a package
    sys.path.append(str(Path(__file__).parent))
    adapter, prepared = None, None
    for line in sys.stdin:
        request = json.loads(line)
        try:
            if request["do"] == "prepare":
                adapter = adapter or load(Path(adapter_file))
                prepared = prepare(adapter, request)
                answer = {
                    "duration_s": prepared.duration_s, "lanes": prepared.lanes,
                    "first_s": prepared.first_s, "finite": prepared.finite,
                    "how": adapter.HOW, "versions": versions(),
                }  # fmt: skip
            elif request["do"] == "call":
                answer = {"seconds": timed(prepared.call)[0]}
            elif request["do"] == "memory":
                answer = {"peak_memory_mb": peak_memory_mb()}
            else:
                answer = {"error": f"unknown request {request['do']}"}
        except NotImplementedError as reason:  # an adapter's word for: this peer cannot
            answer = {"cannot": str(reason)}
        except Exception as error:
            # whatever a peer raises is the row's reason, not the end of the suite
            answer = {"error": f"{type(error).__name__}: {error}".strip()[:300]}
        _say(answers, answer)
    return 0


def _say(stream: TextIO, answer: dict[str, Any]) -> None:
    stream.write(json.dumps(answer) + "\n")
    stream.flush()


def load(path: Path) -> ModuleType:
    """Import an adapter by its file: it bears the name of the package that it drives."""
    spec = importlib.util.spec_from_file_location(f"adapter_{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    # child processes find their functions by the module's name
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def prepare(adapter: ModuleType, request: dict[str, Any]) -> Prepared:
    """Compile and warm up; choose the simulated time so that a call takes the time asked for.

    ``request["duration_s"]`` sets it instead, where it is given.
    """
    work = SimpleNamespace(**request["work"])
    with np.load(request["network"]) as network:
        for name in network.files:
            setattr(work, name, network[name])
    fixed = request.get("duration_s")
    duration_s = fixed or work.tr_s
    while True:
        work.duration_s = duration_s
        call = adapter.prepare(work)
        first_s, seen = timed(call)
        ready = Prepared(call, duration_s, len(seen), first_s, bool(np.isfinite(seen).all()))
        if fixed:
            return ready
        seconds = timed(call)[0]
        wanted = min(request["call_s"] / seconds, LONGEST_GROWTH) * duration_s
        longer = round(max(1, round(wanted / work.tr_s)) * work.tr_s, 9)
        # good enough: near the time asked for, or already the shortest that can be
        if seconds > 0.6 * request["call_s"] or longer <= duration_s:
            return ready
        duration_s = longer


def timed(call: Callable[[], np.ndarray]) -> tuple[float, np.ndarray]:
    """Return the wall time of a call, and its answer."""
    began = time.perf_counter()
    seen = call()
    return time.perf_counter() - began, seen


def versions() -> dict[str, str]:
    """Return the version of every package in this environment."""
    found = {d.metadata["Name"]: d.version for d in distributions() if d.metadata["Name"]}
    python = ".".join(map(str, sys.version_info[:3]))
    return {"python": python, **dict(sorted(found.items(), key=lambda item: item[0].lower()))}


def peak_memory_mb() -> float:
    """Return the sum of the largest resident sets of this process and its living children, MB.

    Pages that processes share are counted in each.
    """
    if not Path("/proc/self/status").exists():
        import resource

        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6
    return sum(_peak_of(pid) for pid in _family(os.getpid())) * 1024 / 1e6


def _peak_of(pid: int) -> int:
    # VmHWM begins anew with each program; ru_maxrss would begin with the parent's
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1])
    return 0


def _family(pid: int) -> Iterator[int]:
    yield pid
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                yield from _family(int(child))


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1]))
