"""What an import fills in, by which rule; and that it is whole or nothing."""

import hashlib
import json

import numpy as np
import pytest

from netmod.atlas import available_atlases, load_atlas
from netmod.atlas.formats import export_atlas
from netmod.atlas.formats.naming import kind_by_name, network_by_name, sides_by_name
from netmod.atlas.importing import import_atlas
from netmod.atlas.lengths import lengths_from_distance
from netmod.errors import ConfigError, DataError

W = np.array([[0.0, 1.0, 2.0], [1.0, 0.0, 3.0], [2.0, 3.0, 0.0]])
POINTS = np.array([[-30.0, 10.0, 5.0], [30.0, 10.0, 5.0], [1.0, -20.0, -10.0]])


@pytest.fixture(autouse=True)
def _own_data_folder(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("NETMOD_DATA", str(tmp_path_factory.mktemp("data")))


def source(tmp_path, **changed):
    """Write an npz of three regions."""
    arrays = {"weights": W, "lengths": 30 * W, "centroids": POINTS,
              "region": np.array(["a", "b", "c"]), **changed}  # fmt: skip
    path = tmp_path / "source.npz"
    np.savez(path, **{key: value for key, value in arrays.items() if value is not None})
    return path


def filled(atlas, field):
    return atlas.description["import"]["filled"].get(field)


def flags(atlas):
    return " | ".join(atlas.description["import"]["flags"])


def test_an_import_is_found_by_its_name(tmp_path):
    made = import_atlas(source(tmp_path), "mine")
    assert "mine" in available_atlases()
    again = load_atlas("mine")
    assert again.folder == made.folder
    assert again.sha256 == made.sha256
    assert again.name == made.name == "mine"
    np.testing.assert_array_equal(again.weights, W)


def test_the_record_names_the_source_and_its_digest(tmp_path):
    path = source(tmp_path)
    record = import_atlas(path, "mine").description["import"]
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert record["files"] == [{"name": "source.npz", "sha256": digest}]
    assert (record["source"], record["format"]) == ("source.npz", "npz")
    assert record["scale"] == {"smallest": 1.0, "median": 2.0, "largest": 3.0, "density": 1.0}


def test_names_that_are_missing_are_numbered(tmp_path):
    made = import_atlas(source(tmp_path, region=None), "mine")
    assert made.region == ("R001", "R002", "R003")
    assert "R001" in filled(made, "region")["rule"]


def test_a_known_atlas_gives_what_its_names_say(tmp_path):
    dk84 = load_atlas("dk84")
    order = np.random.default_rng(3).permutation(dk84.n_regions)
    path = tmp_path / "x.npz"
    np.savez(path, weights=dk84.weights[np.ix_(order, order)], region=np.array(dk84.region)[order])
    made = import_atlas(path, "mine")
    for column in ("label", "hemisphere", "network", "kind"):
        assert getattr(made, column) == tuple(getattr(dk84, column)[i] for i in order)
        assert filled(made, column)["atlas"] == "dk84"
    np.testing.assert_array_equal(made.centroids_mm, dk84.centroids_mm[order])


def test_one_unknown_name_is_enough_for_no_known_atlas(tmp_path):
    dk84 = load_atlas("dk84")
    names = np.array(["other", *dk84.region[1:]])
    np.savez(tmp_path / "x.npz", weights=dk84.weights, region=names)
    with pytest.raises(DataError, match="no coordinates and no lengths"):
        import_atlas(tmp_path / "x.npz", "mine")


def test_lengths_that_are_missing_follow_the_one_rule(tmp_path):
    made = import_atlas(source(tmp_path, lengths=None), "mine")
    lengths, rule = lengths_from_distance(POINTS)
    np.testing.assert_array_equal(made.lengths_mm, lengths)
    assert filled(made, "lengths_mm")["rule"] == rule
    distance = np.linalg.norm(POINTS[0] - POINTS[1])
    told = filled(made, "lengths_mm")
    assert lengths[0, 1] == pytest.approx(told["intercept_mm"] + told["slope"] * distance)
    assert "not measured" in flags(made)


def test_coordinates_are_scaled_from_lengths_that_are_distances(tmp_path):
    """Exact distances of points in space give the points back, turned and shifted only."""
    rng = np.random.default_rng(11)
    points = rng.uniform(-60, 60, (12, 3))
    distance = np.linalg.norm(points[:, None] - points[None], axis=-1)
    names = np.array([f"{side}_{i}" for i in range(6) for side in "LR"])
    points[:, 0] = 0
    np.savez(tmp_path / "x.npz", weights=(distance > 0) * 1.0, lengths=distance, region=names)
    made = import_atlas(tmp_path / "x.npz", "mine")
    again = np.linalg.norm(made.centroids_mm[:, None] - made.centroids_mm[None], axis=-1)
    np.testing.assert_allclose(again, distance, atol=1e-8)
    np.testing.assert_allclose(made.centroids_mm.mean(axis=0), 0, atol=1e-9)
    assert filled(made, "centroids_mm")["share_of_variance"] == 1.0
    assert "not anatomical" in flags(made)
    left = np.array([side == "L" for side in made.hemisphere])
    assert made.centroids_mm[left, 0].mean() < made.centroids_mm[~left, 0].mean()


def test_scaling_goes_around_where_there_is_no_tract(tmp_path):
    """Four places on a line, only neighbours joined: the way along the line is the distance."""
    chain = np.diag([10.0, 20.0, 30.0], 1)
    chain = chain + chain.T
    np.savez(tmp_path / "x.npz", weights=chain, lengths=chain)
    made = import_atlas(tmp_path / "x.npz", "mine")
    line = made.centroids_mm[:, 0]
    np.testing.assert_allclose(np.abs(np.diff(line)), [10, 20, 30])
    np.testing.assert_allclose(made.centroids_mm[:, 1:], 0, atol=1e-5)
    assert set(made.hemisphere) == {"B"}
    assert "hemisphere of 4 regions is not known" in flags(made)


def test_scaling_takes_a_tract_as_it_is_where_there_is_one(tmp_path):
    """A detour of 20 mm is shorter than the tract of 100 mm, which counts."""
    lengths = np.array([[0, 10, 100], [10, 0, 10], [100, 10, 0.0]])
    np.savez(tmp_path / "x.npz", weights=lengths, lengths=lengths)
    points = import_atlas(tmp_path / "x.npz", "mine").centroids_mm
    assert np.linalg.norm(points[0] - points[2]) == pytest.approx(100)


def test_scaling_of_parts_that_nothing_joins_is_refused(tmp_path):
    apart = np.zeros((4, 4))
    apart[0, 1] = apart[1, 0] = apart[2, 3] = apart[3, 2] = 5.0
    np.savez(tmp_path / "x.npz", weights=apart, lengths=apart)
    with pytest.raises(DataError, match="do not join all regions"):
        import_atlas(tmp_path / "x.npz", "mine")


def test_sides_come_from_x_where_names_are_silent(tmp_path):
    made = import_atlas(source(tmp_path), "mine")
    assert made.hemisphere == ("L", "R", "B")
    assert filled(made, "hemisphere")["regions"] == {"name": 0, "x": 3, "unknown": 0}


@pytest.mark.parametrize(
    ("name", "side"),
    [
        ("L.BSTS", "L"), ("R_V1_ROI", "R"), ("ctx-lh-bankssts", "L"), ("Precentral_R", "R"),
        ("7Networks_LH_Vis_1", "L"), ("Left-Thalamus-Proper", "L"), ("rightAmygdala", "R"),
        ("lhFront", "L"), ("Brain-Stem", ""), ("rACC", ""), ("lateral occipital", ""),
        ("Rostral", ""), ("Left_and_right", ""), ("rhinal", ""),
    ],
)  # fmt: skip
def test_sides_by_name(name, side):
    assert sides_by_name((name, "other")) == (side, "")


def test_a_bare_letter_is_a_side_where_all_names_have_one():
    assert sides_by_name(("rA1", "lA1", "rAMYG")) == ("R", "L", "R")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Left-Thalamus", "subcortex"), ("hippocampus_R", "subcortex"),
        ("lh_parahippocampal", None), ("Brain-Stem", "subcortex"),
        ("Cerebelum_Crus1_L", "cerebellum"),
        ("Right-Cerebellum-Cortex", "cerebellum"), ("Vermis_6", "cerebellum"),
        ("superiorfrontal", None), ("Left-VentralDC", "subcortex"), ("L.Accumbens", "subcortex"),
    ],
)  # fmt: skip
def test_kinds_by_name(name, kind):
    assert kind_by_name(name, "") == kind


