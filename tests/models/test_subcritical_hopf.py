"""Subcritical Hopf seizure: bistability, its end by fatigue, and the suppression afterwards."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netmod.models.subcritical_hopf import SubcriticalHopf

SH = SubcriticalHopf()
QUIET = (0.0, 0.0)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_drift_equals_the_complex_scalar_equation(seed):
    rng = np.random.default_rng(seed)
    n = 4
    p = {k: q.default * rng.uniform(0.7, 1.3, n) for k, q in SH.parameters.items()}
    p["G"] = rng.uniform(0, 2, n)
    x, y, w, to_x, to_y, u = rng.normal(0, 1, (6, n))
    with jax.enable_x64(True):
        got = SH.drift((x, y, w), p, (to_x, to_y), u)
    for i in range(n):
        q = {k: float(v[i]) for k, v in p.items()}
        z = complex(x[i], y[i])
        size = abs(z)
        lam = q["lambda_0"] - w[i] + u[i]
        dz = q["kappa"] * z * (lam + 2 * size**2 - size**4)
        dz += 2j * math.pi * q["frequency_hz"] * z + q["G"] * complex(to_x[i], to_y[i])
        want = [dz.real, dz.imag, (q["k"] * size**2 - w[i]) / q["tau_fatigue"]]
        assert [float(d[i]) for d in got] == pytest.approx(want, rel=1e-12, abs=1e-11)


@settings(max_examples=50, deadline=None)
@given(st.floats(-0.999, -0.001), st.floats(0.0, 2 * math.pi))
def test_rest_and_seizure_are_both_stable_between_minus_one_and_zero(lam, angle):
    p = SH.defaults(frequency_hz=0.0) | {"lambda_0": lam}

    def radial(r):
        dx, dy, _ = SH.drift((r * math.cos(angle), r * math.sin(angle), 0.0), p, QUIET)
        return dx * math.cos(angle) + dy * math.sin(angle)

    stable, unstable = (math.sqrt(1 + s * math.sqrt(1 + lam)) for s in (1, -1))
    assert radial(stable) == pytest.approx(0.0, abs=1e-12)
    assert radial(unstable) == pytest.approx(0.0, abs=1e-12)
    # outward between the two cycles, inward elsewhere
    assert radial(0.5 * unstable) < 0 < radial(0.5 * (stable + unstable))
    assert radial(1.5 * stable) < 0


@pytest.mark.parametrize(("lam", "ends"), [(-1.01, True), (0.01, False)])
def test_one_attractor_outside(lam, ends):
    p = SH.defaults(frequency_hz=0.0) | {"lambda_0": lam}
    growth = [float(SH.drift((r, 0.0, 0.0), p, QUIET)[0]) for r in np.linspace(0.01, 1.4, 200)]
    assert (max(growth) < 0) is ends
    assert (growth[0] > 0) is not ends


DT = 2e-3


def _seizure(k, tau, scheme, noise=0.0, lanes=1, seed=0, quiet_s=0.0, total_s=80.0):
    """Amplitude ``[step, lane]`` for a push of 2 for 6 s after ``quiet_s``, from |z| = 0.01."""
    p = SH.defaults(k=k, tau_fatigue=tau)
    steps = round(total_s / DT)
    time = jnp.arange(steps) * DT
    push = jnp.where((time >= quiet_s) & (time < quiet_s + 6.0), 2.0, 0.0)

    def f(y, u):
        return jnp.stack(SH.drift(tuple(y), p, QUIET, u))

    rng = np.random.default_rng(seed)
    kicks = np.zeros((steps, 3, lanes))
    if noise:
        kicks[:, :2] = noise * math.sqrt(DT) * rng.standard_normal((steps, 2, lanes))

    def step(y, now):
        u, kick = now
        a = f(y, u)
        if scheme == "euler":
            y = y + DT * a + kick
        else:
            b = f(y + DT / 2 * a, u)
            c = f(y + DT / 2 * b, u)
            y = y + DT / 6 * (a + 2 * b + 2 * c + f(y + DT * c, u)) + kick
        return y, jnp.sqrt(SH.signal("power", y, p))

    start = jnp.zeros((3, lanes)).at[0].set(0.01)
    run = jax.jit(lambda: jax.lax.scan(step, start, (push, jnp.asarray(kicks)))[1])
    return np.asarray(run())


def _duration_s(amplitude, threshold=0.3):
    inside = amplitude > threshold
    last = len(inside) - np.argmax(inside[::-1], axis=0)
    return (last - np.argmax(inside, axis=0)) * DT


@pytest.mark.parametrize(
    ("k", "tau", "converged_s", "euler_s"), [(1.0, 60.0, 34.3, 43.6), (0.8, 40.0, 32.6, 45.4)]
)
def test_seizure_ends_by_fatigue(k, tau, converged_s, euler_s):
    # Row 20 of the published values says 42.8 s and 44.8 s. The equations give 34.3 s and 32.6 s
    # when integrated accurately; explicit Euler at 2 ms, whose rotation grows by
    # (2 pi 3)^2 dt / 2 = 0.36 per s, gives the row to 2 %.
    recorded = {1.0: 42.8, 0.8: 44.8}[k]
    with jax.enable_x64(True):
        accurate = float(_duration_s(_seizure(k, tau, "rk4"))[0])
        euler = float(_duration_s(_seizure(k, tau, "euler"))[0])
    assert accurate == pytest.approx(converged_s, abs=0.15)
    assert euler == pytest.approx(euler_s, abs=0.5)
    assert euler == pytest.approx(recorded, rel=0.03)


def test_amplitude_is_suppressed_after_the_seizure():
    with jax.enable_x64(True):
        r = _seizure(1.0, 60.0, "rk4", noise=0.02, lanes=24, seed=3, quiet_s=15.0)
    duration = _duration_s(r)
    assert np.median(duration) == pytest.approx(34.0, abs=1.0)
    inside = r > 0.3
    last = len(r) - np.argmax(inside[::-1], axis=0)
    before = (r[round(5 / DT) : round(15 / DT)] ** 2).mean()
    after = np.mean(
        [(r[n + round(3 / DT) : n + round(15 / DT), i] ** 2).mean() for i, n in enumerate(last)]
    )
    # power -60 %: at rest it is noise^2 / (2 kappa |lambda|) a component, and lambda goes from
    # -0.4 to about -1 by the fatigue of 0.6
    assert after / before == pytest.approx(0.4, abs=0.08)


def test_step_is_limited_by_the_fastest_part():
    constants = SH.time_constants(SH.defaults())
    assert constants["tau_fatigue"] == 60.0
    assert min(constants.values()) == pytest.approx(1 / (6 * math.pi))
