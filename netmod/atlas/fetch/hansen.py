"""PET maps of receptors and transporters (Hansen et al. 2022), added to a copy of an atlas."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from netmod.atlas.atlas import Atlas
from netmod.atlas.fetch import parcels
from netmod.atlas.fetch.install import extend_atlas
from netmod.atlas.fetch.source import Ingredients, RemoteFile, Source
from netmod.errors import DataError

REPOSITORY = "netneurolab/hansen_receptors"
COMMIT = "f8b41da92a733f99368c1f39d4959731aa1316c1"

LAUSANNE_CORTEX = (
    "lateralorbitofrontal", "parsorbitalis", "frontalpole", "medialorbitofrontal",
    "parstriangularis", "parsopercularis", "rostralmiddlefrontal", "superiorfrontal",
    "caudalmiddlefrontal", "precentral", "paracentral", "rostralanteriorcingulate",
    "caudalanteriorcingulate", "posteriorcingulate", "isthmuscingulate", "postcentral",
    "supramarginal", "superiorparietal", "inferiorparietal", "precuneus", "cuneus",
    "pericalcarine", "lateraloccipital", "lingual", "fusiform", "parahippocampal", "entorhinal",
    "temporalpole", "inferiortemporal", "middletemporal", "bankssts", "superiortemporal",
    "transversetemporal", "insula",
)  # fmt: skip
"""Rows of one hemisphere of scale033, by data/lausanne/region_info_scale033.xlsx of the source:
right, then left; in the files of single tracers each followed by :data:`LAUSANNE_DEEP`, and a
brainstem last."""
LAUSANNE_DEEP = ("thal", "caud", "put", "pal", "accumb", "hippo", "amyg")


class Tracer(NamedTuple):
    """One column of the source's matrix.

    Attributes
    ----------
    column : str
        Name in the source.
    what : str
        Tracer, number of healthy people, first author and year.
    doi : str
        Of the tracer paper; recalled where the source does not give it.
    file : str
        Single-tracer file whose values are the column's, where the source averages none.
    """

    column: str
    what: str
    doi: str
    file: str = ""


TRACERS = (
    Tracer(
        "5HT1a", "[11C]WAY-100635, n 36, Savli 2012", "10.1016/j.neuroimage.2012.07.001",
        "5HT1a_way_hc36_savli",
    ),
    Tracer(
        "5HT1b", "[11C]P943, n 22 Savli 2012 and n 65 Gallezot 2010, mean of z by n",
        "10.1016/j.neuroimage.2012.07.001, 10.1038/jcbfm.2009.195",
    ),
    Tracer(
        "5HT2a", "[11C]Cimbi-36, n 29, Beliveau 2017", "10.1523/JNEUROSCI.2830-16.2016",
        "5HT2a_cimbi_hc29_beliveau",
    ),
    Tracer(
        "5HT4", "[11C]SB207145, n 59, Beliveau 2017", "10.1523/JNEUROSCI.2830-16.2016",
        "5HT4_sb20_hc59_beliveau",
    ),
    Tracer(
        "5HT6", "[11C]GSK215083, n 30, Radhakrishnan 2018", "10.2967/jnumed.117.206516",
        "5HT6_gsk_hc30_radhakrishnan",
    ),
    Tracer(
        "5HTT", "[11C]DASB, n 100, Beliveau 2017", "10.1523/JNEUROSCI.2830-16.2016",
        "5HTT_dasb_hc100_beliveau",
    ),
    Tracer("A4B2", "[18F]flubatine, n 30, Hillmer 2016", "10.1016/j.neuroimage.2016.07.026"),
    Tracer("CB1", "[11C]OMAR, n 77, Normandin 2015", "10.1038/jcbfm.2015.46"),
    Tracer("D1", "[11C]SCH23390, n 13, Kaller 2017", "10.1007/s00259-017-3645-0"),
    Tracer(
        "D2", "[11C]FLB457, n 37 Smith 2019 and n 55 Sandiego 2015, mean of z by n",
        "10.1177/0271678X17737693, 10.1177/0271678X15605382",
    ),
    Tracer("DAT", "[123I]FP-CIT, n 174, Dukart 2018", "10.1038/s41598-018-22444-0"),
    Tracer(
        "GABAa", "[11C]flumazenil, n 16, Norgaard 2021", "10.1016/j.neuroimage.2021.117878",
        "GABAa-bz_flumazenil_hc16_norgaard",
    ),
    Tracer("H3", "[11C]GSK189254, n 8, Gallezot 2017", "10.1177/0271678X16650697"),
    Tracer("M1", "[11C]LSN3172176, n 24, Naganawa 2021", "10.2967/jnumed.120.246967"),
    Tracer(
        "mGluR5", "[11C]ABP688, n 22 Rosa-Neto, n 28 DuBois 2016 and n 73 Smart 2019, mean of z "
        "by n", "10.1007/s00259-015-3167-6, 10.1007/s00259-018-4252-4",
    ),
    Tracer(
        "MOR", "[11C]carfentanil, n 204, Kantonen 2020", "10.1016/j.neuroimage.2020.116922",
        "MU_carfentanil_hc204_kantonen",
    ),
    Tracer("NET", "[11C]MRB, n 77, Ding 2010", "10.1002/syn.20696"),
    Tracer(
        "NMDA", "[18F]GE-179, n 29, Galovic 2021", "10.1101/2021.12.04.21267226",
        "NMDA_ge179_hc29_galovic",
    ),
    Tracer(
        "VAChT", "[18F]FEOBV, n 3 Spreng, n 4 Tuominen, n 5 Bedard 2019 and n 18 Aghourian 2017, "
        "mean of z", "10.1016/j.sleep.2018.12.020, 10.1038/mp.2017.183",
    ),
)  # fmt: skip

CITATION = """\
@article{hansen2022,
  author  = {Hansen, Justine Y. and others},
  title   = {Mapping neurotransmitter systems to the structural and functional organization of the
             human neocortex},
  journal = {Nature Neuroscience},
  volume  = {25},
  pages   = {1569--1581},
  year    = {2022},
  doi     = {10.1038/s41593-022-01186-3}
}

