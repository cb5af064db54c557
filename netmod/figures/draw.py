"""Draw every figure of a finished study into its folder."""

from __future__ import annotations

import contextlib
import importlib
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from netmod.errors import DataError
from netmod.figures.catalogue import FIGURES

if TYPE_CHECKING:
    from netmod.atlas import Atlas


ASIDE = ("connectome", "slow_states")
"""Figures that a process of its own draws meanwhile: nilearn alone takes seconds to import."""


def draw_all(
    out: Path | str, atlas: Atlas | None = None, aside: subprocess.Popen | None = None
) -> list[Path]:
    """Write ``OUT/figures/*.png``; the same study gives the same bytes.

    Parameters
    ----------
    out : Path or str
        A finished study folder.
    atlas : Atlas, optional
        Its atlas; by default loaded by the name in the scenario.
    aside : Popen, optional
        From :func:`drawing_aside`, when there was time to start it before.

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
    if aside is None:
        with drawing_aside(out) as aside:
            return draw_all(out, aside=aside)
    _go(aside)
    draw([entry.name for entry in FIGURES if entry.name not in ASIDE], out)
    if aside.wait() != 0:
        # what it did not draw is drawn here, with its error
        draw(ASIDE, out)
    return [Path(out) / "figures" / f"{entry.name}.png" for entry in FIGURES]


@contextlib.contextmanager
def drawing_aside(out: Path | str) -> Iterator[subprocess.Popen]:
    """Give the process that draws :data:`ASIDE`: it imports what it needs, then waits.

    Parameters
    ----------
    out : Path or str
        The study folder, which need not exist yet.

    Yields
    ------
    Popen
        For :func:`draw_all`. It ends with the context.
    """
    aside = subprocess.Popen(  # noqa: S603
        [sys.executable, "-m", "netmod.figures.draw", str(out), *ASIDE],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        yield aside
    finally:
        aside.kill()
        with contextlib.suppress(OSError):
            aside.stdin.close()
        aside.wait()


def _go(aside: subprocess.Popen) -> None:
    with contextlib.suppress(OSError):  # it has died: its exit status tells
        aside.stdin.write("go\n")
        aside.stdin.close()


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
    for name in sys.argv[2:]:
        importlib.import_module(f"netmod.figures.{name}")
    importlib.import_module("nilearn.plotting")
    if sys.stdin.readline() == "go\n":
        draw(sys.argv[2:], sys.argv[1])