def test_networks_by_name():
    assert network_by_name("7Networks_LH_SalVentAttn_Med_3") == "VentralAttention"
    assert network_by_name("7Networks_RH_Cont_PFCl_1") == "Frontoparietal"
    assert network_by_name("17Networks_LH_ContA_1") is None
    assert network_by_name("Vis_1") is None


def test_networks_that_nothing_tells_are_called_unknown(tmp_path):
    names = np.array(["front", "back", "Left-Putamen"])
    made = import_atlas(source(tmp_path, region=names), "mine")
    assert made.network == ("Unknown", "Unknown", "Subcortex")
    assert made.kind == ("cortex", "cortex", "subcortex")
    assert "network of 2 regions is not known" in flags(made)


def test_what_a_source_says_is_not_cortex_is_not_made_cortex(tmp_path):
    kind = np.array(["cortex", "", "cortex"])
    assert import_atlas(source(tmp_path, kind=kind), "mine").kind[1] == "subcortex"


def test_asymmetric_weights_are_directed_and_told(tmp_path):
    directed = W.copy()
    directed[0, 1] = 7.0
    made = import_atlas(source(tmp_path, weights=directed), "mine")
    assert made.weights[0, 1] == 7.0
    assert made.description["weights"]["directed"] is True
    assert "weights[target, source]" in flags(made)
    turned = import_atlas(source(tmp_path, weights=directed), "turned", transpose=True)
    np.testing.assert_array_equal(turned.weights, directed.T)
    assert "transposed" in flags(turned)


