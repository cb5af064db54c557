"""What the slow layer reads from an atlas: stimulation fields and receptor maps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from netmod.atlas import Atlas
from netmod.plasticity.slow import Anatomy


def make_anatomy(atlas: Atlas, targets: Iterable[str], constants: Mapping[str, float]) -> Anatomy:
    """Return fields and maps of an atlas.

    A receptor map is scaled to its maximum over cortex. Outside cortex a receptor counts as absent:
    the atlas's expression values are normalised apart there. So does a map that is missing. A
    right-hemisphere region takes the value of its left homologue: expression was sampled on the
    right in two of six donors only (Hawrylycz et al. 2012, doi:10.1038/nature11405).

    Parameters
    ----------
    atlas : Atlas
        Regions, centroids and maps.
    targets : iterable of str
        Stimulation targets in use.
    constants : mapping
        Values of :data:`netmod.plasticity.PARAMETERS`.

    Raises
    ------
    ConfigError
        If the atlas has no such target.
    """
    return Anatomy(
        field={name: field_of(atlas, name, constants["field_mm"]) for name in sorted(set(targets))},
        ht2a=_receptor(atlas, "HTR2A"),
        ht1a=_receptor(atlas, "HTR1A"),
        hippocampus=np.isin(np.arange(atlas.n_regions), atlas.targets.get("hippocampus", ())),
    )


def field_of(atlas: Atlas, target: str, width_mm: float) -> np.ndarray:
    """Return the magnetic field over cortex: Gaussian in the distance to the nearest target region.

    Parameters
    ----------
    atlas : Atlas
        Centroids in MNI space.
    target : str
        A target of the atlas.
    width_mm : float
        SD of the Gaussian.

    Returns
    -------
    array, shape (region,)
        1 at the target, 0 outside cortex, which a figure-of-eight coil hardly reaches.
    """
    inside = list(atlas.target(target))
    apart = atlas.centroids_mm[:, None, :] - atlas.centroids_mm[None, inside, :]
    nearest = np.sqrt((apart**2).sum(axis=-1)).min(axis=1)
    reach = np.exp(-0.5 * (nearest / width_mm) ** 2)
    return np.where(atlas.cortex | (nearest == 0.0), reach, 0.0)


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
