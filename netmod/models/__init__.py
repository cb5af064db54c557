"""Neural masses: one file each, declared without jax, registered here."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from netmod.models.declaration import Parameter
from netmod.models.model import Model
from netmod.models.reduced_wong_wang import ReducedWongWang

MODELS: Mapping[str, Model] = MappingProxyType(
    {model.name: model for model in (ReducedWongWang(),)}
)
"""Every neural mass by its name."""

__all__ = ["MODELS", "Model", "Parameter", "ReducedWongWang"]
