"""The search for fixed points against polynomials, scans of one variable and known bifurcations."""

import math

import jax
import numpy as np
import pytest
from scipy.optimize import brentq

from netmod.dynamics.linear import fixed_points, stability_map
from netmod.dynamics.parameters import make_parameters
from netmod.errors import ConfigError, NetmodError
from netmod.models.kuramoto import Kuramoto
from netmod.models.montbrio_pazo_roxin import MontbrioPazoRoxin
from netmod.models.reduced_wong_wang_single import ReducedWongWangSingle

MPR = MontbrioPazoRoxin()
SINGLE = ReducedWongWangSingle()


def mpr_rates(eta, J=15.0, tau=0.01):
    """Rates at rest: V = -1/(2 pi x), x = tau r, so V^2 + eta + J x - (pi x)^2 = 0."""
    quartic = [-(math.pi**2), J, eta, 0.0, 1.0 / (2.0 * math.pi) ** 2]
    roots = np.roots(quartic)
    real = roots[(np.abs(roots.imag) < 1e-9) & (roots.real > 0)].real
    return np.sort(real) / tau


def test_montbrio_has_three_states_at_eta_minus_5():
    points = fixed_points(MPR, make_parameters(MPR, [[0.0]], {"eta": -5.0}))
    rates = [p.state[0][0] for p in points]
    np.testing.assert_allclose(rates, mpr_rates(-5.0), rtol=1e-9)
    assert [p.stable for p in points] == [True, False, True]
    assert points[1].leading_eigenvalue.real > 100 and points[1].leading_eigenvalue.imag == 0
    assert abs(points[2].leading_eigenvalue.imag) > 100  # a focus
    assert max(p.residual for p in points) < 1e-10


def test_map_of_montbrio_follows_both_branches_to_their_ends():
    etas = np.linspace(-7.0, -2.0, 11)
    found = stability_map(MPR, [[0.0]], "eta", etas)
    np.testing.assert_array_equal(found.fixed_points, [len(mpr_rates(e)) for e in etas])
    assert set(found.fixed_points) == {1, 3}
    np.testing.assert_array_equal(found.stable, np.where(found.fixed_points == 3, 2, 1))
    assert (found.leading_per_s < 0).all()


def test_map_over_two_parameters():
    found = stability_map(
        MPR, [[0.0]], "J", [5.0, 15.0], "eta", [-6.5, -5.0, -1.0], values={"I": 0.0}
    )
    assert found.leading_per_s.shape == (2, 3) and found.names == ("J", "eta")
    want = [[len(mpr_rates(e, J)) for e in (-6.5, -5.0, -1.0)] for J in (5.0, 15.0)]
    np.testing.assert_array_equal(found.fixed_points, want)


def test_single_population_is_bistable_at_strong_recurrence():
    def drift(S):
        x = 270.0 * (0.2609 * 1.2 * S + 0.3) - 108.0
        return -S / 0.1 + (1 - S) * 0.641 * x / -math.expm1(-0.154 * x)

    grid = np.linspace(0.0, 1.0, 4001)
    values = [drift(S) for S in grid]
    want = [
        brentq(drift, a, b, xtol=1e-14)
        for a, b, f, g in zip(grid, grid[1:], values, values[1:], strict=False)
        if f * g < 0
    ]
    points = fixed_points(SINGLE, make_parameters(SINGLE, [[0.0]], {"w": 1.2}))
    np.testing.assert_allclose([p.state[0][0] for p in points], want, rtol=1e-10)
    assert [p.stable for p in points] == [True, False, True]
    alone = fixed_points(SINGLE, make_parameters(SINGLE, [[0.0]], {"w": 0.9}))
    assert len(alone) == 1 and alone[0].stable


@pytest.mark.slow
def test_two_uncoupled_regions_combine_their_states():
    points = fixed_points(SINGLE, make_parameters(SINGLE, np.zeros((2, 2)), {"w": 1.2}), count=48)
    pairs = {tuple(np.round(p.state[0], 3).tolist()) for p in points}
    one = (0.039, 0.394, 0.635)
    # every pair of stable states at least, and nothing but pairs
    assert {(a, b) for a in (0.039, 0.635) for b in (0.039, 0.635)} <= pairs
    assert pairs <= {(a, b) for a in one for b in one}
    assert sum(p.stable for p in points) == 4


def test_search_is_seeded_and_finds_given_starts():
    p = make_parameters(MPR, [[0.0]])
    again = [[q.state[0][0] for q in fixed_points(MPR, p, count=6, seed=3)] for _ in range(2)]
    assert again[0] == again[1]
    alone = fixed_points(MPR, p, count=0)
    both = fixed_points(MPR, p, [(103.0, -0.15)], count=0)
    assert len(alone) == 1 and len(both) >= 2


def test_rotation_has_no_fixed_point():
    model = Kuramoto()
    p = make_parameters(model, np.zeros((1, 1)))
    with pytest.raises(NetmodError, match="no fixed point of model 'kuramoto'") as told:
        fixed_points(model, p, count=2)
    assert "none from 3 starts" in str(told.value) and "rotates for ever" in str(told.value)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"box": {"q": (0, 1)}}, "has no state 'q'"),
        ({"box": {"r": (1, 0)}}, "is not an interval"),
        ({"starts": [(1.0,)]}, "a start has the wrong shape"),
    ],
)
def test_wrong_options_are_told(options, message):
    with pytest.raises(ConfigError, match=message):
        fixed_points(MPR, make_parameters(MPR, [[0.0]]), **options)


def test_wrong_map_is_told_before_any_search():
    with pytest.raises(ConfigError, match="half of a second parameter"):
        stability_map(MPR, [[0.0]], "eta", [-5.0], "J")
    with pytest.raises(ConfigError, match="out of range"):
        stability_map(MPR, [[0.0]], "eta", [-5.0, 900.0])


def test_delays_move_stability_but_no_state(ou_model):
    W = np.array([[0.0, -2.5], [1.0, 0.0]])
    quick = fixed_points(ou_model, make_parameters(ou_model, W), count=2)
    slow = fixed_points(ou_model, make_parameters(ou_model, W, {}, np.full((2, 2), 1.0)), count=2)
    assert len(quick) == len(slow) == 1
    np.testing.assert_allclose(quick[0].state, slow[0].state, atol=1e-12)
    # (lambda + 1)^2 = -2.5 exp(-2 lambda)
    assert quick[0].stable and not slow[0].stable
    z = slow[0].leading_eigenvalue
    assert abs((z + 1) ** 2 + 2.5 * np.exp(-2 * z)) < 1e-11
    assert not jax.config.jax_enable_x64
