"""What the slow layer reads from an atlas: stimulation fields, receptor maps, limbic regions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from netmod.atlas import Atlas
from netmod.plasticity.field import field_of


@dataclass(frozen=True)
class Anatomy:
    """What the slow layer needs to know of the regions.

    Attributes
    ----------
    field : mapping of str to array, shape (region,) or (subject, region)
        Magnetic field of each coil place, 1 where it is strongest.
    ht2a, ht1a : array, shape (region,)
        Receptor maps, maximum 1; 0 where unknown.
    hippocampus : array, shape (region,), bool
        Where neurogenesis acts and chronic stress takes volume.
    """

    field: Mapping[str, np.ndarray]
    ht2a: np.ndarray
    ht1a: np.ndarray
    hippocampus: np.ndarray


def make_anatomy(atlas: Atlas, places: Iterable[str], constants: Mapping[str, float]) -> Anatomy:
    """Return fields and maps of an atlas.

    A receptor map is scaled to its maximum over cortex. Outside cortex a receptor counts as absent:
    the atlas's expression values are normalised apart there. So does a map that is missing. A
    right-hemisphere region takes the value of its left homologue: expression was sampled on the
    right in two of six donors only (Hawrylycz et al. 2012, doi:10.1038/nature11405).

    Parameters
    ----------
    atlas : Atlas
        Regions, centroids and maps.
    places : iterable of str
        Coil places in use (:func:`netmod.plasticity.field.field_of`).
    constants : mapping
        Values of :data:`netmod.plasticity.PARAMETERS`.

    Raises
    ------
    ConfigError
        If a place is none of the atlas's, or outside the brain.
    """
    return Anatomy(
        field={name: field_of(atlas, name, constants["field_mm"]) for name in sorted(set(places))},
        ht2a=_receptor(atlas, "HTR2A"),
        ht1a=_receptor(atlas, "HTR1A"),
        hippocampus=np.isin(np.arange(atlas.n_regions), atlas.targets.get("hippocampus", ())),
    )


def _receptor(atlas: Atlas, gene: str) -> np.ndarray:
    values = atlas.maps.get(gene)
    if values is None:
        return np.zeros(atlas.n_regions)
    values = np.array(values)
    for left, right in atlas.homologues():
        values[right] = values[left]
    cortical = np.where(atlas.cortex, values, np.nan)
    highest = np.nanmax(cortical) if np.isfinite(cortical).any() else 0.0
    if highest <= 0.0:
        return np.zeros(atlas.n_regions)
    return np.clip(np.nan_to_num(cortical / highest, nan=0.0), 0.0, 1.0)
