"""The band integrated adaptively: narrow peaks against closed forms and eigenmodes."""

import jax
import numpy as np
import pytest

from netmod.dynamics import network as network_module
from netmod.dynamics.linear import (
    adaptive_band_covariance,
    band_covariance,
    band_nodes,
    jacobian,
    linearise,
)
from netmod.dynamics.network import Network
from netmod.errors import ConfigError, NetmodError
from netmod.graph.connectivity import correlation
from netmod.observe.balloon import HEMODYNAMICS, linear_response

LOW, HIGH = 0.01, 0.25


def bold_power(omegas):
    return np.abs(linear_response(omegas, HEMODYNAMICS["friston2003"])) ** 2


def by_eigenmodes(net, count=2000):
    """Band covariance of BOLD at ``count`` Gauss nodes: modes of the whole Jacobian, in NumPy."""
    with jax.enable_x64(True):
        linear = linearise(net.model, net.parameters, net.fixed_point())
        A = np.asarray(jacobian(net.model, net.parameters, linear))
    n = net.parameters.n_regions
    noisy = [s in net.model.noise_on for s in net.model.states]
    Q = np.concatenate([np.where(on, net.parameters.values["noise_sd"] ** 2, 0.0) for on in noisy])
    rates, modes = np.linalg.eig(A)
    inverse = np.linalg.inv(modes)
    driven = (inverse * Q) @ inverse.conj().T
    x, w = np.polynomial.legendre.leggauss(count)
    omegas = np.pi * ((HIGH - LOW) * x + HIGH + LOW)
    w = (HIGH - LOW) * w * bold_power(omegas)
    transfer = 1.0 / (1j * omegas[:, None] - rates)
    together = np.einsum("f,fk,fl->kl", w, transfer, transfer.conj(), optimize=True)
    place = net.model.state_index(net.model.observed)
    seen = modes[place * n : (place + 1) * n]
    return net.model.drive_gain**2 * (seen @ (driven * together) @ seen.conj().T).real


def oscillators(n=5, seed=0, **values):
    W = np.random.default_rng(seed).uniform(0.0, 0.3, (n, n))
    np.fill_diagonal(W, 0.0)
    return Network(W, "stuart_landau", **values)


@pytest.fixture
def counted(monkeypatch):
    """Count the panels that solve() evaluates, and the shapes they have."""
    shapes = []
    whole = network_module._band

    def counting(model):
        program = whole(model)

        def panel(parameters, linear, omegas, weights):
            shapes.append(np.shape(omegas))
            return program(parameters, linear, omegas, weights)

        return panel

    monkeypatch.setattr(network_module, "_band", counting)
    return shapes


def lorentzian(centre_hz, width_hz, unit=1.0):
    """Return a panel whose spectrum has one peak of known integral, and how often it ran."""
    runs = []

    def panel(omegas, weights):
        runs.append(len(omegas))
        f = omegas / (2 * np.pi)
        power = unit * width_hz / ((f - centre_hz) ** 2 + width_hz**2)
        # the second region sees a tenth of the amplitude, and a flat spectrum besides
        S = power[:, None, None] * np.array([[1.0, 0.1], [0.1, 0.01]])
        S = S + np.array([[0.0, 0.0], [0.0, 0.5 * unit]])
        return np.einsum("f,fij->ij", weights, S)

    ends = [np.arctan((edge - centre_hz) / width_hz) for edge in (LOW, HIGH)]
    area = 2 * unit * (ends[1] - ends[0])
    truth = area * np.array([[1.0, 0.1], [0.1, 0.01]])
    truth[1, 1] += unit * (HIGH - LOW)
    return panel, truth, runs


@pytest.mark.parametrize("width_hz", [1.0, 1e-2, 1e-3, 1e-5, 1e-8])
@pytest.mark.parametrize("centre_hz", [0.0613, 0.13, LOW, 0.3])
def test_one_peak_has_its_closed_form(centre_hz, width_hz):
    panel, truth, runs = lorentzian(centre_hz, width_hz)
    found = adaptive_band_covariance(panel, LOW, HIGH)
    assert found.converged and found.panels == len(runs) <= 200
    assert set(runs) == {12}  # one shape, hence one program
    scale = np.sqrt(np.diag(truth))
    error = (np.abs(found.covariance - truth) / (scale[:, None] * scale)).max()
    assert error < 1e-7  # a tenth of what is asked for
    assert error <= found.error + 1e-13  # what is reported bounds what is true


@pytest.mark.parametrize("unit", [1e-30, 1e12])
def test_the_unit_of_the_signal_does_not_matter(unit):
    panel, truth, _ = lorentzian(0.07, 1e-3, unit)
    plain, _, _ = lorentzian(0.07, 1e-3)
    found = adaptive_band_covariance(panel, LOW, HIGH)
    assert found.panels == adaptive_band_covariance(plain, LOW, HIGH).panels
    np.testing.assert_allclose(found.covariance, truth, rtol=1e-7)


