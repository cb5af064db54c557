"""Schaefer-200 connectome of PyTepFit (Momi et al. 2023): streamline counts and lengths."""

from __future__ import annotations

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

REPOSITORY = "GriffithsLab/PyTepFit"
COMMIT = "66b94e488c82478e6f302015b6cd8e8d9d33792a"
_COUNT = "Schaefer2018_200Parcels_7Networks_count.csv"
_DISTANCE = "Schaefer2018_200Parcels_7Networks_distance.csv"

CITATION = """\
@article{momi2023,
  author  = {Momi, Davide and Wang, Zheng and Griffiths, John D.},
  title   = {{TMS}-evoked responses are driven by recurrent large-scale network dynamics},
  journal = {eLife},
  volume  = {12},
  pages   = {e83232},
  year    = {2023},
  doi     = {10.7554/eLife.83232}
}
"""

DOC = """\
Streamline counts and mean streamline lengths (mm) between the 200 cortical parcels of Schaefer et
al. 2018, average of 400 people of the Human Connectome Project, as used for models of TMS-evoked
responses. No subcortex, no FC.

- A length of 0 in the source means that there is no streamline; those pairs have length 0 here.
- The source gives no names: the parcels are taken to be in the order of the parcellation. Its
  weights agree with ENIGMA's in that order. Names and centroids are those that netmod ships;
  targets are the parcels nearest to published points.
"""


def build(ingredients: Ingredients) -> None:
    """Fill a folder with the connectome."""
    regions = parcels.surface_parcels("schaefer_200")
    weights, lengths_mm = (
        parcels.square(ingredients.text(name), len(regions.region), name, delimiter=None)
        for name in (_COUNT, _DISTANCE)
    )
    write_fetched(
        ingredients,
        {
            "order": "left parcels, then right ones, in the order of the parcellation",
            "weights": {
                "directed": False,
                "unit": "streamlines, as in the source",
                **parcels.summary(weights),
            },
            "lengths": {
                "unit": "mm",
                "meaning": "mean streamline length; 0 where there is no streamline",
            },
            "centroids": {"method": "shipped centroids of schaefer_200 in label order"},
        },
        ingredients.text("LICENSE"),
        weights=weights,
        lengths_mm=lengths_mm,
        targets=parcels.placed_targets(regions),
        **regions.columns(),
    )


SOURCES = (
    Source(
        name="pytepfit_schaefer200",
        title="PyTepFit, HCP group connectome with tract lengths, Schaefer 200 (cortex)",
        kind="atlas",
        licence="MIT (PyTepFit); HCP Open Access Data Use Terms",
        citation="\n".join((CITATION, VAN_ESSEN_2013, SCHAEFER_2018)),
        doc=DOC,
        build=build,
        terms=HCP_TERMS,
        files=(
            RemoteFile(
                REPOSITORY,
                COMMIT,
                f"data/{_COUNT}",
                "07f82436916a58735b5a1f7f42717ba6c01fabbd24d4e93fdebc4af3af87b9fa",
                100044,
            ),
            RemoteFile(
                REPOSITORY,
                COMMIT,
                f"data/{_DISTANCE}",
                "c3c8ba5e0089e7488d0819bae8d8e6edfb4f5e8b8697835f9a4bc009027305f8",
                492656,
            ),
            RemoteFile(
                REPOSITORY,
                COMMIT,
                "LICENSE",
                "f222766ac3782fce8014059afac4faac327f57b5e083588bac519c7e429656fb",
                1072,
            ),
        ),
    ),
)
