"""Modularity and signatures of FC matrices: netmod's Louvain against networkx's."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.measure import Column, interleaved, peak_memory_mb
from benchmarks.networks import SEED
from netmod.atlas import load_atlas
from netmod.graph.masks import NetworkMasks
from netmod.graph.modularity import louvain
from netmod.graph.signatures import signature_row, signature_rows

RUNS = 20
"""Seeded starts of every optimisation, the default of the signatures."""

TABLE_RUNS = 10
"""Seeded starts in the signature table of a large study; its goal is 60 s on two cores."""

COLUMNS = (
    Column("what", "what"), Column("n", "N", "d"), Column("matrices", "matrices", "d"),
    Column("runs", "starts", "d"), Column("median_s", "s", ".2f"),
    Column("matrix_ms", "ms a matrix", ".2f"), Column("min_ms", "min", ".2f"),
    Column("max_ms", "max", ".2f"), Column("networkx_ms", "networkx ms", ".1f"),
    Column("speed_up", "ratio", ".1f"), Column("q", "mean Q", ".4f"),
    Column("q_networkx", "Q networkx", ".4f"), Column("peak_memory_mb", "peak MB", ".0f"),
)  # fmt: skip


def cases(quick: bool) -> list[dict[str, Any]]:
    """Return the cases; networkx is too slow at N = 1000 and left out there."""
    if quick:
        return [
            {"what": "louvain", "n": 12, "matrices": 1, "networkx": True},
            {"what": "signatures", "n": 84, "matrices": 1, "networkx": False},
            {"what": "signature table", "n": 84, "matrices": 9, "networkx": False},
        ]
    found = [
        {"what": "louvain", "n": n, "matrices": matrices, "networkx": n < 1000}
        for n, matrices in ((68, 1), (68, 32), (100, 1), (100, 32), (379, 1), (1000, 1))
    ]
    return [
        *found,
        {"what": "signatures", "n": 84, "matrices": 32, "networkx": False},
        {"what": "signature table", "n": 84, "matrices": 1000, "networkx": False},
    ]


def measure(case: dict[str, Any], repeats: int) -> dict[str, Any]:
    """Measure one case; both optimisers see the same matrices and as many starts."""
    n, matrices = case["n"], case["matrices"]
    cov = np.stack([_covariance(n, k) for k in range(matrices)])
    sd = np.sqrt(np.diagonal(cov, axis1=1, axis2=2))
    fc = cov / (sd[:, :, None] * sd[:, None, :])
    found: dict[str, Any] = {}
    before = peak_memory_mb()

    runs = TABLE_RUNS if case["what"] == "signature table" else RUNS

    def optimise(method: str) -> None:
        found[method] = float(np.mean(louvain(fc, runs, 0, method=method)[0]))

    if case["what"] == "louvain":

        def own() -> None:
            optimise("lanes")
    else:
        masks, rates = NetworkMasks.from_atlas(load_atlas("dk84")), np.full((matrices, n), 3.0)

        def own() -> None:
            if case["what"] == "signature table":
                rows = signature_rows(cov, rates, masks, runs)
            else:
                rows = [signature_row(one, rates[0], masks, runs) for one in cov]
            found["lanes"] = float(np.mean([row["modularity"] for row in rows]))

    work = {"own": own}
    if case["networkx"]:
        work["networkx"] = lambda: optimise("networkx")
    times = interleaved(work, repeats)
    own_times, peer = times["own"], times.get("networkx")
    return {
        **own_times.row(),
        "matrix_ms": own_times.median_s * 1e3 / matrices,
        "min_ms": min(own_times.seconds) * 1e3 / matrices,
        "max_ms": max(own_times.seconds) * 1e3 / matrices,
        "networkx_ms": peer and peer.median_s * 1e3 / matrices,
        "networkx_seconds": peer and list(peer.seconds),
        "speed_up": peer and peer.median_s / own_times.median_s,
        "q": found["lanes"],
        "q_networkx": found.get("networkx"),
        "runs": runs,
        "memory_before_mb": before,
        "float": "float64",
    }


def _covariance(n: int, k: int) -> np.ndarray:
    """Return the covariance of a seeded scan of 150 volumes in seven overlapping networks."""
    rng = np.random.default_rng([SEED, n, k])
    networks = rng.normal(size=(150, 7))[:, rng.integers(0, 7, n)]
    common = rng.normal(size=(150, 1))
    return np.cov(networks + 0.7 * common + 1.5 * rng.normal(size=(150, n)), rowvar=False)