def test_half_a_matrix_is_told(tmp_path):
    made = import_atlas(source(tmp_path, weights=np.triu(W)), "mine")
    assert "one triangle only" in flags(made)


def test_a_diagonal_is_cleared_and_told(tmp_path):
    made = import_atlas(source(tmp_path, weights=W + 5 * np.eye(3)), "mine")
    np.testing.assert_array_equal(made.weights, W)
    assert "weights: the diagonal was set to 0" in flags(made)
    assert "lengths_mm" not in flags(made)


@pytest.mark.parametrize(("value", "what"), [(-1.0, "negative weight"), (np.nan, "not finite")])
def test_bad_weights_are_refused_by_their_names(value, what, tmp_path):
    bad = W.copy()
    bad[2, 1] = value
    with pytest.raises(DataError, match=rf"{what}.* \(row 'c', column 'b'\)"):
        import_atlas(source(tmp_path, weights=bad), "mine")


def test_fc_gets_its_diagonal_and_loses_rounding_only(tmp_path):
    fc = np.array([[0, 0.5, np.nan], [0.5 + 1e-8, 0, 1.0000001], [np.nan, 1.0000001, 0]])
    made = import_atlas(source(tmp_path, fc=fc), "mine")
    np.testing.assert_array_equal(np.diag(made.fc), 1)
    assert made.fc[0, 1] == made.fc[1, 0] == pytest.approx(0.5, abs=1e-7)
    assert made.fc[1, 2] == 1.0
    assert np.isnan(made.fc[0, 2])
    fc[0, 1] = 0.4
    with pytest.raises(DataError, match="FC is not symmetric"):
        import_atlas(source(tmp_path, fc=fc), "other")


def test_fishers_z_is_recognised(tmp_path):
    z = np.arctanh(np.full((3, 3), 0.9)) - np.eye(3)
    with pytest.raises(DataError, match="tanh"):
        import_atlas(source(tmp_path, fc=z), "mine")


def test_fc_alone_is_no_atlas(tmp_path):
    path = tmp_path / "x.npz"
    np.savez(path, fc=np.eye(3))
    with pytest.raises(DataError, match="no structural weights"):
        import_atlas(path, "mine")


def test_more_files_are_taken_beside_the_weights(tmp_path):
    (tmp_path / "sc.csv").write_text("n,a,b,c\na,0,1,2\nb,1,0,3\nc,2,3,0\n")
    (tmp_path / "r.tsv").write_text(
        "name\tx\ty\tz\tnetwork\nc\t1\t-20\t-10\tN3\na\t-30\t10\t5\tN1\nb\t30\t10\t5\tN2\n"
    )
    (tmp_path / "len.csv").write_text("n,c,a,b\nc,0,20,30\na,20,0,10\nb,30,10,0\n")
    np.save(tmp_path / "fc.npy", np.full((3, 3), 0.25))
    made = import_atlas(
        tmp_path / "sc.csv", "mine", lengths=tmp_path / "len.csv", regions=tmp_path / "r.tsv",
        fc=tmp_path / "fc.npy",
    )  # fmt: skip
    np.testing.assert_array_equal(made.lengths_mm, 10 * W)
    np.testing.assert_array_equal(made.centroids_mm, POINTS)
    assert made.network == ("N1", "N2", "N3")
    assert made.fc[0, 1] == 0.25
    names = [file["name"] for file in made.description["import"]["files"]]
    assert names == ["sc.csv", "len.csv", "fc.npy", "r.tsv"]


@pytest.mark.parametrize("beside", ["lengths", "fc"])
def test_a_matrix_of_other_regions_is_refused(beside, tmp_path):
    (tmp_path / "other.csv").write_text("n,x,y,z\nx,1,0,0\ny,0,1,0\nz,0,0,1\n")
    with pytest.raises(DataError, match="other regions"):
        import_atlas(source(tmp_path), "mine", **{beside: tmp_path / "other.csv"})
    (tmp_path / "other.csv").write_text("1,0\n0,1\n")
    with pytest.raises(DataError, match="different numbers of regions"):
        import_atlas(source(tmp_path), "mine", **{beside: tmp_path / "other.csv"})


