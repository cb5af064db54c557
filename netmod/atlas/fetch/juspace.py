"""PET volumes of the serotonin system from JuSpace, averaged by region of any atlas."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from netmod.atlas.fetch.hansen import BELIVEAU_2017, LICENCE
from netmod.atlas.fetch.install import extend_atlas
from netmod.atlas.fetch.source import Ingredients, RemoteFile, Source
from netmod.errors import DataError

if TYPE_CHECKING:
    from nibabel.nifti1 import Nifti1Image

REPOSITORY = "juryxy/JuSpace"
COMMIT = "e450496c2afadec6c678467eac161b7bb66bec37"
_FOLDER = "JuSpace_v1.5/PETatlas"

VOLUMES = {
    "pet_5HT1a": ("5HT1a_cumi_hc8_beliveau.nii", "[11C]CUMI-101, n 8"),
    "pet_5HT1b": ("5HT1b_az_hc36_beliveau.nii", "[11C]AZ10419369, n 36"),
    "pet_5HT2a": ("5HT2a_cimbi_hc29_beliveau.nii", "[11C]Cimbi-36, n 29"),
    "pet_5HT4": ("5HT4_sb20_hc59_beliveau.nii", "[11C]SB207145, n 59"),
    "pet_5HTT": ("SERT_dasb_hc100_beliveau.nii", "[11C]DASB, n 100"),
}
"""Map: volume and tracer."""

BACKGROUND = 0.01
"""Voxels up to this are background: the source stores -0.003 there, of 0 to 100."""

CITATION = """\
@article{dukart2021,
  author  = {Dukart, Juergen and others},
  title   = {{JuSpace}: A tool for spatial correlation analyses of magnetic resonance imaging data
             with nuclear imaging derived neurotransmitter maps},
  journal = {Human Brain Mapping},
  volume  = {42},
  pages   = {555--566},
  year    = {2021},
  doi     = {10.1002/hbm.25244}
}
"""

DOC = """\
Five maps of the serotonin system from PET in healthy people (Beliveau et al. 2017): 5-HT1A, 5-HT1B,
5-HT2A, 5-HT4 receptors and the transporter, from volumes in MNI space, averaged by region.

- The volumes were rescaled to 0-100 each by JuSpace: compare regions within a map, never maps.
- Cortex: the volume between the white and the pial surface, averaged over the vertices of a
  parcel; other regions: a sphere of 6 mm at the centroid. White matter and all
  else outside the grey matter of the source is 0 there, and left out; the cerebellum, reference
  of these tracers, has no values. See netmod.atlas.parcellate.
- Voxels of 3 mm blur small regions into their neighbours.
- Tracer-level terms: https://xtra.nru.dk/FS5ht-atlas/
"""


def build(ingredients: Ingredients) -> None:
    """Fill a folder with a copy of the base that has the maps."""
    from netmod.atlas.parcellate import parcellate_volume
    from netmod.atlas.surface import read_surface

    base = ingredients.base_atlas
    if read_surface(base) is None:
        raise DataError(
            "the atlas has no surface to average the volumes on",
            where=f"atlas '{base.name}'",
            expected="an atlas with surface.tsv",
            hint="dk84, schaefer100 and glasser379 have one",
        )
    # The cerebellum is the reference of these tracers: the source has no values there, and what
    # a sphere catches is the rim of the cortex above it.
    reference = np.array([kind == "cerebellum" for kind in base.kind])
    maps = {
        name: np.where(reference, np.nan, parcellate_volume(_volume(ingredients.files[file]), base))
        for name, (file, _) in VOLUMES.items()
    }
    records = {
        name: {
            "tracer": tracer,
            "doi": "10.1523/JNEUROSCI.2830-16.2016",
            "unit": "0 to 100 over the volume, rescaled by the source",
            "parcellated": "netmod.atlas.parcellate.parcellate_volume",
            "source": f"JuSpace, {file}",
        }
        for name, (file, tracer) in VOLUMES.items()
    }
    extend_atlas(ingredients, maps, records, ingredients.text("LICENSE.md"))


def _volume(path: Path) -> Nifti1Image:
    """Return a volume whose background holds no value."""
    from nibabel.nifti1 import Nifti1Image

    image = Nifti1Image.from_bytes(path.read_bytes())
    values = np.asarray(image.dataobj, dtype=float).squeeze()
    return Nifti1Image(np.where(values > BACKGROUND, values, np.nan), image.affine)


_PINNED = (
    (f"{_FOLDER}/5HT1a_cumi_hc8_beliveau.nii",
     "6296b22a897602837296df89e80bc9bf1e0be33118540b71636bec7e95f99912", 1086884),
    (f"{_FOLDER}/5HT1b_az_hc36_beliveau.nii",
     "ea89b260218594b18b4691517574707899384682a2f6972d5442a9c5eeb4d5b1", 1086884),
    (f"{_FOLDER}/5HT2a_cimbi_hc29_beliveau.nii",
     "8e2ce1c471c9e28b4f09679079fb157afdeca56b7c141043730c97f4c0dc8c50", 1086884),
    (f"{_FOLDER}/5HT4_sb20_hc59_beliveau.nii",
     "db5581ed8fe4a37350bc068a497755118de32f210b27c0d86b4ed18baa257117", 1086884),
    (f"{_FOLDER}/SERT_dasb_hc100_beliveau.nii",
     "f2086c92ce89cc87969d5012686c1ff1cb6ff4f9d53cc01cb8da367a151b324e", 1086884),
    ("LICENSE.md", "1349a4b6148492b44f629e64eed676612e234fe9a839e4f3b277c1482c8849f1", 20849),
)  # fmt: skip

SOURCES = (
    Source(
        name="pet_juspace",
        title="PET volumes of the serotonin system, JuSpace 1.5, averaged by region",
        kind="maps",
        licence=LICENCE,
        citation=f"{BELIVEAU_2017}\n{CITATION}",
        doc=DOC,
        build=build,
        files=tuple(RemoteFile(REPOSITORY, COMMIT, *pin) for pin in _PINNED),
        base="dk84",
    ),
)
