"""Networks that run together, starts, steps that fit, and mistakes in Python."""

import numpy as np
import pytest
import scipy.sparse

import netmod
from netmod.dynamics.stimulation import Constant, Pulse, Stimulus
from netmod.dynamics.sweep import fitting_step
from netmod.errors import ConfigError, DataError, NetmodError
from netmod.models import Model, Parameter, noise

SHORT = {"duration_s": 4.0, "warmup_s": 2.0, "dt_ms": 2.0}
N = 5


@pytest.fixture(scope="module")
def weights():
    rng = np.random.default_rng(8)
    W = rng.uniform(0.0, 0.3, (N, N))
    np.fill_diagonal(W, 0.0)
    return W


def network(weights, model="reduced_wong_wang", **options):
    return netmod.Network(weights, model, **options)


def refused(action, error=ConfigError):
    with pytest.raises(error) as caught:
        action()
    return str(caught.value)


def test_networks_that_differ_in_kind_do_not_run_together(weights):
    plain = network(weights, G=0.5)
    lengths = np.full((N, N), 30.0)
    sparse = network(scipy.sparse.csr_array(weights))
    others = {
        "different models": network(weights, "stuart_landau"),
        "models cannot": network(weights, coupling="diffusive"),
        "differ in delays": network(weights, lengths_mm=lengths, velocity_m_per_s=5.0),
        "differ in parameters": network(weights, noise_sd_S_I=0.1),
        "differ in size": network(weights[:4, :4]),
        "differ in weights": sparse,
    }
    for what, other in others.items():
        for pair in ([plain, other], [other, plain]):
            text = refused(lambda pair=pair: netmod.simulate_networks(pair, **SHORT))
            assert what in text and "network 2" in text
    doubled = network(scipy.sparse.csr_array(2 * weights))
    text = refused(lambda: netmod.simulate_networks([sparse, doubled], **SHORT))
    assert "the same sparse weights for all" in text
    assert "no network" in refused(lambda: netmod.simulate_networks([]))
    assert "one replicate" in refused(
        lambda: netmod.simulate_networks([plain, plain], replicates=[0], **SHORT)
    )


def test_start_is_where_a_run_begins(weights):
    phases = np.linspace(-3, 3, N)
    free = network(weights, "kuramoto", G=0.0, noise_sd=0.0, frequency_hz=1.0)
    traces = free.record(duration_s=0.25, dt_ms=1.0, start={"theta": phases},
                         signals="theta", precision="double")  # fmt: skip
    turned = np.angle(np.exp(1j * (phases + np.pi / 2)))
    np.testing.assert_allclose(traces["theta"][0, -1], turned, atol=1e-9)
    each = np.stack([phases, phases + 0.1])
    two = free.record(duration_s=0.01, dt_ms=1.0, start={"theta": each}, runs=2, signals="theta")
    apart = np.angle(np.exp(1j * (two["theta"][1] - two["theta"][0])))
    np.testing.assert_allclose(apart, 0.1, atol=1e-5)
    assert "no state 'phi'" in refused(lambda: free.record(duration_s=0.1, start={"phi": 0.0}))
    assert "does not fit" in refused(lambda: free.record(duration_s=0.1, start={"theta": [1, 2]}))


def test_rates_feel_a_stimulus(weights):
    """A constant current is the same as parameter or as stimulus."""
    still = network(weights, G=0.5, noise_sd=0.0)
    step = Stimulus(Constant(0.0, 100.0), np.full(N, 0.01))
    driven = still.simulate(stimuli=step, **SHORT)
    same = still.with_values(I_ext=0.01).simulate(**SHORT)
    np.testing.assert_allclose(driven.rate_hz, same.rate_hz, rtol=1e-5)
    assert (driven.rate_hz > 1.2 * still.simulate(**SHORT).rate_hz).all()


def test_the_step_fits_the_model_and_the_delays(weights):
    assert fitting_step([network(weights)]) == 1.0
    assert fitting_step([network(weights, tau_I=0.004)]) == 0.2
    late = network(weights, lengths_mm=np.full((N, N), 6.0), velocity_m_per_s=10.0)
    assert fitting_step([late]) == 0.5
    assert fitting_step([network(weights, "epileptor")]) < 0.05
    assert network(weights, "epileptor").record(duration_s=0.001).values.shape[1] == 100


def test_an_exponential_solver_is_not_limited_by_leaks(weights):
    brain = network(weights, G=0.5)
    slow = brain.simulate(solver="exponential", dt_ms=10.0, duration_s=4.0, warmup_s=2.0)
    assert np.isfinite(slow.bold).all()
    text = refused(lambda: brain.simulate(dt_ms=10.0, duration_s=4.0, warmup_s=2.0))
    assert "at most 5 ms" in text


