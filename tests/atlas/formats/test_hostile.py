"""Damaged and hostile files: refused by name, nothing left, nothing allocated, no warning."""

import io
import shutil
import struct
import tracemalloc
import zipfile

import numpy as np
import pytest

from netmod.atlas.formats import FORMATS, export_atlas
from netmod.atlas.importing import import_atlas
from netmod.errors import DataError, NetmodError

# The file of each format that holds the weights.
HEART = {
    "netmod": "weights.tsv", "tvb": "",
    "tvb-bids": "sub-small/net/sub-small_desc-netmod_weights.tsv",
    "bids": "atlas-small_stat-weight_relmat.tsv", "mrtrix": "connectome.csv", "npz": "", "npy": "",
    "mat": "", "graphml": "", "csv": "weights.csv", "tsv": "weights.tsv",
}  # fmt: skip
TEXT = [name for name, heart in HEART.items() if heart]


@pytest.fixture
def exported(atlas, tmp_path):
    """Return a function that exports the small atlas: (what to import, the file to damage)."""

    def export(name):
        path = tmp_path / f"e{FORMATS[name].suffix}"
        export_atlas(atlas, path, name)
        if name == "netmod":
            (path / "SHA256SUMS").unlink()  # an atlas of a user; sums are tested beside the atlas
        return path, path / HEART[name] if HEART[name] else path

    return export


def refused(path, tmp_path, match=None, error=DataError, **options):
    """Import, and expect a refusal that names the file and leaves nothing."""
    target = tmp_path / "made" / "x"
    with pytest.raises(error, match=match) as caught:
        import_atlas(path, "x", folder=target, **options)
    assert path.name in str(caught.value)
    assert "Traceback" not in str(caught.value) and "/netmod-" not in str(caught.value)
    assert not (tmp_path / "made").exists() or not list((tmp_path / "made").iterdir())


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9])
@pytest.mark.parametrize("name", FORMATS)
def test_a_cut_file_is_refused(name, share, exported, tmp_path):
    path, heart = exported(name)
    data = heart.read_bytes()
    heart.write_bytes(data[: int(share * len(data))])
    refused(path, tmp_path, format=name)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("name", FORMATS)
def test_flipped_bits_are_refused_or_give_a_sound_atlas(name, seed, exported, tmp_path):
    path, heart = exported(name)
    data = bytearray(heart.read_bytes())
    rng = np.random.default_rng([seed, len(name)])
    for place in rng.integers(0, len(data), 8):
        data[place] ^= 1 << rng.integers(8)
    heart.write_bytes(data)
    target = tmp_path / "made" / "x"
    try:
        made = import_atlas(path, "x", folder=target, format=name)
    except NetmodError as error:
        assert path.name in str(error)
        assert not (tmp_path / "made").exists() or not list((tmp_path / "made").iterdir())
    else:
        assert np.isfinite(made.weights).all() and (made.weights >= 0).all()


@pytest.mark.parametrize("name", FORMATS)
def test_the_wrong_thing_in_its_place_is_refused(name, exported, tmp_path):
    path, heart = exported(name)
    heart.unlink()
    heart.mkdir()
    refused(path, tmp_path, format=name)


@pytest.mark.parametrize("name", [name for name in FORMATS if FORMATS[name].suffix == ""])
def test_a_file_instead_of_a_folder_is_refused(name, tmp_path):
    (tmp_path / "file.bin").write_bytes(b"\0\1\2")
    refused(tmp_path / "file.bin", tmp_path, format=name, error=NetmodError)


@pytest.mark.parametrize("junk", [b"\xff\xfe\x00", b"\x80abc", b"\0"])
@pytest.mark.parametrize("name", [*TEXT, "graphml"])
def test_text_that_is_no_utf8_is_refused(name, junk, exported, tmp_path):
    path, heart = exported(name)
    data = heart.read_bytes()
    heart.write_bytes(data[:20] + junk + data[20:])
    refused(path, tmp_path, format=name)


@pytest.mark.parametrize("cell", ["nan", "inf", "-1", "1e999", "word", "1,5", "0x10", "1_0", ""])
@pytest.mark.parametrize("name", TEXT)
def test_a_cell_that_is_no_weight_is_refused_by_line_and_column(name, cell, exported, tmp_path):
    path, heart = exported(name)
    mark = "," if heart.suffix == ".csv" else "\t"
    rows = [line.split(mark) for line in heart.read_text().splitlines()]
    rows[-1][-2] = f'"{cell}"' if mark == "," and cell == "1,5" else cell
    heart.write_text("".join(mark.join(row) + "\n" for row in rows))
    refused(path, tmp_path, match=rf"{heart.name}:\d+:\d+", format=name)


