"""The stochastic network against a scalar float64 program: one step, many steps, with noise."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from netmod.dynamics.noise import scan_key
from netmod.dynamics.parameters import stack
from netmod.dynamics.simulate import Scan, simulate
from netmod.dynamics.solvers import SOLVERS
from netmod.observe import balloon
from netmod.observe.balloon import HEMODYNAMICS

CASES = [(s, h) for s in SOLVERS for h in (True, False)]


def draws(key, region, step):
    """Two normals of a counter in NumPy uint32 arithmetic and float64 Box-Muller."""
    k0, k1 = (np.uint32(k) for k in key)
    keys = (k0, k1, k0 ^ k1 ^ np.uint32(0x1BD11BDA))
    with np.errstate(over="ignore"):
        x, y = np.uint32(region) + keys[0], np.uint32(step) + keys[1]
        for round_ in range(20):
            turn = (13, 15, 26, 6, 17, 29, 16, 24)[round_ % 8]
            x = np.uint32(x + y)
            y = np.uint32(y << np.uint32(turn)) | np.uint32(y >> np.uint32(32 - turn))
            y = y ^ x
            if round_ % 4 == 3:
                n = round_ // 4 + 1
                x = np.uint32(x + keys[n % 3])
                y = np.uint32(y + keys[(n + 1) % 3] + np.uint32(n))
    radius = np.sqrt(-2.0 * np.log(((int(x) >> 8) + 0.5) / 2**24))
    signed = int(y) - 2**32 if int(y) >= 2**31 else int(y)
    angle = (signed >> 3) * np.pi / 2**30
    first, second = np.sin(angle), np.cos(angle)
    if int(y) & 1:
        first, second = second, first
    return radius * (-first if int(y) & 2 else first), radius * (-second if int(y) & 4 else second)


def scalar_step(network, S_E, S_I, dt, dw_E, dw_I, solver, hold):
    """One step with Python floats; RK4 and ETD2RK as published, the state as one flat list."""
    if solver in ("euler", "heun"):
        return network.step(S_E, S_I, dt, dw_E, dw_I, solver, hold)
    n = network.n
    held = network.inputs(S_E)
    y, dw = [*S_E, *S_I], [*dw_E, *dw_I]

    def slope(z):
        inputs = held if hold else network.inputs(z[:n])
        dE, dI = network.drift(z[:n], z[n:], inputs)
        return [*dE, *dI]

    if solver == "rk4":

        def forced(z):
            return [k + w / dt for k, w in zip(slope(z), dw, strict=True)]

        k1 = forced(y)
        k2 = forced([y[i] + dt / 2 * k1[i] for i in range(2 * n)])
        k3 = forced([y[i] + dt / 2 * k2[i] for i in range(2 * n)])
        k4 = forced([y[i] + dt * k3[i] for i in range(2 * n)])
        slopes = [k1[i] + 2 * k2[i] + 2 * k3[i] + k4[i] for i in range(2 * n)]
        after = [y[i] + dt * slopes[i] / 6 for i in range(2 * n)]
    else:
        # c of Cox and Matthews: minus one over each gating variable's time constant
        c = [-1.0 / network.p[i]["tau_E"] for i in range(n)]
        c += [-1.0 / network.p[i]["tau_I"] for i in range(n)]
        now, a = slope(y), []
        for i in range(2 * n):
            rest = now[i] - c[i] * y[i]
            noise = dw[i] * math.sqrt(math.expm1(2 * c[i] * dt) / (2 * c[i] * dt))
            a.append(math.exp(c[i] * dt) * y[i] + rest * math.expm1(c[i] * dt) / c[i] + noise)
        then, after = slope(a), []
        for i in range(2 * n):
            change = (then[i] - c[i] * a[i]) - (now[i] - c[i] * y[i])
            weight = (math.expm1(c[i] * dt) - c[i] * dt) / (c[i] ** 2 * dt)
            after.append(a[i] + change * weight)
    limited = [min(1.0, max(0.0, s)) for s in after]
    return limited[:n], limited[n:]


@pytest.mark.parametrize(("solver", "hold"), CASES)
def test_one_step_equals_the_scalar_program(rww, random_network, scalar_network, solver, hold):
    n, dt = 5, 1e-3
    rng = np.random.default_rng(41)
    p = random_network(
        n=n, seed=41, strength=2.0, inhibition=1.0,
        J=rng.uniform(0.8, 2.0, n), G=rng.uniform(0.5, 1.5, n),
        gain=rng.uniform(-0.2, 0.4, n), excitation=rng.uniform(-0.2, 0.3, n),
        I_ext=rng.normal(0, 0.01, n),
    )  # fmt: skip
    y = rng.uniform(0.05, 0.4, n), rng.uniform(0.02, 0.1, n)
    # large enough that some gating variable leaves [0, 1] and is held there
    dw = rng.normal(0, 0.1, (2, n))
    network = scalar_network(p)
    lists = (list(y[0]), list(y[1]), dt, list(dw[0]), list(dw[1]))
    want = scalar_step(network, *lists, solver, hold)
    with jax.enable_x64(True):
        held = tuple(W @ y[0] for W in p.weights)

        def drift(state, fraction):
            coupling = held if hold else tuple(W @ state[0] for W in p.weights)
            return rww.drift(state, p.values, coupling)

        got = rww.clip(SOLVERS[solver].step(drift, y, dt, tuple(dw), rww.leak(p.values)))
        got = np.stack([np.asarray(s) for s in got])
    np.testing.assert_allclose(got, want, rtol=1e-12, atol=1e-12)
    assert (np.array(want) == 0.0).any()


def scalar_scan(network, h, state, key, scan, noise):
    """Simulate a scan with the scalar program: BOLD [time, region] and mean rate."""
    n, dt = network.n, scan.dt_ms * 1e-3
    per_balloon = round(10.0 / scan.dt_ms)
    S_E, S_I = list(state[0]), list(state[1])
    vessels = [list(balloon.steady(S_E[i], h)) for i in range(n)]
    volumes = round(scan.duration_s / scan.tr_s)
    bold, rate, step = [], np.zeros(n), 0
    for _ in range(volumes):
        for _ in range(round(scan.tr_s / 0.01)):
            mean = [0.0] * n
            for _ in range(per_balloon):
                dw = [[0.0, 0.0] for _ in range(n)]
                if noise:
                    for i in range(n):
                        size = network.p[i]["noise_sd"] * np.sqrt(dt)
                        dw[i] = [size * z for z in draws(key, i, step)]
                S_E, S_I = network.step(
                    S_E, S_I, dt, [d[0] for d in dw], [d[1] for d in dw],
                    scan.solver, scan.hold_coupling,
                )  # fmt: skip
                mean = [m + s / per_balloon for m, s in zip(mean, S_E, strict=True)]
                step += 1
            inputs = network.inputs(S_E)
            for i in range(n):
                rate[i] += network.rates(i, S_E[i], S_I[i], inputs[0][i], inputs[1][i])[0]
                y = vessels[i]
                first = balloon.drift(tuple(y), mean[i], h)
                second = balloon.drift(
                    tuple(a + 0.01 * k for a, k in zip(y, first, strict=True)), mean[i], h
                )
                vessels[i] = [a + 0.005 * (k + m) for a, k, m in zip(y, first, second, strict=True)]
        bold.append([balloon.bold(tuple(v), h) for v in vessels])
    return np.array(bold), rate / (volumes * round(scan.tr_s / 0.01))


@pytest.mark.parametrize("noise", [False, True], ids=["still", "noisy"])
@pytest.mark.parametrize(("solver", "hold"), [("euler", True), ("heun", True), ("heun", False)])
def test_sixty_steps_equal_the_scalar_program(
    rww, balanced_network, scalar_network, solver, hold, noise
):
    """Rates follow the neural state at once: they see every step, draw and coupling."""
    n = 6
    p, state = balanced_network(n=n, seed=42)
    loud, quiet = p.replace(noise_sd=np.linspace(0.1, 0.3, n)), p.replace(noise_sd=np.zeros(n))
    p = loud if noise else quiet
    start = tuple(s * np.linspace(0.8, 1.3, n) for s in state)
    key = scan_key(1, "sub-01", "oracle")
    scan = Scan(
        duration_s=0.06, tr_s=0.02, warmup_s=0.0, dt_ms=1.0, solver=solver, hold_coupling=hold
    )
    got = simulate(rww, stack([p]), tuple(s[None] for s in start), key[None], scan)
    h = HEMODYNAMICS[scan.hemodynamics]
    bold, rate = scalar_scan(scalar_network(p), h, start, key, scan, noise)
    assert got.bold.shape == (1, 3, n) and got.bold.dtype == np.float32
    assert got.finite.all()
    np.testing.assert_allclose(got.rate_hz[0], rate, rtol=3e-5)
    np.testing.assert_allclose(got.bold[0], bold, atol=5e-8)
    if noise:
        # the tolerance is far below what another draw or another kind of coupling would change
        other = "euler" if solver == "heun" else "heun"
        _, changed = scalar_scan(
            scalar_network(p), h, start, key, scan._replace(solver=other), noise
        )
        assert np.abs(changed / rate - 1).max() > 1e-2


def test_bold_equals_the_scalar_program(rww, balanced_network, scalar_network):
    """Two seconds: long enough for the vessels to answer."""
    n = 3
    p, state = balanced_network(n=n, seed=46)
    p = p.replace(noise_sd=np.full(n, 0.3))
    key = scan_key(3, "sub-02", "oracle")
    scan = Scan(duration_s=2.0, tr_s=0.5, warmup_s=0.0, hold_coupling=True)
    got = simulate(rww, stack([p]), tuple(s[None] for s in state), key[None], scan)
    h = HEMODYNAMICS[scan.hemodynamics]
    bold, rate = scalar_scan(scalar_network(p), h, state, key, scan, True)
    assert np.abs(bold - bold[0]).max() > 1e-4
    # float32 around 1 holds the vessels' states to 1e-7
    np.testing.assert_allclose(got.bold[0], bold, atol=3e-7)
    np.testing.assert_allclose(got.rate_hz[0], rate, rtol=3e-4)


def test_warmup_is_cut_off_and_nothing_else(rww, balanced_network):
    p, state = balanced_network(n=6, seed=43)
    key = scan_key(1, "sub-01", "warm")[None]
    start = tuple(s[None] for s in state)
    whole = simulate(rww, stack([p]), start, key, Scan(0.2, 0.02, 0.0))
    cut = simulate(rww, stack([p]), start, key, Scan(0.12, 0.02, 0.08))
    np.testing.assert_array_equal(whole.bold[:, 4:], cut.bold)


@pytest.mark.slow
def test_holding_the_coupling_changes_little(rww, balanced_network):
    p, state = balanced_network(n=6, seed=44)
    key = scan_key(1, "sub-01", "hold")[None]
    start = tuple(s[None] for s in state)
    held, free = (
        simulate(rww, stack([p]), start, key, Scan(2.0, 0.5, 0.0, hold_coupling=hold))
        for hold in (True, False)
    )
    assert not np.array_equal(held.bold, free.bold)
    np.testing.assert_allclose(held.bold, free.bold, atol=2e-6)
    np.testing.assert_allclose(held.rate_hz, free.rate_hz, rtol=2e-3)


def test_states_without_noise_get_none(rww, balanced_network):
    """A network at its fixed point without noise stays there, whatever the key."""
    p, state = balanced_network(n=6, seed=45)
    p = p.replace(noise_sd=np.zeros(6))
    keys = np.stack([scan_key(1, "a", "t"), scan_key(2, "b", "u")])
    start = tuple(np.stack([s, s]) for s in state)
    got = simulate(rww, stack([p, p]), start, keys, Scan(1.0, 0.5, 0.0))
    np.testing.assert_array_equal(got.bold[0], got.bold[1])
    rest = balloon.bold(
        balloon.steady(state[0], HEMODYNAMICS["friston2003"]), HEMODYNAMICS["friston2003"]
    )
    np.testing.assert_allclose(got.bold[0], np.stack([rest, rest]), atol=2e-7)
    with jax.enable_x64(True):
        rate = np.asarray(
            rww.rate_hz(state, p.values, tuple(jnp.asarray(W) @ state[0] for W in p.weights))
        )
    np.testing.assert_allclose(got.rate_hz[0], rate, rtol=1e-4)
