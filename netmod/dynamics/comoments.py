"""Running means and co-moments: the correlation of a BOLD series that is never kept.

With n volumes so far, x the last of them and d = x - mean the way to it from the mean before,

    mean ← mean + d / n,    C ← C + (1 - 1/n) d dᵀ

Nothing but distances from the mean is multiplied, so that single precision loses no digits to the
mean of BOLD (Welford 1962, doi:10.1080/00401706.1962.10490022; for one more sample of several
variables Chan, Golub & LeVeque 1983, doi:10.1080/00031305.1983.10483115). In single precision the
correlations of 10⁵ volumes come out right to 2e-5; the sampling error of so many is 3e-3.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np


class CoMoments(NamedTuple):
    """Running statistics of a tile; symmetric to the last bit.

    Attributes
    ----------
    count : int32
        Volumes so far, counted from 1 at the first that is recorded.
    mean, rate_hz : array, shape (region, lane)
        Means of BOLD and of the rate.
    products : array, shape (region, region, lane)
        Sums of products of distances from the mean.
    """

    count: Any
    mean: Any
    rate_hz: Any
    products: Any

    @classmethod
    def start(cls, like: Any, warmup: int) -> CoMoments:
        """Return the statistics before a warm-up of some volumes.

        Parameters
        ----------
        like : array, shape (region, lane)
            Whose shape and type they have.
        warmup : int
            Volumes that do not count.
        """
        import jax.numpy as jnp

        zero = jnp.zeros_like(like)
        return cls(jnp.int32(-warmup), zero, zero, zero[:, None] * zero)

    def add(self, bold: Any, rate_hz: Any) -> CoMoments:
        """Return the statistics with one volume more, which in the warm-up is only counted.

        Parameters
        ----------
        bold, rate_hz : array, shape (region, lane)
            The volume, and the mean rate over it.
        """
        import jax

        # a branch takes BOLD as rounded: if the product it ends with were fused with the distance
        # from the mean, a constant would be away from its own mean
        begun = self._replace(count=self.count + 1)
        return jax.lax.cond(begun.count > 0, _with, lambda m, *_: m, begun, bold, rate_hz)


def _with(moments: CoMoments, bold: Any, rate_hz: Any) -> CoMoments:
    n = moments.count.astype(bold.dtype)
    d = bold - moments.mean
    return CoMoments(
        moments.count,
        moments.mean + d / n,
        moments.rate_hz + (rate_hz - moments.rate_hz) / n,
        moments.products + (d[:, None] * d) * (1.0 - 1.0 / n),
    )


def pearson(products: np.ndarray) -> np.ndarray:
    """Turn co-moments into correlations, in place.

    Parameters
    ----------
    products : array, shape (lane, region, region)
        Sums of products of distances from the mean.

    Returns
    -------
    array, shape (lane, region, region)
        Within [-1, 1], with a diagonal of exactly 1; NaN where a region has no finite variance.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        for C in products:  # lane by lane: nothing of the size of all lanes is made
            variance = np.diagonal(C).copy()
            sd = np.sqrt(variance)
            C /= sd[:, None] * sd
            np.clip(C, -1.0, 1.0, out=C)
            np.fill_diagonal(C, np.where((variance > 0) & np.isfinite(variance), 1.0, np.nan))
    return products
