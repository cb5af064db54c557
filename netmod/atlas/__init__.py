"""Atlases: regions, connectivity, maps and named targets of one parcellation, checked on reading.

An atlas is a folder of figures with a source (TSV, JSON, LICENSE, SHA256SUMS). Directions are
``weights[target, source]``. Nothing here imports jax, pandas or an imaging library.
"""

from __future__ import annotations

from netmod.atlas.atlas import NETWORK_ORDER, Atlas
from netmod.atlas.effective_connectivity import (
    EffectiveConnectivity,
    load_effective_connectivity,
    write_effective_connectivity,
)
from netmod.atlas.load import available_atlases, load_atlas
from netmod.atlas.write import write_atlas

__all__ = [
    "NETWORK_ORDER",
    "Atlas",
    "EffectiveConnectivity",
    "available_atlases",
    "load_atlas",
    "load_effective_connectivity",
    "write_atlas",
    "write_effective_connectivity",
]
