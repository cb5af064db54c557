"""Counter-based Gaussian noise: every number is a function of what it belongs to.

Threefry-2x32 with 20 rounds (Salmon et al. 2011, doi:10.1145/2063384.2063405) is keyed by the
scan's identity and counts (region, step); Box-Muller turns its two words into two independent
normals. No state is carried, so results do not depend on lanes, order, chunks or devices.
"""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np

from netmod.errors import ConfigError

MAX_REGIONS = 2**24
"""Regions that the lower three bytes of the counter's first word count."""

MAX_STATES = 512
"""States that its upper byte counts, two by two."""

_ROTATIONS = ((13, 15, 26, 6), (17, 29, 16, 24))
_PARITY = 0x1BD11BDA


def scan_key(seed: int, subject: str, scan: str, replicate: int = 0) -> np.ndarray:
    """Return the 64-bit key of one scan's noise as two uint32 words.

    The arm is not part of it: arms of one subject share their noise, other times do not.

    Parameters
    ----------
    seed : int
        Seed of the study.
    subject : str
        Identifier of the subject.
    scan : str
        Identifier of the scan, such as ``time-2h``.
    replicate : int
        Repetition of the same scan.
    """
    text = f"netmod-noise-1|{seed}|{subject}|{scan}|{replicate}"
    return np.frombuffer(hashlib.sha256(text.encode()).digest()[:8], dtype="<u4").copy()


def check_counter(regions: int, states: int) -> None:
    """Refuse more regions or states than the counter tells apart.

    The number of steps, which the counter's second word holds, is checked with the run's length.

    Raises
    ------
    ConfigError
        If there are more than :data:`MAX_REGIONS` or :data:`MAX_STATES`.
    """
    for what, count, most in (("regions", regions, MAX_REGIONS), ("states", states, MAX_STATES)):
        if count > most:
            raise ConfigError(
                f"too many {what} for one noise counter",
                expected=f"at most {most}",
                got=f"{count}",
            )


def first_word(pair: int, region: Any) -> Any:
    """Return the counter's first word: the pair of states above, the region below.

    Parameters
    ----------
    pair : int
        Place of a pair of states, less than 256.
    region : uint32 array
        Places of regions, less than 2**24.
    """
    import jax.numpy as jnp

    return region | jnp.uint32(pair << 24)


def threefry2x32(key: tuple[Any, Any], counter: tuple[Any, Any]) -> tuple[Any, Any]:
    """Return the Threefry-2x32-20 block of a key and a counter, each two uint32 arrays."""
    import jax.numpy as jnp

    k0, k1 = key
    keys = (k0, k1, k0 ^ k1 ^ jnp.uint32(_PARITY))
    x0, x1 = counter[0] + keys[0], counter[1] + keys[1]
    for block in range(5):
        for rotation in _ROTATIONS[block % 2]:
            x0 = x0 + x1
            x1 = (x1 << jnp.uint32(rotation)) | (x1 >> jnp.uint32(32 - rotation))
            x1 = x1 ^ x0
        x0 = x0 + keys[(block + 1) % 3]
        x1 = x1 + keys[(block + 2) % 3] + jnp.uint32(block + 1)
    return x0, x1


def normal_pair(key: tuple[Any, Any], region: Any, step: Any) -> tuple[Any, Any]:
    """Return two independent float32 standard normals for every (region, step) of a key.

    Parameters
    ----------
    key : tuple of uint32 arrays
        From :func:`scan_key`.
    region, step : uint32 arrays
        Counter (:func:`first_word` and the step); must broadcast. A pair is never drawn twice
        while step < 2**32.
    """
    import jax.numpy as jnp

    region, step = jnp.broadcast_arrays(jnp.asarray(region), jnp.asarray(step))
    u, v = threefry2x32(key, (region.astype(jnp.uint32), step.astype(jnp.uint32)))
    # 24 bits shifted by one half lie in (0, 1), so the logarithm is finite (tail to 5.9 sigma)
    uniform = ((u >> jnp.uint32(8)).astype(jnp.float32) + 0.5) * jnp.float32(2.0**-24)
    radius = jnp.sqrt(-2.0 * jnp.log(uniform))
    # The upper 29 bits give an angle in [-pi/4, pi/4), where short polynomials err by less than
    # 4e-7; the three low bits choose the octant by a swap and two signs.
    angle = (v.astype(jnp.int32) >> 3).astype(jnp.float32) * jnp.float32(np.pi / 4 * 2.0**-28)
    square = angle * angle
    sine = angle * (1 + square * (-1 / 6 + square * (1 / 120 - square / 5040)))
    cosine = 1 + square * (-0.5 + square * (1 / 24 + square * (-1 / 720 + square / 40320)))
    swap = (v & jnp.uint32(1)) == 1
    first, second = jnp.where(swap, cosine, sine), jnp.where(swap, sine, cosine)
    first = jnp.where((v & jnp.uint32(2)) == 2, -first, first)
    second = jnp.where((v & jnp.uint32(4)) == 4, -second, second)
    return radius * first, radius * second
