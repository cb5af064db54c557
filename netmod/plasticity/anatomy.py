"""What the slow layer reads from an atlas: stimulation fields, receptor maps, limbic regions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from netmod.atlas import Atlas
from netmod.atlas.nulls import spin_permutations
from netmod.errors import ConfigError, did_you_mean
from netmod.plasticity.field import field_of

HT2A_MAPS = ("atlas", "uniform", "permuted", "ht1a")
"""Maps through which 5-HT2A occupancy can act: the atlas's own, and three controls of it."""


@dataclass(frozen=True)
class Anatomy:
    """What the slow layer needs to know of the regions.

    Attributes
    ----------
    field : mapping of str to array, shape (region,) or (subject, region)
        Magnetic field of each coil place, 1 where it is strongest.
    ht2a, ht1a : array, shape (region,)
        Receptor maps, maximum 1; 0 where unknown. A control in the place of ``ht2a`` keeps its
        mean, so that the maximum may be another.
    hippocampus : array, shape (region,), bool
        Where neurogenesis acts and chronic stress takes volume.
    """

    field: Mapping[str, np.ndarray]
    ht2a: np.ndarray
    ht1a: np.ndarray
    hippocampus: np.ndarray


def make_anatomy(
    atlas: Atlas,
    places: Iterable[str],
    constants: Mapping[str, float],
    ht2a_map: str = "atlas",
    seed: int = 0,
) -> Anatomy:
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
    ht2a_map : str
        A name of :data:`HT2A_MAPS` (:func:`ht2a_of`).
    seed : int
        Of the permuted map.

    Raises
    ------
    ConfigError
        If a place is none of the atlas's, or outside the brain; as :func:`ht2a_of` does.
    """
    return Anatomy(
        field={name: field_of(atlas, name, constants["field_mm"]) for name in sorted(set(places))},
        ht2a=ht2a_of(atlas, ht2a_map, seed),
        ht1a=_receptor(atlas, "HTR1A"),
        hippocampus=np.isin(np.arange(atlas.n_regions), atlas.targets.get("hippocampus", ())),
    )


def ht2a_of(atlas: Atlas, ht2a_map: str = "atlas", seed: int = 0) -> np.ndarray:
    """Return the map through which 5-HT2A occupancy acts.

    Every control has the cortical mean of the atlas's own map and leaves what is below cortex, so
    that two studies differ in the pattern of the receptor, not in its amount.

    Parameters
    ----------
    atlas : Atlas
        With the maps ``HTR2A`` and, for ``"ht1a"``, ``HTR1A``. Only ``"atlas"`` does without them:
        the receptor is then absent.
    ht2a_map : str
        ``"atlas"``: the atlas's own, maximum 1. ``"uniform"``: its mean, everywhere in cortex.
        ``"permuted"``: its cortical values at other places of their hemisphere, by one random
        rotation that keeps neighbours alike (:func:`netmod.atlas.nulls.spin_permutations`).
        ``"ht1a"``: the map of 5-HT1A scaled to the same mean; it may pass 1.
    seed : int
        Of the rotation.

    Returns
    -------
    array, shape (region,)
        At least 0.

    Raises
    ------
    ConfigError
        If there is no such control, a map is missing, or a hemisphere is too small to rotate.
    """
    if ht2a_map not in HT2A_MAPS:
        raise ConfigError(
            "unknown map of 5-HT2A",
            expected=", ".join(HT2A_MAPS),
            got=f"'{ht2a_map}'",
            hint=did_you_mean(ht2a_map, HT2A_MAPS),
        )
    found = _receptor(atlas, "HTR2A")
    if ht2a_map == "atlas":
        return found
    other = _receptor(atlas, "HTR1A") if ht2a_map == "ht1a" else found
    for gene, values in (("HTR2A", found), ("HTR1A", other)):
        if not values.any():
            raise ConfigError(
                f"ht2a_map '{ht2a_map}' needs a map that the atlas lacks",
                where=f"atlas '{atlas.name}'",
                expected=f"a map {gene} with values above 0 in cortex",
                hint="write 'ht2a_map: atlas', or choose another atlas",
            )
    cortex = np.asarray(atlas.cortex, dtype=bool)
    mean = found[cortex].mean()
    if ht2a_map == "uniform":
        found[cortex] = mean
    elif ht2a_map == "permuted":
        found[cortex] = found[cortex][spin_permutations(atlas, 1, seed)[0]]
    else:
        found[cortex] = other[cortex] * (mean / other[cortex].mean())
    return found


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
