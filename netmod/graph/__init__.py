"""Network measures of one scan: connectivity, modularity, segregation, named signatures."""

from netmod.graph.masks import NetworkMasks
from netmod.graph.signatures import METRICS, Metric, signature_row, signature_rows

__all__ = ["METRICS", "Metric", "NetworkMasks", "signature_row", "signature_rows"]