@pytest.mark.parametrize("name", ["", ".", "..", "../x", "a/b", "a b", "-x", "x" * 65, "é", "a.b"])
def test_odd_names_are_refused(name, tmp_path):
    with pytest.raises(ConfigError, match="not a name for an atlas"):
        import_atlas(source(tmp_path), name)


def test_a_shipped_name_is_refused_in_the_data_folder_only(tmp_path):
    with pytest.raises(ConfigError, match="shipped atlas"):
        import_atlas(source(tmp_path), "dk84")
    assert import_atlas(source(tmp_path), "dk84", folder=tmp_path / "dk84").name == "dk84"


def test_an_atlas_is_replaced_only_on_demand_and_whole(tmp_path):
    folder = tmp_path / "mine"
    first = import_atlas(source(tmp_path), "mine", folder=folder)
    with pytest.raises(ConfigError, match="exists"):
        import_atlas(source(tmp_path), "mine", folder=folder)
    with pytest.raises(DataError):
        import_atlas(source(tmp_path, weights=-W), "mine", folder=folder, replace=True)
    assert load_atlas(folder).sha256 == first.sha256
    second = import_atlas(source(tmp_path, weights=2 * W), "mine", folder=folder, replace=True)
    assert load_atlas(folder).sha256 == second.sha256 != first.sha256
    assert sorted(p.name for p in tmp_path.iterdir()) == ["mine", "source.npz"]


def test_what_is_no_atlas_is_never_replaced(tmp_path):
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.txt").write_text("years")
    with pytest.raises(ConfigError, match="not an atlas"):
        import_atlas(source(tmp_path), "x", folder=tmp_path / "thesis", replace=True)
    assert (tmp_path / "thesis" / "chapter.txt").read_text() == "years"


def test_when_the_last_step_fails_the_old_atlas_stays(tmp_path, monkeypatch):
    from pathlib import Path

    folder = tmp_path / "mine"
    first = import_atlas(source(tmp_path), "mine", folder=folder)
    rename = Path.rename

    def full(self, target):
        if self.name == "new":
            raise OSError(28, "No space left on device")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", full)
    with pytest.raises(ConfigError, match="No space left"):
        import_atlas(source(tmp_path, weights=2 * W), "mine", folder=folder, replace=True)
    monkeypatch.undo()
    assert load_atlas(folder).sha256 == first.sha256
    assert sorted(p.name for p in tmp_path.iterdir()) == ["mine", "source.npz"]


def test_a_refusal_after_writing_names_the_source(tmp_path):
    """A distribution that only the atlas's own reader refuses."""
    path = source(tmp_path, fcd=np.array([[0.0, 0.5, 0.5]]))
    with pytest.raises(DataError, match="do not add up") as caught:
        import_atlas(path, "mine", folder=tmp_path / "mine")
    assert str(path) in str(caught.value)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["source.npz"]


def test_an_import_of_an_import_keeps_its_licence_and_description(tmp_path):
    dk84 = load_atlas("dk84")
    export_atlas(dk84, tmp_path / "copy", "netmod")
    made = import_atlas(tmp_path / "copy", "mine")
    assert made.licence == dk84.licence
    assert made.citation == dk84.citation
    assert made.description["maps"] == dk84.description["maps"]
    assert made.description["import"]["filled"] == {}
    sums = (made.folder / "SHA256SUMS").read_text()
    assert "CITATION.bib" in sums
    json.loads((made.folder / "description.json").read_text())


def test_fitted_weights_come_along_where_the_figures_are_the_same(tmp_path):
    from netmod.atlas import load_effective_connectivity

    source = load_atlas("dk84")
    atlas = import_atlas(source.folder, "again", folder=tmp_path / "again")
    before = load_effective_connectivity(source, "reduced_wong_wang")
    after = load_effective_connectivity(atlas, "reduced_wong_wang")
    np.testing.assert_array_equal(after.weights, before.weights)
    # and stay when the same figures are imported once more
    import_atlas(source.folder, "again", folder=tmp_path / "again", replace=True)
    assert load_effective_connectivity(load_atlas(tmp_path / "again"), "reduced_wong_wang")


def test_an_interrupt_while_replacing_leaves_what_was_there(tmp_path, monkeypatch):
    from pathlib import Path

    source = load_atlas("dk84").folder
    import_atlas(source, "a", folder=tmp_path / "a")
    before = {p.name: p.read_bytes() for p in (tmp_path / "a").iterdir() if p.is_file()}
    rename = Path.rename

    def interrupted(self, target):
        if self.name == "new":
            raise KeyboardInterrupt
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", interrupted)
    with pytest.raises(KeyboardInterrupt):
        import_atlas(source, "a", folder=tmp_path / "a", replace=True)
    assert {p.name: p.read_bytes() for p in (tmp_path / "a").iterdir() if p.is_file()} == before
    assert [p.name for p in tmp_path.iterdir()] == ["a"]
