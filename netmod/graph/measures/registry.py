"""The named graph measures and what each declares.

A new measure is one function in a file of its family and one entry in :data:`MEASURES`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from netmod.graph.measures.centrality import betweenness, eigenvector_centrality
from netmod.graph.measures.checks import graph_of
from netmod.graph.measures.clustering import clustering, signed_clustering, transitivity
from netmod.graph.measures.core import core_number, core_periphery
from netmod.graph.measures.declaration import Measure
from netmod.graph.measures.hierarchy import trophic_incoherence, trophic_levels
from netmod.graph.measures.mixing import assortativity
from netmod.graph.measures.modules import diversity, signed_participation, within_module_z
from netmod.graph.measures.paths import (
    closeness,
    eccentricity,
    global_efficiency,
    integration,
    local_efficiency,
    path_length,
)
from netmod.graph.measures.resilience import robustness
from netmod.graph.measures.smallworld import small_world_omega, small_world_sigma
from netmod.graph.measures.strength import degree, density, normalised_strength, signed_strength
from netmod.graph.measures.strength import strength as total_strength
from netmod.graph.segregation import global_brain_connectivity


def _part(function: Callable, which: int) -> Callable[..., NDArray]:
    """Return the function that gives one of the two signs of another."""
    return lambda weights, **inputs: function(weights, **inputs)[which]


def _gbc(weights: ArrayLike) -> NDArray[np.float64]:
    return global_brain_connectivity(graph_of(weights, signed=True))


_RS = "Rubinov & Sporns 2010, doi:10.1016/j.neuroimage.2009.10.003"
_RS_SIGNED = "Rubinov & Sporns 2011, doi:10.1016/j.neuroimage.2011.03.069"
_ONNELA = "Onnela et al. 2005, doi:10.1103/PhysRevE.71.065103"
_WATTS = "Watts & Strogatz 1998, doi:10.1038/30918"
_LATORA = "Latora & Marchiori 2001, doi:10.1103/PhysRevLett.87.198701"
_GUIMERA = "Guimerà & Amaral 2005, doi:10.1038/nature03288"
_MACKAY = "MacKay et al. 2020, doi:10.1098/rsos.201138"


def _region(*args: Any, **kwargs: Any) -> Measure:
    return Measure(*args, per_region=True, **kwargs)


_ENTRIES = (
    Measure(
        "density", "1", "[0, 1]", "fraction of possible edges that exist", _RS, density, signed=True
    ),
    _region("degree", "1", "[0, N-1]", "number of edges of any sign", _RS, degree, signed=True),
    _region("strength", "w", "real", "sum of weights", _RS, total_strength, signed=True),
    _region(
        "strength_positive",
        "w",
        ">= 0",
        "sum of positive weights",
        _RS_SIGNED,
        _part(signed_strength, 0),
        signed=True,
    ),
    _region(
        "strength_negative",
        "w",
        ">= 0",
        "absolute sum of negative weights",
        _RS_SIGNED,
        _part(signed_strength, 1),
        signed=True,
    ),
    _region(
        "strength_normalised",
        "w",
        "real",
        "positive strength less negative strength in its share, over N − 1",
        _RS_SIGNED,
        normalised_strength,
        signed=True,
    ),
    _region(
        "gbc",
        "w",
        "real",
        "mean weight with all other regions",
        "Cole et al. 2010, doi:10.1016/j.neuroimage.2009.11.001",
        _gbc,
        signed=True,
    ),
    _region(
        "clustering",
        "1",
        "[0, 1]",
        "geometric mean weight of triangles over possible triangles",
        _ONNELA,
        clustering,
    ),
    _region(
        "clustering_binary",
        "1",
        "[0, 1]",
        "triangles over possible triangles",
        _WATTS,
        partial(clustering, binary=True),
    ),
    _region(
        "clustering_directed",
        "1",
        "[0, 1]",
        "weighted triangles of all directions",
        "Fagiolo 2007, doi:10.1103/PhysRevE.76.026107",
        partial(clustering, directed=True),
        directed=True,
    ),
    _region(
        "clustering_signed",
        "1",
        "[-1, 1]",
        "triangles with the product of their signs",
        "Costantini & Perugini 2014, doi:10.1371/journal.pone.0088669",
        signed_clustering,
        signed=True,
    ),
    Measure(
        "transitivity",
        "1",
        "[0, 1]",
        "weight of all triangles over all possible triangles",
        _RS,
        transitivity,
    ),
    Measure(
        "path_length",
        "1/w",
        "> 0 or infinite",
        "mean shortest distance, lengths 1/w",
        _WATTS,
        path_length,
    ),
    Measure(
        "global_efficiency",
        "w",
        ">= 0",
        "mean reciprocal distance, lengths 1/w",
        _LATORA,
        global_efficiency,
    ),
    _region(
        "local_efficiency",
        "w",
        ">= 0",
        "global efficiency of the graph of a region's neighbours",
        _LATORA,
        local_efficiency,
    ),
    _region(
        "local_efficiency_rubinov",
        "1",
        "[0, 1]",
        "pairs of neighbours weighed by the cube root of both edges over their distance",
        _RS,
        partial(local_efficiency, definition="rubinov"),
    ),
    _region(
        "eccentricity",
        "1/w",
        ">= 0 or infinite",
        "longest of the shortest distances",
        "Harary 1969, Graph Theory (recalled)",
        eccentricity,
    ),
    _region(
        "closeness",
        "w",
        ">= 0",
        "reciprocal mean distance, times the share that is reached",
        "Freeman 1978, doi:10.1016/0378-8733(78)90021-7",
        closeness,
    ),
    _region(
        "betweenness",
        "1",
        "[0, 1]",
        "share of shortest paths between others through a region",
        "Freeman 1977, doi:10.2307/3033543",
        betweenness,
    ),
    _region(
        "betweenness_directed",
        "1",
        "[0, 1]",
        "betweenness along the direction of edges",
        "Freeman 1977, doi:10.2307/3033543",
        partial(betweenness, directed=True),
        directed=True,
    ),
    _region(
        "eigenvector_centrality",
        "1",
        "[0, 1]",
        "eigenvector of the largest eigenvalue, length 1",
        "Bonacich 1972, doi:10.1080/0022250X.1972.9989806",
        eigenvector_centrality,
    ),
    Measure(
        "integration",
        "1",
        "[1/N, 1]",
        "mean share of the largest component over thresholds 0 to 1",
        "Deco et al. 2015, doi:10.1038/nrn3963",
        integration,
        signed=True,
    ),
    Measure(
        "robustness",
        "1",
        "[0, 1]",
        "mean share of the largest component as the strongest regions are removed",
        "Schneider et al. 2011, doi:10.1073/pnas.1009440108",
        robustness,
    ),
    Measure(
        "assortativity",
        "1",
        "[-1, 1]",
        "correlation of the strengths at both ends of edges",
        "Newman 2002, doi:10.1103/PhysRevLett.89.208701",
        assortativity,
    ),
    Measure(
        "assortativity_binary",
        "1",
        "[-1, 1]",
        "correlation of the degrees at both ends of edges",
        "Newman 2002, doi:10.1103/PhysRevLett.89.208701",
        partial(assortativity, binary=True),
    ),
    _region(
        "k_core",
        "1",
        "[0, N-1]",
        "largest k of a k-core with the region",
        "Seidman 1983, doi:10.1016/0378-8733(83)90028-X",
        core_number,
    ),
    _region(
        "s_core",
        "w",
        ">= 0",
        "largest s of an s-core with the region",
        "Eidsaa & Almaas 2013, doi:10.1103/PhysRevE.88.062819",
        partial(core_number, binary=False),
    ),
    Measure(
        "coreness",
        "1",
        ">= 0",
        "quality of the best division into core and periphery",
        "Borgatti & Everett 2000, doi:10.1016/S0378-8733(99)00019-2",
        lambda weights: core_periphery(weights).coreness,
        directed=True,
    ),
    _region(
        "core",
        "1",
        "0 or 1",
        "membership of the core",
        "Borgatti & Everett 2000, doi:10.1016/S0378-8733(99)00019-2",
        lambda weights: core_periphery(weights).core.astype(float),
        directed=True,
    ),
    _region(
        "trophic_level",
        "1",
        ">= 0",
        "level in the flow from sources to targets",
        _MACKAY,
        trophic_levels,
        directed=True,
    ),
    Measure(
        "trophic_incoherence",
        "1",
        "[0, 1]",
        "how far edges fall short of rising by one level",
        _MACKAY,
        trophic_incoherence,
        directed=True,
    ),
    _region(
        "participation_positive",
        "1",
        "[0, 1]",
        "spread of positive strength over communities",
        _GUIMERA,
        _part(signed_participation, 0),
        signed=True,
        needs=("labels",),
    ),
    _region(
        "participation_negative",
        "1",
        "[0, 1]",
        "spread of negative strength over communities",
        _RS_SIGNED,
        _part(signed_participation, 1),
        signed=True,
        needs=("labels",),
    ),
    _region(
        "within_module_z",
        "1",
        "real",
        "z-score of the strength to a region's own community",
        _GUIMERA,
        within_module_z,
        signed=True,
        needs=("labels",),
    ),
    _region(
        "diversity_positive",
        "1",
        "[0, 1]",
        "entropy of positive strength over communities",
        _RS_SIGNED,
        _part(diversity, 0),
        signed=True,
        needs=("labels",),
    ),
    _region(
        "diversity_negative",
        "1",
        "[0, 1]",
        "entropy of negative strength over communities",
        _RS_SIGNED,
        _part(diversity, 1),
        signed=True,
        needs=("labels",),
    ),
    Measure(
        "small_world_sigma",
        "1",
        ">= 0",
        "clustering over path length, both relative to random",
        "Humphries & Gurney 2008, doi:10.1371/journal.pone.0002051",
        small_world_sigma,
        needs=("random",),
    ),
    Measure(
        "small_world_omega",
        "1",
        "about [-1, 1]",
        "random over own path length less own over regular clustering",
        "Telesford et al. 2011, doi:10.1089/brain.2011.0038",
        small_world_omega,
        needs=("random", "lattice"),
    ),
)

MEASURES: Mapping[str, Measure] = MappingProxyType({one.name: one for one in _ENTRIES})
