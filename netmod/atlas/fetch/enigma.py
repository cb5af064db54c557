"""Group connectomes of the ENIGMA Toolbox (Lariviere et al. 2021): HCP, six parcellations."""

from __future__ import annotations

import functools

import numpy as np

from netmod.atlas.fetch import parcels
from netmod.atlas.fetch.install import write_fetched
from netmod.atlas.fetch.source import (
    HCP_TERMS,
    SCHAEFER_2018,
    VAN_ESSEN_2013,
    Ingredients,
    RemoteFile,
    Source,
)
from netmod.atlas.lengths import lengths_from_distance
from netmod.errors import DataError

REPOSITORY = "MICA-MNI/ENIGMA"
COMMIT = "d66a7ef320a913f9441bf1089b44f1dad11e5724"
_FOLDER = "enigmatoolbox/datasets/matrices/hcp_connectivity"

CITATION = """\
@article{lariviere2021,
  author  = {Larivi{\\`e}re, Sara and others},
  title   = {The {ENIGMA} {Toolbox}: multiscale neural contextualization of multisite
             neuroimaging datasets},
  journal = {Nature Methods},
  volume  = {18},
  pages   = {698--700},
  year    = {2021},
  doi     = {10.1038/s41592-021-01186-4}
}
"""
_DESIKAN_2006 = """\
@article{desikan2006,
  author  = {Desikan, Rahul S. and others},
  title   = {An automated labeling system for subdividing the human cerebral cortex on {MRI}
             scans into gyral based regions of interest},
  journal = {NeuroImage},
  volume  = {31},
  pages   = {968--980},
  year    = {2006},
  doi     = {10.1016/j.neuroimage.2006.01.021}
}
"""
_GLASSER_2016 = """\
@article{glasser2016,
  author  = {Glasser, Matthew F. and others},
  title   = {A multi-modal parcellation of human cerebral cortex},
  journal = {Nature},
  volume  = {536},
  pages   = {171--178},
  year    = {2016},
  doi     = {10.1038/nature18933}
}
"""

DOC = """\
Group averages of the Human Connectome Project as the ENIGMA Toolbox gives them, cortex and 14
subcortical regions.

- Weights are logarithms of streamline weights (tractography with SIFT2, distance-dependent group
  threshold), as in the source; 0 means no connection. They are not counts: their range is narrow,
  and a scaling rule for counts does not fit them. A few connections of less than one streamline
  have a negative logarithm; weights cannot be negative here, so they are 0 (see description.json).
- FC is the hyperbolic tangent of the source's mean Fisher z, 1 on the diagonal. In the
  Desikan-Killiany matrix negative entries are 0 in the source.
- The source has no tract lengths: they follow from the distance of the centroids by the rule in
  description.json, and only serve for delays.
- Places, networks and targets come from what netmod ships for the same parcellation.
"""

_LICENCE = "BSD-3-Clause (ENIGMA Toolbox); HCP Open Access Data Use Terms"
_LICENCE_FILE = ("aecec6f9b8e75153c441e8332d349407df4082aaf367775df49553cb07f424fe", 1520)

# For each parcellation SHA-256 and size of: labels (of SC and of FC: the same content), SC, FC.
_PINNED = {
    "aparc": (
        ("331333840228ccb9489d7b63f6d12c08bef9ee12ec0fbe95e27b7d86759ce97a", 1249),
        ("ee3825eed9d83786fbfa4804c13c78ef4b94267ad48b517e2a732f2c05300634", 25098),
        ("623b719ee4de65e2eed119e31ed400b4d21187978c5655a2d02ce21a72c75058", 54118),
    ),
    "schaefer_100": (
        ("76ea6a84370b5ba1dca288e4ecd2c94716d704a69e4327386a98c563aba0ee41", 2713),
        ("01023b1d8252a55adc1b2595483173f0d0b3cf7546dc4cde14914d113d4dbfa2", 42506),
        ("afb3c0661e39530f67b3c24ca9dd4957bb0473780a8f7491857e3268d87cad0d", 104466),
    ),
    "schaefer_200": (
        ("c06fe19de89d85c22e9eadd9714ff260c6906bf1021f8c17e5734eb5226fa945", 5363),
        ("b9c46f463076536a79a5290d466c1c4466944395455df1901b1f80a051f71c39", 123280),
        ("7299a21f596ce568a399dfa6bd35cf2eed26a9cdead65e181c9d8f3b95c21790", 372384),
    ),
    "schaefer_300": (
        ("c7147d0c388bd31027caec73406404850bddce6e4f39b23d962094d489d8c7bb", 8025),
        ("0062dc9fdaba38e2414917adcd57c33d6c1be0090d0f873f24de23544a03d415", 243148),
        ("6b5a8d651806c7ad142be917606b8a3a17132b63383b0db62b8145e2438557f4", 807956),
    ),
    "schaefer_400": (
        ("69a4bbfa817f2714db9dc074ff14175fe9e20d57100abc008b514c39435cde6e", 10709),
        ("43233cc011d28b596f8d9c1f0884592566a25dddd3372c364b0874d8f1f95d44", 403038),
        ("e566ee0c83cb96e075051b4aac41be9bc1a694dad83c2318e6802bb3c7fa127a", 1417514),
    ),
    "glasser_360": (
        ("7a4c002d1e8f726129a1d8b1d517189ddd158d7b450ffffcc869a528c80fa96e", 2336),
        ("be8ff2ca4b7830701a1da81ad1a7e7e804bf5cf015fdc54b620319608e810364", 335342),
        ("601a094fe263886ef430f5da38507740b4bc9b46068a945637cb1ede2d91dd1a", 1158560),
    ),
}
N_SUBCORTICAL = 14


