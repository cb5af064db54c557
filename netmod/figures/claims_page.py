"""The ledger of claims on one page: effect, controls and verdict of every row."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

from netmod.errors import DataError
from netmod.figures.style import (
    FAINT,
    INK,
    MUTED,
    OKABE_ITO,
    RC,
    SMALL_PT,
    TITLE_PT,
    WIDTH_IN,
    Sheet,
    save,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS = {
    "reproduced": OKABE_ITO["green"],
    "direction only": OKABE_ITO["orange"],
    "not reproduced": OKABE_ITO["vermillion"],
    "reported": OKABE_ITO["sky"],
    "failed": OKABE_ITO["black"],
    "not computed": OKABE_ITO["grey"],
}
"""Colour of each verdict; contested rows have that of their verdict."""

_LINE_IN, _TOP_IN, _BOTTOM_IN = 0.155, 0.62, 0.62
_CLAIM_IN, _AXIS_IN, _AXIS_WIDTH_IN, _VERDICT_IN = 0.42, 3.95, 1.6, 5.65
_CLAIM_LETTERS = 72
_CONTROL_PT = 3.6


def draw_claims(out: Path) -> Path:
    """Draw ``claims.tsv`` of a folder as ``claims.png`` beside it.

    Each line shows the deciding measure: its effect with its 95 % interval, and what is left under
    each control, all over the largest of them in size, since units differ between rows.

    Parameters
    ----------
    out : Path
        Folder that ``netmod claims`` has written.

    Returns
    -------
    Path
        Of the picture.

    Raises
    ------
    DataError
        If there is no ledger, or it lacks a column.
    """
    from matplotlib import rc_context

    rows = read_ledger(out / "claims.tsv")
    with rc_context(RC):
        height = _TOP_IN + _LINE_IN * len(rows) + _BOTTOM_IN
        sheet = Sheet(WIDTH_IN, height)
        sheet.text(0.12, 0.2, "Ledger of claims", fontsize=TITLE_PT, va="center")
        _key(sheet)
        axes = sheet.axes(_AXIS_IN, _TOP_IN, _AXIS_WIDTH_IN, _LINE_IN * len(rows))
        _prepare(axes, len(rows))
        for place, row in enumerate(rows):
            _row(sheet, axes, place, row)
        note = "effect and controls over the largest in the row; research simulator, not medical "
        sheet.text(0.12, height - 0.14, note + "advice", fontsize=SMALL_PT - 1, color=MUTED)
        path = out / "claims.png"
        save(sheet.figure, path)
    return path


def read_ledger(path: Path) -> list[dict[str, str]]:
    """Return the rows of ``claims.tsv`` by column.

    Raises
    ------
    DataError
        If it is missing, has no row, or lacks a column that is drawn.
    """
    hint = "run `netmod claims` again"
    if not path.is_file():
        raise DataError("no ledger", where=str(path), hint=hint)
    head, *lines = [line.split("\t") for line in path.read_text("utf-8").splitlines() if line]
    needed = ("id", "claim", "expected", "observed", "low", "high", "control_observed", "verdict")
    missing = [name for name in needed if name not in head]
    if missing or not lines or any(len(line) != len(head) for line in lines):
        raise DataError(
            "not a ledger", where=str(path), expected=", ".join(needed),
            got=", ".join(head) or "nothing", hint=hint,
        )  # fmt: skip
    return [dict(zip(head, line, strict=True)) for line in lines]


def _key(sheet: Sheet) -> None:
    left = 0.12
    for name, colour in COLOURS.items():
        sheet.patch(left, 0.36, 0.09, 0.09, colour)
        sheet.text(left + 0.13, 0.405, name, fontsize=SMALL_PT, va="center")
        left += 0.24 + 0.058 * len(name)
    sheet.text(left, 0.405, "◇ control  ▸ expected", fontsize=SMALL_PT, va="center")


def _prepare(axes: Axes, count: int) -> None:
    axes.set_xlim(-1.2, 1.2)
    axes.set_ylim(count - 0.5, -0.5)
    axes.axvline(0.0, color=INK, linewidth=0.6)
    axes.set_xticks([-1, 0, 1], labels=["−", "0", "+"])
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.set_xlabel("relative effect")
    for place in range(0, count, 2):
        axes.axhspan(place - 0.5, place + 0.5, color=FAINT, alpha=0.5, linewidth=0, zorder=0)


def _row(sheet: Sheet, axes: Axes, place: int, row: dict[str, str]) -> None:
    top = _TOP_IN + (place + 0.5) * _LINE_IN
    verdict = row["verdict"].removesuffix(" (contested)")
    colour = COLOURS.get(verdict, INK)
    claim = row["claim"]
    if len(claim) > _CLAIM_LETTERS:
        claim = claim[: _CLAIM_LETTERS - 1].rsplit(" ", 1)[0] + " …"
    sheet.text(0.12, top, row["id"], fontsize=SMALL_PT, va="center")
    sheet.text(_CLAIM_IN, top, claim, fontsize=SMALL_PT - 0.5, va="center")
    sheet.patch(_VERDICT_IN, top - 0.045, 0.09, 0.09, colour)
    sheet.text(_VERDICT_IN + 0.14, top, row["verdict"].replace(" (contested)", ", contested"),
               fontsize=SMALL_PT - 0.5, va="center")  # fmt: skip
    for word, x, arrow in (("increase", 1.13, "▸"), ("decrease", -1.13, "◂")):
        if row["expected"].startswith(word):
            axes.text(x, place, arrow, color=MUTED, ha="center", va="center_baseline")
    effect, low, high = (_number(row[name]) for name in ("observed", "low", "high"))
    controls = [_number(text) for text in row["control_observed"].split("; ")]
    shown = [value for value in (effect, low, high, *controls) if math.isfinite(value)]
    scale = max((abs(value) for value in shown), default=0.0)
    if not math.isfinite(effect):
        return
    scale = scale or 1.0
    axes.plot([low / scale, high / scale], [place, place], color=colour, linewidth=1.6)
    axes.plot(effect / scale, place, marker="o", markersize=3.2, color=colour)
    for value in controls:
        if math.isfinite(value):
            axes.plot(value / scale, place, marker="D", markersize=_CONTROL_PT, color=INK,
                      markerfacecolor="none", markeredgewidth=0.6)  # fmt: skip


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")
