"""Covariances: Lyapunov, the whole spectrum, closed forms and the simulation, with delays too."""

from functools import partial

import jax
import numpy as np
import pytest

from netmod.dynamics.linear import (
    Linearisation,
    band_covariance,
    covariance,
    fixed_points,
    leading_eigenvalue,
    linearise,
)
from netmod.dynamics.noise import scan_key
from netmod.dynamics.parameters import make_parameters, stack
from netmod.dynamics.record import record
from netmod.errors import ConfigError, NetmodError
from netmod.models.jansen_rit import JansenRit
from netmod.models.ornstein_uhlenbeck import OrnsteinUhlenbeck
from netmod.models.stuart_landau import StuartLandau

OU = OrnsteinUhlenbeck()
HOPF = StuartLandau()
LANES = 96


def at(model, p, state=None):
    state = state or tuple(np.full(p.n_regions, s) for s in model.start)
    with jax.enable_x64(True):
        return Linearisation(*(np.asarray(part) for part in linearise(model, p, state)))


@partial(jax.jit, static_argnums=0)
def _whole(model, p, linear, omegas, weights):
    return band_covariance(model, p, linear, omegas, weights)


def integrated(model, p, linear, rate, count=1500):
    """Integral of the spectrum over all frequencies; ``rate`` in 1/s says where it lies."""
    nodes, weights = np.polynomial.legendre.leggauss(count)
    t = np.pi / 4 * (nodes + 1)
    omegas, weights = rate * np.tan(t), rate / 4 * weights / np.cos(t) ** 2
    with jax.enable_x64(True):
        return np.asarray(_whole(model, p, linear, omegas, weights))


@pytest.mark.parametrize("w", [0.0, 0.3, 0.9])
def test_two_nodes_correlate_by_their_weight(w):
    p = make_parameters(OU, [[0.0, w], [w, 0.0]], {"G": 1.0})
    P = covariance(OU, p, at(OU, p))
    assert P[0, 1] / P[0, 0] == pytest.approx(w, abs=1e-13)
    assert P[0, 0] == pytest.approx(0.5 / (1 - w**2), rel=1e-12)


def test_hopf_below_its_bifurcation():
    # SCIENCE: var x = beta^2 / (2 |a|), the states independent
    a, beta = -1.7, 0.3
    p = make_parameters(HOPF, np.zeros((1, 1)), {"a": a, "noise_sd": beta})
    P = covariance(HOPF, p, at(HOPF, p))
    np.testing.assert_allclose(P, np.eye(2) * beta**2 / (2 * abs(a)), atol=1e-15)


@pytest.mark.parametrize("tau", [0.0, 0.2, 3.0])
def test_coloured_noise_on_one_region(tau):
    # z has variance sd^2 / (2 tau) and time tau; x relaxes at 1/T: var x below
    T, sd = 0.5, 1.3
    p = make_parameters(OU, [[0.0]], {"tau": T, "noise_sd": sd, "noise_tau": tau})
    P = covariance(OU, p, at(OU, p))
    assert P[0, 0] == pytest.approx(sd**2 * T**2 / (2 * (T + tau)), rel=1e-12)


@pytest.mark.slow
def test_white_and_coloured_regions_together_equal_the_spectrum():
    rng = np.random.default_rng(2)
    W = rng.normal(0, 0.4, (4, 4))
    values = {"noise_tau": [0.0, 0.3, 0.0, 1.1], "noise_sd": [1.0, 0.5, 0.0, 2.0]}
    p = make_parameters(OU, W, {"G": 1.0, **values})
    linear = at(OU, p)
    np.testing.assert_allclose(
        covariance(OU, p, linear), integrated(OU, p, linear, 1.0), rtol=1e-8, atol=1e-10
    )


def test_diffusive_network_of_oscillators_equals_the_spectrum():
    rng = np.random.default_rng(3)
    W = rng.exponential(0.5, (4, 4))
    values = {"a": -0.8, "frequency_hz": rng.uniform(0.1, 0.4, 4), "noise_sd_y": 0.05}
    p = make_parameters(HOPF, W, values)
    linear = at(HOPF, p)
    P = covariance(HOPF, p, linear)
    seen = covariance(HOPF, p, linear, observed=True)
    np.testing.assert_array_equal(seen, P[:4, :4])
    np.testing.assert_allclose(seen, integrated(HOPF, p, linear, 2.0), rtol=1e-8, atol=1e-12)


@pytest.fixture(scope="module")
def column():
    """Two coupled Jansen-Rit columns in their low state, where the signals are computed."""
    model = JansenRit()
    p = make_parameters(model, [[0.0, 1.0], [0.6, 0.0]], {"p": 80.0, "noise_sd": 20.0})
    return model, p, fixed_points(model, p, count=2)[0]


