"""The network step as a scalar program: loops over regions, edges and states, plain formulas.

Nothing here is taken from the kernel but the single-precision normals, which test_noise proves,
and the model's own functions of one region.
"""

import math
from functools import lru_cache

import jax
import numpy as np

from netmod.dynamics.noise import normal_pair
from netmod.dynamics.parameters import make_parameters

N = 4  # regions

# compiled, as in the kernel: the last bit of a single-precision normal depends on it
_pair = jax.jit(normal_pair)


def normals(key, pair, steps):
    """Single-precision normals ``[region][step](first, second)`` of a pair of states."""
    region = np.arange(N, dtype=np.uint32) + np.uint32(pair * 2**24)
    drawn = _pair((key[0], key[1]), region[:, None], np.asarray(steps, np.uint32)[None, :])
    return np.stack([np.asarray(d) for d in drawn], axis=-1).astype(float)


@lru_cache
def local(model):
    """The model's own functions of one region's numbers, compiled only to be quick."""
    return jax.jit(model.drift), jax.jit(model.signal, static_argnums=0)


class Scalar:
    """One lane of a network, with Python loops over regions, edges and states."""

    def __init__(self, case, s, lane):
        self.model, self.kind, self.solver, self.hold = s.model, case.kind, case.solver, case.hold
        self.dt = s.dt_ms * 1e-3
        full = make_parameters(s.model, s.weights[lane], s.values[lane]).values
        self.p = [{k: v[i] for k, v in full.items()} for i in range(N)]
        self.W, self.lag = s.weights[lane], s.lag_ms[lane] / s.dt_ms
        self.pulse, self.wave, self.sizes = s.pulse, s.wave, s.sizes[:, lane]
        self.names = s.model.states
        self.noisy = [
            k for k, n in enumerate(self.names) if n in s.model.noise_on or f"noise_sd_{n}" in full
        ]
        self.key = s.keys[lane]
        self.local_drift, self.local_signal = local(s.model)
        self.known = {}
        # past[k][region] is the state after k steps; before time 0 it was the start
        self.past = {0: [tuple(x[lane, i] for x in s.start) for i in range(N)]}
        self.steps = 40
        self.draw()

    def draw(self):
        """Draw all white noise; start the coloured one."""
        steps = [*range(self.steps), 2**32 - 1]
        z = {pair: normals(self.key, pair, steps) for pair in {k // 2 for k in self.noisy}}
        self.z = [
            [{k: z[k // 2][i, t, k % 2] for k in self.noisy} for i in range(N)]
            for t in range(len(steps))
        ]
        self.colour = {0: [{k: self.stationary(i, k) for k in self.noisy} for i in range(N)]}

    def sd(self, i, k):
        return self.p[i].get(f"noise_sd_{self.names[k]}", self.p[i]["noise_sd"])

    def stationary(self, i, k):
        tau = self.p[i]["noise_tau"]
        return self.sd(i, k) / math.sqrt(2 * tau) * self.z[-1][i][k] if tau > 0 else 0.0

    def increments(self, t):
        """Noise of step t, and the coloured noise after it."""
        dw, after = [[0.0] * len(self.names) for _ in range(N)], [{} for _ in range(N)]
        for i in range(N):
            tau = self.p[i]["noise_tau"]
            for k in self.noisy:
                z, old = self.z[t][i][k], self.colour[t][i][k]
                if tau == 0:
                    dw[i][k], after[i][k] = self.sd(i, k) * math.sqrt(self.dt) * z, 0.0
                    continue
                spread = math.sqrt(-math.expm1(-2 * self.dt / tau) / (2 * tau))
                after[i][k] = math.exp(-self.dt / tau) * old + self.sd(i, k) * spread * z
                dw[i][k] = self.sd(i, k) * math.sqrt(self.dt) * z - tau * (after[i][k] - old)
        self.colour[t + 1] = after
        return dw

    def stimulus(self, t):
        """Mean over step t of the pulse and of the sine wave, at every region."""
        a, b = t * self.dt, (t + 1) * self.dt
        on, width = self.pulse
        overlap = max(0.0, min(b, on + width) - max(a, on))
        f, on, length, phase = self.wave
        a, b = max(0.0, a - on), min(length, b - on)
        turn = 2 * math.pi * f
        area = (math.cos(turn * a + phase) - math.cos(turn * b + phase)) / turn if b > a else 0.0
        mean = overlap / self.dt, area / self.dt
        return [
            sum(m * size[i] for m, size in zip(mean, self.sizes, strict=True)) for i in range(N)
        ]

    def sent(self, name, j, y):
        """The transmitted variable of region j in a state, as a float."""
        if name in self.names:
            return float(y[self.names.index(name)])
        if (name, j, y) not in self.known:
            self.known[name, j, y] = float(self.local_signal(name, y, self.p[j]))
        return self.known[name, j, y]

    def heard(self, name, i, j, t, s, y, base):
        """The moments of source j that target i hears: (share, its transmitted variable)."""
        lag = self.lag[i, j]
        if lag == 0:
            return [(1.0, self.sent(name, j, base[j] if self.hold else y[j]))]
        # at the fraction s of a step, the straight line between both ends of the step
        moments = []
        for share, end in ((1.0 - s, t), (s, t + 1)):
            when = end - lag
            low = math.floor(when + 1e-9)
            part = when - low if abs(when - low) > 1e-9 else 0.0
            moments += [(share * (1.0 - part), low), (share * part, low + 1)]
        return [
            (share, self.sent(name, j, self.past[max(k, 0)][j])) for share, k in moments if share
        ]

    def gate(self, x, j):
        q = self.p[j]
        e = math.exp(-q["coupling_slope"] * (x - q["coupling_midpoint"]))
        return q["coupling_amplitude"] / (1.0 + e)

    def input(self, c, i, t, s, y, base):
        """Coupling input c of region i."""
        name = self.model.transmitted[c]
        W = self.W[c if len(self.W) > 1 else 0]
        own, total = self.sent(name, i, base[i] if self.hold else y[i]), 0.0
        for j in range(N):
            if W[i, j] == 0:
                continue
            for share, x in self.heard(name, i, j, t, s, y, base):
                if self.kind == "diffusive":
                    x = x - own
                elif self.kind == "sigmoidal_source":
                    x = self.gate(x, j)
                elif self.kind == "sine":
                    x = math.sin(x - own - self.p[i]["coupling_lag"])
                total += W[i, j] * share * x
        return self.gate(total, i) if self.kind == "sigmoidal" else total

    def drift(self, y, t, s, base, stimulus):
        slopes = []
        for i in range(N):
            inputs = [
                np.float64(self.input(c, i, t, s, y, base))
                for c in range(len(self.model.transmitted))
            ]
            slopes.append(
                [float(d) for d in self.local_drift(y[i], self.p[i], inputs, stimulus[i])]
            )
        return slopes

    def step(self, t):
        """Append the state after step t."""
        y, dt, S = self.past[t], self.dt, range(len(self.names))
        dw, u = self.increments(t), self.stimulus(t)

        def slope(x, s):
            return self.drift(x, t, s, y, u)

        def moved(parts, noise):
            """``y`` plus weighted slopes plus a share of the noise."""
            return [
                tuple(
                    np.float64(y[i][k] + sum(h * f[i][k] for h, f in parts) + noise * dw[i][k])
                    for k in S
                )
                for i in range(N)
            ]

        first = slope(y, 0.0)
        if self.solver == "euler":
            new = moved([(dt, first)], 1.0)
        elif self.solver == "heun":
            second = slope(moved([(dt, first)], 1.0), 1.0)
            new = moved([(dt / 2, first), (dt / 2, second)], 1.0)
        elif self.solver == "rk4":
            second = slope(moved([(dt / 2, first)], 0.5), 0.5)
            third = slope(moved([(dt / 2, second)], 0.5), 0.5)
            fourth = slope(moved([(dt, third)], 1.0), 1.0)
            new = moved([(dt / 6, first), (dt / 3, second), (dt / 3, third), (dt / 6, fourth)], 1.0)
        else:
            new = self.exponential(y, first, slope, dw)
        self.past[t + 1] = [
            tuple(np.float64(x) for x in self.model.clip(tuple(row))) for row in new
        ]

    def exponential(self, y, first, slope, dw):
        dt, S = self.dt, range(len(self.names))
        leak = [[float(x) for x in self.model.leak(self.p[i])] for i in range(N)]
        rest = [[first[i][k] + leak[i][k] * y[i][k] for k in S] for i in range(N)]
        guess = [
            tuple(
                np.float64(
                    phi(0, -leak[i][k] * dt) * y[i][k]
                    + phi(1, -leak[i][k] * dt) * dt * rest[i][k]
                    + math.sqrt(phi(1, -2 * leak[i][k] * dt)) * dw[i][k]
                )
                for k in S
            )
            for i in range(N)
        ]
        second = slope(guess, 1.0)
        return [
            tuple(
                np.float64(
                    guess[i][k]
                    + phi(2, -leak[i][k] * dt)
                    * dt
                    * (second[i][k] + leak[i][k] * guess[i][k] - rest[i][k])
                )
                for k in S
            )
            for i in range(N)
        ]

    def follow(self, trace, steps):
        """Predict samples ``[sample, state, region]``, each from the trace's one before."""
        predicted = []
        for sample in range(len(trace)):
            last = sample * steps
            if sample:
                self.past[last] = rows(trace[sample - 1])
            for t in range(last, last + steps):
                self.step(t)
            predicted.append(np.array(self.past[last + steps]).T)
        return np.array(predicted)

    def last(self, past, samples, steps):
        """Predict the last sample ``[state, region]`` from what came before."""
        first = (samples - 1) * steps
        self.past = {t: y for t, y in past.items() if t <= first}
        for t in range(first):
            self.increments(t)
        for t in range(first, first + steps):
            self.step(t)
        return np.array(self.past[first + steps]).T


def rows(sample):
    """``[state, region]`` as a list by region of tuples."""
    return [tuple(np.float64(x) for x in sample[:, i]) for i in range(N)]


def phi(order, z):
    """The phi functions by their series."""
    return sum(z**k / math.factorial(k + order) for k in range(30))
