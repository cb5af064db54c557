"""Each format against figures written by hand, or by the library that owns the format."""

import bz2
import json
import zipfile

import numpy as np
import pytest

from netmod.atlas.formats import FORMATS, export_atlas, read_draft
from netmod.atlas.formats.draft import Draft, Format
from netmod.atlas.formats.regions import read_regions
from netmod.errors import ConfigError, DataError

W = np.array([[0.0, 1.5, 0.0], [2.0, 0.0, 3e-3], [0.0, 4.0, 0.0]])  # [target, source]
NAMES = ("rA", "rB", "lC")


def text(matrix, mark=" "):
    return "".join(mark.join(map(repr, row)) + "\n" for row in matrix.tolist())


def tvb_zip(path, **members):
    texts = {
        "weights.txt": text(W),
        "tract_lengths.txt": text(10 * W),
        "centres.txt": "rA 1 2 3\nrB 4 5 6\nlC -7 8 9\n",
        **{name.replace("__", "."): body for name, body in members.items()},
    }
    with zipfile.ZipFile(path, "w") as archive:
        for name, body in texts.items():
            if body is not None:
                archive.writestr(name, body)
    return path


def test_tvb_rows_are_targets(tmp_path):
    draft = read_draft(tvb_zip(tmp_path / "c.zip"))
    assert draft.format == "tvb"
    np.testing.assert_array_equal(draft.weights, W)
    np.testing.assert_array_equal(draft.lengths_mm, 10 * W)
    np.testing.assert_array_equal(draft.centroids_mm, [[1, 2, 3], [4, 5, 6], [-7, 8, 9]])
    assert draft.region == NAMES


def test_tvb_optional_files(tmp_path):
    draft = read_draft(
        tvb_zip(
            tmp_path / "c.zip", cortical__txt="1\n0\n1\n", hemispheres__txt="1 1 0",
            areas__txt="2.5\n3\n4\n", info__txt="from a friend",
            average_orientations__txt="0 0 1\n" * 3,
        )
    )  # fmt: skip
    assert draft.hemisphere == ("R", "R", "L")
    assert draft.kind == ("cortex", "", "cortex")
    np.testing.assert_array_equal(draft.maps["area_mm2"], [2.5, 3, 4])
    assert any("friend" in note for note in draft.notes)
    assert any("orientations" in note for note in draft.notes)


def test_tvb_may_be_packed_in_a_folder_with_packed_centres_and_no_lengths(tmp_path):
    members = {
        "conn/weights.txt": text(W),
        "conn/tract_lengths.txt": "",
        "conn/centres.txt.bz2": bz2.compress(b"rA 1 2 3\nrB 4 5 6\nlC -7 8 9\n"),
        "__MACOSX/conn/._weights.txt": "junk",
    }
    with zipfile.ZipFile(tmp_path / "c.zip", "w") as archive:
        for name, body in members.items():
            archive.writestr(name, body)
    draft = read_draft(tmp_path / "c.zip")
    assert draft.region == NAMES
    assert draft.lengths_mm is None


def test_an_exported_tvb_zip_is_what_numpy_reads(atlas, tmp_path):
    (path,) = export_atlas(atlas, tmp_path / "c.zip", "tvb")
    with zipfile.ZipFile(path) as archive:
        with archive.open("weights.txt") as stream:
            np.testing.assert_array_equal(np.genfromtxt(stream), atlas.weights)
        with archive.open("centres.txt") as stream:
            points = np.genfromtxt(stream, usecols=(1, 2, 3), encoding="utf-8")
        assert "hemispheres.txt" not in archive.namelist()  # the stem has no side
    np.testing.assert_array_equal(points, atlas.centroids_mm)