def test_computed_signals_equal_the_spectrum(column):
    model, p, low = column
    assert low.stable
    seen = covariance(model, p, low.linear, observed=True)
    np.testing.assert_allclose(seen, integrated(model, p, low.linear, 60.0), rtol=1e-8)
    assert seen[0, 1] / np.sqrt(seen[0, 0] * seen[1, 1]) > 0.02


def simulated_moments(model, p, start, signal, *, duration_s, dt_ms, every_ms, skip_s):
    """Mean and standard error, over independent lanes, of the second moments about ``start``."""
    keys = np.stack([scan_key(5, "linear", signal, k) for k in range(LANES)])
    begin = tuple(np.tile(s, (LANES, 1)) for s in start)
    traces = record(
        model, stack([p] * LANES, shared=True), begin, keys,
        duration_s=duration_s, dt_ms=dt_ms, every_ms=every_ms, signals=(signal,),
    )  # fmt: skip
    assert not traces.divergences
    middle = np.asarray(model.signal(signal, start, p.values))
    x = traces[signal][:, traces.time_s > skip_s].astype(float) - middle
    moments = np.einsum("lti,ltj->lij", x, x) / x.shape[1]
    return moments.mean(axis=0), moments.std(axis=0, ddof=1) / np.sqrt(LANES)


def test_simulated_network_is_within_4_errors_of_lyapunov():
    rng = np.random.default_rng(4)
    n = 16
    W = rng.normal(0, 1.0, (n, n)) * (rng.random((n, n)) < 0.5)
    np.fill_diagonal(W, 0.0)
    W *= 0.8 / np.linalg.eigvals(W).real.max()
    values = {"G": 20.0, "tau": 0.05, "noise_sd": rng.uniform(0.5, 2.0, n)}
    p = make_parameters(OU, W, values)
    P = covariance(OU, p, at(OU, p))
    start = (np.zeros(n),)
    mean, error = simulated_moments(
        OU, p, start, "x", duration_s=22.0, dt_ms=1.0, every_ms=10.0, skip_s=2.0
    )
    z = np.abs(mean - P) / error
    assert (z < 4).mean() >= 0.99
    # the errors are small enough to tell: half of all entries stand ten errors from zero
    assert (np.abs(P) / error > 10).mean() > 0.5
    assert 0.5 < np.median(z) < 0.9  # of a normal variable: 0.67


@pytest.mark.slow
def test_simulated_delays_agree_with_the_spectrum():
    n, tau = 4, 0.05
    rng = np.random.default_rng(6)
    W = np.array([[0, -0.9, 0, 0.3], [0.8, 0, 0.4, 0], [0, -0.5, 0, -0.7], [0.3, 0, 0.9, 0]])
    delays = rng.uniform(0.2, 1.0, (n, n)) * tau  # most are no whole number of steps
    values = {"G": 1 / tau, "tau": tau}
    p = make_parameters(OU, W, values, delays)
    linear = at(OU, p)
    assert leading_eigenvalue(OU, p, linear).real < -2.0
    late = integrated(OU, p, linear, 1 / tau, count=3000)
    at_once = covariance(OU, p._replace(delays_s=None), linear)
    mean, error = simulated_moments(
        OU, p, (np.zeros(n),), "x", duration_s=12.0, dt_ms=1.0, every_ms=10.0, skip_s=2.0
    )
    assert (np.abs(mean - late) < 4 * error + 2e-3 * np.abs(late).max()).all()
    assert (np.abs(mean - at_once) > 10 * error + 2e-2 * np.abs(late).max()).sum() >= 6


def test_simulated_columns_at_small_noise(column):
    model, p, low = column
    P = covariance(model, p, low.linear, observed=True)
    mean, error = simulated_moments(
        model, p, low.state, "potential", duration_s=6.0, dt_ms=0.5, every_ms=5.0, skip_s=1.0
    )
    # 2 %: what curvature adds at this noise, and single precision
    assert (np.abs(mean - P) < 4 * error + 0.02 * np.abs(P)).all()
    assert (error < 0.1 * np.diag(P).max()).all()


def test_delays_and_unstable_states_are_refused():
    p = make_parameters(OU, [[0.0, 1.5], [1.5, 0.0]], {"G": 1.0})
    linear = at(OU, p)
    with pytest.raises(NetmodError, match="unstable state is infinite") as told:
        covariance(OU, p, linear)
    assert "0.5 1/s" in str(told.value)
    with pytest.raises(ConfigError, match="no delays") as told:
        covariance(OU, p._replace(delays_s=np.full((2, 2), 0.02)), linear)
    assert "band_covariance" in str(told.value) and "0.02 s" in str(told.value)
