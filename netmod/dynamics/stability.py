"""Stability of a fixed point: the leading eigenvalue, with delays or without.

With delays the linear system is ``x'(t) = A x(t) + sum_q B_q sum_j W^q_ij u_j(t - tau_ij)``,
``u = E x``, whose spectrum is infinite. What was sent in the past is kept at Chebyshev points of
the longest delay; the matrix that shifts it on has the rightmost eigenvalues of the delayed
system, with an error that falls geometrically in the number of points. They are then corrected on
the exact characteristic equation, which also tells whether the points were enough.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from netmod.dynamics.linearisation import Linearisation, jacobian, links_of, weights_of
from netmod.dynamics.parameters import Parameters
from netmod.errors import ConfigError, NetmodError
from netmod.models import Model

NODES = 10
"""Chebyshev intervals tried first; doubled while an eigenvalue moves when corrected."""

MOST_NODES = 160

LARGEST = 5000
"""Most unknowns: states and kept signals. Their eigenvalues take minutes."""

CANDIDATES = 6
"""Rightmost eigenvalues that are corrected."""

CLOSE = 1e-3
"""Largest accepted correction, relative to the eigenvalue or the inverse longest delay."""


DENSE = 400
"""Rows up to which all eigenvalues of a matrix are computed at once."""

DOUBT = 1e-2
"""Relative to the matrix's norm: a growth rate nearer to 0 is computed from all eigenvalues."""


class Delayed(NamedTuple):
    """A linear system with delays, on the host.

    Attributes
    ----------
    immediate : array, shape (state * region, state * region)
        What acts at once, in 1/s.
    into : array, shape (sum, region, state)
        Derivative of the drift by a weighted sum.
    sent : array, shape (signal, region, state)
        Derivative of the signals.
    links : list of (matrix, signal)
        What each sum is made of.
    weights : array, shape (matrix, target, source)
        Of the delayed edges; 0 elsewhere.
    delays_s : array, shape (target, source)
        Of these.
    """

    immediate: np.ndarray
    into: np.ndarray
    sent: np.ndarray
    links: list[tuple[int, int]]
    weights: np.ndarray
    delays_s: np.ndarray

    def late(self, factor: np.ndarray) -> np.ndarray:
        """Return ``sum_q B_q (W^q * factor) E``, shape (state * region, state * region)."""
        n, states = self.into.shape[1:]
        total = np.zeros((states, n, states, n), dtype=factor.dtype)
        for q, (m, k) in enumerate(self.links):
            W = self.weights[m] * factor
            total += np.einsum("ia,ij,jb->aibj", self.into[q], W, self.sent[k], optimize=True)
        return total.reshape(states * n, states * n)


def has_delays(parameters: Parameters) -> bool:
    """Tell whether any delay is not zero."""
    return parameters.delays_s is not None and bool(np.any(np.asarray(parameters.delays_s) > 0))


def growth_rate(matrix: np.ndarray) -> float:
    """Return the largest real part of a matrix's eigenvalues.

    Of large matrices only the rightmost eigenvalues are computed, by implicitly restarted Arnoldi
    iteration; where it does not converge, or the largest real part is so near to 0 that its sign
    might be in doubt, all of them are.

    Parameters
    ----------
    matrix : array, shape (n, n)
        Such as a Jacobian, in 1/s.

    Notes
    -----
    Lehoucq RB, Sorensen DC, Yang C (1998). ARPACK users' guide. SIAM,
    doi:10.1137/1.9780898719628.
    """
    from scipy.sparse.linalg import ArpackError, eigs

    if len(matrix) > DENSE and np.isfinite(matrix).all():
        try:
            some = eigs(
                matrix, k=CANDIDATES, which="LR", v0=np.ones(len(matrix)), ncv=60,
                tol=1e-8, return_eigenvectors=False,
            )  # fmt: skip
        except ArpackError:
            some = np.zeros(1)
        largest = float(some.real.max())
        if abs(largest) > DOUBT * np.abs(matrix).sum(axis=1).max() / len(matrix):
            return largest
    return float(np.linalg.eigvals(matrix).real.max())


def pulse_response(matrix: np.ndarray, site: Sequence[int], n_regions: int) -> float:
    """Return how much a network answers to a brief pulse at a site, all told.

    A pulse puts the first state of the site's regions off by a vector b of length 1; then
    ``x' = A x``. Returned is the integral over time of the squared deviation of the first state,
    summed over regions: ``b' X b`` with ``A' X + X A + C' C = 0``.

    Parameters
    ----------
    matrix : array, shape (state * region, state * region)
        The Jacobian A, in 1/s.
    site : sequence of int
        Regions that are pulsed.
    n_regions : int
        Number of regions.

    Returns
    -------
    float
        In s; the larger, the longer and wider a pulse is heard. NaN where A is not stable.

    Notes
    -----
    The observability Gramian: Farrell BF, Ioannou PJ (1996), doi:10.1175/1520-0469(1996)053<2025:
    GSTPIA>2.0.CO;2 (recalled).
    """
    from scipy.linalg import solve_continuous_lyapunov

    if not np.isfinite(matrix).all():
        return float("nan")
    heard = np.diag(np.arange(len(matrix)) < n_regions).astype(float)
    gramian = solve_continuous_lyapunov(matrix.T, -heard)
    try:  # Lyapunov's theorem: positive definite just when A is stable
        np.linalg.cholesky(gramian + 1e-12 * np.abs(gramian).max() * np.eye(len(gramian)))
    except np.linalg.LinAlgError:
        return float("nan")
    return float(gramian[np.ix_(site, site)].sum() / len(site))


