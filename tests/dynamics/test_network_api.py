"""`netmod.Network`: what it refuses, what it keeps, and that its engines are the study's."""

import jax
import numpy as np
import pytest

import netmod
from netmod.dynamics.parameters import stack
from netmod.errors import ConfigError, DataError, NetmodError
from netmod.study import spectrum

SHORT = {"duration_s": 4.0, "warmup_s": 2.0, "dt_ms": 2.0}


@pytest.fixture(scope="module")
def weights():
    rng = np.random.default_rng(3)
    W = rng.uniform(0.0, 0.3, (5, 5))
    np.fill_diagonal(W, 0.0)
    return W


@pytest.fixture(scope="module")
def brain(weights):
    return netmod.Network(weights, G=0.5).balanced(3.0)


@pytest.fixture(scope="module")
def scan(brain):
    return brain.simulate(**SHORT, seed=1)


@pytest.fixture(scope="module")
def atlas():
    return netmod.load_atlas("dk84")


def refused(error, action):
    with pytest.raises(error) as caught:
        action()
    return str(caught.value)


def test_unknown_words_are_refused_with_a_hint(weights, brain):
    Network = netmod.Network
    assert refused(ConfigError, lambda: Network(weights, "jansenrit")) == (
        "no model 'jansenrit'\n"
        f"  expected: {', '.join(netmod.MODELS)}\n"
        "  got: jansenrit\n"
        "  hint: did you mean 'jansen_rit'?"
    )
    assert refused(ConfigError, lambda: Network(weights, coupling="difusive")) == (
        "no coupling 'difusive'\n"
        "  expected: linear, diffusive, sigmoidal, sigmoidal_source, sine\n"
        "  got: difusive\n"
        "  hint: did you mean 'diffusive'?"
    )
    assert refused(ConfigError, lambda: Network(weights, w_pluss=1.0)) == (
        "no parameter 'w_pluss'\n  got: w_pluss\n  hint: did you mean 'w_plus'?"
    )
    assert refused(ConfigError, lambda: brain.pattern("region 6")) == (
        "no region 'region 6'\n  got: region 6\n  hint: did you mean 'region 5'?"
    )
    assert refused(ConfigError, lambda: brain.simulate(duration=10.0)) == (
        "a scan has no 'duration'\n"
        "  expected: duration_s, tr_s, warmup_s, dt_ms, solver, hemodynamics, hold_coupling, "
        "precision, noise\n"
        "  got: duration\n"
        "  hint: did you mean 'duration_s'?"
    )


def test_values_out_of_range_and_shapes_are_refused(weights):
    found = refused(ConfigError, lambda: netmod.Network(weights, G=-1.0))
    assert found == (
        "parameter 'G' of model 'reduced_wong_wang' is out of range\n"
        "  expected: 0 to 10 1\n"
        "  got: -1"
    )
    assert "wrong shape" in refused(ConfigError, lambda: netmod.Network(weights, G=np.ones(4)))
    assert "not finite" in refused(DataError, lambda: netmod.Network(weights * np.nan))
    assert "wrong shape" in refused(DataError, lambda: netmod.Network(weights[:4]))


def test_a_velocity_needs_lengths(weights):
    found = refused(ConfigError, lambda: netmod.Network(weights, velocity_m_per_s=5.0))
    assert found == (
        "a conduction velocity needs tract lengths\n"
        "  expected: lengths_mm, shape (target, source)\n"
        "  got: none\n"
        "  hint: give lengths_mm, or leave velocity_m_per_s out"
    )


def test_delays_are_lengths_over_velocity(weights):
    lengths = np.random.default_rng(5).uniform(20.0, 150.0, (5, 5))
    delayed = netmod.Network(weights, lengths_mm=lengths, velocity_m_per_s=6.0)
    # of edges: without one there is nothing to delay
    edges = weights > 0
    found = delayed.parameters.delays_s
    np.testing.assert_allclose(found[edges], (lengths / 6000.0)[edges], rtol=1e-12)
    assert "delayed" in repr(delayed)
    assert "delayed" not in repr(netmod.Network(weights, lengths_mm=lengths))


def test_networks_are_never_changed_in_place(weights):
    first = netmod.Network(weights, G=0.5)
    before = {k: v.copy() for k, v in first.parameters.values.items()}
    second = first.with_values(G=1.0)
    third = first.balanced(4.0)
    for name, value in before.items():
        np.testing.assert_array_equal(first.parameters.values[name], value)
    assert (second.parameters.values["G"] == 1.0).all()
    assert (third.parameters.values["J"] != first.parameters.values["J"]).all()
    assert second.parameters.weights is first.parameters.weights


def test_balanced_holds_the_rate_and_knows_its_fixed_point(brain, monkeypatch):
    import netmod.dynamics.network as network

    monkeypatch.setattr(network, "_solver", lambda model: pytest.fail("sought again"))
    np.testing.assert_allclose(brain.rate_hz(), 3.0, rtol=1e-9)


