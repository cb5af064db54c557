"""Recipes on made figures in the layout of the sources: every value lands in its region."""

from __future__ import annotations

import gzip
import json
from types import SimpleNamespace

import numpy as np
import pytest

from netmod.atlas import load_atlas, load_effective_connectivity
from netmod.atlas.fetch import (
    SOURCES,
    enigma,
    fetch_atlas,
    hansen,
    images,
    juspace,
    parcels,
    pytepfit,
)
from netmod.atlas.fetch.download import DownloadError
from netmod.atlas.fetch.source import Ingredients
from netmod.atlas.integrity import verify_sums
from netmod.errors import ConfigError, DataError

GYRI = sorted(hansen.LAUSANNE_CORTEX)
DEEP = ("accumb", "amyg", "caud", "hippo", "pal", "put", "thal")
APARC = [f"{side}_{gyrus}" for side in "LR" for gyrus in GYRI] + [
    f"{side}{deep}" for side in "LR" for deep in DEEP
]
MNI_3_MM = np.zeros((4, 4))
MNI_3_MM[:3, 3] = 90, -126, -72
ROUGH_MM = {  # anatomy known beforehand: |x|, y, z of some structures in MNI space
    "L_precentral": (-40, -8, 45),
    "R_cuneus": (8, -79, 22),
    "L_frontalpole": (-7, 67, -10),
    "R_insula": (37, 2, 0),
    "Lhippo": (-26, -22, -14),
    "Rthal": (11, -18, 7),
}


def symmetric(n: int, seed: int, low: float, high: float) -> np.ndarray:
    upper = np.triu(np.random.default_rng(seed).uniform(low, high, (n, n)), 1).round(4)
    return upper + upper.T


def csv(matrix: np.ndarray, separator: str = ",") -> str:
    return "\n".join(separator.join(map(repr, row)) for row in matrix.tolist())


def ingredients(tmp_path, source: str, files: dict[str, str | bytes], base=None) -> Ingredients:
    places = {}
    for name, content in {"LICENSE": "Free.", "LICENSE.md": "Free.", **files}.items():
        places[name] = tmp_path / name
        places[name].write_bytes(content.encode() if isinstance(content, str) else content)
    return Ingredients(SOURCES[source], tmp_path / "out", "made", places, base)


@pytest.fixture
def aparc(tmp_path):
    sc, fc = symmetric(82, 1, -2, 10), symmetric(82, 2, 0, 1.4)
    files = {
        "strucLabels_with_sctx.csv": ",".join(APARC),
        "funcLabels_with_sctx.csv": ",".join(APARC),
        "strucMatrix_with_sctx.csv": csv(sc),
        "funcMatrix_with_sctx.csv": csv(fc),
    }
    return ingredients(tmp_path, "enigma_aparc82", files), sc, fc


def test_enigma_aparc(aparc):
    made, sc, fc = aparc
    made.source.build(made)
    atlas = load_atlas(made.folder)
    assert list(atlas.region) == APARC
    assert np.array_equal(atlas.weights, np.where(sc > 0, sc, 0))
    off = ~np.eye(82, dtype=bool)
    assert atlas.fc[off] == pytest.approx(np.tanh(fc)[off], abs=1e-8)
    described = atlas.description["weights"]
    assert described["negative_set_to_zero"] == np.sum(sc < 0) / 2
    assert described["density"] == pytest.approx((sc > 0).sum() / off.sum(), abs=1e-4)
    for name, place in ROUGH_MM.items():
        assert np.linalg.norm(atlas.centroids_mm[atlas.index(name)] - place) < 6, name
    assert atlas.network[atlas.index("L_pericalcarine")] == "Visual"
    assert atlas.kind[-14:] == ("subcortex",) * 14
    assert atlas.homologues() == tuple(
        (i, i + (34 if i < 34 else 7)) for i in (*range(34), *range(68, 75))
    )
    names = {key: {atlas.region[place] for place in value} for key, value in atlas.targets.items()}
    assert names["dlpfc_left"] == {"L_rostralmiddlefrontal", "L_caudalmiddlefrontal"}
    assert names["amygdala"] == {"Lamyg", "Ramyg"}
    assert set(names) == set(load_atlas("dk84").targets)


