"""Draw every figure of a finished study into its folder."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import TYPE_CHECKING

from netmod.errors import DataError
from netmod.figures.catalogue import FIGURES

if TYPE_CHECKING:
    from netmod.atlas import Atlas


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
        for entry in FIGURES:
            module = importlib.import_module(f"netmod.figures.{entry.name}")
            path = folder / f"{entry.name}.png"
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