def leading_eigenvalue(
    model: Model, parameters: Parameters, linear: Linearisation, nodes: int | None = None
) -> complex:
    """Return the eigenvalue of largest real part, in 1/s (NumPy, on the host).

    With delays it is a root of the characteristic equation: found by pseudospectral
    discretisation, corrected to rounding. Largest size: 5000 unknowns; each region counts its
    states, and each of its delayed signals once for every node (84 regions of reduced Wong-Wang:
    1008, about 2 s on one core).

    Parameters
    ----------
    model : Model
        The neural mass.
    parameters : Parameters
        One network.
    linear : Linearisation
        At a fixed point.
    nodes : int, optional
        Chebyshev intervals of the delay; by default 10, doubled until the correction is small.

    Raises
    ------
    NetmodError
        If the network is too large, or more nodes than fit would be needed.

    Notes
    -----
    Breda D, Maset S, Vermiglio R (2005). Pseudospectral differencing methods for characteristic
    roots of delay differential equations. SIAM J Sci Comput 27:482, doi:10.1137/030601600.
    """
    import jax

    system = delayed_system(model, parameters, linear)
    if system is None:
        with jax.enable_x64(True):
            values = np.linalg.eigvals(np.asarray(jacobian(model, parameters, linear)))
        return complex(values[np.argmax(values.real)])
    count = NODES if nodes is None else nodes
    while True:
        values = generator_eigenvalues(system, count)
        first = values[np.argsort(-values.real, kind="stable")]
        first = first[first.imag >= 0][:CANDIDATES]
        roots = [_corrected(system, value) for value in first]
        unit = 1.0 / system.delays_s.max()
        moved = [
            abs(root - value) / max(abs(value), unit)
            for root, value in zip(roots, first, strict=True)
        ]
        # what a coarse mesh shows far to the left does not matter
        order = int(np.argmax([root.real for root in roots]))
        if nodes is not None or (np.isfinite(moved[order]) and max(moved[0], moved[order]) < CLOSE):
            return complex(roots[order]) if np.isfinite(moved[order]) else complex(first[0])
        count *= 2
        if count > MOST_NODES:
            raise NetmodError(
                "the leading eigenvalue of the delayed network is not resolved",
                expected=f"a correction below {CLOSE:g} with at most {MOST_NODES} nodes",
                got=f"{max(moved[0], moved[order]):g}",
                hint="the longest delay spans very many of the fastest time constants; "
                "shorten the longest delay or raise the conduction velocity",
            )


def delayed_system(model: Model, parameters: Parameters, linear: Linearisation) -> Delayed | None:
    """Split a linearised network into what acts at once and what is delayed; None without."""
    import jax

    if not has_delays(parameters):
        return None
    with jax.enable_x64(True):
        weights = np.asarray(weights_of(parameters), dtype=float)
        delays = np.asarray(parameters.delays_s, dtype=float)
        late = (delays > 0) & (weights != 0).any(axis=0)
        if not late.any():
            return None
        at_once = parameters._replace(weights=np.where(late, 0.0, weights), delays_s=None)
        immediate = np.asarray(jacobian(model, at_once, linear), dtype=float)
    return Delayed(
        immediate,
        np.asarray(linear.inputs, dtype=float),
        np.asarray(linear.sent, dtype=float),
        links_of(model, weights.shape[0]),
        np.where(late, weights, 0.0),
        np.where(late, delays, 0.0),
    )