def test_enigma_with_labels_that_disagree(aparc):
    made, *_ = aparc
    made.files["funcLabels_with_sctx.csv"].write_text(",".join(reversed(APARC)))
    with pytest.raises(DataError, match="other regions"):
        made.source.build(made)


@pytest.mark.parametrize("spoil", ["asymmetric", "diagonal", "shape", "nan"])
def test_enigma_with_other_matrices(spoil, aparc):
    made, sc, _ = aparc
    sc = sc.copy()
    if spoil == "shape":
        sc = sc[:-1, :-1]
    else:
        place = (3, 3) if spoil == "diagonal" else (3, 4)
        sc[place] = np.nan if spoil == "nan" else 7.5
    made.files["strucMatrix_with_sctx.csv"].write_text(csv(sc))
    with pytest.raises(DataError, match="strucMatrix"):
        made.source.build(made)


SCHAEFER = [
    f"7Networks_{side}H_{part}_{place}"
    for side in "LR"
    for part in ("Vis", "SalVentAttn_Med", "Cont_PFCl", "Default_PFC")
    for place in (1, 2)
]


@pytest.fixture
def table(tmp_path, monkeypatch):
    """Ship a made table of 16 centroids as those of Schaefer 200."""
    points = np.random.default_rng(3).uniform(5, 70, (16, 3)).round(2)
    points[:8, 0] *= -1
    points[2] = (-38, 43, 26)  # next to the published left DLPFC site
    rows = ["index\tname\tx\ty\tz\themisphere\tnetwork"] + [
        f"{i + 1}\t{name.removeprefix('7Networks_')}\t{x}\t{y}\t{z}\t{name[10]}\tVisual"
        for i, (name, (x, y, z)) in enumerate(zip(SCHAEFER, points, strict=True))
    ]
    (tmp_path / "shipped" / "centroids").mkdir(parents=True)
    (tmp_path / "shipped" / "centroids" / "schaefer_200.tsv").write_text("\n".join(rows) + "\n")
    monkeypatch.setattr(parcels, "shipped_atlases", lambda: (tmp_path / "shipped",))
    return points


def test_enigma_schaefer(table, tmp_path):
    names = SCHAEFER + APARC[-14:]
    sc, fc = symmetric(30, 4, 0, 9), symmetric(30, 5, -0.3, 1.2)
    made = ingredients(
        tmp_path,
        "enigma_schaefer214",
        {
            "strucLabels_with_sctx_schaefer_200.csv": ",".join(names),
            "funcLabels_with_sctx_schaefer_200.csv": ",".join(names) + "\n",
            "strucMatrix_with_sctx_schaefer_200.csv": csv(sc),
            "funcMatrix_with_ctx_schaefer_200.csv": csv(fc),
        },
    )
    made.source.build(made)
    atlas = load_atlas(made.folder)
    assert atlas.region[0] == "LH_Vis_1"
    assert atlas.region[-1] == "Rthal"
    assert atlas.hemisphere[:16] == ("L",) * 8 + ("R",) * 8
    assert set(atlas.network) == {"Visual", "Subcortex"}
    assert np.array_equal(atlas.centroids_mm[:16], table)
    assert np.array_equal(atlas.weights, sc)
    assert (atlas.fc < 0).any()
    assert atlas.targets["dlpfc_left"] == (2,)
    assert [atlas.region[place] for place in atlas.targets["hippocampus"]] == ["Lhippo", "Rhippo"]
    for name, (site, sides) in parcels.SITES.items():
        assert len(atlas.targets[name]) == len(sides)
        for place in atlas.targets[name]:
            same = np.array(atlas.hemisphere[:16]) == atlas.hemisphere[place]
            sign = -1 if atlas.hemisphere[place] == "L" else 1
            point = np.array(site.mni_mm) * [sign * np.sign(site.mni_mm[0] or 1), 1, 1]
            away = np.linalg.norm(table - point, axis=1)
            assert away[place] == away[same].min(), name


