"""The ledger as files: claims.tsv, a row for each claim; its measures; and a page to read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import numpy as np

from netmod.claims import rules
from netmod.claims.compute import MeasureResult, RowResult
from netmod.claims.rules import Estimate
from netmod.claims.second_verdicts import SecondVerdict, second_mass_words

COLUMNS = (
    "id", "claim", "arms", "observable", "expected", "observed", "low", "high", "control",
    "control_observed", "verdict", "robust_share", "second_mass", "selected", "engine", "subjects",
    "sources", "note",
)  # fmt: skip
"""Columns of ``claims.tsv``; the numbers are those of the measure that decides the verdict."""

MEASURE_COLUMNS = (
    "id", "measure", "unit", "observable", "expected", "n", "observed", "low", "high", "g",
    "control", "control_observed", "control_low", "control_high", "contrast_low", "contrast_high",
    "verdict", "second_mass", "second_mass_observed", "reasons",
)  # fmt: skip
"""Columns of ``measures.tsv``: one row for each measure and control."""

NOT_RUN: Mapping[str, SecondVerdict] = MappingProxyType({})
"""No row in the second neural mass."""

NOTICE = "Research simulator: not medical advice."


def ledger_rows(
    results: Sequence[RowResult], engine: str, second: Mapping[str, SecondVerdict] = NOT_RUN
) -> list[dict[str, str]]:
    """Return the rows of ``claims.tsv``.

    Parameters
    ----------
    results : sequence of RowResult
        In the order of the ledger.
    engine : str
        That computed them.
    second : mapping of str to SecondVerdict
        Rows in the second neural mass, by id.
    """
    return [_ledger_row(result, engine, second.get(result.row.id)) for result in results]


def _ledger_row(result: RowResult, engine: str, second: SecondVerdict | None) -> dict[str, str]:
    row, leading = result.row, result.leading
    line = dict.fromkeys(COLUMNS, "n/a") | {
        "id": row.id,
        "claim": row.claim,
        "arms": ", ".join(row.arms) or "n/a",
        "verdict": result.verdict,
        "selected": _selected(result),
        "sources": "; ".join([*row.sources, *row.humans]) or "n/a",
        "note": "; ".join(notes(result)) or "n/a",
    }
    if leading is None:
        return line
    measure = leading.measure
    line |= {
        "observable": measure.what,
        "expected": expectation(leading),
        "control": "; ".join(leading.controls) or "n/a",
        "control_observed": "; ".join(number(c.value) for c in leading.controls.values()) or "n/a",
        "robust_share": number(result.robust_share),
        "second_mass": second.words if second else "n/a",
        "engine": engine if row.experiment == "study" else "calcium rule",
        "subjects": str(result.subjects),
    }
    if leading.effect is not None:
        e = leading.effect
        line |= {"observed": number(e.value), "low": number(e.low), "high": number(e.high)}
    return line


def measure_rows(
    results: Sequence[RowResult], second: Mapping[str, SecondVerdict] = NOT_RUN
) -> list[dict[str, str]]:
    """Return the rows of ``measures.tsv``."""
    lines = []
    for result in results:
        own = second.get(result.row.id)
        others = own.measures if own else (None,) * len(result.measures)
        for found, other in zip(result.measures, others, strict=True):
            lines += _measure_lines(result.row.id, found, other)
    return lines


def _measure_lines(
    row_id: str, found: MeasureResult, second: MeasureResult | None
) -> list[dict[str, str]]:
    measure = found.measure
    line = dict.fromkeys(MEASURE_COLUMNS, "n/a") | {
        "id": row_id,
        "measure": measure.what,
        "unit": measure.unit,
        "observable": measure.observable,
        "expected": expectation(found),
        "verdict": found.verdict,
        "reasons": "; ".join(found.reasons) or "n/a",
    }
    if found.effect is not None:
        e = found.effect
        line |= {"n": str(e.n), "observed": number(e.value), "low": number(e.low),
                 "high": number(e.high), "g": number(e.g)}  # fmt: skip
    if second is not None:
        line["second_mass"] = second.verdict if second.effect else "not defined"
        line["second_mass_observed"] = observation(second.effect)
    lines = []
    for what, control in found.controls.items():
        gap = found.contrasts[what]
        lines.append(line | {
            "control": what, "control_observed": number(control.value),
            "control_low": number(control.low), "control_high": number(control.high),
            "contrast_low": number(gap.low), "contrast_high": number(gap.high),
        })  # fmt: skip
    return lines or [line]


def table_text(rows: Sequence[dict[str, str]], columns: Sequence[str]) -> str:
    """Return rows as TSV under a header; tabs and line ends within a cell become blanks."""
    lines = [columns, *([row[name] for name in columns] for row in rows)]
    return "\n".join("\t".join(" ".join(cell.split()) for cell in line) for line in lines) + "\n"


def expectation(found: MeasureResult) -> str:
    """Return what was expected of a measure in a few words."""
    measure = found.measure
    if measure.expected == "report":
        return "nothing"
    if measure.expected == "equal":
        return f"equal within {measure.margin:g} {_unit(measure.unit)}".strip()
    if measure.range is None:
        return measure.expected
    unit = "SD" if measure.judged == "g" else _unit(measure.unit)
    return f"{measure.expected} by {measure.range[0]:g} to {measure.range[1]:g} {unit}".strip()


def _unit(unit: str) -> str:
    return "" if unit == "1" else unit


def observation(effect: Estimate | None) -> str:
    """Return an estimate with its interval."""
    if effect is None:
        return "n/a"
    return f"{number(effect.value)} [{number(effect.low)}, {number(effect.high)}]"


def number(value: float | None) -> str:
    """Return three digits of a number; n/a where there is none."""
    return "n/a" if value is None or not np.isfinite(value) else f"{value:.3g}"


def notes(result: RowResult) -> list[str]:
    """Return why the verdict is not better, from the numbers, then what the row leaves out."""
    row = result.row
    found = [f"{m.measure.what}: {', '.join(m.reasons)}" for m in result.measures if m.reasons]
    if row.not_computed:
        found.append(row.not_computed)
    if row.measures and result.subjects < rules.FEWEST:
        found.append(f"preliminary: fewer than {rules.FEWEST} subjects")
    return [*found, *([row.note] if row.note else [])]


def _selected(result: RowResult) -> str:
    row = result.row
    if row.selected_on_row:
        return f"selected on this row: {row.selected}"
    return row.selected or "no"


def page(
    results: Sequence[RowResult],
    engine: str,
    picture: str | None = None,
    second: Mapping[str, SecondVerdict] = NOT_RUN,
) -> str:
    """Return the ledger as Markdown.

    Parameters
    ----------
    results : sequence of RowResult
        In the order of the ledger.
    engine : str
        That computed them.
    picture : str, optional
        Path of the picture, relative to the page.
    second : mapping of str to SecondVerdict
        Rows in the second neural mass, by id.
    """
    lines = [
        "# Ledger of claims", "", NOTICE, "",
        f"`netmod claims` writes this page. Engine of the studies: {engine}. A measure is "
        "*reproduced* when the 95 % interval of its effect excludes 0 in the expected direction, "
        "its magnitude lies in the expected range where one is given, and the interval of effect "
        "minus control excludes 0 for every control; *direction only* when the sign alone is "
        "right; a row is as good as the weakest of its measures. Intervals are bootstrap (BCa) "
        "intervals over virtual subjects, or over draws of the calcium rule's constants. "
        + ("With the linear engine scans have no noise: shared and independent noise agree, and "
           "intervals are those of people alone." if engine == "linear" else
           "Scans of one subject at the same time share their noise; at other times it is "
           "independent.") + " " + second_mass_words(second),
        "", _counts(results), "",
    ]  # fmt: skip
    if picture:
        lines += [f"![Effects and verdicts of all rows]({picture})", ""]
    lines += ["| row | claim | verdict | deciding measure | expected | observed |",
              "| --- | --- | --- | --- | --- | --- |"]  # fmt: skip
    lines += [_summary_line(result) for result in results]
    for result in results:
        lines += ["", *_section(result, second.get(result.row.id))]
    return "\n".join(lines) + "\n"


def _counts(results: Sequence[RowResult]) -> str:
    verdicts = [result.verdict for result in results]
    counted = {name: verdicts.count(name) for name in dict.fromkeys(verdicts)}
    return "Rows: " + ", ".join(f"{count} {name}" for name, count in sorted(counted.items())) + "."


def _summary_line(result: RowResult) -> str:
    leading = result.leading
    cells = [result.row.id, result.row.claim, result.verdict]
    if leading is None:
        cells += ["", "", ""]
    else:
        unit = _unit(leading.measure.unit)
        observed = f"{observation(leading.effect)} {unit}".strip()
        cells += [leading.measure.what, expectation(leading), observed]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _section(result: RowResult, second: SecondVerdict | None) -> list[str]:
    row = result.row
    lines = [f"## {row.id}: {row.claim}", "", f"**{result.verdict}**"]
    if row.measures:
        who = "subjects" if row.experiment == "study" else "draws of the calcium rule"
        lines[-1] += f" ({result.subjects} {who}; robust share {number(result.robust_share)}, "
        lines[-1] += f"{result.robust_note}"
        lines[-1] += f"; second neural mass: {second.words})" if second else ")"
        lines += ["", *_measures_table(result)]
    table = _cells(result)
    lines += ["", *table] if table else []
    details = [("selected", _selected(result) if row.selected else "")]
    details += [("in people", "; ".join(row.humans)), ("sources", "; ".join(row.sources))]
    if row.contested:
        details += [("for", "; ".join(row.contested["for"]))]
        details += [("against", "; ".join(row.contested["against"]))]
    details += [("note", "; ".join(notes(result)))]
    lines += ["", *(f"- {name}: {text}" for name, text in details if text)]
    return lines


def _measures_table(result: RowResult) -> list[str]:
    lines = ["| measure | expected | observed [95 %] | g | controls | verdict |",
             "| --- | --- | --- | --- | --- | --- |"]  # fmt: skip
    for found in result.measures:
        if found.measure.cell:
            continue
        unit = _unit(found.measure.unit)
        controls = "; ".join(f"{what}: {observation(c)}" for what, c in found.controls.items())
        g = number(found.effect.g) if found.effect else "n/a"
        cells = [f"{found.measure.what}{f' ({unit})' if unit else ''}", expectation(found),
                 observation(found.effect), g, controls or "none", found.verdict]  # fmt: skip
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return lines if len(lines) > 2 else []


def _cells(result: RowResult) -> list[str]:
    """Return the table of a row whose measures are its cells."""
    cells = {tuple(m.measure.cell): m for m in result.measures if m.measure.cell}
    if not cells:
        return []
    rows, columns = (list(dict.fromkeys(key[k] for key in cells)) for k in (0, 1))
    lines = [f"| | {' | '.join([*columns, *result.row.not_modelled])} |"]
    lines.append("| --- " * (1 + len(columns) + len(result.row.not_modelled)) + "|")
    for name in rows:
        found = [cells.get((name, column)) for column in columns]
        texts = [observation(m.effect) if m else "not computed" for m in found]
        texts += ["not modelled"] * len(result.row.not_modelled)
        lines.append(f"| {name} | {' | '.join(texts)} |")
    return lines


def write_tables(
    results: Sequence[RowResult],
    engine: str,
    out: Path,
    second: Mapping[str, SecondVerdict] = NOT_RUN,
) -> list[Path]:
    """Write ``claims.tsv``, ``measures.tsv`` and ``claims.md``; return their paths."""
    from netmod.study.store import write_whole

    texts = {
        "claims.tsv": table_text(ledger_rows(results, engine, second), COLUMNS),
        "measures.tsv": table_text(measure_rows(results, second), MEASURE_COLUMNS),
        "claims.md": page(results, engine, "claims.png", second),
    }
    for name, text in texts.items():
        write_whole(out / name, text)
    return [out / name for name in texts]