def test_smooth_and_silent_spectra_cost_three_panels():
    def flat(_, weights):
        return weights.sum() * np.diag([1.0, 0.0])

    found = adaptive_band_covariance(flat, LOW, HIGH)
    assert found.panels == 3 and found.converged
    np.testing.assert_allclose(found.covariance, np.diag([2 * (HIGH - LOW), 0.0]), rtol=1e-14)
    assert 0 <= found.error < 1e-14


def test_the_gain_weighs_every_frequency():
    def flat(_, weights):
        return np.full((1, 1), weights.sum())

    found = adaptive_band_covariance(flat, 0.0, 2.0, power_gain=lambda w: (w / (2 * np.pi)) ** 2)
    assert found.covariance[0, 0] == pytest.approx(2 * 8 / 3, rel=1e-13)


@pytest.mark.parametrize("limit", [1, 3, 15])
def test_the_limit_is_kept_and_told(limit):
    panel, _, runs = lorentzian(0.0613, 1e-5)
    found = adaptive_band_covariance(panel, LOW, HIGH, limit=limit)
    assert not found.converged and found.error == np.inf
    assert found.panels == len(runs) <= limit


def test_a_spectrum_that_is_not_finite_stops_at_once():
    runs = []

    def panel(omegas, _):
        runs.append(omegas)
        return np.full((2, 2), np.nan)

    assert not adaptive_band_covariance(panel, LOW, HIGH).converged
    assert len(runs) == 1


@pytest.mark.parametrize(
    ("band", "options", "message"),
    [
        ((0.25, 0.01), {}, "interval of frequencies"),
        ((-0.1, 0.1), {}, "interval of frequencies"),
        ((0.1, np.inf), {}, "interval of frequencies"),
        ((0.1, 0.2), {"rtol": 0.0}, "tolerance must be positive"),
    ],
)
def test_what_is_no_band_is_refused(band, options, message):
    with pytest.raises(ConfigError, match=message):
        adaptive_band_covariance(lambda w, _: np.ones((1, 1)), *band, **options)


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({}, marks=pytest.mark.slow),
        {"a": -0.002, "frequency_hz": [0.04, 0.05, 0.055, 0.06, 0.07]},
    ],
)
def test_oscillators_on_five_regions(values, counted):
    net = oscillators(**values)
    solved, truth = net.solve(), by_eigenmodes(net)
    np.testing.assert_allclose(solved.covariance, truth, rtol=1e-7)
    assert np.abs(solved.fc() - correlation(truth)).max() < 1e-7
    assert set(counted) == {(12,)} and len(counted) <= 40
    # twelve frequencies were not enough for these
    coarse = by_eigenmodes(net, 12)
    assert np.abs(np.diag(coarse) / np.diag(truth) - 1).max() > 0.3


@pytest.mark.slow
def test_oscillators_on_the_atlas(counted):
    net = Network.from_atlas("dk84", "stuart_landau")
    solved, truth = net.solve(), by_eigenmodes(net)
    assert np.abs(solved.fc() - correlation(truth)).max() < 1e-7
    np.testing.assert_allclose(np.diag(solved.covariance), np.diag(truth), rtol=1e-8)
    assert np.abs(correlation(by_eigenmodes(net, 12)) - correlation(truth)).max() > 0.1
    assert len(counted) <= 40


@pytest.mark.slow
def test_reduced_wong_wang_stays_what_it_was(counted):
    net = Network.from_atlas("dk84").balanced()
    solved, truth, before = net.solve(), by_eigenmodes(net), by_eigenmodes(net, 12)
    assert np.abs(solved.fc() - correlation(before)).max() < 1e-6
    np.testing.assert_allclose(solved.covariance, before, rtol=1e-4)
    np.testing.assert_allclose(np.diag(solved.covariance), np.diag(truth), rtol=1e-9)
    assert len(counted) <= 7


@pytest.mark.slow
def test_oscillators_with_delays():
    net = oscillators()
    late = net.parameters._replace(delays_s=np.full((5, 5), 0.4))
    with jax.enable_x64(True):
        linear = linearise(net.model, late, net.fixed_point())
        program = jax.jit(lambda o, w: band_covariance(net.model, late, linear, o, w))
        found = adaptive_band_covariance(program, LOW, HIGH, power_gain=bold_power)
        omegas, weights = band_nodes(LOW, HIGH, 2000)
        truth = np.asarray(program(omegas, weights * bold_power(omegas)))
        assert program._cache_size() == 2  # all panels share one
    np.testing.assert_allclose(found.covariance, truth, rtol=1e-7)


def test_solve_tells_that_peaks_are_too_narrow(monkeypatch):
    monkeypatch.setattr(
        network_module, "_band", lambda _: lambda *_: np.full((5, 5), np.nan), raising=True
    )
    with pytest.raises(NetmodError, match="not resolved") as told:
        oscillators().solve()
    assert "stuart_landau" in str(told.value) and "panels of 12: 1" in str(told.value)
