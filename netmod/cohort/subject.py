"""One person of a study: own connectome, set-points and reactions, and the lesion by severity."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from netmod.atlas import Atlas
from netmod.cohort.variability import GENERATORS
from netmod.dynamics.fic import TARGET_RATE_HZ
from netmod.dynamics.parameters import Parameters, make_parameters
from netmod.models import Model


@dataclass(frozen=True)
class Subject:
    """A person as drawn, before any lesion.

    Attributes
    ----------
    name : str
        Identifier: ``1`` onwards, or the label of a real person.
    weights : array, shape (2, target, source)
        Long-range weights onto excitation and inhibition.
    set_point_hz : array, shape (region,)
        Homeostatic rates.
    severity : float
        Scale of the lesion when this person is a patient.
    clearance, induction, sensitivity : float
        Drug elimination, inducibility of synapses and sensitivity to an electroconvulsive
        stimulus, 1 in the typical person.
    lengths_mm : array, shape (target, source), or None
        Own tract lengths; None for the atlas's.
    """

    name: str
    weights: np.ndarray
    set_point_hz: np.ndarray
    severity: float
    clearance: float
    induction: float
    sensitivity: float
    lengths_mm: np.ndarray | None = None


def draw_subject(
    name: str,
    seed: int,
    effective: np.ndarray,
    feedforward: float,
    top_down: np.ndarray,
    constants: Mapping[str, float],
    variability: str = "independent",
) -> Subject:
    """Draw one subject; the same name and seed give the same person in any cohort.

    Set-points and reactions vary log-normally with mean 1, independently of each other and of the
    connectome. The numbers behind them do not hang on how the connectome varies, so that one
    person can be compared under both kinds of variability.

    Parameters
    ----------
    name : str
        Identifier.
    seed : int
        Seed of the study.
    effective : array, shape (target, source)
        Group effective connectivity, symmetric.
    feedforward : float
        Share of each weight that reaches inhibition.
    top_down : array, shape (target, source)
        Prefrontal to subgenual inhibition.
    constants : mapping
        Values of :data:`netmod.cohort.PARAMETERS`.
    variability : str
        A name of :data:`netmod.cohort.variability.GENERATORS`.
    """
    digest = hashlib.sha256(f"netmod-subject-1|{seed}|{name}".encode()).digest()
    rng = np.random.default_rng(np.frombuffer(digest, dtype="<u4"))
    n = effective.shape[0]

    def varied(sd: float, shape: tuple[int, ...]) -> np.ndarray:
        return np.exp(sd * rng.standard_normal(shape) - 0.5 * sd**2)

    weights = GENERATORS[variability](effective, rng.standard_normal((n, n)), constants)
    pathway = top_down * varied(constants["top_down_sd"], (1, n))
    set_point = TARGET_RATE_HZ * varied(constants["setpoint_sd"], (n,))
    severity = max(0.0, 1.0 + constants["severity_sd"] * rng.standard_normal())
    clearance, induction, sensitivity = varied(constants["reaction_sd"], (3,))
    return Subject(
        name,
        np.stack([weights, feedforward * weights + pathway]),
        set_point,
        severity,
        float(clearance),
        float(induction),
        float(sensitivity),
    )


def network_of(
    model: Model,
    subject: Subject,
    J: np.ndarray,
    values: Mapping[str, float],
    delays_s: np.ndarray | None = None,
) -> Parameters:
    """Return the healthy network of a subject with its solved inhibition."""
    return make_parameters(model, subject.weights, {**values, "J": J}, delays_s)


def lesion(
    healthy: Parameters, severity: float, atlas: Atlas, constants: Mapping[str, float]
) -> Parameters:
    """Lay the lesion of depression onto a healthy network.

    Subgenual cortex is disinhibited, dorsolateral prefrontal cortex weak and poor in GABA, and its
    inhibition of the subgenual region reduced. The inhibition that was solved while healthy is
    kept as baseline. An atlas without these targets stays as it is.

    Parameters
    ----------
    healthy : Parameters
        The subject's healthy network.
    severity : float
        1 in the typical patient; a negative value reverses the lesion.
    atlas : Atlas
        For the targets ``sgacc``, ``dlpfc_left`` and ``dlpfc_right``.
    constants : mapping
        Values of :data:`netmod.cohort.PARAMETERS`.
    """
    sgacc = list(atlas.targets.get("sgacc", ()))
    dlpfc = [*atlas.targets.get("dlpfc_left", ()), *atlas.targets.get("dlpfc_right", ())]
    recurrent = healthy.values["w_plus"].copy()
    recurrent[dlpfc] *= 1.0 + severity * constants["dlpfc_excitability"]
    J = healthy.values["J"].copy()
    J[sgacc] *= 1.0 + severity * constants["sgacc_inhibition"]
    J[dlpfc] *= 1.0 + severity * constants["dlpfc_inhibition"]
    weights = healthy.weights.copy()
    pathway = np.ix_([1], sgacc, dlpfc)
    weights[pathway] *= max(0.0, 1.0 + severity * constants["top_down"])
    return healthy.replace(weights=weights, w_plus=recurrent, J=J)
