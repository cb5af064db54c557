"""How far a plan leads every person: its loss on one scan, with the noise of that scan.

All plans of a person share the noise of a scan. With the engine ``linear`` a scan is the exact
correlation seen through as many independent volumes as the scanner gives; rates are exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from netmod.atlas import Atlas
from netmod.dynamics.noise import scan_key
from netmod.graph import METRICS, NetworkMasks, signature_rows
from netmod.graph.distance import fc_distance, healthy_distance
from netmod.scenario.arms import Arm
from netmod.scenario.schema import Scenario
from netmod.study.engines import Reading, run_cells
from netmod.study.group import plain_arms
from netmod.study.prepare import Cell, prepare
from netmod.study.scan_noise import independent_volumes, scanned

TOGETHER = 8
"""Plans in one call: one compiled shape for a whole search."""

CHOSEN, HELD_OUT = 0, 1
"""Replicates of a scan's noise: that of the study, and one that no study uses."""


def losses_of(
    scenario: Scenario, atlas: Atlas, arms: Sequence[Arm], engine: str, seed: int, replicate: int
) -> np.ndarray:
    """Return how far arms are from what a search looks for.

    Parameters
    ----------
    scenario : Scenario
        With a block ``search``; its subjects, constants and scanner.
    atlas : Atlas
        Its atlas.
    arms : sequence of Arm
        Plans, whatever their names.
    engine : {"linear", "sde"}
        How they are scanned.
    seed, replicate : int
        Of the scans' noise; people and their networks belong to the scenario's own seed.

    Returns
    -------
    array, shape (arm, subject)
        The metric, or minus it where higher is wanted; NaN where a scan has no numbers.
    """
    filled = [*arms, *[arms[-1]] * (-len(arms) % TOGETHER)]
    parts = [
        _batch(scenario, atlas, filled[first : first + TOGETHER], engine, seed, replicate)
        for first in range(0, len(filled), TOGETHER)
    ]
    return np.concatenate(parts)[: len(arms)]


def _batch(
    scenario: Scenario, atlas: Atlas, arms: Sequence[Arm], engine: str, seed: int, replicate: int
) -> np.ndarray:
    wanted = scenario.search
    plans = [arm.model_copy(update={"name": f"plan{k}"}) for k, arm in enumerate(arms)]
    plain = plain_arms(scenario).get("healthy")
    well = [a.model_copy(update={"name": "healthy"}) for a in scenario.arms if a.name == plain]
    own = scenario.model_copy(
        update={"arms": (*well, *plans), "times": ("baseline", wanted.time), "engine": engine,
                "search": None}
    )  # fmt: skip
    # the healthy are scanned before, the others after; for what has changed, before as well
    before = wanted.metric == "fc_distance"
    cells = [
        replace(cell, key=key, identity=f"{cell.identity}|{key.tobytes().hex()}")
        for cell in prepare(own, atlas).cells
        if before or (cell.arm == "healthy") == (cell.time_h == 0.0)
        for key in [scan_key(seed, cell.subject, cell.time, replicate)]
    ]
    values = _values(own, atlas, cells, wanted.metric)
    sign = 1.0 if wanted.towards == "lower" else -1.0
    judged = [k for k, c in enumerate(cells) if c.arm != "healthy" and c.time_h > 0.0]
    return sign * values[judged].reshape(len(plans), -1)


def _values(scenario: Scenario, atlas: Atlas, cells: Sequence[Cell], metric: str) -> np.ndarray:
    """Return a metric of every cell's scan, NaN where it has none."""
    import pandas as pd

    readings = dict(run_cells(scenario, cells, lambda count: None))
    if scenario.engine == "linear":
        volumes = independent_volumes(scenario.scanner)
        keys = {cell.identity: cell.key for cell in cells}
        readings = {name: _noisy(r, volumes, keys[name]) for name, r in readings.items()}
    ok = {name: reading for name, reading in readings.items() if reading.status == "ok"}
    masks = NetworkMasks.from_atlas(atlas)
    signed = dict(
        zip(
            ok,
            signature_rows(
                [r.fc.astype(float) for r in ok.values()],
                [r.rate_hz for r in ok.values()],
                masks,
                scenario.readout.louvain_runs,
                scenario.seed,
            ),
            strict=True,
        )
    )
    missing = dict.fromkeys(METRICS, np.nan)
    table = pd.DataFrame(
        [
            {"arm": c.arm, "subject": c.subject, "time_h": c.time_h,
             "status": readings[c.identity].status, **(missing | signed.get(c.identity, {}))}
            for c in cells
        ]
    )  # fmt: skip
    if metric == "healthy_distance":
        return healthy_distance(table)
    if metric != "fc_distance":
        return table[metric].to_numpy(float)
    cut = np.ix_(masks.cortex, masks.cortex)
    first = {(c.arm, c.subject): c.identity for c in cells if c.time_h == 0.0}
    pairs = [(c.identity, first[c.arm, c.subject]) for c in cells]
    return np.array(
        [
            fc_distance(readings[a].fc[cut], readings[b].fc[cut]) if {a, b} <= ok.keys() else np.nan
            for a, b in pairs
        ]
    )


def _noisy(reading: Reading, volumes: int, key: np.ndarray) -> Reading:
    if reading.status != "ok":
        return reading
    return replace(reading, fc=scanned(reading.fc, volumes, key))
