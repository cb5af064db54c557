"""Graph measures: degree to small world, each a function of one matrix, named in a registry.

Where definitions of other libraries differ:

==========================  ======================================================================
measure                     here, and elsewhere
==========================  ======================================================================
direction of edges          ``weights[target, source]``; networkx and toolboxes have the transpose
clustering, transitivity    weights over the largest, as networkx; BCT leaves that to the caller
transitivity, directed      as BCT; bctpy 0.6 gives 0 when one region has no possible triangle
path length                 infinite when disconnected, as BCT; networkx refuses
closeness                   with the share reached (Wasserman & Faust), as networkx; not igraph
local efficiency            of the neighbours' graph; BCT "original" is ``definition="rubinov"``;
                            BCT's default (Wang et al. 2016) is not offered
betweenness                 normalised; BCT counts both directions of a pair, unnormalised
assortativity               edges count once; strengths of both ends, as BCT
rich club                   degree > k from k = 0; bctpy's binary list begins at k = 1, its weighted
                            list at degree >= 1 and without clubs of all regions
participation, diversity    NaN without edges of that sign; BCT gives 0
within-module z             population SD, as bctpy; MATLAB's BCT has the sample SD
core-periphery              exact optimum; BCT searches for it
trophic level               MacKay et al. 2020; networkx has Levine's
eigenvector centrality      refuses when two components share the largest eigenvalue
==========================  ======================================================================
"""

from netmod.graph.declarations import Measure
from netmod.graph.measures.evaluate import MEASURES, measure, measures

__all__ = ["MEASURES", "Measure", "measure", "measures"]
