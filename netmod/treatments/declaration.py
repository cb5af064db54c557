"""How a treatment and a modifier declare themselves (no jax, no numpy)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from netmod.models.declaration import Parameter


@dataclass(frozen=True)
class Treatment:
    """A treatment: a schedule of events over hours that drives mechanisms, never an outcome.

    Parameters
    ----------
    name : str
        The word used in a scenario.
    doc : str
        What is given, in one sentence.
    mechanism : str
        Which mechanisms the events drive.
    source : str
        Author, year, DOI of the protocol.
    schedule : callable
        ``schedule(parameters, target) -> sequence of plasticity events``, hours counted from its
        own beginning; imported lazily.
    parameters : mapping
        Protocol parameters by name.
    target : str or None
        Default place of the coil, None when nothing is aimed.
    """

    name: str
    doc: str
    mechanism: str
    source: str
    schedule: Callable[[Mapping[str, float], str | None], Sequence[Any]]
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    target: str | None = None


@dataclass(frozen=True)
class Premedication:
    """A drug given before every dose of some others.

    Parameters
    ----------
    drug : str
        A name of `netmod.plasticity.pharmacology.DRUGS`.
    amount : float
        Relative to its reference dose.
    lead_h : float
        How long before, h.
    before : tuple of str
        The drugs that it precedes.
    """

    drug: str
    amount: float
    lead_h: float
    before: tuple[str, ...]


@dataclass(frozen=True)
class Modifier:
    """A change laid over a whole arm: a blocked pathway, another target, other surroundings.

    Parameters
    ----------
    name, doc, source : str
        As for a treatment.
    factors : mapping
        Values of gates of the slow layer (`netmod.plasticity.gates.GATES`): factors where the
        gate is 1 untouched, amounts where it is 0. Several modifiers multiply or add.
    target : str or None
        Place of the coil that replaces the treatment's own.
    environment : str or None
        A name of `netmod.plasticity.environment.ENVIRONMENTS`.
    dose : Premedication or None
        A drug given before every dose of others.
    drugs : mapping of str to str
        Drugs whose doses are doses of another compound, by names of
        `netmod.plasticity.pharmacology.COMPOUNDS`.
    """

    name: str
    doc: str
    source: str
    factors: Mapping[str, float] = field(default_factory=dict)
    target: str | None = None
    environment: str | None = None
    dose: Premedication | None = None
    drugs: Mapping[str, str] = field(default_factory=dict)
