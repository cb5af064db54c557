"""Network measures of scans: connectivity, communities, graph measures, named signatures.

What there is, with definitions and sources: ``netmod metrics`` and docs/measures.md
(:mod:`netmod.graph.catalogue`). What is not named here stands in the modules of this package.
"""

from netmod.graph.communities import (
    AGREEMENTS,
    Consensus,
    agreement_matrix,
    consensus,
    mean_agreement,
)
from netmod.graph.connectivity import (
    correlation,
    covariance,
    fisher_z,
    regress_global_signal,
    remove_global_signal,
)
from netmod.graph.declarations import Estimator, Measure, Metric, Quantity
from netmod.graph.distance import fc_distance, healthy_distance
from netmod.graph.dynamic import (
    fcd,
    fcd_statistics,
    fcd_values,
    ks_distance,
    sliding_windows,
    window_volumes,
)
from netmod.graph.estimators import ESTIMATORS, Tangent, estimate, tangent
from netmod.graph.masks import NetworkMasks
from netmod.graph.measures import MEASURES, measure
from netmod.graph.modularity import (
    QUALITIES,
    MultilayerPartitions,
    NormalisedModularity,
    leiden,
    louvain,
    louvain_partitions,
    modularity_of,
    multilayer_modularity,
    normalised_modularity,
)
from netmod.graph.nulls import (
    distance_preserving,
    ensemble,
    lattice,
    maslov_sneppen,
    phase_randomised,
    strength_preserving,
)
from netmod.graph.phase import analytic_signal, metastability, synchrony
from netmod.graph.segregation import system_segregation
from netmod.graph.signatures import METRICS, signature_row, signature_rows
from netmod.graph.thresholds import over_levels, proportional, spanning_tree, tree_proportional

__all__ = [
    "AGREEMENTS",
    "ESTIMATORS",
    "MEASURES",
    "METRICS",
    "QUALITIES",
    "Consensus",
    "Estimator",
    "Measure",
    "Metric",
    "MultilayerPartitions",
    "NetworkMasks",
    "NormalisedModularity",
    "Quantity",
    "Tangent",
    "agreement_matrix",
    "analytic_signal",
    "consensus",
    "correlation",
    "covariance",
    "distance_preserving",
    "ensemble",
    "estimate",
    "fc_distance",
    "fcd",
    "fcd_statistics",
    "fcd_values",
    "fisher_z",
    "healthy_distance",
    "ks_distance",
    "lattice",
    "leiden",
    "louvain",
    "louvain_partitions",
    "maslov_sneppen",
    "mean_agreement",
    "measure",
    "metastability",
    "modularity_of",
    "multilayer_modularity",
    "normalised_modularity",
    "over_levels",
    "phase_randomised",
    "proportional",
    "regress_global_signal",
    "remove_global_signal",
    "signature_row",
    "signature_rows",
    "sliding_windows",
    "spanning_tree",
    "strength_preserving",
    "synchrony",
    "system_segregation",
    "tangent",
    "tree_proportional",
    "window_volumes",
]
