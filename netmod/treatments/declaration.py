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
        ``schedule(parameters, target) -> sequence of plasticity events``; imported lazily.
    parameters : mapping
        Protocol parameters by name.
    target : str or None
        Default stimulation target (a name of ``Atlas.targets``), None when nothing is aimed.
    """

    name: str
    doc: str
    mechanism: str
    source: str
    schedule: Callable[[Mapping[str, float], str | None], Sequence[Any]]
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    target: str | None = None


@dataclass(frozen=True)
class Modifier:
    """A change laid over an arm: a blocked receptor, another target.

    Parameters
    ----------
    name, doc, source : str
        As for a treatment.
    factors : mapping
        Multipliers of named pathway gates of the slow layer (1 is intact, 0 is blocked).
    target : str or None
        Stimulation target that replaces the treatment's own.
    """

    name: str
    doc: str
    source: str
    factors: Mapping[str, float] = field(default_factory=dict)
    target: str | None = None
