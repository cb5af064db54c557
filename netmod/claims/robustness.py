"""Robustness of verdicts: every chosen constant of the mechanism halved and doubled.

Chosen are constants declared as proposals; published and recalled ones stay. A share counts the
changes under which a row keeps its verdict: for rows of the calcium rule on all draws, for studies
on fewer subjects and against the verdict of those.

For studies that is hours of work, for the calcium rule minutes. One change is one study, from which
every row is judged again; what it comes to is kept in a file, so that the work can be cut off and
taken up again. Scans of the unchanged study are kept beside these: most changes leave most alone.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from netmod.claims.calcium import CalciumLab, draw_rules
from netmod.claims.compute import RowResult, compute_row
from netmod.claims.evidence import FORMAT
from netmod.claims.schema import Ledger, Row, load_ledger
from netmod.plasticity.declaration import GROUPS, PARAMETERS, evidence
from netmod.plasticity.induction import HIPPOCAMPUS, CalciumRule

VERDICTS = 1
"""Version of what turns evidence into verdicts; older ones that were kept are not taken."""

SUBJECTS = 8
"""Subjects of a repeated study."""

RULE = ("tau_m_s", "m_0", "k")
"""Constants of the calcium rule that are proposals: the sliding threshold."""

SITE_GROUPS = (
    "induction", "consolidation", "BDNF, TrkB, VEGF, mTOR and the PV brake",
)  # fmt: skip
"""Groups of constants that the state of a stimulated site depends on."""


def with_changed_rule(
    result: RowResult, folder: Path | None, keep: Path, say=lambda text: None
) -> RowResult:
    """Return a result of the calcium rule with the share of changes that keep its verdict.

    Parameters
    ----------
    result : RowResult
        As computed with all constants at their defaults.
    folder : Path or None
        Of the rows; the shipped one when None.
    keep : Path
        Folder of what is found, made if missing; what is there is not computed again.
    say : callable
        Told what is being done.
    """
    row, lost = result.row, []
    changes = list(_rule_changes(row))
    ledger = load_ledger([row.id], folder, None, result.subjects)
    path = keep / f"{row.id}-{_stamp(row)}-{_name(ledger, {})}.json"
    known = _kept(path)
    for name, value in changes:
        key = f"{name}_{value:g}"
        if key not in known:
            say(f"row {row.id} with {name} = {value:g}")
            known[key] = _rule_repeated(row, folder, result.subjects, {name: value}).bare_verdict
            _keep(path, known)
        if known[key] != result.bare_verdict:
            lost.append(f"{name} {value:.3g}: {known[key]}")
    return _with_share(result, lost, len(changes), f"{result.subjects} draws each")


def with_changed_studies(
    results: Sequence[RowResult],
    folder: Path | None,
    engine: str | None,
    keep: Path,
    most: int | None = None,
    say=lambda text: None,
) -> list[RowResult]:
    """Return results of study rows with the share of changes under which each verdict holds.

    Parameters
    ----------
    results : sequence of RowResult
        Of studies, with all constants at their defaults.
    folder : Path or None
        Of the rows; the shipped one when None.
    engine : str or None
        Instead of the study's.
    keep : Path
        Folder of what is found, made if missing; what is there is not computed again.
    most : int, optional
        Only the first so many changes; all when None.
    say : callable
        Told what is being done.
    """
    ids = [result.row.id for result in results]
    count = min(results[0].subjects, SUBJECTS)
    tried = study_changes()[:most]
    # what fewer subjects cost is not the constants' doing
    base = _verdicts(ids, folder, engine, count, {}, keep)
    lost: dict[str, list[str]] = {name: [] for name in ids}
    for k, (name, value) in enumerate(tried):
        say(f"{name} = {value:g} ({k + 1} of {len(tried)} changes)")
        found = _verdicts(ids, folder, engine, count, {name: value}, keep)
        for row in ids:
            if found[row] != base[row]:
                lost[row].append(f"{name} {value:.3g}: {found[row]}")
    found = []
    for result in results:
        row, each = result.row.id, f"{count} subjects each"
        if base[row] != result.bare_verdict:
            each += f", against '{base[row]}' of as many"
        found.append(_with_share(result, lost[row], len(tried), each))
    return found


def study_changes() -> list[tuple[str, float]]:
    """Return every change of a study's constants, in a seeded random order.

    The first so many are a fair sample of all.
    """
    found = list(_halved_and_doubled(PARAMETERS))
    return [found[k] for k in np.random.default_rng(0).permutation(len(found))]


def _halved_and_doubled(names: Iterable[str]) -> Iterator[tuple[str, float]]:
    """Yield constants that are proposals with half and twice their value, as far as accepted."""
    for name in names:
        declared = PARAMETERS[name]
        for factor in (0.5, 2.0) if evidence(declared.source) == "proposal" else ():
            value = min(max(factor * declared.default, declared.low), declared.high)
            if value != declared.default:  # 0, or at the end of its range: no change
                yield name, value


def _with_share(result: RowResult, lost: Sequence[str], of: int, each: str) -> RowResult:
    text = f"{of - len(lost)} of {of} changes, {each}"
    text += f"; lost with {', '.join(lost)}" if lost else ""
    share = (of - len(lost)) / of if of else None
    return replace(result, robust_share=share, robust_note=text)


def _verdicts(
    ids: Sequence[str], folder: Path | None, engine: str | None, count: int,
    changed: Mapping[str, float], keep: Path,
) -> dict[str, str]:  # fmt: skip
    """Return the verdict of every row under changed constants; computed where not yet kept."""
    from netmod.claims.run import compute_ledger

    ledger = load_ledger(ids, folder, engine, count, changed)
    path = keep / f"{_name(ledger, changed)}.json"
    known = _kept(path)
    stamps = {row.id: _stamp(row) for row in ledger.rows}
    left = [row for row in ids if known.get(row, {}).get("stamp") != stamps[row]]
    if left:
        own = load_ledger(left, folder, engine, count, changed)
        # most networks hang on few constants: what a change leaves alone is not scanned again
        unchanged = keep / "unchanged"
        with tempfile.TemporaryDirectory() as spare:
            evidence, scanned = (Path(spare), unchanged) if changed else (unchanged, None)
            for result in compute_ledger(own, evidence, known=scanned):
                row = result.row.id
                known[row] = {"stamp": stamps[row], "verdict": result.bare_verdict}
        _keep(path, known)
    return {row: known[row]["verdict"] for row in ids}


def _kept(path: Path) -> dict:
    return json.loads(path.read_text()) if path.is_file() else {}


def _keep(path: Path, known: Mapping) -> None:
    from netmod.study.store import write_whole

    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, json.dumps(known, indent=1))


def _name(ledger: Ledger, changed: Mapping[str, float]) -> str:
    """Return the name of a file: the change, and all that the study and numbers hang on."""
    from netmod.atlas import load_atlas
    from netmod.study.prepare import version_of

    study = ledger.study.canonical()
    del study["arms"]
    head = [FORMAT, version_of(ledger.study), load_atlas(ledger.study.atlas).sha256, study]
    digest = hashlib.sha256(json.dumps(head, sort_keys=True).encode()).hexdigest()[:16]
    return "-".join([*(f"{name}_{value:g}" for name, value in changed.items()), digest])


def _stamp(row: Row) -> str:
    """Return a digest of a row as declared."""
    text = f"{VERDICTS}|{row.model_dump_json(by_alias=True)}"
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _rule_changes(row: Row) -> Iterator[tuple[str, float]]:
    """Yield the changes of a row of the calcium rule."""
    for name in RULE:
        for factor in (0.5, 2.0):
            yield name, factor * getattr(HIPPOCAMPUS, name)
    if all(measure.observable != "site_state" for measure in row.measures):
        yield from _halved_and_doubled(["trkb_threshold"])  # the only one that induction reads
    else:
        yield from _halved_and_doubled(name for group in SITE_GROUPS for name in GROUPS[group])


def _rule_repeated(
    row: Row, folder: Path | None, count: int, changed: Mapping[str, float]
) -> RowResult:
    """Return the row's result on so many draws with constants changed."""
    of_site = {name: value for name, value in changed.items() if name not in RULE}
    ledger = load_ledger([row.id], folder, None, count, of_site)
    study = ledger.study
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
