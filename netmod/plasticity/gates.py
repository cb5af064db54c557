"""Gates of the slow layer: the one place of each pathway where a modifier can act (no jax)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from netmod.errors import ConfigError, did_you_mean


@dataclass(frozen=True)
class Gate:
    """One pathway that can be weakened, blocked, strengthened or added to.

    Attributes
    ----------
    neutral : float
        Value of an untouched pathway. Where it is 1 the gate multiplies (0 is blocked); where
        it is 0 the gate adds.
    doc : str
        What the gate acts on, in one line.
    """

    neutral: float
    doc: str


GATES: Mapping[str, Gate] = MappingProxyType(
    {
        # what drugs bind
        "ht2a": Gate(1.0, "5-HT2A occupancy by agonists"),
        "ht1a": Gate(1.0, "action of 5-HT tone through 5-HT1A"),
        "ht4": Gate(1.0, "action of 5-HT tone through 5-HT4"),
        "trkb": Gate(1.0, "binding of drugs to TrkB"),
        # TrkB and BDNF
        "trkb_signal": Gate(1.0, "all TrkB potentiation, whatever its origin"),
        "bdnf_release": Gate(1.0, "BDNF that activity and seizures release"),
        "agonist": Gate(0.0, "TrkB potentiation by an agonist, added"),
        # induction: calcium in the synapse while it is driven
        "nmda": Gate(1.0, "calcium through NMDA receptors at induction"),
        "pre": Gate(1.0, "calcium of a presynaptic spike at induction"),
        "post": Gate(1.0, "calcium of a postsynaptic spike at induction"),
        "potentiation": Gate(1.0, "rate of potentiation at induction, which needs BDNF"),
        "threshold": Gate(1.0, "both calcium thresholds at induction, set by prior activity"),
        # what becomes of it
        "consolidation": Gate(1.0, "rate at which early efficacy becomes late, which needs BDNF"),
        "mtor": Gate(1.0, "growth of spines, which needs mTOR"),
        "pv": Gate(1.0, "opening of the PV brake"),
        "neurogenesis": Gate(1.0, "what changes the flow of new neurons"),
        "vegf": Gate(1.0, "VEGF that seizures raise"),
        "stress": Gate(1.0, "stress load"),
        # which plasticity runs at all
        "bcm": Gate(1.0, "sliding of the threshold with the activity of days"),
        "homeostasis": Gate(1.0, "homeostatic change of inhibition J"),
        "ei": Gate(1.0, "plasticity of long-range synapses onto inhibition"),
    }
)
"""Every gate by its name."""


def combined(factors: Iterable[Mapping[str, float]]) -> dict[str, float]:
    """Return the value of every gate under several modifiers at once.

    Parameters
    ----------
    factors : iterable of mapping
        Of each modifier, gate to factor (neutral 1) or amount (neutral 0).

    Returns
    -------
    dict
        Every gate of :data:`GATES`, in its order: factors multiply, amounts add.

    Raises
    ------
    ConfigError
        If there is no such gate.
    """
    values = {name: gate.neutral for name, gate in GATES.items()}
    for mapping in factors:
        for name, by in mapping.items():
            if name not in values:
                raise ConfigError(
                    "no such gate of the slow layer",
                    expected=", ".join(GATES),
                    got=name,
                    hint=did_you_mean(name, GATES),
                )
            values[name] = values[name] * by if GATES[name].neutral else values[name] + by
    return values