def test_enigma_with_parcels_in_another_order(table, tmp_path):
    names = ",".join([*reversed(SCHAEFER), *APARC[-14:]])
    end = "_with_sctx_schaefer_200.csv"
    files = {f"strucLabels{end}": names, f"funcLabels{end}": names}
    made = ingredients(tmp_path, "enigma_schaefer214", files)
    with pytest.raises(DataError, match="other parcels"):
        made.source.build(made)


def test_pytepfit(table, tmp_path):
    counts, lengths = symmetric(16, 6, 0, 900).round(), symmetric(16, 7, 20, 200)
    lengths[counts == 0] = 0
    made = ingredients(
        tmp_path,
        "pytepfit_schaefer200",
        {
            "Schaefer2018_200Parcels_7Networks_count.csv": csv(counts, " "),
            "Schaefer2018_200Parcels_7Networks_distance.csv": csv(lengths, " "),
        },
    )
    pytepfit.build(made)
    atlas = load_atlas(made.folder)
    assert np.array_equal(atlas.weights, counts)
    assert np.array_equal(atlas.lengths_mm, lengths)
    assert atlas.fc is None


def receptors(scale: str, n: int) -> dict[str, str | bytes]:
    """Return files whose values tell their row and column: row + column / 100."""
    rows = np.arange(n)[:, None] + np.arange(19) / 100
    names = np.array([tracer.column for tracer in hansen.TRACERS], dtype="<U6")
    files: dict[str, str | bytes] = {
        tracer.file + ".csv": ",".join(str(1000 * column + row) for row in range(83))
        for column, tracer in enumerate(hansen.TRACERS)
        if tracer.file
    }
    files[f"receptor_data_{scale}.csv"] = csv(rows)
    from io import BytesIO

    stream = BytesIO()
    np.save(stream, names)
    files["receptor_names_pet.npy"] = stream.getvalue()
    return files


def test_hansen_on_dk84(tmp_path):
    base = load_atlas("dk84")
    made = ingredients(tmp_path, "pet_hansen2022", receptors("scale033", 68), base)
    hansen.build(made)
    atlas = load_atlas(made.folder)
    assert len(atlas.maps) == len(base.maps) + 19
    values = atlas.map("pet_5HT2a")
    # Rows counted by hand in the source's table of regions: right hemisphere first.
    for region, row in (("R.LOFG", 0), ("R.IN", 33), ("L.LOFG", 34), ("L.FG", 58), ("L.IN", 67)):
        assert values[base.index(region)] == row + 0.02, region
    # In a file of one tracer: 34 cortical rows, then thalamus to amygdala; left after 41.
    for region, row in (("R.TH", 34), ("R.AC", 38), ("R.AM", 40), ("L.TH", 75), ("L.HI", 80)):
        assert values[base.index(region)] == 2000 + row, region
    assert np.isnan(values[base.index("L.CER")])
    assert np.isnan(atlas.map("pet_D2")[~base.cortex]).all()
    assert not np.isnan(atlas.map("pet_VAChT")[base.cortex]).any()
    assert np.array_equal(atlas.map("HTR2A"), base.map("HTR2A"), equal_nan=True)
    record = atlas.description["added_maps"]
    assert record["pet_D2"]["unit"] == "z"
    assert record["pet_5HTT"]["subcortex"] is True
    assert record["pet_CB1"]["subcortex"] is False
    fitted = load_effective_connectivity(atlas, "reduced_wong_wang")
    earlier = load_effective_connectivity(base, "reduced_wong_wang")
    assert np.array_equal(fitted.weights, earlier.weights)
    assert fitted.metadata["fit"]["fitted_to"] == f"dk84 {base.sha256}"


def test_hansen_on_an_atlas_it_does_not_fit(content, tmp_path):
    from netmod.atlas import write_atlas

    base = load_atlas(write_atlas(tmp_path / "small", **content))
    made = ingredients(tmp_path, "pet_hansen2022", receptors("scale033", 68), base)
    with pytest.raises(DataError, match="do not fit") as caught:
        hansen.build(made)
    assert "pet_juspace" in str(caught.value.hint)


