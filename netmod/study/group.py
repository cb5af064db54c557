"""What is computed over all cells: signatures, comparisons, stacked connectivity."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from netmod.atlas import Atlas
from netmod.compare import COLUMNS, compare_arms
from netmod.graph import METRICS, NetworkMasks, signature_rows
from netmod.graph.distance import fc_distance, healthy_distance
from netmod.scenario.arms import NONE
from netmod.scenario.schema import Scenario
from netmod.study.prepare import Cell
from netmod.study.store import DISCLAIMER, Store, frame_text, write_whole

if TYPE_CHECKING:
    import pandas as pd


def write_group(
    scenario: Scenario, atlas: Atlas, cells: Sequence[Cell], store: Store
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Read every cell and write ``group/``.

    Parameters
    ----------
    scenario : Scenario
        For the readout's settings.
    atlas : Atlas
        For networks and targets.
    cells : sequence of Cell
        All cells, finished.
    store : Store
        Where they stand.

    Returns
    -------
    signatures, comparisons : DataFrame
    """
    import pandas as pd

    masks = NetworkMasks.from_atlas(atlas)
    readout = scenario.readout
    one_of = {cell.identity: cell for cell in cells}  # equal cells are stored once
    seen = {name: store.read(cell) for name, cell in one_of.items()}
    finished = {name: found for name, found in seen.items() if found[2] == "ok"}
    found = signature_rows(
        [fc.astype(float) for fc, *_ in finished.values()],
        [rate for _, rate, _ in finished.values()],
        masks,
        readout.louvain_runs,
        scenario.seed,
    )
    signed = dict(zip(finished, found, strict=True))
    rows, matrices, rates = [], [], []
    for cell in cells:
        fc, rate, status = seen[cell.identity]
        values = dict.fromkeys(METRICS, np.nan) | signed.get(cell.identity, {})
        matrices.append(fc)
        rates.append(rate)
        rows.append(
            {"arm": cell.arm, "subject": store.label(cell.subject), "time_h": cell.time_h,
             "status": status, **values}
        )  # fmt: skip
    fc = np.stack(matrices)
    signatures = pd.DataFrame(rows)
    signatures["fc_distance"] = _distance_to_baseline(signatures, fc, masks.cortex)
    plain = plain_arms(scenario)
    # no arm has an empty name: without a healthy arm there is no distance to it
    signatures["healthy_distance"] = healthy_distance(signatures, plain.get("healthy", ""))
    metrics = [name for name in METRICS if name in signatures]
    signatures = signatures[["arm", "subject", "time_h", "status", *metrics]]
    comparisons = compare_arms(
        signatures,
        references={arm.name: plain.get(arm.population) for arm in scenario.arms},
        seed=scenario.seed,
        n_bootstrap=readout.bootstrap,
        n_permutations=readout.permutations,
        groups=(plain["mdd"], plain["healthy"]) if {"mdd", "healthy"} <= plain.keys() else None,
    )
    group = store.folder / "group"
    write_whole(group / "signatures.tsv", frame_text(signatures))
    write_whole(group / "signatures.json", _dictionary(metrics))
    write_whole(group / "comparisons.tsv", frame_text(comparisons))
    write_whole(group / "comparisons.json", json.dumps({**COLUMNS, "Note": DISCLAIMER}, indent=1))
    write_whole(group / "connectivity.npz", _npz(fc=fc, rates_hz=np.stack(rates)))
    return signatures, comparisons


def plain_arms(scenario: Scenario) -> Mapping[str, str]:
    """Return the first arm of every population that is given nothing: no treatment, no modifier.

    Parameters
    ----------
    scenario : Scenario
        Its arms may have any names.

    Returns
    -------
    mapping of str to str
        Arm by population; a population without such an arm is absent.
    """
    plain: dict[str, str] = {}
    for arm in scenario.arms:
        if arm.treatment == NONE and not arm.modifiers:
            plain.setdefault(arm.population, arm.name)
    return plain


def _distance_to_baseline(signatures: pd.DataFrame, fc: np.ndarray, cortex) -> list[float]:
    cut = np.ix_(cortex, cortex)
    baseline = {
        (arm, subject): k
        for k, (arm, subject, time_h) in enumerate(
            zip(signatures["arm"], signatures["subject"], signatures["time_h"], strict=True)
        )
        if time_h == 0
    }
    distances = []
    for k, (arm, subject) in enumerate(zip(signatures["arm"], signatures["subject"], strict=True)):
        first = baseline[arm, subject]
        usable = np.isfinite(fc[k]).all() and np.isfinite(fc[first]).all()
        distances.append(fc_distance(fc[k][cut], fc[first][cut]) if usable else np.nan)
    return distances


def _dictionary(metrics: Sequence[str]) -> str:
    columns = {
        "arm": {"Description": "arm of the scenario"},
        "subject": {"Description": "virtual subject, the same person in every arm"},
        "time_h": {"Description": "hours from the first treatment", "Units": "h"},
        "status": {"Description": "ok, or why the cell has no numbers"},
    }
    for name in metrics:
        metric = METRICS[name]
        columns[name] = {
            "Description": metric.doc, "Units": metric.unit, "Source": metric.source,
            "Direction": metric.direction_note,
        }  # fmt: skip
    return json.dumps({**columns, "Note": DISCLAIMER}, indent=1) + "\n"


def _npz(**arrays: np.ndarray) -> bytes:
    """Return an npz archive whose bytes depend on the arrays alone (no clock in its entries)."""
    import zipfile

    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, array in arrays.items():
            content = io.BytesIO()
            np.lib.format.write_array(content, np.ascontiguousarray(array), allow_pickle=False)
            entry = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content.getvalue())
    return buffer.getvalue()