@pytest.mark.parametrize("name", TEXT)
def test_bom_and_windows_line_ends_are_accepted(name, exported, atlas, tmp_path):
    path, heart = exported(name)
    heart.write_bytes(b"\xef\xbb\xbf" + heart.read_bytes().replace(b"\n", b"\r\n"))
    made = import_atlas(path, "x", folder=tmp_path / "x", format=name)
    np.testing.assert_array_equal(made.weights, atlas.weights)


def arrays(**changed):
    n = 4
    sound = {
        "weights": np.ones((n, n)), "lengths_mm": 10 * np.ones((n, n)),
        "centroids_mm": np.arange(12.0).reshape(n, 3), "region": np.array(list("abcd")),
    }  # fmt: skip
    return {**sound, **changed}


BAD_ARRAYS = {
    "nan": arrays(weights=np.full((4, 4), np.nan)),
    "infinite": arrays(weights=np.full((4, 4), np.inf)),
    "negative": arrays(weights=-np.ones((4, 4))),
    "negative length": arrays(lengths_mm=-np.ones((4, 4))),
    "not square": arrays(weights=np.ones((4, 5))),
    "three axes": arrays(weights=np.ones((4, 4, 4))),
    "complex": arrays(weights=np.ones((4, 4), complex)),
    "text": arrays(weights=np.full((4, 4), "1")),
    "another N": arrays(lengths_mm=np.ones((5, 5))),
    "names twice": arrays(region=np.array(list("aacd"))),
    "empty name": arrays(region=np.array(["a", "", "c", "d"])),
    "tab in a name": arrays(region=np.array(["a", "b\tb", "c", "d"])),
    "names too few": arrays(region=np.array(list("abc"))),
    "numbers as names": arrays(region=np.arange(4)),
    "two columns of coordinates": arrays(centroids_mm=np.ones((4, 2))),
    "coordinate nan": arrays(centroids_mm=np.full((4, 3), np.nan)),
    "coordinates in micrometres": arrays(centroids_mm=np.full((4, 3), 9e4)),
    "nothing": {"other": np.arange(3)},
    "empty": arrays(weights=np.ones((0, 0))),
    "fc out of range": arrays(fc=np.full((4, 4), 1.5)),
    "fc not symmetric": arrays(fc=np.arange(16.0).reshape(4, 4) / 16),
    "fcd of no shares": arrays(fcd=np.array([[0.0, 0.5, 0.5]])),
    "target of no region": arrays(targets=np.array([["t", "zz"]])),
    "maps without names fit": arrays(maps=np.ones((1, 5)), map_names=np.array(["m"])),
    "unknown side": arrays(hemisphere=np.array(["L", "R", "X", "L"])),
}


@pytest.mark.parametrize("case", BAD_ARRAYS)
@pytest.mark.parametrize("ending", ["npz", "mat"])
def test_arrays_that_make_no_atlas_are_refused(case, ending, tmp_path):
    from scipy.io import savemat

    path = tmp_path / f"x.{ending}"
    content = BAD_ARRAYS[case]
    np.savez(path, **content) if ending == "npz" else savemat(path, content)
    refused(path, tmp_path)


@pytest.mark.parametrize("ending", ["npz", "npy"])
def test_a_pickle_is_never_opened(ending, tmp_path):
    class Trap:
        def __reduce__(self):
            return (shutil.rmtree, (str(tmp_path),))

    path = tmp_path / f"x.{ending}"
    trap = np.array([[Trap()]], dtype=object)
    np.savez(path, weights=trap) if ending == "npz" else np.save(path, trap, allow_pickle=True)
    refused(path, tmp_path, "array of objects")
    assert tmp_path.is_dir()


def npy(header):
    text = header.encode().ljust(118) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text


