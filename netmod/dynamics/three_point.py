"""Three-point noise: what a weak scheme of order 2 needs of a normal, for half the random bits.

A weak scheme of order 2 needs increments whose moments to the fifth agree with the normal's, no
more (Kloeden and Platen 1992, Numerical Solution of Stochastic Differential Equations, ch. 14,
doi:10.1007/978-3-662-12616-5): 0 with probability 2/3, and plus or minus sqrt(3) with 1/6 each.
Sixteen bits make the sixth 10923/65536, and the amplitude follows from the variance, which is 1;
odd moments vanish and the fourth is 32768/10923 = 2.99991 instead of 3. In the limit of small
steps that defect is an error of order 1, with 5e-5 of the coefficient that two-point noise
(fourth moment 1) has.

Means, covariances, spectra and FC converge as with normals; paths do not, and a single step knows
three values, which an observer of every step sees. Where few steps decide (rare escapes within the
correlation time of the noise, steps near the fastest time constant), use normals.

It pays where drawing is a large part of a step: at 32 and 128 lanes Euler at 0.1 ms gains over a
third, Heun at 1 ms a tenth to a quarter (``python -m benchmarks simulate``).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from netmod.dynamics.noise import threefry2x32

SIDES = 10923
"""How many of the 32768 values of fifteen bits stand for the two sides: the nearest to a third."""

AMPLITUDE = float(np.sqrt(2**15 / SIDES))
"""Size of a side, for which the variance is 1."""

STEPS = 2
"""Steps that one block of random bits serves."""

_LAW = 0x33505431
"""Turned into the key, so that the two laws of one scan share no block of random bits."""


def three_point_codes(key: tuple[Any, Any], region: Any, call: Any) -> Any:
    """Return four draws for every (region, call) of a key in one byte: two states, two steps.

    A block of Threefry has 64 bits. Its first word is for the even state of a pair, its second for
    the odd one; of each word the lower half is for the even step, the upper for the odd one. So
    every draw has sixteen bits that belong to (region, state, step) alone.

    Parameters
    ----------
    key : tuple of uint32 arrays
        From :func:`netmod.dynamics.noise.scan_key`.
    region, call : uint32 arrays
        Counter: :func:`netmod.dynamics.noise.first_word`, and half the step, rounded down; must
        broadcast. No call is made twice while step < 2**32.

    Returns
    -------
    uint8 array
        Signs -1, 0 and 1 in two bits each, two's complement; from the highest: (odd step, even
        state), (odd, odd), (even, even), (even step, odd state).
    """
    import jax.numpy as jnp

    region, call = jnp.broadcast_arrays(jnp.asarray(region), jnp.asarray(call))
    key = key[0], key[1] ^ jnp.uint32(_LAW)
    even, odd = threefry2x32(key, (region.astype(jnp.uint32), call.astype(jnp.uint32)))
    both = _signs(even) | (_signs(odd) >> jnp.uint32(2))
    return ((both >> jnp.uint32(12)) | (both >> jnp.uint32(24))).astype(jnp.uint8)


def _signs(word: Any) -> Any:
    """Return the signs of both halves of a word, each in the two highest bits of its half.

    The highest bit of a half is the sign, the other fifteen choose between the sides and 0.
    """
    import jax.numpy as jnp

    # what is no side carries into the highest bit of its half, and no further
    carry = (2**15 - SIDES) * 0x00010001
    zero = (word & jnp.uint32(0x7FFF7FFF)) + jnp.uint32(carry)
    side = ~zero & jnp.uint32(0x80008000)
    return (side & word) | (side >> jnp.uint32(1))


def three_point_pair(codes: Any, step: Any) -> tuple[Any, Any]:
    """Return the draws of one step for a pair of states, float32, of mean 0 and variance 1.

    Parameters
    ----------
    codes : uint8 array
        From :func:`three_point_codes` at half the step.
    step : uint32 array
        Which step; only its lowest bit matters.
    """
    import jax.numpy as jnp

    above = 28 - 4 * (jnp.asarray(step) & jnp.uint32(1)).astype(jnp.int32)
    # to the upper end and back, which carries the sign along
    signs = [(codes.astype(jnp.int32) << (above + low)) >> 30 for low in (0, 2)]
    first, second = (s.astype(jnp.float32) * jnp.float32(AMPLITUDE) for s in signs)
    return first, second
