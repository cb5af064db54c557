"""Every way to balance inhibition, under one function: where they agree, and what they refuse."""

import jax
import numpy as np
import pytest
import scipy.sparse
from scipy.optimize import brentq

from netmod.dynamics.coupling import coupling_of
from netmod.dynamics.fic import METHODS, TARGET_RATE_HZ, balance, balance_inhibition
from netmod.dynamics.fic.by_simulation import _program as response_program
from netmod.dynamics.fic.newton import balance_by_newton
from netmod.dynamics.linear import leading_eigenvalue, linearise, solve_fixed_point
from netmod.dynamics.parameters import make_parameters, stack
from netmod.dynamics.record import record
from netmod.errors import ConfigError
from netmod.models import MODELS
from netmod.models.stuart_landau import StuartLandau
from netmod.models.wilson_cowan import WilsonCowan

RWW, WC = MODELS["reduced_wong_wang"], WilsonCowan()
N = 5
TARGETS = np.linspace(2.8, 3.3, N)
QUICK = {
    "refined": {"rounds": 4, "duration_s": 20.0},
    "plasticity": {"duration_s": 80.0, "learning_rate": 4e-3},
}


def connectome(seed=5):
    rng = np.random.default_rng(seed)
    return rng.random((N, N)) * (1 - np.eye(N)) / N


@pytest.fixture(scope="module")
def network():
    C = connectome()
    return make_parameters(RWW, np.stack([C, 0.2 * C]), {"noise_sd": 0.003})


@pytest.fixture(scope="module")
def found(network):
    """What each method finds for the same network, from J = 1."""
    return {
        method: balance_inhibition(
            RWW, network, TARGETS, method, dt_ms=2.0, **QUICK.get(method, {})
        )
        for method in METHODS
    }


def test_exact_is_the_closed_form(found, network):
    with jax.enable_x64(True):
        J, state = balance(network, TARGETS)
    exact = found["exact"]
    np.testing.assert_allclose(exact.inhibition, J, rtol=1e-14)
    np.testing.assert_allclose(exact.state, state, rtol=1e-14)
    assert np.abs(exact.error_hz).max() < 1e-12
    assert exact.parameters.values["J"] is exact.inhibition


@pytest.mark.parametrize(("method", "rtol"), [("refined", 1e-3), ("plasticity", 3e-3)])
def test_simulating_methods_agree_where_noise_is_small(found, method, rtol):
    result = found[method]
    assert result.converged
    assert result.method == method
    np.testing.assert_allclose(result.inhibition, found["exact"].inhibition, rtol=rtol)
    assert np.abs(result.error_hz).max() < 0.02
    np.testing.assert_allclose(result.state, found["exact"].state, rtol=5e-3)


def test_iteration_ends_within_its_published_tolerance(found, network):
    result = found["iterative"]
    assert result.converged
    # steps of 0.02 nA that lose 0.001 where they go down: all J are whole thousandths
    np.testing.assert_allclose(result.inhibition * 1e3, np.round(result.inhibition * 1e3))
    # the current at the noise-free fixed point, by the published formula
    S_E, S_I = result.state
    p = network.values
    current = p["I_0"] + 0.15 * (1.4 * S_E + network.weights[0] @ S_E) - result.inhibition * S_I
    with jax.enable_x64(True):
        x = [brentq(lambda y, r=r: y / -np.expm1(-0.16 * y) - r, -60, -1e-3) for r in TARGETS]
    aim = (np.array(x) + 125.0) / 310.0
    assert np.abs(current - aim).max() < 0.0055  # 0.005, and what noise moves the mean
    # the tolerance is that wide: up to half a hertz, and 4 % of J
    np.testing.assert_allclose(result.inhibition, found["exact"].inhibition, rtol=0.04)
    assert np.abs(result.error_hz).max() < 0.6


@pytest.mark.parametrize(
    ("J", "rounds", "expected"),
    # no step after the last round; only steps down shrink
    [(1.0, 3, 1.0 + 0.020 + 0.020), (2.0, 4, 2.0 - 0.020 - 0.019 - 0.018)],
    ids=["up", "down"],
)
def test_iteration_steps_as_published_and_says_that_it_did_not_converge(
    network, J, rounds, expected
):
    start = network.replace(J=np.full(N, J))
    result = balance_inhibition(RWW, start, 3.0, "iterative", rounds=rounds, dt_ms=2.0)
    assert not result.converged
    assert result.rounds == rounds
    np.testing.assert_allclose(result.inhibition, expected, rtol=1e-12)


@pytest.mark.slow
def test_newton_agrees_with_the_closed_form(random_network, balance_compiled):
    targets = np.geomspace(0.8, 12.0, 6)
    p = random_network(n=6, seed=3, gain=np.linspace(-0.2, 0.3, 6))
    J, state = balance_compiled(p, targets)
    found, found_state, residual = balance_by_newton(RWW, p, targets)
    assert residual.max() < 1e-9
    np.testing.assert_allclose(found, J, rtol=1e-10)
    np.testing.assert_allclose(found_state, state, rtol=1e-10)