def _names(parcellation: str) -> tuple[str, str, str, str]:
    """Return the file names of SC labels, FC labels, SC and FC."""
    end = "" if parcellation == "aparc" else f"_{parcellation}"
    fc = "funcMatrix_with_sctx.csv" if not end else f"funcMatrix_with_ctx{end}.csv"
    return (
        f"strucLabels_with_sctx{end}.csv",
        f"funcLabels_with_sctx{end}.csv",
        f"strucMatrix_with_sctx{end}.csv",
        fc,
    )


def build(ingredients: Ingredients, *, parcellation: str) -> None:
    """Fill a folder with one of the connectomes."""
    sc_labels, fc_labels, sc, fc = _names(parcellation)
    names = ingredients.text(sc_labels).strip().split(",")
    if ingredients.text(fc_labels).strip().split(",") != names:
        raise DataError("SC and FC have other regions", where=fc_labels)
    n = len(names)
    if parcellation == "aparc":
        regions = parcels.dk_parcels(names)
        targets = parcels.carried_targets("dk84", regions)
    else:
        cortex = parcels.surface_parcels(parcellation)
        told = tuple(name.removeprefix("7Networks_") for name in names[:-N_SUBCORTICAL])
        if told != cortex.region:
            raise DataError(f"other parcels than the shipped '{parcellation}'", where=sc_labels)
        regions = parcels.joined(cortex, parcels.dk_parcels(names[-N_SUBCORTICAL:]))
        reference = {"schaefer_100": "schaefer100", "glasser_360": "glasser379"}.get(parcellation)
        targets = (
            parcels.carried_targets(reference, regions)
            if reference
            else parcels.placed_targets(regions)
        )
    logarithm = parcels.square(ingredients.text(sc), n, sc)
    weights = np.maximum(logarithm, 0.0)
    correlation = np.tanh(parcels.square(ingredients.text(fc), n, fc))
    np.fill_diagonal(correlation, 1.0)
    lengths_mm, rule = lengths_from_distance(regions.centroids_mm)
    write_fetched(
        ingredients,
        {
            "order": "as in the source: left cortex, right cortex, left and right subcortex",
            "weights": {
                "directed": False,
                "unit": "logarithm of the streamline weight (SIFT2), as in the source; its base is "
                "not stated there (MRtrix and Matlab practice: natural)",
                "negative_set_to_zero": int(np.sum(np.triu(logarithm) < 0)),
                **parcels.summary(weights),
            },
            "lengths": {"unit": "mm", "meaning": rule},
            "fc": {
                "measure": "tanh of the mean Fisher z of resting-state BOLD, as in the source",
                "diagonal": "1 (0 in the source)",
                "negative": "0 in the source" if parcellation == "aparc" else "kept",
            },
            "centroids": {
                "method": "dk84 by anatomical name"
                if parcellation == "aparc"
                else f"cortex: shipped centroids of {parcellation} in label order; subcortex: dk84"
            },
        },
        ingredients.text("LICENSE"),
        weights=weights,
        lengths_mm=lengths_mm,
        fc=correlation,
        targets=targets,
        **regions.columns(),
    )


def _source(name: str, parcellation: str, title: str, parcellated: str) -> Source:
    labels, sc, fc = _PINNED[parcellation]
    pins = (labels, labels, sc, fc)
    files = [
        RemoteFile(REPOSITORY, COMMIT, f"{_FOLDER}/{file}", *pin)
        for file, pin in zip(_names(parcellation), pins, strict=True)
    ]
    return Source(
        name=name,
        title=title,
        kind="atlas",
        licence=_LICENCE,
        citation="\n".join((CITATION, VAN_ESSEN_2013, parcellated)),
        doc=DOC,
        build=functools.partial(build, parcellation=parcellation),
        files=(*files, RemoteFile(REPOSITORY, COMMIT, "LICENSE", *_LICENCE_FILE)),
        terms=HCP_TERMS,
    )


SOURCES = (
    _source(
        "enigma_aparc82",
        "aparc",
        "ENIGMA Toolbox, HCP group connectome, Desikan-Killiany 68 + 14",
        _DESIKAN_2006,
    ),
    *(
        _source(
            f"enigma_schaefer{n + N_SUBCORTICAL}",
            f"schaefer_{n}",
            f"ENIGMA Toolbox, HCP group connectome, Schaefer {n} + 14",
            SCHAEFER_2018,
        )
        for n in (100, 200, 300, 400)
    ),
    _source(
        "enigma_glasser374",
        "glasser_360",
        "ENIGMA Toolbox, HCP group connectome, Glasser 360 + 14",
        _GLASSER_2016,
    ),
)
