"""Compute the ledger: evidence for the rows asked for, verdicts, files."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from netmod.claims import rules
from netmod.claims.calcium import CalciumLab, draw_rules
from netmod.claims.compute import RowResult, compute_row
from netmod.claims.evidence import Evidence
from netmod.claims.ledger import observation, write_tables
from netmod.claims.schema import Ledger, Row, load_ledger
from netmod.errors import ConfigError
from netmod.scenario import Scenario

_OWN = ("claims.tsv", "study.yaml", "evidence")
"""What tells a folder of the ledger from any other."""


def run_claims(
    ids: Sequence[str] = (),
    out: Path = Path("out/claims"),
    engine: str | None = None,
    subjects: int | None = None,
    robust: Sequence[str] | None = None,
    changes: int | None = None,
    second_mass: bool = True,
    jobs: int | None = None,
    folder: Path | None = None,
) -> int:
    """Compute rows and write the ledger; evidence that is there is kept.

    Parameters
    ----------
    ids : sequence of str
        Only these rows; all when empty.
    out : Path
        Folder of the ledger, made if missing.
    engine : {"linear", "sde"}, optional
        Instead of the study's.
    subjects : int, optional
        Virtual subjects, and draws of the calcium rule, instead of the study's.
    robust : sequence of str, optional
        Rows whose verdict is repeated under changed constants; the calcium rows when empty.
    changes : int, optional
        Of a study's constants only so many, a fair sample; all when None.
    second_mass : bool
        Whether what rows say of the network is judged again in the second neural mass.
    jobs : int, optional
        CPU devices; all cores when None.
    folder : Path, optional
        Of the rows; the shipped one when None.

    Returns
    -------
    int
        0 whatever the verdicts; 3 when a row could not be computed.

    Raises
    ------
    ConfigError
        If a row is unknown or wrong, or the folder holds something else.
    """
    from netmod.dynamics.devices import prepare_devices
    from netmod.study.store import write_whole

    ledger = load_ledger(ids, folder, engine, subjects)
    _check_folder(out)
    robust_ids = _robust_ids(ledger, robust)
    if changes is not None and robust is None:
        hint = "add --robust with the rows, or leave it out"
        raise ConfigError("nothing is repeated", where="--changes", expected="--robust", hint=hint)
    ledger.check()
    prepare_devices("cpu", jobs)
    write_whole(out / "study.yaml", ledger.study.to_yaml())
    results = compute_ledger(ledger, out / "evidence", _say)
    results = _repeated(results, robust_ids, folder, engine, changes, out)
    second = {}
    if second_mass:
        from netmod.claims.second_verdicts import second_mass_verdicts

        second = second_mass_verdicts(ledger, results, out / "evidence", _say)
    write_tables(results, ledger.study.engine, out, second)
    print(summary(results))
    return 3 if any(result.failed for result in results) else 0


def _repeated(
    results: list[RowResult], ids: set[str], folder: Path | None, engine: str | None,
    changes: int | None, out: Path,
) -> list[RowResult]:  # fmt: skip
    """Return results with the robustness of some rows."""
    from netmod.claims.robustness import with_changed_rule, with_changed_studies

    wanted = [result for result in results if result.row.id in ids]
    of_study = [result for result in wanted if result.row.experiment == "study"]
    keep, of_rule = out / "robust", [r for r in wanted if r.row.experiment == "calcium"]
    done = [with_changed_rule(result, folder, keep, _say) for result in of_rule]
    if of_study:
        done += with_changed_studies(of_study, folder, engine, keep, changes, _say)
    found = {result.row.id: result for result in done}
    return [found.get(result.row.id, result) for result in results]


def compute_ledger(
    ledger: Ledger, evidence: Path, say=lambda text: None, known: Path | None = None
) -> list[RowResult]:
    """Return the results of every row of a ledger.

    Parameters
    ----------
    ledger : Ledger
        Rows and their study.
    evidence : Path
        Folder in which arms are kept.
    say : callable
        Told what is being done.
    known : Path, optional
        Folder of other evidence, from which scans of the same networks are taken.
    """
    study = ledger.study
    rows = [row for row in ledger.rows if row.experiment == "study" and row.measures]
    found: dict[str | None, Evidence] = {}
    for variant in (None, *ledger.variants) if rows else ():
        found[variant] = _gathered(ledger.under(variant), rows, variant, evidence, say, known)
    results = []
    for row in ledger.rows:
        say(f"row {row.id}")
        own = laboratory(row, ledger) if row.experiment == "calcium" else found.get(None)
        others = {name: found[name] for name in row.variants if row.measures}
        results.append(compute_row(row, own, study.cohort.subjects, study.seed, others))
    return results


def _gathered(
    study: Scenario, rows: Sequence[Row], variant: str | None, folder: Path, say,
    known: Path | None,
) -> Evidence:  # fmt: skip
    """Return evidence of a study with everything that rows read of it."""
    from netmod.atlas import load_atlas

    if variant is not None:
        say(f"variant {variant}")
    found = Evidence(study, load_atlas(study.atlas), folder, known)
    pairs = {pair for row in rows for pair in row.scans(variant)}
    arms = {arm for row in rows for arm in row.arms_used(variant)}
    order = [arm.name for arm in study.arms]  # a set's order is no property of the ledger
    found.gather(
        sorted(pairs, key=lambda pair: (order.index(pair[0]), pair[1])),
        sorted(arms, key=order.index), say,
    )  # fmt: skip
    return found


def laboratory(row: Row, ledger: Ledger) -> CalciumLab:
    """Return the laboratory of a row's arms, with as many draws as the study has subjects."""
    study = ledger.study
    arms = {arm.name: arm for arm in study.arms if arm.name in row.arms}
    rules_drawn = draw_rules(study.cohort.subjects, study.seed)
    return CalciumLab(arms, rules_drawn, study.plasticity.parameters)


def summary(results: Sequence[RowResult]) -> str:
    """Return the ledger as lines of text: row, verdict, what decided it."""
    lines = []
    for result in results:
        leading = result.leading
        text = f"{result.row.id:<4} {result.verdict:<28} "
        if leading is None:
            lines.append(text + result.row.claim)
            continue
        unit = "" if leading.measure.unit == "1" else f" {leading.measure.unit}"
        lines.append(f"{text}{leading.measure.what}: {observation(leading.effect)}{unit}")
        if leading.verdict == rules.FAILED:
            lines.append(f"     {'; '.join(leading.reasons)}")
    return "\n".join([*lines, "Research simulator: not medical advice."])


def _robust_ids(ledger: Ledger, robust: Sequence[str] | None) -> set[str]:
    if robust is None:
        return set()
    known = {row.id: row for row in ledger.rows if row.measures}
    for name in robust:
        if name not in known:
            raise ConfigError(
                f"no row '{name}' among those computed", where="--robust",
                expected=", ".join(known),
            )  # fmt: skip
    return set(robust) or {name for name, row in known.items() if row.experiment == "calcium"}


def _check_folder(out: Path) -> None:
    if out.is_dir():
        names = {path.name for path in out.iterdir()}
        if names and not names & set(_OWN):
            raise ConfigError(
                "the output folder holds something else", where=str(out),
                expected="a new or empty folder, or one of an earlier ledger",
                got=", ".join(sorted(names)[:5]), hint="choose another folder with -o",
            )  # fmt: skip


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
