"""How much memory a run may take: what the user, the container and the machine leave."""

from __future__ import annotations

import os
import re
from pathlib import Path

from netmod.errors import ConfigError

_UNITS = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}


def available_bytes() -> int | None:
    """Return the bytes that a run may take now; None where the system does not say.

    ``NETMOD_MEMORY_LIMIT`` (bytes, or ``512M``, ``16G``, ...) stands before everything else. On a
    GPU it is what the first device of this process has left. Else it is the least of what the
    machine can give without swapping and of what the control group of the process, as set by a
    container or a job scheduler, still allows.

    Raises
    ------
    ConfigError
        If ``NETMOD_MEMORY_LIMIT`` is no size.
    """
    limit = os.environ.get("NETMOD_MEMORY_LIMIT")
    if limit:
        return _parsed(limit)
    import jax

    device = jax.local_devices()[0]
    if device.platform != "cpu":
        stats = device.memory_stats() or {}
        if "bytes_limit" not in stats:
            return None
        return int(stats["bytes_limit"]) - int(stats.get("bytes_in_use", 0))
    known = [size for size in (_machine_bytes(), _group_bytes(Path("/"))) if size is not None]
    return min(known, default=None)


def shown(size: float) -> str:
    """Return a number of bytes as text, with three digits and a unit."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if size < 1000:
            return f"{size:.3g} {unit}"
        size /= 1024
    return f"{size:.3g} TiB"


def _parsed(text: str) -> int:
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([KMGT]?)(?:i?B)?\s*", text, re.IGNORECASE)
    if found is None:
        raise ConfigError(
            "NETMOD_MEMORY_LIMIT is no size",
            expected="bytes, or a number with K, M, G or T",
            got=text,
        )
    return int(float(found[1]) * _UNITS[found[2].upper()])


def _machine_bytes() -> int | None:
    """Return what the machine can give; its whole memory where it does not say what is free."""
    try:
        for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except (OSError, ValueError):
        pass
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):  # no such call, or no such name
        return None


def _group_bytes(root: Path) -> int | None:
    """Return what the control groups of this process leave; None without a limit.

    Parameters
    ----------
    root : Path
        Folder that holds ``proc`` and ``sys``.
    """
    left = []
    for group, limit, used in _groups(root):
        most, now = _number(group / limit), _number(group / used)
        if most is None or now is None or most >= 2**60:  # the first version's word for no limit
            continue
        # file pages that were not touched of late are given back when memory is asked for
        left.append(most - now + _reclaimable(group / "memory.stat"))
    return max(0, min(left)) if left else None


def _groups(root: Path) -> list[tuple[Path, str, str]]:
    """Return folder, limit and use of every group that the process stands in, up to the top."""
    try:
        lines = (root / "proc/self/cgroup").read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return []
    found = []
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if not controllers:
            top, limit, used = root / "sys/fs/cgroup", "memory.max", "memory.current"
        elif "memory" in controllers.split(","):
            top = root / "sys/fs/cgroup/memory"
            limit, used = "memory.limit_in_bytes", "memory.usage_in_bytes"
        else:
            continue
        group = top / path.lstrip("/")
        # inside a container the path may be the host's: then only the top is there
        found += [(place, limit, used) for place in (group, *group.parents) if _under(place, top)]
    return found


def _under(place: Path, top: Path) -> bool:
    return place == top or top in place.parents


def _number(path: Path) -> int | None:
    try:
        return int(path.read_text(encoding="ascii"))
    except (OSError, ValueError):  # not there, or "max"
        return None


def _reclaimable(path: Path) -> int:
    try:
        for line in path.read_text(encoding="ascii").splitlines():
            name, _, value = line.partition(" ")
            if name in ("inactive_file", "total_inactive_file"):
                return int(value)
    except (OSError, ValueError):
        pass
    return 0
