"""Processes for simulators that use one core: imported by adapters, beside any peer."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from typing import Any

import numpy as np


class LaneProcesses:
    """Children that live on between calls, each with its share of the lanes.

    Parameters
    ----------
    make : callable
        ``make(lanes)`` is called once in each child and returns what a call runs there.
    lanes : int
        Simulations in all.
    children : int
        Processes; fewer where there are fewer lanes.
    """

    def __init__(
        self, make: Callable[[list[int]], Callable[[], np.ndarray]], lanes: int, children: int
    ) -> None:
        # fork: what was imported and compiled before is there at once
        context = multiprocessing.get_context("fork")
        self._pipes = []
        for share in np.array_split(np.arange(lanes), min(lanes, children)):
            here, there = context.Pipe()
            target = (make, share.tolist(), there)
            context.Process(target=_serve, args=target, daemon=True).start()
            there.close()
            self._pipes.append(here)

    def __call__(self) -> np.ndarray:
        """Run all children at once; return their lanes one after another."""
        for pipe in self._pipes:
            pipe.send("call")
        found = [pipe.recv() for pipe in self._pipes]
        for each in found:
            if isinstance(each, Exception):
                raise each
        return np.concatenate(found)


def _serve(make: Callable[[list[int]], Callable[[], np.ndarray]], lanes: list, pipe: Any) -> None:
    call = None
    while True:
        try:
            pipe.recv()
        except EOFError:
            return
        try:
            call = call or make(lanes)
            pipe.send(call())
        except Exception as error:
            pipe.send(RuntimeError(f"{type(error).__name__}: {error}"))