@pytest.mark.parametrize(
    "header",
    [
        "{'descr': '<f8', 'fortran_order': False, 'shape': (1000000, 1000000)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (-1, 4)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 2)}",
        "{'descr': '|O', 'fortran_order': False, 'shape': (2, 2)}",
        "{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (4, 1)}",
        "{'descr': '<M8[s]', 'fortran_order': False, 'shape': (2, 2)}",
        "{'shape': (2, 2)}",
        "__import__('os').abort()",
        "((((((((((((((((((((((((((((((((((((((((((((((((",
    ],
)  # fmt: skip
@pytest.mark.parametrize("ending", ["npz", "npy"])
def test_a_header_of_lies_allocates_nothing(header, ending, tmp_path):
    path = tmp_path / f"x.{ending}"
    data = npy(header) + bytes(24)
    if ending == "npz":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("weights.npy", data)
    else:
        path.write_bytes(data)
    tracemalloc.start()
    refused(path, tmp_path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2**26


def test_a_cut_array_says_so(tmp_path):
    np.save(tmp_path / "x.npy", np.eye(3))
    (tmp_path / "x.npy").write_bytes((tmp_path / "x.npy").read_bytes()[:-8])
    refused(tmp_path / "x.npy", tmp_path, "not as long as its header says")


def test_an_array_twice_in_an_npz_is_refused(tmp_path):
    body = io.BytesIO()
    np.save(body, np.eye(2))
    with zipfile.ZipFile(tmp_path / "x.npz", "w") as archive:
        archive.writestr("weights.npy", body.getvalue())
        archive.writestr("weights", body.getvalue())
    refused(tmp_path / "x.npz", tmp_path, "comes twice")


def test_an_npz_that_expands_without_end_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("netmod.atlas.formats.numpy_files.LARGEST_BYTES", 10_000)
    np.savez_compressed(tmp_path / "x.npz", weights=np.zeros((100, 100)))
    refused(tmp_path / "x.npz", tmp_path, "expands to too much")


def test_a_mat_that_expands_without_end_is_refused(tmp_path, monkeypatch):
    from scipy.io import savemat

    monkeypatch.setattr("netmod.atlas.formats.matlab.LARGEST_BYTES", 10_000)
    savemat(tmp_path / "x.mat", {"weights": np.zeros((100, 100))}, do_compression=True)
    refused(tmp_path / "x.mat", tmp_path, "expands to too much")


def test_a_mat_of_objects_structs_or_version_7_3_is_refused_with_a_hint(tmp_path):
    from scipy.io import savemat

    path = tmp_path / "x.mat"
    savemat(path, {"weights": {"inner": np.eye(2)}})
    refused(path, tmp_path, "a struct")
    cells = np.empty((1, 2), object)
    cells[0, 0], cells[0, 1] = np.eye(2), np.eye(3)
    savemat(path, {"weights": cells})
    refused(path, tmp_path, "a cell that is no text")
    path.write_bytes(b"MATLAB 7.3 MAT-file".ljust(512) + b"\x89HDF\r\n\x1a\n")
    refused(path, tmp_path, "save")


GRAPH = (
    '<graphml xmlns="http://graphml.graphdrawing.org/xmlns">'
    '<graph edgedefault="{kind}">{body}</graph></graphml>'
)
NODES = '<node id="a"/><node id="b"/>'
BAD_GRAPHS = {
    "billion laughs": '<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'
    + GRAPH.format(kind="undirected", body='<node id="&b;"/>'),
    "outer file": '<!DOCTYPE l [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
    + GRAPH.format(kind="undirected", body='<node id="&a;"/>'),
    "lower case": '<!doctype l>' + GRAPH.format(kind="undirected", body=NODES),
    "too deep": "<a>" * 5000 + "</a>" * 5000,
    "a graph too deep": GRAPH.format(
        kind="undirected", body=NODES + "<desc>" * 99 + "</desc>" * 99
    ),
    "no graph": "<graphml/>",
    "no nodes": GRAPH.format(kind="undirected", body=""),
    "open tag": GRAPH.format(kind="undirected", body="<node"),
    "an edge twice": GRAPH.format(
        kind="undirected", body=NODES + '<edge source="a" target="b"/><edge source="b" target="a"/>'
    ),
    "no source": GRAPH.format(kind="undirected", body=NODES + '<edge target="b"/>'),
    "edge to nowhere": GRAPH.format(
        kind="undirected", body=NODES + '<edge source="a" target="z"/>'
    ),
    "a node twice": GRAPH.format(kind="undirected", body=NODES + '<node id="a"/>'),
    "hyperedge": GRAPH.format(kind="undirected", body=NODES + "<hyperedge/>"),
    "key of no type": GRAPH.format(
        kind="undirected", body='<node id="a"><data key="q">1</data></node>'
    ),
    "HTML": "<html><body><p>Page not found<br></body></html>",
}  # fmt: skip


REASONS = {
    "billion laughs": "a document type", "outer file": "a document type",
    "lower case": "a document type", "too deep": "nested too deeply",
    "a graph too deep": "nested too deeply", "no nodes": "no nodes", "open tag": "not XML",
    "an edge twice": "comes twice", "HTML": "not XML", "no source": "do not agree",
    "edge to nowhere": "do not agree", "a node twice": "do not agree",
}  # fmt: skip


@pytest.mark.parametrize("case", BAD_GRAPHS)
def test_graphs_that_are_none_are_refused(case, tmp_path):
    (tmp_path / "x.graphml").write_text(BAD_GRAPHS[case])
    refused(tmp_path / "x.graphml", tmp_path, REASONS.get(case, "not a readable GraphML"))


def test_an_encoding_cannot_hide_a_document_type(tmp_path):
    hidden = '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE l [<!ENTITY a "x">]><graphml/>'
    (tmp_path / "x.graphml").write_bytes(hidden.encode("utf-16"))
    refused(tmp_path / "x.graphml", tmp_path)
    (tmp_path / "x.graphml").write_bytes(
        b"+ADwAIQ-DOCTYPE x+AD4-" + BAD_GRAPHS["no graph"].encode()
    )
    refused(tmp_path / "x.graphml", tmp_path)


@pytest.mark.parametrize("value", ["nan", "INF", "-3", "1e400"])
def test_an_edge_of_no_weight_is_refused(value, tmp_path):
    key = '<key id="w" for="edge" attr.name="weight" attr.type="double"/>'
    edge = f'<edge source="a" target="b"><data key="w">{value}</data></edge>'
    body = GRAPH.format(kind="undirected", body=NODES + edge).replace("<graph ", key + "<graph ")
    (tmp_path / "x.graphml").write_text(body)
    refused(tmp_path / "x.graphml", tmp_path)


@pytest.mark.parametrize("member", ["../weights.txt", "/weights.txt", "a/../../weights.txt"])
def test_a_zip_that_leads_outside_is_refused(member, tmp_path):
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr(member, "0 1\n1 0\n")
        archive.writestr("centres.txt", "a 1 2 3\nb 4 5 6\n")
    refused(tmp_path / "x.zip", tmp_path, "outside")


@pytest.mark.parametrize(
    ("member", "body"),
    [
        ("centres.txt", "a 1 2 3\n"),
        ("centres.txt", "a 1 2 3\na 4 5 6\n"),
        ("centres.txt", "a 1 2\nb 1 2\n"),
        ("centres.txt", "a 1 2 3\nb 1 2 x\n"),
        ("cortical.txt", "1\n"),
        ("cortical.txt", "1\n2\n"),
        ("hemispheres.txt", "left\nright\n"),
        ("tract_lengths.txt", "0 1 2\n1 0 2\n1 2 0\n"),
        ("tract_lengths.txt", "0 -1\n1 0\n"),
        ("weights.txt.bz2", "not packed"),
        ("areas.txt", "1\nmany\n"),
    ],
)
def test_a_tvb_zip_of_parts_that_do_not_fit_is_refused(member, body, tmp_path):
    sound = {"weights.txt": "0 1\n1 0\n", "centres.txt": "a 1 2 3\nb 4 5 6\n"}
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        for name, text in {**sound, member: body}.items():
            archive.writestr(name, text)
    refused(tmp_path / "x.zip", tmp_path)


def test_a_zip_of_something_else_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("photo.jpg", b"\xff\xd8")
    refused(tmp_path / "x.zip", tmp_path, "no format fits")


def test_json_that_is_odd_is_refused(exported, tmp_path):
    path, _ = exported("bids")
    (sidecar,) = path.glob("*weight_relmat.json")
    for body in ("[", "[]", '{"a": NaN}', '{"a": 1, "a": 2}', "[" * 100_000):
        sidecar.write_text(body)
        refused(path, tmp_path, format="bids")


def test_a_file_beyond_the_limit_is_not_opened(tmp_path, monkeypatch):
    monkeypatch.setattr("netmod.atlas.formats.LARGEST_BYTES", 10)
    (tmp_path / "x.csv").write_text("0,1,2\n1,0,2\n1,2,0\n")
    refused(tmp_path / "x.csv", tmp_path, "too large")


def test_a_header_of_a_mat_that_claims_too_much_allocates_nothing(tmp_path):
    head = b"MATLAB 5.0".ljust(124) + struct.pack("<H", 0x0100) + b"IM"
    (tmp_path / "x.mat").write_bytes(head + struct.pack("<II", 14, 0xFFFFFFF0) + bytes(64))
    tracemalloc.start()
    refused(tmp_path / "x.mat", tmp_path, "cut off")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2**24
