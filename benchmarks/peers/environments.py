"""One virtual environment a peer, built from its pinned requirements and kept."""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.peers.catalogue import Peer
from netmod.dynamics.compilation_cache import cache_folder
from netmod.errors import ConfigError

CHOSEN = "NETMOD_PEER_ENVIRONMENTS"
"""Variable that names the folder; ``--environments`` sets it."""

PATIENCE_S = 1800


class BuildError(RuntimeError):
    """An environment could not be built: no registry, no wheel, no compiler."""


def environments_folder() -> Path:
    """Return the folder of all environments.

    Raises
    ------
    ConfigError
        If none was chosen and there is no home folder.
    """
    if os.environ.get(CHOSEN):
        return Path(os.environ[CHOSEN]).expanduser().resolve()
    cache = cache_folder()
    if cache is None:
        raise ConfigError("no home folder to keep environments in", hint="use --environments")
    return cache.parents[1] / "peers"


def interpreter(peer: Peer) -> Path:
    """Return the interpreter of a peer's environment; build it where it is new or outdated.

    The folder's name holds a hash of the requirements and of the Python version, so that a change
    of either builds anew. It appears under that name only when it is whole.

    Raises
    ------
    BuildError
        If a package cannot be had.
    """
    pinned = peer.requirements.read_bytes() + platform.python_version().encode()
    name = f"{peer.name}-{hashlib.sha256(pinned).hexdigest()[:12]}"
    folder = environments_folder() / name
    if not folder.exists():
        _build(peer.requirements, folder)
    return folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


def _build(requirements: Path, folder: Path) -> None:
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    except OSError as error:
        raise BuildError(f"no folder for it: {error}") from None
    try:
        _run(sys.executable, "-m", "venv", str(draft))
        python = draft / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
        _run(
            str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
            "--no-input", "-r", str(requirements),
        )  # fmt: skip
        draft.rename(folder)
    except OSError as error:
        # another run was faster: its environment is as good
        if not folder.exists():
            raise BuildError(str(error)) from None
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _run(*words: str) -> None:
    try:
        done = subprocess.run(
            words, check=False, capture_output=True, text=True, timeout=PATIENCE_S
        )
    except subprocess.TimeoutExpired:
        raise BuildError(f"not built within {PATIENCE_S} s") from None
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if line.strip()]
        errors = [line for line in said if line.lower().startswith("error")] or said
        reason = errors[-1] if errors else f"exit code {done.returncode}"
        raise BuildError(reason.removeprefix("ERROR: ")[:200])