def test_hansen_with_another_matrix(tmp_path):
    files = receptors("scale033", 67)
    made = ingredients(tmp_path, "pet_hansen2022", files, load_atlas("dk84"))
    with pytest.raises(DataError, match="recipe was written for"):
        hansen.build(made)


def test_juspace_leaves_the_background_out(tmp_path, monkeypatch):
    """One value in the right hemisphere, background in the left one."""
    nifti1 = pytest.importorskip("nibabel.nifti1")
    values = np.full((61, 73, 61), 50.0)
    values[30:] = -0.003  # x = 90 mm - 3 i: from the midline to the left
    image = nifti1.Nifti1Image(values, np.diag([-3.0, 3, 3, 1]) + MNI_3_MM)
    monkeypatch.setattr(juspace, "VOLUMES", {"pet_5HT2a": ("one.nii", "tracer")})
    base = load_atlas("dk84")
    made = ingredients(tmp_path, "pet_juspace", {"one.nii": image.to_bytes()}, base)
    juspace.build(made)
    atlas = load_atlas(made.folder)
    found = atlas.map("pet_5HT2a")
    far = np.abs(base.centroids_mm[:, 0]) > 20
    right = np.array(base.hemisphere) == "R"
    cerebellum = np.array(base.kind) == "cerebellum"
    assert found[far & right & ~cerebellum] == pytest.approx(50.0)
    assert np.isnan(found[far & ~right]).all()
    assert np.isnan(found[cerebellum]).all()
    assert atlas.description["added_maps"]["pet_5HT2a"]["tracer"] == "tracer"


def test_juspace_needs_a_surface(content, tmp_path):
    from netmod.atlas import write_atlas

    base = load_atlas(write_atlas(tmp_path / "small", **content))
    with pytest.raises(DataError, match="no surface"):
        juspace.build(ingredients(tmp_path, "pet_juspace", {}, base))


@pytest.fixture
def fetcher(tmp_path, monkeypatch):
    """Stand in for a fetcher of nilearn; return what it was asked with."""
    nilearn = pytest.importorskip("nilearn.datasets")
    asked = {}

    def fetch(**options):
        asked.update(options)
        image = tmp_path / "fetched.nii"
        image.write_bytes(b"voxels")
        lut = {"index": [0, 2001, 2002], "name": ["Background", "one", "two"]}
        return SimpleNamespace(maps=image, get=lambda key: lut)

    monkeypatch.setattr(nilearn, "fetch_atlas_aal", fetch)
    return asked


def test_an_image_is_kept_with_its_labels(fetcher, data):
    folder = fetch_atlas("image_aal")
    assert folder == data / "images" / "image_aal"
    assert fetcher["version"] == "SPM12"
    assert gzip.decompress((folder / images.IMAGE_NAME).read_bytes()) == b"voxels"
    labels = (folder / images.LABELS_NAME).read_text()
    assert labels == "index\tname\n2001\tone\n2002\ttwo\n"
    record = json.loads((folder / "source.json").read_text())
    assert record["licence"].startswith("unknown")
    assert verify_sums(folder)
    with pytest.raises(ConfigError, match="there already"):
        fetch_atlas("image_aal")


def test_modes_are_counted_from_one():
    pandas = pytest.importorskip("pandas")
    names = pandas.DataFrame({"component": [1, 2], "difumo_names": ["a", "b"]})
    atlas = {"labels": names}
    assert images._labels(atlas) == [(1, "a"), (2, "b")]
    with pytest.raises(DataError, match="nilearn"):
        images._labels({"labels": ["a", "b"]})


def test_an_image_offline_is_one_line(data):
    """Sockets are shut in the tests, as they are on a machine without a network."""
    with pytest.raises(DownloadError, match="nilearn could not fetch") as caught:
        fetch_atlas("image_destrieux")
    assert "\n" not in str(caught.value.got)
    assert not (data / "images" / "image_destrieux").exists()


def test_every_family_is_in_the_catalogue():
    assert len(enigma.SOURCES) == 6
    assert list(SOURCES)[:6] == [source.name for source in enigma.SOURCES]
    assert {source.kind for source in SOURCES.values()} == {"atlas", "maps", "images"}