class Cubic(Model):
    """Blows up from 1 on."""

    name = "cubic"
    states = ("x",)
    coupling_inputs = ("to_x",)
    transmitted = ("x",)
    noise_on = ()
    observed = "x"
    start = (0.0,)

    def __init__(self):
        self.parameters = {
            "k": Parameter(1.0, "1/s", 0.0, 1e3, "Growth", "test"),
            **noise(0.0, "1", "test"),
        }

    def drift(self, state, parameters, coupling, stimulus=0.0):
        x = state[0]
        return (parameters["k"] * (x**3 - x) + coupling[0],)


def test_divergence_names_regions_and_spares_other_runs():
    brain = netmod.Network(np.zeros((2, 2)), Cubic(), k=100.0, regions=["left", "right"])
    start = {"x": [[0.5, 0.5], [0.5, 4.0]]}
    with pytest.warns(RuntimeWarning, match=r"1 of 2 runs diverged: lane 2 .* x of right"):
        traces = brain.record(duration_s=0.05, dt_ms=1.0, runs=2, start=start)
    assert np.isfinite(traces["x"][0]).all()
    text = refused(lambda: brain.record(duration_s=0.05, dt_ms=1.0, start={"x": 4.0}), NetmodError)
    assert "the simulation diverged" in text and "x of left is not finite after step" in text
    many = {"x": np.full((6, 2), 4.0)}
    text = refused(
        lambda: brain.record(duration_s=0.05, dt_ms=1.0, runs=6, start=many), NetmodError
    )
    assert "and 3 more" in text


def test_a_declaration_that_does_not_fit_is_refused(weights):
    broken = Cubic()
    broken.start = (0.0, 1.0)
    assert "start needs one value" in refused(lambda: network(weights, broken))
    broken = Cubic()
    broken.parameters = {"k": broken.parameters["k"]}
    assert "noise_sd and noise_tau" in refused(lambda: network(weights, broken))


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ({"dt_ms": 0.0}, "dt_ms is not a positive number"),
        ({"dt_ms": np.nan}, "dt_ms is not a positive number"),
        ({"tr_s": -1.0}, "tr_s is not a positive number"),
        ({"duration_s": np.inf}, "duration_s is negative or not finite"),
        ({"warmup_s": -4.0}, "warmup_s is negative or not finite"),
        ({"hemodynamics": "fristn2003"}, "did you mean 'friston2003'?"),
        ({"solver": "huen"}, "did you mean 'heun'?"),
        ({"precision": "half"}, "no precision 'half'"),
        ({"runs": 0}, "the number of runs"),
        ({"duraton_s": 4.0}, "did you mean 'duration_s'?"),
    ],
)
def test_mistakes_in_a_scan(weights, options, what):
    assert what in refused(lambda: network(weights).simulate(**{**SHORT, **options}))


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ({"duration_s": np.nan}, "duration_s is not a positive number"),
        ({"every_ms": 0.0}, "every_ms is not a positive number"),
        ({"evry_ms": 1.0}, "did you mean 'every_ms'?"),
        ({"signals": "S_X"}, "no state or signal 'S_X'"),
        ({"stimuli": [Stimulus(Pulse(0.0, 0.1), [1.0])]}, "pattern"),
    ],
)
def test_mistakes_in_a_recording(weights, options, what):
    text = refused(lambda: network(weights).record(**{"duration_s": 0.01, **options}), NetmodError)
    assert what in text


def test_mistakes_in_a_network(weights):
    assert "not a number" in refused(lambda: network(weights, G="a"))
    assert "real numbers" in refused(lambda: network([["a"]]), DataError)
    assert "real numbers" in refused(lambda: network(weights * 1j), DataError)
    assert "wrong shape" in refused(lambda: network(np.zeros((0, 0))), DataError)
    assert "one name for each region" in refused(lambda: network(weights, regions=["a"]))
    assert "no region 9" in refused(lambda: network(weights).pattern(9))
    lengths = np.full((N, N), 30.0)
    text = refused(lambda: network(weights, lengths_mm=lengths, velocity_m_per_s=np.ones(3)))
    assert "velocity_m_per_s has the wrong shape" in text
    brain = network(weights, G=0.5)
    assert "the band is empty" in refused(lambda: brain.solve(low_hz=0.2, high_hz=0.1))
    assert "no hemodynamics" in refused(lambda: brain.solve(hemodynamics="spm"))


def test_what_is_not_an_edge_needs_no_length(weights):
    lengths, velocity = np.full((N, N), 30.0), np.full((N, N), 5.0)
    np.fill_diagonal(lengths, np.nan)
    np.fill_diagonal(velocity, 0.0)
    late = network(weights, lengths_mm=lengths, velocity_m_per_s=velocity)
    assert (np.diag(late.parameters.delays_s) == 0).all()
    np.testing.assert_allclose(late.parameters.delays_s[weights > 0], 0.006)
    velocity[0, 1] = 0.0
    text = refused(lambda: network(weights, lengths_mm=lengths, velocity_m_per_s=velocity))
    assert "edge from region 2 to region 1" in text
