"""Draw every figure of a finished study into its folder."""

from __future__ import annotations

import importlib
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from netmod.errors import DataError
from netmod.figures.catalogue import FIGURES

if TYPE_CHECKING:
    from netmod.atlas import Atlas


ASIDE = ("connectome",)
"""Figures that a process of its own draws meanwhile: nilearn alone takes seconds to import."""


def draw_all(out: Path | str, atlas: Atlas | None = None) -> list[Path]:
    """Write ``OUT/figures/*.png``; the same study gives the same bytes.

    Parameters
    ----------
    out : Path or str
        A finished study folder.
    atlas : Atlas, optional
        Its atlas; by default loaded by the name in the scenario.

    Returns
    -------
    list of Path
        The files, in the order of the catalogue.

    Raises
    ------
    DataError
        If the study is unfinished, its atlas is another one, or the folder cannot be written.
    """
    if atlas is not None:
        return draw([entry.name for entry in FIGURES], out, atlas)
    command = [sys.executable, "-m", "netmod.figures.draw", str(out), *ASIDE]
    # a failure there shows up here: what it did not draw is drawn below, with its error
    aside = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603
    try:
        draw([entry.name for entry in FIGURES if entry.name not in ASIDE], out)
    finally:
        failed = aside.wait() != 0
    if failed:
        draw(ASIDE, out)
    return [Path(out) / "figures" / f"{entry.name}.png" for entry in FIGURES]


def draw(names: Sequence[str], out: Path | str, atlas: Atlas | None = None) -> list[Path]:
    """Draw some of the figures; arguments and errors as for :func:`draw_all`."""
    import matplotlib

    from netmod.figures.regions import check_atlas
    from netmod.figures.style import RC, save
    from netmod.study.results import load_results

    results = load_results(out)
    if atlas is None:
        from netmod.atlas import load_atlas

        atlas = load_atlas(results.atlas_name)
    check_atlas(results, atlas)
    # nilearn draws through pyplot: without this it would look for a screen.
    matplotlib.use("Agg")
    folder = results.folder / "figures"
    written = []
    try:
        folder.mkdir(exist_ok=True)
        for name in names:
            module = importlib.import_module(f"netmod.figures.{name}")
            path = folder / f"{name}.png"
            with matplotlib.rc_context(RC):
                save(module.draw(results, atlas), path)
            written.append(path)
    except OSError as error:
        raise DataError(
            "cannot write the figures",
            where=str(folder),
            got=error.strerror or type(error).__name__,
            hint="free the disk or make the folder writable",
        ) from error
    return written


if __name__ == "__main__":
    draw(sys.argv[2:], sys.argv[1])