@pytest.mark.slow
def test_other_couplings_are_balanced_too(network):
    model = RWW.coupled("diffusive")
    p = make_parameters(model, network.weights, {"noise_sd": 0.003})
    result = balance_inhibition(model, p, TARGETS)
    with jax.enable_x64(True):
        inputs = coupling_of(model, result.parameters, result.state)
        rate = model.rate_hz(result.state, result.parameters.values, inputs)
        drift = model.drift(result.state, result.parameters.values, inputs)
    np.testing.assert_allclose(rate, TARGETS, rtol=1e-10)
    assert np.abs(np.stack(drift)).max() < 1e-8


def test_sparse_and_single_matrices_are_balanced_as_dense_ones():
    C = connectome()
    one = balance_inhibition(RWW, make_parameters(RWW, C), TARGETS)
    two = balance_inhibition(RWW, make_parameters(RWW, np.stack([C, C])), TARGETS)
    sparse = balance_inhibition(RWW, make_parameters(RWW, [scipy.sparse.csr_array(C)] * 2), TARGETS)
    np.testing.assert_allclose(one.inhibition, two.inhibition, rtol=1e-14)
    np.testing.assert_allclose(sparse.inhibition, two.inhibition, rtol=1e-13)


def test_delays_do_not_move_the_fixed_point(network, found):
    delayed = network._replace(delays_s=np.full((N, N), 0.01) * (1 - np.eye(N)))
    result = balance_inhibition(RWW, delayed, TARGETS)
    np.testing.assert_array_equal(result.inhibition, found["exact"].inhibition)
    assert result.parameters.delays_s is delayed.delays_s


@pytest.mark.parametrize("I_ext", [0.5, 1.0, 2.0, 3.0])
@pytest.mark.parametrize("target", [0.02, 0.1, 0.2, 0.3])
def test_wilson_cowan_holds_its_activity(I_ext, target):
    targets = target * np.linspace(0.95, 1.05, N)
    p = make_parameters(WC, connectome(), {"I_ext": I_ext})
    result = balance_inhibition(WC, p, targets)
    # by hand: E is the target, I a root of its own equation, and c_IE follows from dE = 0
    q = {name: value[0] for name, value in p.values.items()}

    def drift_of_I(I, E):  # noqa: E741, N802
        x = q["c_EI"] * E - q["c_II"] * I - q["mu_I"]
        return -I + (1 - I) / (1 + np.exp(-q["a_I"] * x))

    I_hand = np.array([brentq(drift_of_I, 0.0, 1.0, args=(E,), xtol=1e-15) for E in targets])
    active = targets / (1 - targets)
    needed = q["mu_E"] + np.log(active / (1 - active)) / q["a_E"]
    received = q["c_EE"] * targets + q["G"] * connectome() @ targets + I_ext
    np.testing.assert_allclose(result.inhibition, (received - needed) / I_hand, rtol=1e-8)
    np.testing.assert_allclose(result.state, (targets, I_hand), rtol=1e-9)


@pytest.mark.slow
def test_wilson_cowan_by_simulation():
    targets = np.linspace(0.03, 0.05, N)
    p = make_parameters(WC, connectome(), {"noise_sd": 0.003, "I_ext": 1.0})
    exact = balance_inhibition(WC, p, targets)
    with jax.enable_x64(True):
        linear = linearise(WC, exact.parameters, exact.state)
        assert leading_eigenvalue(WC, exact.parameters, linear).real < -100
    near = exact.parameters.replace(c_IE=exact.inhibition * np.linspace(0.9, 1.1, N))
    learnt = balance_inhibition(WC, near, targets, "plasticity", learning_rate=1e5, duration_s=16.0)
    refined = balance_inhibition(WC, p, targets, "refined", rounds=3, duration_s=10.0)
    for result in (learnt, refined):
        assert result.converged
        np.testing.assert_allclose(result.inhibition, exact.inhibition, rtol=5e-3)
        assert np.abs(result.error_hz).max() < 2e-4


def test_plasticity_moves_by_its_rule(network):
    """The first second of J, against the rule on the recorded states in double precision."""
    from netmod.dynamics.fic.adaptive import adaptive

    model = adaptive(RWW, presynaptic=True)
    law = {"inhibition_rate": np.full(N, 1e-2), "inhibition_target": TARGETS}
    p = network._replace(values={**network.values, **law})
    start = (np.full((1, N), 0.2), np.full((1, N), 0.05), np.full((1, N), 1.1))
    traces = record(
        model, stack([p]), start, np.zeros((1, 2), np.uint32), duration_s=1.0, dt_ms=1.0,
        signals=model.states, precision="double", solver="euler",
    )  # fmt: skip
    S_E, S_I, J = (
        np.concatenate([s, traces[name][0]]) for name, s in zip(model.states, start, strict=True)
    )

    def rate(x, d):
        return x / -np.expm1(-d * x)

    change = np.zeros(N)
    for e, i, j in zip(S_E[:-1], S_I[:-1], J[:-1], strict=True):
        I_E = 0.382 + 0.15 * (1.4 * e + network.weights[0] @ e) - j * i
        I_I = 0.7 * 0.382 + 0.15 * (e + network.weights[1] @ e) - i
        change += (
            1e-3 * 1e-2 * rate(615 * I_I - 177, 0.087) * (rate(310 * I_E - 125, 0.16) - TARGETS)
        )
    np.testing.assert_allclose(J[-1] - 1.1, change, rtol=1e-9)


