"""JAX's persistent compilation cache: a program that was compiled once is read the next time.

Only programs switch it on (:func:`netmod.dynamics.devices.prepare_devices`); importing netmod does
not. A cached program is machine code, so the folder belongs to the user alone, and every kind of
processor has a folder of its own: home folders are shared between machines.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import platform
import stat
import sys
from collections.abc import Mapping
from pathlib import Path

LEAST_COMPILE_S = 0.2
"""Programs that compile faster are not kept; reading one takes some hundredths of a second."""

LARGEST_BYTES = 512 * 2**20
"""What the folder may hold; the programs written first are removed first."""

_OFF = ("off", "0", "false", "no")
_log = logging.getLogger(__name__)


def cache_folder(environment: Mapping[str, str] = os.environ) -> Path | None:
    """Return the folder of compiled programs on this kind of processor; None without a home.

    Parameters
    ----------
    environment : mapping
        ``XDG_CACHE_HOME`` (an absolute path) stands before the system's own place.
    """
    chosen = environment.get("XDG_CACHE_HOME", "")
    try:
        if Path(chosen).is_absolute():
            base = Path(chosen)
        elif sys.platform == "darwin":
            base = Path.home() / "Library" / "Caches"
        elif sys.platform == "win32":
            base = Path(environment.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
        else:
            base = Path.home() / ".cache"
    except RuntimeError:  # no home folder
        return None
    return base / "netmod" / "xla" / processor()


def processor() -> str:
    """Return a name of this kind of processor: architecture and a hash of its features."""
    described = [platform.machine(), platform.processor(), sys.platform]
    with contextlib.suppress(OSError, UnicodeDecodeError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            name = line.split(":")[0].strip()
            if name in ("model name", "flags", "Features"):
                described.append(line)
            elif not line and len(described) > 3:  # the other cores are alike
                break
    return f"{platform.machine()}-{hashlib.sha256('|'.join(described).encode()).hexdigest()[:12]}"


def keep_compiled_programs() -> Path | None:
    """Switch the persistent cache on and return its folder; None where it stays off.

    ``NETMOD_COMPILATION_CACHE=off`` leaves it off, and what the user has set for JAX
    (``JAX_COMPILATION_CACHE_DIR``, ``JAX_ENABLE_COMPILATION_CACHE``, or the configuration of a
    running program) stands. A folder that cannot be made or is not the user's own costs time, not
    the run: a debug line says so.
    """
    if os.environ.get("NETMOD_COMPILATION_CACHE", "").strip().lower() in _OFF:
        return None
    import jax

    config = jax.config
    if not config.jax_enable_compilation_cache:
        return None
    if config.jax_compilation_cache_dir is not None:
        return Path(config.jax_compilation_cache_dir)
    folder = cache_folder()
    if folder is None:
        _log.debug("no compilation cache: there is no home folder")
        return None
    try:
        _make_private(folder)
        _shrink(folder)
    except OSError as error:
        _log.debug("no compilation cache in %s: %s", folder, error.strerror or error)
        return None
    config.update("jax_compilation_cache_dir", str(folder))
    if "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS" not in os.environ:
        config.update("jax_persistent_cache_min_compile_time_secs", LEAST_COMPILE_S)
    return folder


def _make_private(folder: Path) -> None:
    """Make a folder that only the user may enter.

    Raises
    ------
    OSError
        If it cannot be made, or is another's, or others may write into it.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.stat()
    if os.name == "posix":
        if found.st_uid != os.geteuid():
            raise PermissionError("it belongs to another user")
        if stat.S_IMODE(found.st_mode) != 0o700:
            folder.chmod(0o700)
    if not os.access(folder, os.W_OK | os.X_OK):
        raise PermissionError("it cannot be written")


def _shrink(folder: Path) -> None:
    """Remove the oldest programs until the rest fits into :data:`LARGEST_BYTES`."""
    files = []
    for path in folder.iterdir():
        with contextlib.suppress(OSError):  # another process may remove it at the same time
            found = path.stat()
            if stat.S_ISREG(found.st_mode):
                files.append((found.st_mtime_ns, found.st_size, path))
    total = sum(size for _, size, _ in files)
    for _, size, path in sorted(files):
        if total <= LARGEST_BYTES:
            break
        with contextlib.suppress(OSError):
            path.unlink()
            total -= size
