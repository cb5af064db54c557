"""One figure for each model: its signature behaviour, computed through the library."""

from __future__ import annotations

from pathlib import Path

from model_figures import canvas, columns, oscillators, seizures, statistics, wong_wang

FIGURES = {
    **wong_wang.FIGURES,
    **columns.FIGURES,
    **oscillators.FIGURES,
    **seizures.FIGURES,
    **statistics.FIGURES,
}
"""For each model a function that returns its figure and the caption with what it measured."""


def draw(name: str, folder: Path) -> str:
    """Draw the figure of one model into a folder and return its caption."""
    import matplotlib as mpl

    mpl.use("Agg")
    with mpl.rc_context(canvas.STYLE):
        figure, caption = FIGURES[name]()
        folder.mkdir(parents=True, exist_ok=True)
        canvas.save(figure, folder / f"{name}.png")
    return caption
