"""What a fetchable source is: pinned files, their licence, and how an atlas is made of them."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, Literal
from urllib.parse import quote, urlsplit

from netmod.atlas.atlas import Atlas
from netmod.errors import ConfigError

DEFAULT_ROOT = "https://raw.githubusercontent.com"
MIRROR_VARIABLE = "NETMOD_MIRROR"

HCP_TERMS = """\
Derived from data of the Human Connectome Project, under the HCP Open Access Data Use Terms: pass
them on under the same terms, and acknowledge: Data were provided [in part] by the Human Connectome
Project, WU-Minn Consortium (Principal Investigators: David Van Essen and Kamil Ugurbil;
1U54MH091657) funded by the 16 NIH Institutes and Centers that support the NIH Blueprint for
Neuroscience Research; and by the McDonnell Center for Systems Neuroscience at Washington
University.
"""

VAN_ESSEN_2013 = """\
@article{vanessen2013,
  author  = {Van Essen, David C. and others},
  title   = {The {WU-Minn} {Human} {Connectome} {Project}: an overview},
  journal = {NeuroImage},
  volume  = {80},
  pages   = {62--79},
  year    = {2013},
  doi     = {10.1016/j.neuroimage.2013.05.041}
}
"""

SCHAEFER_2018 = """\
@article{schaefer2018,
  author  = {Schaefer, Alexander and others},
  title   = {Local-Global Parcellation of the Human Cerebral Cortex from Intrinsic Functional
             Connectivity {MRI}},
  journal = {Cerebral Cortex},
  volume  = {28},
  pages   = {3095--3114},
  year    = {2018},
  doi     = {10.1093/cercor/bhx179}
}
"""


def mirror_root() -> str:
    """Return the root of all addresses: ``NETMOD_MIRROR``, else GitHub's file server.

    Raises
    ------
    ConfigError
        If the variable holds no http or https address.
    """
    root = os.environ.get(MIRROR_VARIABLE, "").strip().rstrip("/")
    if not root:
        return DEFAULT_ROOT
    parts = urlsplit(root)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
        raise ConfigError(
            "not the address of a mirror",
            where=MIRROR_VARIABLE,
            expected="http://… or https://…, under which files lie as owner/name/commit/path",
            got=repr(root),
        )
    return root


@dataclass(frozen=True)
class RemoteFile:
    """One file of a public repository at one commit, pinned by its content.

    Attributes
    ----------
    repository, commit, path : str
        ``owner/name``, 40 hexadecimal digits, path in the repository.
    sha256 : str
        SHA-256 of the content, hexadecimal.
    bytes : int
        Size of the content.
    """

    repository: str
    commit: str
    path: str
    sha256: str
    bytes: int

    @property
    def name(self) -> str:
        """File name without folders."""
        return PurePosixPath(self.path).name

    @property
    def origin(self) -> str:
        """Address at the publisher, whatever mirror is set."""
        return f"{DEFAULT_ROOT}/{self._place}"

    @property
    def url(self) -> str:
        """Address to fetch from: under the mirror where one is set."""
        return f"{mirror_root()}/{self._place}"

    @property
    def _place(self) -> str:
        return quote(f"{self.repository}/{self.commit}/{self.path}")


@dataclass(frozen=True)
class Ingredients:
    """What a recipe gets: where to write, the files that came, and the base atlas.

    Attributes
    ----------
    source : Source
        The source that is being installed.
    folder : Path
        Folder to fill; it does not exist yet.
    name : str
        Name of the installed atlas.
    files : mapping of str to Path
        Checked files by name.
    base : Atlas or None
        Atlas that maps are added to.
    """

    source: Source
    folder: Path
    name: str
    files: Mapping[str, Path]
    base: Atlas | None = None

    @property
    def base_atlas(self) -> Atlas:
        """The base atlas, for recipes that add maps.

        Raises
        ------
        ConfigError
            If there is none, or it was not read from a folder.
        """
        if self.base is None or self.base.folder is None:
            raise ConfigError(f"'{self.source.name}' adds maps to an atlas of a folder")
        return self.base

    def text(self, name: str) -> str:
        """Return the text of a fetched file."""
        return self.files[name].read_text(encoding="utf-8")

    def records(self) -> list[dict[str, Any]]:
        """Return one entry of ``description.json`` for each fetched file, in order."""
        return [
            {
                "url": file.origin,
                "repository": file.repository,
                "commit": file.commit,
                "file": file.path,
                "file_sha256": file.sha256,
                "bytes": file.bytes,
                "licence": self.source.licence,
            }
            for file in self.source.files
        ]


@dataclass(frozen=True)
class Source:
    """One thing that can be fetched.

    Attributes
    ----------
    name : str
        Name for :func:`netmod.atlas.fetch.fetch_atlas`.
    title : str
        One line for lists.
    kind : {"atlas", "maps", "images"}
        An atlas of its own; maps added to a copy of a base atlas; a label image by nilearn.
    licence : str
        How the figures may be used; shown before fetching and recorded.
    citation : str
        BibTeX of what to cite.
    doc : str
        What comes, how it is made and what to know before use.
    build : callable
        Fills a folder from :class:`Ingredients`.
    files : tuple of RemoteFile
        All that is fetched; none where nilearn does the download.
    base : str or None
        Atlas that maps are added to unless another one is named; None for other kinds.
    terms : str
        Further terms of use in full, for ``LICENSE``.
    """

    name: str
    title: str
    kind: Literal["atlas", "maps", "images"]
    licence: str
    citation: str
    doc: str
    build: Callable[[Ingredients], None] = field(repr=False)
    files: tuple[RemoteFile, ...] = ()
    base: str | None = None
    terms: str = ""

    @property
    def bytes(self) -> int:
        """Size of all files together; 0 where it is not known beforehand."""
        return sum(file.bytes for file in self.files)
