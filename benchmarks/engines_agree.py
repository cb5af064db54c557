"""Where the two engines agree and where they part: FC and rates against the size of the noise.

The linear engine is exact for small noise. This script simulates the healthy dk84 network of
reduced Wong-Wang at growing noise, without and with conduction delays, and prints both engines
side by side: ``python benchmarks/engines_agree.py``.
"""

from __future__ import annotations

import argparse

import numpy as np

import netmod
from netmod.dynamics.network import simulate_networks

NOISE_SD = (0.01, 0.03, 0.1, 0.2, 0.316)
"""Per square root of a second; the published 0.01 per square root of a millisecond is the last."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=8, help="simulated scans of 5 min")
    parser.add_argument("--velocity", type=float, default=None, help="conduction velocity, m/s")
    args = parser.parse_args()
    netmod.prepare_devices()
    brain = netmod.Network.from_atlas("dk84", velocity_m_per_s=args.velocity).balanced()
    upper = np.triu_indices(brain.parameters.n_regions, 1)
    target = brain.rate_hz().mean()
    print(f"noise-free rate {target:.3f} Hz, velocity {args.velocity or 'infinite'}")
    print("| noise, 1/sqrt(s) | r(FC sde, FC linear) | mean FC sde | mean FC linear | rate, Hz |")
    print("|---|---|---|---|---|")
    for sd in NOISE_SD:
        noisy = brain.with_values(noise_sd=sd)
        scans = simulate_networks(
            [noisy] * args.runs, seed=1, replicates=range(args.runs), warmup_s=30.0
        )
        z = np.mean([np.arctanh(s.fc()[upper]) for s in scans], axis=0)
        linear = np.arctanh(noisy.solve().fc()[upper])
        rate = np.mean([s.rate_hz for s in scans])
        r = np.corrcoef(z, linear)[0, 1]
        print(
            f"| {sd:g} | {r:.3f} | {np.tanh(z).mean():.3f} | {np.tanh(linear).mean():.3f} "
            f"| {rate:.2f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