def test_response_to_inhibition_equals_finite_differences(network, found):
    """The matrix by which `refined` steps inverts how all rates answer to all J."""
    exact = found["exact"]

    @jax.jit
    def rates(J):
        p = exact.parameters.replace(J=J)
        state, _ = solve_fixed_point(RWW, p, exact.state)
        return RWW.rate_hz(state, p.values, coupling_of(RWW, p, state))

    with jax.enable_x64(True):
        undo = response_program(RWW)(
            stack([exact.parameters]), tuple(s[None] for s in exact.state)
        )[0]
        shift = np.eye(N) * 1e-5
        J = exact.inhibition
        numeric = np.stack([(rates(J + s) - rates(J - s)) / 2e-5 for s in shift], axis=1)
    np.testing.assert_allclose(np.asarray(undo) @ numeric, np.eye(N), atol=1e-6)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"method": "iteratve"},
            "no method 'iteratve' to balance inhibition\n"
            "  expected: exact, refined, iterative, plasticity\n"
            "  got: iteratve\n"
            "  hint: did you mean 'iterative'?",
        ),
        (
            {"model": StuartLandau()},
            "model 'stuart_landau' has no inhibition to balance\n"
            "  expected: one of ABLE\n"
            "  got: stuart_landau",
        ),
        (
            {"target_rate_hz": [3.0, 3.0]},
            "the target has the wrong shape\n"
            "  expected: one number, or one for each of 5 regions\n"
            "  got: (2,)",
        ),
        (
            {"target_rate_hz": [3.0, 3.0, -1.0, 3.0, 3.0]},
            "region 3: a target is not positive\n  expected: above 0 Hz\n  got: -1",
        ),
        (
            {"target_rate_hz": [3.0, 3.0, 3.0, 100.0, 3.0]},
            "parameter 'J' of model 'reduced_wong_wang': no inhibition holds region 4 at 100 Hz\n"
            "  expected: above 0, at most 100 nA\n"
            "  got: -1.31 nA\n"
            "  hint: lower its target, or excite it more",
        ),
        (
            {"model": WC, "method": "iterative", "target_rate_hz": 0.05},
            "model 'wilson_cowan' with linear coupling: the iterative method balances the current "
            "of reduced Wong-Wang\n"
            "  expected: reduced_wong_wang with linear or diffusive coupling\n"
            "  got: wilson_cowan, linear\n"
            "  hint: choose the method 'exact', 'refined' or 'plasticity'",
        ),
        (
            {"model": WC, "method": "plasticity", "target_rate_hz": 0.05},
            "plasticity of model 'wilson_cowan' needs a learning rate\n"
            "  expected: learning_rate above 0, in c_IE per s and squared activity\n"
            "  got: None",
        ),
        (
            {"method": "iterative", "duration_s": 1.0},
            "duration_s is too short for the method 'iterative'\n"
            "  expected: at least 2 s\n"
            "  got: 1 s",
        ),
        (
            {"method": "refined", "rounds": 0},
            "too few rounds\n  expected: at least 1\n  got: 0",
        ),
    ],
    ids=lambda value: "-".join(map(str, value)) if isinstance(value, dict) else "",
)
def test_refusals(change, message):
    model = change.pop("model", RWW)
    p = make_parameters(model, connectome()) if model is not StuartLandau else None
    able = ", ".join(m.name for m in MODELS.values() if m.inhibition)
    with pytest.raises(ConfigError) as caught:
        balance_inhibition(model, p, **{"target_rate_hz": TARGET_RATE_HZ, **change})
    assert str(caught.value) == message.replace("ABLE", able)


def test_sparse_weights_are_refused_where_the_dense_response_is_needed():
    p = make_parameters(RWW, [scipy.sparse.csr_array(connectome())] * 2)
    with pytest.raises(ConfigError, match="dense weights"):
        balance_inhibition(RWW, p, TARGETS, "refined")


def test_wilson_cowan_without_a_solution_names_the_region():
    p = make_parameters(WC, np.zeros((N, N)), {"I_ext": [1.0, 1.0, -8.0, 1.0, 1.0]})
    with pytest.raises(ConfigError, match=r"no inhibition holds region 3 at 0\.1"):
        balance_inhibition(WC, p, 0.1)