@article{savli2012,
  author  = {Savli, Markus and others},
  title   = {Normative database of the serotonergic system in healthy subjects using multi-tracer
             {PET}},
  journal = {NeuroImage},
  volume  = {63},
  pages   = {447--459},
  year    = {2012},
  doi     = {10.1016/j.neuroimage.2012.07.001}
}
"""
BELIVEAU_2017 = """\
@article{beliveau2017,
  author  = {Beliveau, Vincent and others},
  title   = {A High-Resolution In Vivo Atlas of the Human Brain's Serotonin System},
  journal = {Journal of Neuroscience},
  volume  = {37},
  pages   = {120--128},
  year    = {2017},
  doi     = {10.1523/JNEUROSCI.2830-16.2016}
}
"""

DOC = """\
Nineteen maps of receptors and transporters from PET in healthy people, one for each column of the
source's matrix, named `pet_` and the source's name: `pet_5HT2a`, `pet_5HTT` and so on.

- The unit differs from map to map: that of the tracer, or none where the source averages z-scored
  maps of one tracer (5HT1b, D2, mGluR5, VAChT). Compare regions within a map, never maps.
- Maps of one tracer are given for subcortex too, from the source's parcellation of the same image
  (Lausanne scale 33); the source's matrix itself is cortical. Other values are missing there.
- The source leaves out the numbers of people of two of the four VAChT sets in its weighted mean:
  they count as one each. Its spread shows it; take that map for its pattern only.
- Cite the tracer papers too: each map's record in description.json names them.
"""

LICENCE = "CC BY-NC-SA 4.0 (no commercial use; share alike); cite the tracer papers too"


def build(ingredients: Ingredients) -> None:
    """Fill a folder with a copy of the base that has the maps."""
    base = ingredients.base_atlas
    scale, cortex = cortical_rows(base)
    deep = subcortical_rows(base)
    matrix = np.loadtxt(ingredients.files[f"receptor_data_{scale}.csv"], delimiter=",", ndmin=2)
    names = tuple(str(name) for name in np.load(ingredients.files["receptor_names_pet.npy"]))
    if names != tuple(tracer.column for tracer in TRACERS) or len(matrix) != len(cortex):
        raise DataError("not the matrix that the recipe was written for", got=str(matrix.shape))
    maps, records = {}, {}
    for column, tracer in enumerate(TRACERS):
        values = np.full(base.n_regions, np.nan)
        values[cortex] = matrix[:, column]
        if tracer.file:
            single = np.loadtxt(ingredients.files[f"{tracer.file}.csv"], delimiter=",").ravel()
            for row, region in deep.items():
                values[region] = single[row]
        maps[f"pet_{tracer.column}"] = values
        records[f"pet_{tracer.column}"] = {
            "tracer": tracer.what,
            "doi": tracer.doi,
            "unit": "as in the source" if tracer.file or "mean of z" not in tracer.what else "z",
            "subcortex": bool(tracer.file and deep),
            "source": "Hansen et al. 2022, doi:10.1038/s41593-022-01186-3",
        }
    extend_atlas(ingredients, maps, records, ingredients.text("LICENSE.md"))


def cortical_rows(base: Atlas) -> tuple[str, list[int]]:
    """Return the source's scale that fits an atlas, and the region of each of its rows.

    Raises
    ------
    DataError
        If the cortex is neither Desikan-Killiany nor Schaefer 100, 200 or 400.
    """
    places = np.flatnonzero(base.cortex)
    known = parcels.anatomy(base)
    rows = [known.get((side, name)) for side in "RL" for name in LAUSANNE_CORTEX]
    if len(places) == len(rows) and None not in rows:
        return "scale033", [int(row) for row in rows if row is not None]
    cortex = tuple(base.region[place] for place in places)
    n = len(cortex)
    if n in (100, 200, 400) and cortex == parcels.surface_parcels(f"schaefer_{n}").region:
        return f"scale{n}", [int(place) for place in places]
    raise DataError(
        "the maps do not fit this parcellation",
        where=f"atlas '{base.name}'",
        expected="Desikan-Killiany cortex, or Schaefer 100, 200 or 400 in their order",
        got=f"{len(places)} cortical regions",
        hint="pet_juspace fits every atlas with surface.tsv",
    )


def subcortical_rows(base: Atlas) -> dict[int, int]:
    """Return the region of each subcortical row of the single-tracer files that the atlas has."""
    known = parcels.anatomy(base)
    step = len(LAUSANNE_CORTEX) + len(LAUSANNE_DEEP)
    rows = {
        half * step + len(LAUSANNE_CORTEX) + place: known.get((side, name))
        for half, side in enumerate("RL")
        for place, name in enumerate(LAUSANNE_DEEP)
    }
    return {row: region for row, region in rows.items() if region is not None}


_PINNED = (
    ("results/receptor_data_scale033.csv",
     "bf3e707fda6004749cec5571dc0720e12f8895c5827642e1f690787b0ff095e2", 32482),
    ("results/receptor_data_scale100.csv",
     "dcd7efc9ff4c68ab7349d62003dd121d7a257cbd8aa7de7ae155ab06e749b3cf", 47750),
    ("results/receptor_data_scale200.csv",
     "124329632e6c3e69e635b9c6edc47046461fbf28507ed8fc2daabc08dd6da505", 95509),
    ("results/receptor_data_scale400.csv",
     "d3fc11edfa5d0fb12723fea4548d6f27c662d9728dfde725b4c818a00182cb0a", 191018),
    ("data/receptor_names_pet.npy",
     "82c22479f1ecba401de9ce80c7808c26e75643f2dddbd4e0d1e345c10496d712", 584),
    ("data/PET_parcellated/scale033/5HT1a_way_hc36_savli.csv",
     "5c29a170e705c3342b2b85a427412c99ada848e1467a8f5be8c73fbe3d8e8c7a", 2075),
    ("data/PET_parcellated/scale033/5HT2a_cimbi_hc29_beliveau.csv",
     "5b724b1575e3f5bff256dbe2c9ad30bd5bfc8b77b805f56db07348a6ecda651e", 2075),
    ("data/PET_parcellated/scale033/5HT4_sb20_hc59_beliveau.csv",
     "da37d5bc19cd294ee95ce268f26ef62945c9de36ecebb5a546aaaf4bc0018c99", 2075),
    ("data/PET_parcellated/scale033/5HT6_gsk_hc30_radhakrishnan.csv",
     "09ef248eea67edb7bd3beecda3910d60cad21d660d056e63ec531b01b285e22b", 2076),
    ("data/PET_parcellated/scale033/5HTT_dasb_hc100_beliveau.csv",
     "a3fc912b0c5812e194a1030f2275672dc6c5a9725263ed6560188ce133147996", 2075),
    ("data/PET_parcellated/scale033/GABAa-bz_flumazenil_hc16_norgaard.csv",
     "f76da8cd9f25fb344e5e1439366a7aeaa0a1db1b046ad6a780a40f8b802ba2f8", 2075),
    ("data/PET_parcellated/scale033/MU_carfentanil_hc204_kantonen.csv",
     "abc343a5cd6dec899c35b65770b2b9d9828dfe8e74b9175b07cc6cb6ecda799e", 2075),
    ("data/PET_parcellated/scale033/NMDA_ge179_hc29_galovic.csv",
     "4e8790d5f63360d383d06bd2be72f0c8c456c3da69cfb8abc183fc611afc84cc", 2075),
    ("LICENSE.md",
     "1349a4b6148492b44f629e64eed676612e234fe9a839e4f3b277c1482c8849f1", 20849),
)  # fmt: skip

SOURCES = (
    Source(
        name="pet_hansen2022",
        title="PET maps of 19 receptors and transporters, Hansen et al. 2022",
        kind="maps",
        licence=LICENCE,
        citation=f"{CITATION}\n{BELIVEAU_2017}",
        doc=DOC,
        build=build,
        files=tuple(RemoteFile(REPOSITORY, COMMIT, *pin) for pin in _PINNED),
        base="dk84",
    ),
)
