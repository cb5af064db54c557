"""Installing made sources from a loopback mirror: whole or not at all."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import threading

import numpy as np
import pytest

from netmod.atlas import (
    available_atlases,
    load_atlas,
    load_effective_connectivity,
    write_atlas,
    write_effective_connectivity,
)
from netmod.atlas.fetch import SOURCES, fetch_atlas, install
from netmod.atlas.fetch.download import DownloadError
from netmod.atlas.fetch.install import extend_atlas, merged_citations, write_fetched
from netmod.atlas.fetch.source import RemoteFile, Source, mirror_root
from netmod.errors import ConfigError, DataError, IntegrityError

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])

COMMIT = "a" * 40
WEIGHTS = np.array([[0, 2, 0.5], [2, 0, 1], [0.5, 1, 0]])


def pinned(mirror, name: str, content: bytes) -> RemoteFile:
    mirror.put(f"/lab/made/{COMMIT}/in%20here/{name}", content)
    digest = hashlib.sha256(content).hexdigest()
    return RemoteFile("lab/made", COMMIT, f"in here/{name}", digest, len(content))


def build(ingredients) -> None:
    weights = np.loadtxt(ingredients.text("w.csv").splitlines(), delimiter=",")
    write_fetched(
        ingredients,
        {"weights": {"directed": False, "unit": "1"}},
        ingredients.text("LICENSE"),
        region=("a", "b", "c"),
        hemisphere=("L", "R", "B"),
        network=("Visual", "Visual", "Subcortex"),
        kind=("cortex", "cortex", "subcortex"),
        centroids_mm=np.diag([-30.0, 30.0, 1.0]),
        weights=weights,
        lengths_mm=10 * weights,
    )


def build_maps(ingredients) -> None:
    values = np.array([1.5, np.nan, 2.0])
    extend_atlas(ingredients, {"added": values}, {"added": {"unit": "1"}}, "Do good.")


@pytest.fixture
def made(data, mirror, monkeypatch):
    """Return a source of an atlas; the data folder is empty and the mirror runs."""
    monkeypatch.setenv("NETMOD_MIRROR", mirror.root + "/")
    monkeypatch.setattr("netmod.atlas.fetch.download.WAITS_S", (0.0,))
    table = "\n".join(",".join(map(str, row)) for row in WEIGHTS)
    return Source(
        name="made",
        title="Three regions",
        kind="atlas",
        licence="CC0-1.0",
        citation="@misc{made,\n  title = {Made}\n}\n",
        doc="Nothing to know.",
        terms="Say thank you.",
        build=build,
        files=(
            pinned(mirror, "w.csv", table.encode()),
            pinned(mirror, "LICENSE", b"Do as you like.\n"),
        ),
    )


@pytest.fixture
def maps(made, mirror):
    """Return a source of maps for the made atlas."""
    return Source(
        name="made_maps",
        title="One map",
        kind="maps",
        licence="CC BY-NC 4.0",
        citation="@misc{maps,\n  title = {Map}\n}\n",
        doc="A map.",
        build=build_maps,
        base="made",
        files=(pinned(mirror, "note.txt", b"note"),),
    )


def inside(folder) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


def test_an_atlas_is_installed(made, data):
    told = []
    folder = install(made, progress=lambda name, there, size: told.append(name))
    assert folder == data / "atlases" / "made"
    assert {"w.csv", "LICENSE"} == set(told)
    atlas = load_atlas("made")
    assert "made" in available_atlases()
    assert np.array_equal(atlas.weights, WEIGHTS)
    assert atlas.licence == "CC0-1.0"
    assert "@misc{made," in atlas.citation
    terms = (folder / "LICENSE").read_text()
    assert all(words in terms for words in ("CC0-1.0", "Do as you like.", "Say thank you."))
    assert {"SHA256SUMS", "README.md", "LICENSE", "CITATION.bib"} < set(inside(folder))
    [first, _] = atlas.description["sources"]
    assert first == {
        "url": f"https://raw.githubusercontent.com/lab/made/{COMMIT}/in%20here/w.csv",
        "repository": "lab/made",
        "commit": COMMIT,
        "file": "in here/w.csv",
        "file_sha256": made.files[0].sha256,
        "bytes": made.files[0].bytes,
        "licence": "CC0-1.0",
    }
    assert inside(data / "atlases") == ["made"]


def test_the_same_bytes_each_time(made):
    folder = install(made)
    first = {path.name: path.read_bytes() for path in folder.iterdir()}
    install(made, replace=True)
    assert first == {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_second_time_needs_a_word_and_no_network(made, mirror):
    install(made)
    asked = len(mirror.asked)
    with pytest.raises(ConfigError, match="there already") as caught:
        install(made)
    assert "--replace" in str(caught.value.hint)
    install(made, replace=True)
    assert len(mirror.asked) == asked


def test_a_spoilt_installation_is_replaced(made):
    folder = install(made)
    (folder / "weights.tsv").write_text("spoilt")
    (folder / "stray").write_text("left behind")
    install(made, replace=True)
    assert np.array_equal(load_atlas("made").weights, WEIGHTS)
    assert not (folder / "stray").exists()


def test_what_the_user_fitted_survives_a_replacement(made):
    atlas = load_atlas(install(made))
    write_effective_connectivity(atlas, "model", WEIGHTS / 3, parameters={}, fit={"r": 0.9})
    install(made, replace=True)
    fitted = load_effective_connectivity(load_atlas("made"), "model")
    assert fitted.metadata["fit"] == {"r": 0.9}


def test_what_was_fitted_to_other_figures_does_not_survive(made):
    folder = install(made)
    atlas = load_atlas(folder)
    write_effective_connectivity(atlas, "model", WEIGHTS / 3, parameters={}, fit={"r": 0.9})
    (folder / "lengths.tsv").write_text("spoilt")
    install(made, replace=True)
    assert not (folder / "effective_connectivity").exists()


@pytest.mark.parametrize("content", [b"other bytes", b"", None])
def test_nothing_is_installed_of_a_bad_download(content, made, mirror, data):
    path = f"/lab/made/{COMMIT}/in%20here/LICENSE"
    if content is None:
        del mirror.files[path]
    else:
        mirror.files[path] = content
    with pytest.raises((IntegrityError, DownloadError)):
        install(made)
    assert inside(data / "atlases") == []
    assert "made" not in available_atlases()


def test_a_failed_recipe_leaves_nothing_and_keeps_the_earlier(made, data):
    def broken(ingredients):
        build(ingredients)
        (ingredients.folder / "weights.tsv").write_text("half")

    bad = Source(**{**vars(made), "build": broken})
    with pytest.raises(IntegrityError):
        install(bad)
    assert inside(data / "atlases") == []
    install(made)
    with pytest.raises(IntegrityError):
        install(bad, replace=True)
    assert inside(data / "atlases") == ["made"]
    assert np.array_equal(load_atlas("made").weights, WEIGHTS)


def test_the_earlier_one_stays_when_the_new_one_cannot_take_its_place(made, data, monkeypatch):
    folder = install(made)
    rename = type(folder).rename

    def deny(self, target):
        if self.name == "made" and self.parent != data / "atlases":
            raise OSError(28, "No space left on device")
        return rename(self, target)

    monkeypatch.setattr(type(folder), "rename", deny)
    with pytest.raises(ConfigError, match="No space left"):
        install(made, replace=True)
    assert inside(data / "atlases") == ["made"]
    load_atlas(folder)


def test_two_at_once_give_one_atlas(made, data):
    results = []

    def run():
        try:
            results.append(install(made))
        except ConfigError as error:
            results.append(error)

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert data / "atlases" / "made" in results
    late = [str(result) for result in results if isinstance(result, ConfigError)]
    assert len(late) == 3
    assert all("is there already" in text for text in late)
    assert inside(data / "atlases") == ["made"]
    load_atlas("made")


def test_a_data_folder_that_cannot_be_written(made, data):
    data.write_text("a file")
    with pytest.raises(ConfigError, match="cannot install") as caught:
        install(made)
    assert "NETMOD_DATA" in str(caught.value.hint)


def test_maps_are_added_to_a_copy(made, maps, data):
    base = load_atlas(install(made))
    write_effective_connectivity(base, "model", WEIGHTS / 3, parameters={"G": 1.0}, fit={"r": 0.9})
    folder = install(maps)
    assert folder == data / "atlases" / "made_made_maps"
    atlas = load_atlas(folder)
    for name in ("regions.tsv", "weights.tsv", "lengths.tsv"):
        assert (folder / name).read_bytes() == (base.folder / name).read_bytes()
    assert np.array_equal(atlas.map("added"), [1.5, np.nan, 2.0], equal_nan=True)
    assert atlas.sha256 != base.sha256
    assert atlas.description["base"] == {"name": "made", "sha256": base.sha256}
    assert atlas.description["added_maps"]["added"] == {"unit": "1"}
    assert atlas.licence == "CC0-1.0; added maps: CC BY-NC 4.0"
    assert [entry["file"] for entry in atlas.description["sources"]] == [
        "in here/w.csv",
        "in here/LICENSE",
        "in here/note.txt",
    ]
    text = (folder / "LICENSE").read_text()
    assert "Do as you like." in text
    assert "Do good." in text
    assert "@misc{made," in atlas.citation
    assert "@misc{maps," in atlas.citation
    fitted = load_effective_connectivity(atlas, "model")
    earlier = load_effective_connectivity(base, "model")
    assert np.array_equal(fitted.weights, earlier.weights)
    assert fitted.metadata["fit"] == {"r": 0.9, "fitted_to": f"made {base.sha256}"}
    assert fitted.parameters["G"] == 1.0


def test_maps_that_the_base_has_already(made, maps, data):
    install(made)
    again = install(maps)
    with pytest.raises(ConfigError, match="has a map 'added' already"):
        install(maps, base=str(again))
    assert inside(data / "atlases") == ["made", "made_made_maps"]


def test_a_base_changed_by_hand_is_refused(made, maps, data):
    folder = install(made)
    (folder / "lengths.tsv").write_text("other")
    with pytest.raises(IntegrityError):
        install(maps)
    assert inside(data / "atlases") == ["made"]


def test_a_base_where_none_belongs(made):
    with pytest.raises(ConfigError, match="needs no base"):
        install(made, base="dk84")


def test_the_name_of_a_base_cannot_lead_elsewhere(made, maps, content, tmp_path):
    content["description"]["name"] = "../../outside"
    write_atlas(tmp_path / "base", **content)
    with pytest.raises(ConfigError, match="no folder name"):
        install(maps, base=str(tmp_path / "base"))


def test_unknown_source(data):
    with pytest.raises(ConfigError, match="unknown source") as caught:
        fetch_atlas("enigma_aparc28")
    assert caught.value.hint == "did you mean 'enigma_aparc82'?"


@pytest.mark.parametrize("root", ["ftp://x/y", "here", "http://", "https://x/?a=1"])
def test_a_mirror_that_is_no_address(root, monkeypatch, made):
    monkeypatch.setenv("NETMOD_MIRROR", root)
    with pytest.raises(ConfigError, match="NETMOD_MIRROR"):
        install(made)


def test_the_mirror_replaces_the_root(monkeypatch):
    file = SOURCES["pytepfit_schaefer200"].files[0]
    monkeypatch.delenv("NETMOD_MIRROR", raising=False)
    assert file.url == file.origin
    monkeypatch.setenv("NETMOD_MIRROR", " http://mirror.example:8080/git/ ")
    assert mirror_root() == "http://mirror.example:8080/git"
    assert file.url == "http://mirror.example:8080/git/" + file.origin.split("/", 3)[3]


@pytest.mark.parametrize("source", SOURCES.values(), ids=lambda source: source.name)
def test_declarations_are_whole(source):
    assert source.licence
    assert source.title
    assert source.doc
    assert source.citation.count("@") == len(merged_citations(source.citation).split("@")) - 1 > 0
    assert (source.kind == "images") == (not source.files)
    assert (source.kind == "maps") == (source.base is not None)
    names = [file.name for file in source.files]
    assert len(set(names)) == len(names)
    for file in source.files:
        assert len(bytes.fromhex(file.sha256)) == 32
        assert len(bytes.fromhex(file.commit)) == 20
        assert file.origin.startswith("https://raw.githubusercontent.com/")
        assert 0 < file.bytes < 2_000_000
    assert source.bytes == sum(file.bytes for file in source.files)


def test_citations_are_merged_by_key():
    one, two = "@a{x,\n t = {1}\n}\n", "@a{y,\n t = {2}\n}\n"
    assert merged_citations(one + two, two, "") == one + "\n" + two


def test_reading_the_catalogue_imports_nothing_heavy():
    program = (
        "import sys, json; from netmod.atlas.fetch import SOURCES; "
        "print(json.dumps([m for m in sys.modules if m in "
        "('jax', 'nilearn', 'nibabel', 'pandas', 'requests', 'urllib3', 'scipy')]))"
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env=environment, check=True
    )
    assert json.loads(done.stdout) == []


def test_an_incomplete_shipped_table_is_told(monkeypatch, tmp_path):
    from netmod.atlas.fetch import parcels

    monkeypatch.setattr(parcels, "shipped_atlases", lambda: (tmp_path,))
    with pytest.raises(DataError, match=r"glasser_360\.tsv"):
        parcels.surface_parcels("glasser_360")
