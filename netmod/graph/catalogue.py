"""Everything that netmod.graph can compute, by kind and name.

A new declaration is known here from its one file: a :class:`Metric` in ``METRICS``
(signatures.py), an :class:`Estimator` in ``ESTIMATORS`` (estimators.py), a :class:`Measure` in
``DECLARED`` of any file of netmod/graph/measures, a :class:`Quantity` in that of any file here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from netmod.graph.declarations import Declaration, Quantity, declared
from netmod.graph.estimators import ESTIMATORS
from netmod.graph.measures import MEASURES
from netmod.graph.signatures import METRICS

QUANTITIES: Mapping[str, Quantity] = declared("netmod.graph", Quantity)


@dataclass(frozen=True)
class Group:
    """Declarations of one kind.

    Parameters
    ----------
    kind : str
        What one of them is called.
    title, doc : str
        What they are together, and how they are used.
    members : mapping of str to Declaration
        By name; a name may stand in several groups.
    """

    kind: str
    title: str
    doc: str
    members: Mapping[str, Declaration]


GROUPS = (
    Group(
        "signature",
        "Named signatures of a scan",
        "Columns of `group/signatures.tsv`; `netmod compare` and `search` take these names.",
        METRICS,
    ),
    Group(
        "graph measure",
        "Measures of a graph",
        "`netmod.graph.measure(weights, name)`, one number or one per region of one matrix.",
        MEASURES,
    ),
    Group(
        "estimator",
        "Estimators of connectivity",
        "`netmod.graph.estimate(series, name)`, a matrix [N, N] of one series.",
        ESTIMATORS,
    ),
    Group(
        "function",
        "Dynamics, phases, communities, complexity, perturbation",
        "Functions of their own: of windows, phases, partitions or responses.",
        QUANTITIES,
    ),
)
"""All groups, in the order in which they are listed."""


def find(name: str) -> list[tuple[Group, Declaration]]:
    """Return the declarations of a name with their groups; empty when there is none."""
    return [(group, group.members[name]) for group in GROUPS if name in group.members]
