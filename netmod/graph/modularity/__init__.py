"""Modularity of functional connectivity: qualities, optimisers, nulls, layers in time.

:func:`modularity_of` scores a given partition, :func:`louvain` and :func:`leiden` seek the best
one, :func:`normalised_modularity` sets it against a null model and :func:`multilayer_modularity`
follows it over windows. :data:`QUALITIES` lists what may be maximised.
"""

from netmod.graph.modularity.leiden import leiden
from netmod.graph.modularity.louvain import louvain, louvain_partitions
from netmod.graph.modularity.multilayer import MultilayerPartitions, multilayer_modularity
from netmod.graph.modularity.normalised import NormalisedModularity, normalised_modularity
from netmod.graph.modularity.quality import (
    QUALITIES,
    Quality,
    modularity_of,
    positive_weights,
    quality_matrix,
)

__all__ = [
    "QUALITIES",
    "MultilayerPartitions",
    "NormalisedModularity",
    "Quality",
    "leiden",
    "louvain",
    "louvain_partitions",
    "modularity_of",
    "multilayer_modularity",
    "normalised_modularity",
    "positive_weights",
    "quality_matrix",
]