def generator_eigenvalues(system: Delayed, nodes: int) -> np.ndarray:
    """Return all eigenvalues of the discretised generator, in 1/s.

    Parameters
    ----------
    system : Delayed
        With at least one delay.
    nodes : int
        Chebyshev intervals; the history has a value at each of their ends but now.

    Raises
    ------
    ConfigError
        If there are fewer than 2 nodes.
    NetmodError
        If the matrix would be too large.
    """
    if nodes < 2:
        raise ConfigError("too few nodes for a delay", expected="at least 2", got=str(nodes))
    size = len(system.immediate)
    n, states = system.into.shape[1:]
    used = sorted({k for _, k in system.links})
    sources = np.flatnonzero((system.weights != 0).any(axis=(0, 1)))
    kept = len(used) * len(sources)
    total = size + nodes * kept
    if total > LARGEST:
        raise NetmodError(
            "the delayed network is too large for its eigenvalues",
            expected=f"at most {LARGEST} unknowns",
            got=f"{total}: {n} regions of {states} states, {nodes} nodes for each of {kept} "
            "delayed signals",
            hint="use fewer regions, or look at the spectrum (cross_spectrum) instead",
        )
    points, D = _chebyshev(nodes, float(system.delays_s.max()))
    share = _interpolation(points, -system.delays_s)  # [node, target, source]
    # signals of now, as functions of the state: [signal, source, state, region]
    sent = np.zeros((len(used), len(sources), states, n))
    for s, k in enumerate(used):
        sent[s, np.arange(len(sources)), :, sources] = system.sent[k][sources]
    sent = sent.reshape(kept, size)
    G = np.zeros((total, total))
    G[:size, :size] = system.immediate
    history = G[:size, size:].reshape(states, n, nodes, len(used), len(sources))
    onto = np.zeros((states, n, len(used), len(sources)))
    for q, (m, k) in enumerate(system.links):
        s = used.index(k)
        W = (system.weights[m] * share)[:, :, sources]
        into = system.into[q]
        onto[:, :, s] += np.einsum("ia,ij->aij", into, W[0])
        history[:, :, :, s] += np.einsum("ia,lij->ailj", into, W[1:])
    G[:size, size:] = history.reshape(size, -1)
    G[:size, :size] += onto.reshape(size, kept) @ sent
    # the history moves on: d/dt u(t + theta) = d/dtheta u(t + theta)
    G[size:, :size] = np.kron(D[1:, :1], sent)
    G[size:, size:] = np.kron(D[1:, 1:], np.eye(kept))
    return np.linalg.eigvals(G)


def characteristic(system: Delayed, value: complex) -> np.ndarray:
    """Return the matrix that is singular at an eigenvalue, (state * region, state * region)."""
    late = system.late(np.exp(-value * system.delays_s))
    return value * np.eye(len(system.immediate)) - system.immediate - late


def _corrected(system: Delayed, value: complex, steps: int = 12) -> complex:
    """Return the root of the characteristic equation near a value (NaN if none is reached).

    Two-sided Rayleigh functional iteration: the next value is exact for the best known left and
    right vectors, and those come from one solve each; quadratic or better at a simple root.
    """
    rng = np.random.default_rng(0)
    size = len(system.immediate)
    right, left = (rng.normal(size=size) + 1j * rng.normal(size=size) for _ in range(2))
    scale = max(abs(value), 1.0 / system.delays_s.max())
    for step in range(steps):
        # a little beside the value: at a root itself the matrix has no inverse
        M = characteristic(system, value + 1e-13 * scale * (1 + 1j))
        try:
            # the first value is good, the first vectors are not
            for _ in range(3 if step == 0 else 1):
                right = np.linalg.solve(M, right)
                left = np.linalg.solve(M.conj().T, left)
                right, left = right / np.linalg.norm(right), left / np.linalg.norm(left)
        except np.linalg.LinAlgError:
            return value
        slope = np.eye(size) + system.late(system.delays_s * np.exp(-value * system.delays_s))
        across = left.conj() @ slope @ right
        if across == 0:
            return complex(np.nan)
        move = (left.conj() @ characteristic(system, value) @ right) / across
        if not np.isfinite(move) or abs(move) > scale:
            return complex(np.nan)
        value = value - move
        if abs(move) < 1e-12 * scale:
            break
    return complex(value)


def _chebyshev(nodes: int, longest: float) -> tuple[np.ndarray, np.ndarray]:
    """Return Chebyshev points from 0 down to ``-longest``, and their differentiation matrix.

    Trefethen LN (2000). Spectral Methods in MATLAB, doi:10.1137/1.9780898719598.
    """
    x = np.cos(np.pi * np.arange(nodes + 1) / nodes)
    c = np.where(np.arange(nodes + 1) % nodes == 0, 2.0, 1.0) * (-1.0) ** np.arange(nodes + 1)
    apart = x[:, None] - x[None, :] + np.eye(nodes + 1)
    D = np.outer(c, 1.0 / c) / apart
    # rows sum to zero: the derivative of a constant
    D -= np.diag(D.sum(axis=1))
    return 0.5 * longest * (x - 1.0), D * (2.0 / longest)


def _interpolation(points: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Return the value of every Lagrange polynomial of the points at some places, [point, ...].

    Barycentric formula: Berrut JP, Trefethen LN (2004), doi:10.1137/S0036144502417715.
    """
    count = len(points)
    weight = (-1.0) ** np.arange(count)
    weight[[0, -1]] *= 0.5
    shape = (count,) + (1,) * at.ndim
    apart = at[None] - points.reshape(shape)
    exact = np.abs(apart) < 1e-14 * np.abs(points).max()
    terms = weight.reshape(shape) / np.where(exact, 1.0, apart)
    share = terms / terms.sum(axis=0)
    return np.where(exact.any(axis=0), exact.astype(float), share)
