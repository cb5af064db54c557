"""Where atlases lie: those shipped with netmod, and those that the user fetched or imported."""

from __future__ import annotations

import os
from pathlib import Path


def data_folder() -> Path:
    """Return the user's data folder: ``NETMOD_DATA``, or ``netmod`` under ``XDG_DATA_HOME``.

    Returns
    -------
    Path
        Not made here; ``~/.local/share/netmod`` unless the environment says otherwise.
    """
    named = os.environ.get("NETMOD_DATA", "").strip()
    if named:
        return Path(named).expanduser()
    base = os.environ.get("XDG_DATA_HOME", "").strip()
    # The specification of the variable tells to ignore a relative path.
    root = Path(base) if base and Path(base).is_absolute() else Path.home() / ".local" / "share"
    return root / "netmod"


def user_atlases() -> Path:
    """Return the folder of fetched and imported atlases, one folder each."""
    return data_folder() / "atlases"


def shipped_atlases() -> tuple[Path, ...]:
    """Return the folders that hold shipped atlases: in a wheel, then in a checkout."""
    package = Path(__file__).resolve().parent.parent
    return (package / "_data" / "atlases", package.parent / "atlases")
