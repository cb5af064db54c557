"""Atlases and maps by one command: fetched from their publishers, pinned, checked, installed.

Nothing here is shipped with netmod. ``NETMOD_MIRROR`` names another server that holds the same
files; ``NETMOD_DATA`` the folder they are kept in.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from netmod.atlas.effective_connectivity import keep_fitted
from netmod.atlas.fetch import enigma, hansen, images, juspace, pytepfit
from netmod.atlas.fetch.download import DownloadError, Progress
from netmod.atlas.fetch.download import download as download_file
from netmod.atlas.fetch.install import building
from netmod.atlas.fetch.source import Ingredients, RemoteFile, Source
from netmod.atlas.load import load_atlas
from netmod.atlas.places import data_folder, user_atlases
from netmod.errors import ConfigError, did_you_mean

__all__ = ["SOURCES", "DownloadError", "RemoteFile", "Source", "fetch_atlas"]

SOURCES: Mapping[str, Source] = MappingProxyType(
    {
        source.name: source
        for family in (enigma, pytepfit, hansen, juspace, images)
        for source in family.SOURCES
    }
)
"""What can be fetched, by name."""


def fetch_atlas(
    name: str,
    *,
    base: str | None = None,
    progress: Progress | None = None,
    replace: bool = False,
) -> Path:
    """Fetch an atlas, maps for an atlas, or a label image, and install it.

    Parameters
    ----------
    name : str
        A key of :data:`SOURCES`.
    base : str, optional
        Atlas that maps are added to, by name or folder; the source's own choice when left out.
    progress : callable, optional
        Called with a file name, the bytes that are there and the bytes of the file.
    replace : bool
        Whether an earlier installation is replaced.

    Returns
    -------
    Path
        Folder of the installed atlas: ``<data folder>/atlases/<name>``, or
        ``…/<base>_<name>`` for maps; ``<data folder>/images/<name>`` for images.

    Raises
    ------
    ConfigError
        If there is no such source, `base` does not fit it, it is installed already, or the folder
        cannot be written.
    DownloadError
        If a file did not come.
    IntegrityError
        If a file has other content than pinned.
    DataError
        If the base lacks what the maps need.
    """
    source = SOURCES.get(name)
    if source is None:
        raise ConfigError(
            f"unknown source '{name}'",
            expected=f"one of {', '.join(SOURCES)}",
            got=repr(name),
            hint=did_you_mean(name, SOURCES),
        )
    return install(source, base=base, progress=progress, replace=replace)


def install(
    source: Source,
    *,
    base: str | None = None,
    progress: Progress | None = None,
    replace: bool = False,
) -> Path:
    """Fetch and install one source; see :func:`fetch_atlas`."""
    if base is not None and source.kind != "maps":
        raise ConfigError(
            f"'{source.name}' needs no base atlas",
            got=repr(base),
            hint="only sources of maps are added to an atlas",
        )
    atlas = load_atlas(base or str(source.base)) if source.kind == "maps" else None
    name = f"{atlas.name}_{source.name}" if atlas else source.name
    if not re.fullmatch(r"\w[\w.-]*", name):
        raise ConfigError("the name of the base atlas is no folder name", got=repr(name))
    root = data_folder() / "images" if source.kind == "images" else user_atlases()
    target = root / name
    with building(target, replace=replace) as folder:
        cache = data_folder() / "downloads"
        files = {
            file.name: download_file(
                file.url, file.sha256, cache / file.sha256, size=file.bytes, progress=progress
            )
            for file in source.files
        }
        source.build(Ingredients(source, folder, name, files, atlas))
        if source.kind != "images":
            load_atlas(folder)
            keep_fitted(target, folder)
    return target
