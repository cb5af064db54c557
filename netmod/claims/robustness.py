"""Robustness of verdicts: every chosen constant of the mechanism halved and doubled.

Chosen are constants declared as proposals; published and recalled ones stay. A share counts the
changes under which the row keeps its verdict: for rows of the calcium rule on all draws, for
studies on fewer subjects and against the verdict of those.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from netmod.claims.calcium import CalciumLab, draw_rules
from netmod.claims.compute import RowResult, compute_row
from netmod.claims.schema import Row, load_ledger
from netmod.plasticity.declaration import GROUPS, PARAMETERS, evidence
from netmod.plasticity.induction import HIPPOCAMPUS, CalciumRule

SUBJECTS = 8
"""Subjects of a repeated study."""

RULE = ("tau_m_s", "m_0", "k")
"""Constants of the calcium rule that are proposals: the sliding threshold."""

SITE_GROUPS = (
    "induction", "consolidation", "BDNF, TrkB, VEGF, mTOR and the PV brake",
)  # fmt: skip
"""Groups of constants that the state of a stimulated site depends on."""


def with_robustness(
    result: RowResult, folder: Path | None, engine: str | None, cache: Path, say=lambda text: None
) -> RowResult:
    """Return a result with the share of changed constants under which its verdict holds.

    Parameters
    ----------
    result : RowResult
        As computed with all constants at their defaults.
    folder : Path or None
        Of the rows; the shipped one when None.
    engine : str or None
        Instead of the study's.
    cache : Path
        Evidence of studies with changed constants stands beside that of the ledger.
    say : callable
        Told what is being done.
    """
    row, kept, told = result.row, 0, []
    changes = list(_changes(row))
    count, verdict = result.subjects, result.bare_verdict
    if row.experiment == "study":  # what fewer subjects cost is not the constants' doing
        count = min(count, SUBJECTS)
        verdict = _repeated(row, folder, engine, count, {}, cache).bare_verdict
    for name, value in changes:
        say(f"row {row.id} with {name} = {value:g}")
        found = _repeated(row, folder, engine, count, {name: value}, cache).bare_verdict
        kept += found == verdict
        if found != verdict:
            told.append(f"{name} {value:.3g}: {found}")
    who = "subjects" if row.experiment == "study" else "draws"
    text = f"{kept} of {len(changes)} changes, {count} {who} each"
    text += f"; lost with {', '.join(told)}" if told else ""
    share = kept / len(changes) if changes else None
    return replace(result, robust_share=share, robust_note=text)


def second_mass() -> str:
    """Return what there is to say of a second neural mass."""
    from netmod.scenario.schema import TREATABLE

    known = " and ".join(TREATABLE)
    if len(TREATABLE) == 1:
        return f"A second neural mass was not run: lesion and treatments act on {known} alone."
    return f"A second neural mass was not run, though treatments act on {known}."


def _changes(row: Row) -> Iterator[tuple[str, float]]:
    """Yield every constant with half and twice its value, within what is accepted."""
    if row.experiment == "calcium":
        for name in RULE:
            for factor in (0.5, 2.0):
                yield name, factor * getattr(HIPPOCAMPUS, name)
    for name in _constants(row):
        declared = PARAMETERS[name]
        for factor in (0.5, 2.0):
            value = min(max(factor * declared.default, declared.low), declared.high)
            if value != declared.default:  # 0, or at the end of its range: no change
                yield name, value


def _constants(row: Row) -> list[str]:
    if row.experiment == "calcium" and all(m.observable != "site_state" for m in row.measures):
        return ["trkb_threshold"]  # the only one that induction itself reads
    groups = SITE_GROUPS if row.experiment == "calcium" else tuple(GROUPS)
    names = [name for group in groups for name in GROUPS[group]]
    return [name for name in names if evidence(PARAMETERS[name].source) == "proposal"]


def _repeated(
    row: Row, folder: Path | None, engine: str | None, count: int, changed: Mapping[str, float],
    cache: Path,
) -> RowResult:  # fmt: skip
    """Return the row's result on so many subjects or draws with constants changed."""
    of_site = {name: value for name, value in changed.items() if name not in RULE}
    ledger = load_ledger([row.id], folder, engine, count, of_site)
    study = ledger.study
    if row.experiment == "study":
        from netmod.claims.run import compute_ledger

        with tempfile.TemporaryDirectory(dir=cache.parent) as spare:
            return compute_ledger(ledger, Path(spare))[0]
    rules = draw_rules(count, study.seed)
    for name in set(changed) & set(RULE):
        rules = tuple(_scaled(rule, name, changed[name]) for rule in rules)
    arms = {arm.name: arm for arm in study.arms}
    lab = CalciumLab(arms, rules, study.plasticity.parameters)
    return compute_row(ledger.rows[0], lab, count, study.seed)


def _scaled(rule: CalciumRule, name: str, value: float) -> CalciumRule:
    """Return a draw whose constant is scaled as its centre is; its own deviation stays."""
    factor = value / getattr(HIPPOCAMPUS, name)
    changed: Mapping[str, float] = {name: getattr(rule, name) * factor}
    return replace(rule, **changed)