@pytest.mark.parametrize("mark", [",", ";", "\t", " ", "  ", ", "])
@pytest.mark.parametrize("frame", ["bare", "header", "side", "both", "r"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_text_matrices_of_all_shapes(mark, frame, end, tmp_path):
    rows = [list(map(repr, row)) for row in W.tolist()]
    if frame in ("side", "both", "r"):
        rows = [[name, *row] for name, row in zip(NAMES, rows, strict=True)]
    if frame == "header" or frame == "r":
        rows.insert(0, list(NAMES))
    if frame == "both":
        rows.insert(0, ["name", *NAMES])
    body = end.join(mark.join(row) for row in ["# made by hand".split(mark), *rows]) + end
    (tmp_path / "sc.csv").write_bytes(b"\xef\xbb\xbf" + body.encode())
    draft = read_draft(tmp_path / "sc.csv")
    np.testing.assert_array_equal(draft.weights, W)
    assert draft.region == (None if frame == "bare" else NAMES)


def test_names_in_quotes_may_hold_the_separator(tmp_path):
    (tmp_path / "w.csv").write_text('"","a, b","c ""d"""\n"a, b",0,1\n"c ""d""",2,0\n')
    draft = read_draft(tmp_path / "w.csv")
    assert draft.region == ("a, b", 'c "d"')
    np.testing.assert_array_equal(draft.weights, [[0, 1], [2, 0]])


@pytest.mark.parametrize(
    ("body", "where", "what"),
    [
        ("0,1\nx,0\n", ":2:1", "not a finite number"),
        ("0,1\n-2,0\n", ":2:1", "a negative value"),
        ("0,nan\n1,0\n", ":1:3", "not a finite number"),
        ("0,inf\n1,0\n", ":1:3", "not a finite number"),
        ("0,1e999\n1,0\n", ":1:3", "not a finite number"),
        ("0,1_0\n1,0\n", ":1:3", "not a finite number"),
        ("0,１\n1,0\n", ":1:3", "not a finite number"),
        ("0,1,2\n1,0,2\n", ":1:5", "not square"),
        ("0,1\n1\n", ":2:1", "not square"),
        ("x,1\n1,0\n", ":1:1", "not a finite number"),
        ("n,a,b\na,0,1\nc,1,0\n", ":3:1", "different names"),
        ("n,a,b\na,0,1\nb,-1,0\n", ":3:3", r"negative value \(row 'b', column 'a'\)"),
        ("0;0,5\n0,5;0\n", ":1:3", "not a finite number"),
        ("# nothing\n\n", ":1:1", "no figures"),
    ],
)
def test_a_bad_cell_is_named_by_line_and_column(body, where, what, tmp_path):
    (tmp_path / "w.csv").write_text(body)
    with pytest.raises(DataError, match=what) as caught:
        read_draft(tmp_path / "w.csv")
    assert f"w.csv{where}" in str(caught.value).splitlines()[0]


def test_decimal_commas_get_a_hint(tmp_path):
    (tmp_path / "w.csv").write_text("0;0,5\n0,5;0\n")
    with pytest.raises(DataError, match="with a point"):
        read_draft(tmp_path / "w.csv")


def test_a_folder_of_text_with_usual_names(tmp_path):
    (tmp_path / "SC.txt").write_text(text(W))
    (tmp_path / "distances.csv").write_text(text(10 * W, ","))
    (tmp_path / "fc.tsv").write_text("1\t.5\tn/a\n.5\t1\t.2\nn/a\t.2\t1\n")
    (tmp_path / "regions.csv").write_text(
        "Name,Hemi,X,Y,Z\nrA,rh,1,2,3\nrB,RH,4,5,6\nlC,left,-7,8,9\n"
    )
    (tmp_path / "readme.md").write_text("ignored")
    draft = read_draft(tmp_path)
    assert draft.format == "csv"
    np.testing.assert_array_equal(draft.lengths_mm, 10 * W)
    assert np.isnan(draft.fc[0, 2]) and draft.fc[1, 2] == 0.2
    assert draft.hemisphere == ("R", "R", "L")
    assert len(draft.files) == 4


@pytest.mark.parametrize("symmetric", [False, True])
def test_mrtrix_triangles_are_mirrored(symmetric, tmp_path):
    upper = np.triu(W + W.T, 1) + np.diag([5.0, 0, 0])
    (tmp_path / "connectome.csv").write_text(
        "# command_history: tck2connectome\n" + text(upper + symmetric * np.triu(upper, 1).T)
    )
    (tmp_path / "nodes.txt").write_text(
        "#No. Label Name: R G B A\n0 Unknown 0 0 0 0\n1 L.A left_A 1 2 3 0\n3 L.C left_C 1 2 3 0\n"
        "2 L.B left_B 1 2 3 0\n"
    )
    draft = read_draft(tmp_path)
    assert draft.format == "mrtrix"
    assert draft.directed is False
    np.testing.assert_array_equal(
        draft.weights, np.triu(upper, 1) + np.triu(upper, 1).T + np.diag([5, 0, 0])
    )
    assert draft.region == ("L.A", "L.B", "L.C")
    assert draft.label == ("left_A", "left_B", "left_C")
    assert any("mirrored" in note for note in draft.notes) != symmetric


def test_mrtrix_takes_labels_beside_a_single_matrix(tmp_path):
    (tmp_path / "sc.csv").write_text(text(np.triu(W + W.T)))
    (tmp_path / "lut.txt").write_text("1 a 1 2 3 4\n2 b 1 2 3 4\n3 c 1 2 3 4\n")
    draft = read_draft(tmp_path / "sc.csv", "mrtrix", labels=tmp_path / "lut.txt")
    assert draft.region == ("a", "b", "c")
    np.testing.assert_array_equal(draft.weights, W + W.T)


def test_mrtrix_refuses_what_has_direction(tmp_path):
    (tmp_path / "sc.csv").write_text(text(W))
    with pytest.raises(DataError, match="neither symmetric nor a triangle"):
        read_draft(tmp_path / "sc.csv", "mrtrix")


def test_bids_as_tvbo_writes_it(tmp_path):
    symmetric = W + W.T
    for measure, matrix in (("streamlineCount", symmetric), ("tractLength", 9 * symmetric)):
        stem = f"atlas-X_meas-{measure}_relmat"
        (tmp_path / f"{stem}.dense.tsv").write_text(text(matrix, "\t"))
        (tmp_path / f"{stem}.json").write_text(
            json.dumps({"RelationshipMeasure": measure, "Directed": False})
        )
    (tmp_path / "atlas-X_meas-BoldCorrelation_relmat.dense.tsv").write_text(
        text(np.full((3, 3), 0.5), "\t")
    )
    (tmp_path / "atlas-X_nodeindices.tsv").write_text(
        "matrix_index\tnode_file\tnode_index\tlabel\n"
        + "".join(f"{i}\tx\t{i}\t{n}\n" for i, n in enumerate(NAMES))
    )
    (tmp_path / "dataset_description.json").write_text('{"Name": "x", "License": "CC-BY-4.0"}')
    draft = read_draft(tmp_path)
    assert draft.format == "bids"
    np.testing.assert_array_equal(draft.weights, symmetric)
    np.testing.assert_array_equal(draft.lengths_mm, 9 * symmetric)
    assert draft.fc[0, 1] == 0.5
    assert (draft.region, draft.directed, draft.licence) == (NAMES, False, "CC-BY-4.0")


def test_bids_as_a_study_and_xcpd_write_fc(tmp_path):
    path = tmp_path / "sub-1_task-rest_atlas-X_stat-pearsoncorrelation_relmat.tsv"
    path.write_text("Node\ta\tb\na\t1\tn/a\nb\tn/a\t1\n")
    draft = read_draft(path)
    assert draft.weights is None
    assert draft.region == ("a", "b")
    assert np.isnan(draft.fc[0, 1])


def test_bids_of_several_subjects_asks_for_one(tmp_path):
    for subject in ("1", "2"):
        (tmp_path / f"sub-{subject}_stat-pearsoncorrelation_relmat.tsv").write_text("1\t0\n0\t1\n")
    with pytest.raises(DataError, match="two matrices for the fc"):
        read_draft(tmp_path)


def test_the_exported_sidecar_has_the_keys_that_bep017_requires(atlas, tmp_path):
    export_atlas(atlas, tmp_path / "b", "bids")
    for path in (tmp_path / "b").glob("*_relmat.json"):
        keys = json.loads(path.read_text()).keys()
        assert {"Directed", "RelationshipMeasure", "Software", "ValidDiagonal", "Weighted"} <= keys


def test_tvb_bids_reads_what_numpy_wrote(tmp_path):
    net, coord = tmp_path / "sub-01/net", tmp_path / "sub-01/coord"
    net.mkdir(parents=True)
    coord.mkdir()
    np.savetxt(net / "sub-01_desc-50_weights.tsv", W, delimiter="\t")
    np.savetxt(net / "sub-01_desc-50_distances.tsv", 10 * W, delimiter="\t")
    (coord / "labels.tsv").write_text("\n".join(NAMES))
    np.savetxt(coord / "nodes.tsv", np.eye(3))
    (net / "sub-01_desc-50_weights.json").write_text(
        '{"CoordsRows": ["../coord/labels.json", "../coord/nodes.json"]}'
    )
    draft = read_draft(tmp_path)
    assert draft.format == "tvb-bids"
    np.testing.assert_array_equal(draft.weights, W)
    np.testing.assert_array_equal(draft.centroids_mm, np.eye(3))
    assert draft.region == NAMES
    (net / "sub-01_desc-50_weights.json").write_text('{"CoordsRows": ["../../../x", "../coord/n"]}')
    with pytest.raises(DataError, match="outside the dataset"):
        read_draft(tmp_path)


@pytest.mark.parametrize(
    "keys",
    [
        ("weights", "tract_lengths", "labels"),
        ("SC", "Dmat", "region"),
        ("Cmat", "D", "names"),
        ("connectivity", "len", "roi_names"),
    ],
)
@pytest.mark.parametrize("ending", ["npz", "mat"])
def test_usual_keys_of_arrays(keys, ending, tmp_path):
    from scipy.io import savemat

    path = tmp_path / f"x.{ending}"
    if ending == "npz":
        np.savez(
            path, **dict(zip(keys, (W, 10 * W, np.array(NAMES)), strict=True)), other=np.arange(3)
        )
    else:
        cells = np.array(NAMES, dtype=object).reshape(1, -1)
        savemat(path, {**dict(zip(keys, (W, 10 * W, cells), strict=True)), "other": np.arange(3)})
    draft = read_draft(path)
    np.testing.assert_array_equal(draft.weights, W)
    np.testing.assert_array_equal(draft.lengths_mm, 10 * W)
    assert draft.region == NAMES
    assert draft.notes == ("left out: other",)


@pytest.mark.parametrize("ending", ["npz", "mat"])
def test_an_unusual_key_is_named(ending, tmp_path):
    from scipy.io import savemat

    path = tmp_path / f"x.{ending}"
    arrays = {"group_mean": W, "group_sd": W.T}
    np.savez(path, **arrays) if ending == "npz" else savemat(path, arrays)
    with pytest.raises(DataError, match="no matrix is known by its name"):
        read_draft(path)
    np.testing.assert_array_equal(read_draft(path, weights="group_mean").weights, W)
    with pytest.raises(ConfigError, match="did you mean 'group_sd'"):
        read_draft(path, weights="group_s")


def test_a_sparse_and_a_char_matrix_of_matlab(tmp_path):
    import scipy.sparse
    from scipy.io import savemat

    savemat(
        tmp_path / "x.mat", {"sc": scipy.sparse.csc_matrix(W), "labels": np.array(["a", "bb", "c"])}
    )
    draft = read_draft(tmp_path / "x.mat")
    np.testing.assert_array_equal(draft.weights, W)
    assert draft.region == ("a", "bb", "c")


def test_an_exported_mat_holds_no_time(atlas, tmp_path):
    (path,) = export_atlas(atlas, tmp_path / "x.mat", "mat")
    assert b"Created on" not in path.read_bytes()


@pytest.mark.parametrize("dtype", ["f4", "i8", "u1", ">f8", "?"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_npy_of_any_number_type_and_order(dtype, order, tmp_path):
    matrix = np.array([[0, 1], [1, 0]], dtype=dtype, order=order)
    np.save(tmp_path / "x.npy", matrix)
    np.testing.assert_array_equal(read_draft(tmp_path / "x.npy").weights, [[0, 1], [1, 0]])


@pytest.mark.parametrize("directed", [True, False])
def test_graphml_edges_point_from_source_to_target(directed, tmp_path):
    import networkx

    graph = networkx.DiGraph() if directed else networkx.Graph()
    for i, name in enumerate(("a", "b", "c")):
        graph.add_node(i, name=name, x=float(i), y=0, z=1.5, hemisphere="left")
    graph.add_edge(0, 1, weight=2.5, length=30.0)
    graph.add_edge(2, 1, weight=1)
    networkx.write_graphml_xml(graph, tmp_path / "g.graphml")
    draft = read_draft(tmp_path / "g.graphml")
    want = np.zeros((3, 3))
    want[1, 0], want[1, 2] = 2.5, 1.0
    np.testing.assert_array_equal(draft.weights, want if directed else want + want.T)
    assert draft.lengths_mm[1, 0] == 30.0
    assert draft.region == ("a", "b", "c")
    assert draft.hemisphere == ("L", "L", "L")
    np.testing.assert_array_equal(draft.centroids_mm[:, 0], [0, 1, 2])


@pytest.mark.parametrize(
    ("body", "names", "points"),
    [
        ("a 1 2 3\nb 4 5 6\n", ("a", "b"), True),
        ("name;x;y;z\na;1;2;3\nb;4;5;6\n", ("a", "b"), True),
        ("index\tlabel\tmni_x\tmni_y\tmni_z\n1\ta\t1\t2\t3\n2\tb\t4\t5\t6\n", ("a", "b"), True),
        ("# LUT\n2 b 9 9 9 0\n1 a 9 9 9 0\n", ("a", "b"), False),
        ("a\nb\n", ("a", "b"), False),
    ],
)  # fmt: skip
def test_region_tables_of_all_shapes(body, names, points, tmp_path):
    (tmp_path / "r.txt").write_text(body)
    table = read_regions(tmp_path / "r.txt")
    assert table.region == names
    if points:
        np.testing.assert_array_equal(table.centroids_mm, [[1, 2, 3], [4, 5, 6]])
    else:
        assert table.centroids_mm is None


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ("name,hemi\na,up\n", ":2:3"),
        ("name,x,y,z\na,1,2,three\n", ":2:7"),
        ("name,x,y,z\na,1,2\n", ":2:5"),
        ("name,region\na,b\n", ":1:6"),
        ("1 a\n1 b\n", ":2:1"),
        ("1 a\nx b\n", ":2:1"),
        ("a b\n", ":1:1"),
    ],
)
def test_a_bad_region_table_is_named_by_line_and_column(body, where, tmp_path):
    (tmp_path / "r.csv").write_text(body)
    with pytest.raises(DataError) as caught:
        read_regions(tmp_path / "r.csv")
    assert f"r.csv{where}" in str(caught.value).splitlines()[0]


def test_a_region_table_is_matched_by_name(tmp_path):
    draft = Draft("w", weights=W, region=NAMES)
    table = Draft("r", region=("x", "lC", "rA", "rB"), network=("0", "C", "A", "B"))
    assert draft.with_regions(table).network == ("A", "B", "C")
    with pytest.raises(DataError, match="'rA' is not in the region table"):
        draft.with_regions(Draft("r", region=("x", "y", "z")))


def test_a_folder_of_a_format_may_come_packed(atlas, tmp_path):
    import shutil

    export_atlas(atlas, tmp_path / "csv", "csv")
    packed = shutil.make_archive(str(tmp_path / "c"), "gztar", tmp_path, "csv")
    draft = read_draft(packed)
    assert draft.format == "csv"
    np.testing.assert_array_equal(draft.weights, atlas.weights)
    assert [path.name for path in draft.files] == ["c.tar.gz"]


def test_unknown_formats_and_options_are_refused(tmp_path):
    (tmp_path / "w.csv").write_text("0,1\n1,0\n")
    with pytest.raises(ConfigError, match="did you mean 'mrtrix'"):
        read_draft(tmp_path / "w.csv", "mrtix")
    with pytest.raises(ConfigError, match="unknown option 'labels'"):
        read_draft(tmp_path / "w.csv", labels="x")
    (tmp_path / "w.doc").write_text("0")
    with pytest.raises(DataError, match="no format fits"):
        read_draft(tmp_path / "w.doc")
    with pytest.raises(DataError, match="no such file"):
        read_draft(tmp_path / "none.csv")


def test_every_format_says_what_it_is():
    assert all(isinstance(entry, Format) and name == entry.name for name, entry in FORMATS.items())
    assert all(entry.title and entry.doc for entry in FORMATS.values())
    assert not FORMATS["netmod"].loses
