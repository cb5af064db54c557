"""Chains of edge swaps that keep the degrees of a graph, and what they report."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from netmod.errors import DataError

_CHECKPOINTS = 10
Seed = int | Sequence[int]


@dataclass(frozen=True)
class Mixing:
    """How far a chain of edge swaps went.

    Parameters
    ----------
    attempted, accepted : int
        Swaps.
    overlap : tuple of float
        Share of the original edges (of the original sign) in the graph after each tenth of the
        chain. It must level off near ``chance``; while it still falls, the chain is too short.
    chance : float
        Overlap with edges of the same number and signs anywhere; equal degrees raise it.
    """

    attempted: int
    accepted: int
    overlap: tuple[float, ...]
    chance: float

    @property
    def frozen(self) -> bool:
        """Whether no swap was possible: every edge is where it was."""
        return self.accepted == 0


@dataclass(frozen=True)
class NullGraph:
    """A null graph.

    Parameters
    ----------
    weights : ndarray, shape (N, N)
        The randomised matrix.
    mixing : Mixing
        Of the edges.
    strength_r : float
        Pearson correlation of the strengths with the original (the lower of the two signs when
        signed); NaN when strengths do not vary.
    """

    weights: NDArray[np.float64]
    mixing: Mixing
    strength_r: float


Allowed = Callable[[list, int, int, int, int], bool]


class EdgeChain:
    """Edges that swap ends: (a, b) and (c, d) become (a, d) and (c, b), if those pairs are free.

    Degrees never change. Weights stay with the first end, so the sum of every row of a directed
    matrix never changes either.
    """

    background = 0.0
    """Value of the pairs that are not listed as edges."""

    def __init__(self, w: NDArray, seed: Seed, directed: bool = False) -> None:
        self.original, self.directed, self.size = w, directed, w.shape[0]
        row, column = np.nonzero(w if directed else np.triu(w, 1))
        self.edges = list(zip(row.tolist(), column.tolist(), strict=True))
        self.rng = np.random.default_rng(seed)
        self.now = w.copy()

    def run(self, swaps_per_edge: float, allowed: Allowed | None = None) -> Mixing:
        """Attempt ``swaps_per_edge`` swaps per edge into ``now``; return the mixing.

        ``allowed(weights, a, b, c, d)`` is asked last: what it allows is done.
        """
        edges, count = self.edges, len(self.edges)
        attempts = round(swaps_per_edge * count) if count > 1 else 0
        accepted, overlap = 0, []
        w = self.now.tolist()  # items of lists are several times faster than those of arrays
        for block in np.array_split(np.arange(attempts), _CHECKPOINTS):
            picks = self.rng.integers(0, max(count, 1), (block.size, 2)).tolist()
            turns = (self.rng.random((block.size, 2)) < 0.5).tolist()
            for (first, second), (turn_first, turn_second) in zip(picks, turns, strict=True):
                (a, b), (c, d) = edges[first], edges[second]
                if not self.directed:
                    if turn_first:
                        a, b = b, a
                    if turn_second:
                        c, d = d, c
                if a in (c, d) or b in (c, d) or not self._free(w, a, b, c, d):
                    continue
                if allowed is not None and not allowed(w, a, b, c, d):
                    continue
                self._swap(w, a, b, c, d)
                if w[a][b] == self.background:  # else both pairs stay listed, values exchanged
                    edges[first], edges[second] = (a, d), (c, b)
                accepted += 1
            self.now = np.array(w)
            overlap.append(self._overlap())
        return Mixing(attempts, accepted, tuple(overlap), self._chance())

    def _free(self, w: list, a: int, b: int, c: int, d: int) -> bool:
        return w[a][d] == 0.0 and w[c][b] == 0.0

    def _swap(self, w: list, a: int, b: int, c: int, d: int) -> None:
        w[a][d], w[c][b], w[a][b], w[c][d] = w[a][b], w[c][d], w[a][d], w[c][b]
        if not self.directed:
            w[d][a], w[b][c], w[b][a], w[d][c] = w[a][d], w[c][b], w[a][b], w[c][d]

    def _overlap(self) -> float:
        own = self.original != 0
        kept = own & (np.sign(self.now) == np.sign(self.original))
        return float(kept.sum() / own.sum()) if own.any() else 1.0

    def _chance(self) -> float:
        """Return the overlap expected of edges and signs anywhere."""
        share = np.array([(self.original > 0).sum(), (self.original < 0).sum()], dtype=float)
        share /= max(self.size * (self.size - 1), 1)
        return float((share**2).sum() / share.sum()) if share.any() else 1.0


class SignChain(EdgeChain):
    """Signs that swap places, zero among them: every region keeps its number of each.

    Pairs ab and cd of one sign change places with ad and cb of another, over a matrix of signs;
    so it works in a complete graph of both signs, where no pair is free. Listed are the pairs of
    all signs but the most frequent, for a swap needs one of the rarer.
    """

    def __init__(self, w: NDArray, seed: Seed) -> None:
        super().__init__(np.sign(w), seed)
        row, column = np.triu_indices(self.size, 1)
        signs = self.now[row, column]
        self.background = max((-1.0, 0.0, 1.0), key=lambda sign: (signs == sign).sum())
        rare = signs != self.background
        self.edges = list(zip(row[rare].tolist(), column[rare].tolist(), strict=True))

    def _free(self, w: list, a: int, b: int, c: int, d: int) -> bool:
        return w[a][b] == w[c][d] != w[a][d] == w[c][b]


class Connected:
    """Allow a swap that leaves the graph in one piece. Neighbours are bits of one integer."""

    def __init__(self, w: NDArray, directed: bool) -> None:
        self.near = [sum(1 << int(j) for j in np.flatnonzero(row)) for row in w]
        if directed or self._reached(0) != (1 << len(w)) - 1:
            raise DataError(
                "a null graph stays connected only if the graph is undirected and connected",
                expected="one component",
                got="a directed graph" if directed else "several components",
                hint="leave 'connected' off, or take the largest component",
            )

    def _reached(self, start: int, wanted: int = -1) -> int:
        """Return the regions that can be reached, stopping once all wanted are."""
        seen = new = 1 << start
        while new and seen & wanted != wanted:
            grown = 0
            while new:
                lowest = new & -new
                grown |= self.near[lowest.bit_length() - 1]
                new ^= lowest
            new = grown & ~seen
            seen |= new
        return seen

    def _toggle(self, *ends: tuple[int, int]) -> None:
        for i, j in ends:
            self.near[i] ^= 1 << j
            self.near[j] ^= 1 << i

    def __call__(self, w: list, a: int, b: int, c: int, d: int) -> bool:
        """Return whether the swap keeps the graph in one piece, and remember it if so."""
        change = ((a, b), (c, d), (a, d), (c, b))
        self._toggle(*change)
        # the two cuts leave at most three pieces, each with one of the four regions
        wanted = 1 << b | 1 << c | 1 << d
        if self._reached(a, wanted) & wanted == wanted:
            return True
        self._toggle(*change)
        return False