def test_fixed_point_is_sought_once_and_anew_for_other_values(brain):
    moved = brain.with_values(J=1.1 * brain.parameters.values["J"])
    assert moved.fixed_point() is moved.fixed_point()
    assert (moved.rate_hz() < 2.99).all()


def test_without_a_fixed_point_the_linear_engine_says_so():
    # beyond its Hopf point the fixed point is there, but not stable
    found = refused(NetmodError, lambda: netmod.Network([[0.0]], "stuart_landau", a=1.0).solve())
    assert found == (
        "model 'stuart_landau': the fixed point is not stable\n"
        "  expected: a leading eigenvalue below 0\n"
        "  got: 1 per s\n"
        "  hint: the linear engine needs a stable fixed point; simulate it"
    )
    # a phase never rests
    assert "no fixed point was found" in refused(
        NetmodError, lambda: netmod.Network([[0.0]], "kuramoto").solve()
    )


def test_solve_is_the_linear_engine_of_the_study(brain, monkeypatch):
    solved = brain.solve()
    # solve refines its quadrature; the study's has few nodes, here as many as it takes
    monkeypatch.setattr(spectrum, "NODES", 400)
    study = spectrum.linear_program.__wrapped__("reduced_wong_wang", "friston2003")
    with jax.enable_x64(True):
        states = tuple(s[None] for s in brain.fixed_point())
        _, jacobian, cov, rate = jax.tree.map(np.asarray, study(stack([brain.parameters]), states))
    np.testing.assert_allclose(solved.covariance, cov[0], rtol=1e-9)
    scale = np.sqrt(np.diag(cov[0]))
    np.testing.assert_allclose(solved.fc(), cov[0] / np.outer(scale, scale), rtol=1e-9)
    eigenvalues = np.linalg.eigvals(jacobian[0])
    leading = eigenvalues[eigenvalues.real.argmax()]
    assert solved.leading_eigenvalue == pytest.approx(leading, rel=1e-9)
    np.testing.assert_allclose(brain.rate_hz(), rate[0], rtol=1e-12)


def test_same_seed_gives_the_same_bytes_and_another_seed_does_not(brain, scan):
    again, other = brain.simulate(**SHORT, seed=1), brain.simulate(**SHORT, seed=2)
    assert again.bold.tobytes() == scan.bold.tobytes()
    assert (other.bold != scan.bold).any(axis=0).all()
    assert scan.bold.shape == (2, 5) and scan.rate_hz.shape == (5,)


def test_runs_have_other_noise_and_the_first_is_the_single_one(brain, scan):
    first, second = brain.simulate(**SHORT, seed=1, runs=2)
    np.testing.assert_allclose(first.bold, scan.bold, rtol=2e-4, atol=1e-7)
    assert np.abs(second.bold - scan.bold).max() > 10 * np.abs(first.bold - scan.bold).max()


def test_networks_of_a_sweep_share_their_noise(brain):
    one, same, other = netmod.simulate_networks(
        [brain, brain, brain.with_values(G=0.6).balanced(3.0)], **SHORT, seed=1
    )
    assert one.bold.tobytes() == same.bold.tobytes()
    assert (one.bold != other.bold).any()


def test_pattern_takes_names_and_numbers(brain):
    np.testing.assert_array_equal(brain.pattern("region 2", 0.5), [0, 0.5, 0, 0, 0])
    np.testing.assert_array_equal(brain.pattern([0, "region 5"]), [1, 0, 0, 0, 1])


def test_record_gives_lanes_of_named_signals(brain):
    traces = brain.record(duration_s=0.1, dt_ms=1.0, every_ms=10.0, runs=2, signals=("S_E", "S_I"))
    assert traces.values.shape == (2, 10, 2, 5) and traces["S_I"].shape == (2, 10, 5)
    assert (traces["S_E"][0] != traces["S_E"][1]).any()


def test_from_atlas_chooses_connectivity_and_wiring(atlas):
    fitted = netmod.Network.from_atlas(atlas)
    np.testing.assert_array_equal(
        fitted.parameters.weights,
        netmod.Network.from_atlas("dk84", connectivity="effective").parameters.weights,
    )
    assert fitted.regions == atlas.region and fitted.parameters.weights.shape == (2, 84, 84)
    hopf = netmod.Network.from_atlas(atlas, "stuart_landau", a=-1.0)
    scale = np.abs(np.linalg.eigvals(atlas.weights)).max()
    np.testing.assert_allclose(hopf.parameters.weights[0], atlas.weights / scale, rtol=1e-12)
    assert hopf.parameters.delays_s is None
    delayed = netmod.Network.from_atlas(atlas, "stuart_landau", velocity_m_per_s=10.0)
    edges = (atlas.weights > 0) & ~np.eye(84, dtype=bool)
    np.testing.assert_allclose(
        delayed.parameters.delays_s[edges], atlas.lengths_mm[edges] / 1e4, rtol=1e-12
    )
    assert refused(ConfigError, lambda: netmod.Network.from_atlas(atlas, connectivity="strct")) == (
        "no connectivity 'strct'\n"
        "  expected: effective, structural\n"
        "  got: strct\n"
        "  hint: did you mean 'structural'?"
    )
