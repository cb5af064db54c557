"""Every pinned source installed from its real bytes, where a folder of them is at hand.

NETMOD_ATLAS_SOURCES names a folder that holds the files anywhere below it, plain or gzipped; they
are found by their SHA-256.
"""

from __future__ import annotations

import gzip
import hashlib
import os
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest

from netmod.atlas import load_atlas
from netmod.atlas.fetch import SOURCES, fetch_atlas, parcels

FOLDER = os.environ.get("NETMOD_ATLAS_SOURCES", "")
pytestmark = [
    pytest.mark.allow_hosts(["127.0.0.1"]),
    pytest.mark.skipif(not FOLDER, reason="NETMOD_ATLAS_SOURCES names no folder of real sources"),
]

CONNECTOMES = {  # regions, and the share of positive entries off the diagonal of the raw file
    "enigma_aparc82": (82, 0.358326),
    "enigma_schaefer114": (114, 0.260984),
    "enigma_schaefer214": (214, 0.141152),
    "enigma_schaefer314": (314, 0.094972),
    "enigma_schaefer414": (414, 0.071551),
    "enigma_glasser374": (374, 0.081017),
    "pytepfit_schaefer200": (200, 0.696533),
}


@pytest.fixture(scope="module")
def real_bytes() -> dict[str, bytes]:
    found = {}
    for path in sorted(Path(FOLDER).rglob("*")):
        if path.is_file():
            content = path.read_bytes()
            if path.suffix == ".gz":
                content = gzip.decompress(content)
            found[hashlib.sha256(content).hexdigest()] = content
    return found


@pytest.fixture
def real(mirror, data, real_bytes):
    """Serve the real files at their upstream paths; return the data folder."""
    for source in SOURCES.values():
        for file in source.files:
            assert file.sha256 in real_bytes, file.path
            mirror.files[urlsplit(file.origin).path] = real_bytes[file.sha256]
    return data


@pytest.mark.parametrize("name", CONNECTOMES)
def test_connectomes(name, real):
    atlas = load_atlas(fetch_atlas(name))
    n, density = CONNECTOMES[name]
    assert atlas.n_regions == n
    assert np.array_equal(atlas.weights, atlas.weights.T)
    assert (atlas.weights > 0).sum() / (n * (n - 1)) == pytest.approx(density, abs=1e-6)
    assert (atlas.lengths_mm[atlas.weights > 0] > 0).all()
    assert set(atlas.targets) >= {"dlpfc_left", "sgacc", "vertex", "motor_left", "mpfc"}
    pairs = atlas.homologues()
    assert len(pairs) > 0.8 * n / 2
    # A wrong order of regions would put homotopic pairs no nearer to each other in FC than others.
    if atlas.fc is not None:
        left, right = np.transpose(pairs)
        assert np.median(atlas.fc[left, right]) > np.median(atlas.fc[left]) + 0.15
        assert not np.isnan(atlas.fc).any()


def test_enigma_agrees_with_dk84(real):
    atlas, shipped = load_atlas(fetch_atlas("enigma_aparc82")), load_atlas("dk84")
    here, there = parcels.anatomy(atlas), parcels.anatomy(shipped)
    a, b = np.transpose([(here[key], there[key]) for key in here])
    upper = np.triu_indices(len(a), 1)
    weights, counts = atlas.weights[np.ix_(a, a)][upper], shipped.weights[np.ix_(b, b)][upper]
    both = (weights > 0) & (counts > 0)
    assert np.corrcoef(weights[both], np.log(counts[both]))[0, 1] > 0.85
    fc = np.corrcoef(atlas.fc[np.ix_(a, a)][upper], shipped.fc[np.ix_(b, b)][upper])[0, 1]
    assert fc > 0.98


def test_enigma_agrees_with_schaefer100(real):
    atlas, shipped = load_atlas(fetch_atlas("enigma_schaefer114")), load_atlas("schaefer100")
    assert atlas.region[:100] == shipped.region[:100]
    upper = np.triu_indices(100, 1)
    fc = np.corrcoef(atlas.fc[:100, :100][upper], shipped.fc[:100, :100][upper])[0, 1]
    assert fc > 0.99
    assert set(atlas.targets) == set(shipped.targets)


def test_two_sources_of_schaefer_200_agree(real):
    enigma = load_atlas(fetch_atlas("enigma_schaefer214"))
    pytepfit = load_atlas(fetch_atlas("pytepfit_schaefer200"))
    assert enigma.region[:200] == pytepfit.region
    upper = np.triu_indices(200, 1)
    weights, counts = enigma.weights[:200, :200][upper], pytepfit.weights[upper]
    both = (weights > 0) & (counts > 0)
    assert np.corrcoef(weights[both], np.log(counts[both]))[0, 1] > 0.7


@pytest.mark.parametrize("base", ["dk84", "schaefer100"])
def test_hansen_fits_what_is_known(base, real):
    atlas = load_atlas(fetch_atlas("pet_hansen2022", base=base))
    assert atlas.name == f"{base}_pet_hansen2022"
    serotonin = atlas.map("pet_5HT2a")
    assert not np.isnan(serotonin[atlas.cortex]).any()
    # Known pharmacology: 5-HT2A is cortical; the transporter is densest below the cortex.
    deep = np.array([kind == "subcortex" for kind in atlas.kind])
    assert np.nanmean(serotonin[deep]) < 0.5 * serotonin[atlas.cortex].mean()
    transporter = atlas.map("pet_5HTT")
    assert np.nanmean(transporter[deep]) > 2 * transporter[atlas.cortex].mean()
    # Visual cortex has much 5-HT2A, the hippocampus much 5-HT1A.
    one = atlas.map("pet_5HT1a")
    hippocampus = list(atlas.targets["hippocampus"])
    assert one[hippocampus].mean() > one[atlas.cortex].mean()
    # Left and right of a parcel bind alike.
    left, right = np.transpose(atlas.homologues())
    for name in ("pet_5HT2a", "pet_5HT1a", "pet_D2", "pet_mGluR5"):
        values = atlas.map(name)
        known = ~np.isnan(values[left] + values[right])
        assert np.corrcoef(values[left][known], values[right][known])[0, 1] > 0.75, name


def test_a_mean_of_the_source_without_its_counts(real):
    """VAChT: (3 z + 4 z + z + z) / 30 cannot vary by more than 9/30; a right mean varies by 1."""
    atlas = load_atlas(fetch_atlas("pet_hansen2022"))
    assert np.nanstd(atlas.map("pet_VAChT")) <= 9 / 30
    for name in ("pet_5HT1b", "pet_D2", "pet_mGluR5"):
        assert 0.9 < np.nanstd(atlas.map(name)) <= 1, name


@pytest.mark.parametrize("name", ["enigma_schaefer214", "enigma_schaefer414"])
def test_hansen_on_finer_parcels(name, real):
    fetch_atlas(name)
    atlas = load_atlas(fetch_atlas("pet_hansen2022", base=name))
    assert not np.isnan(atlas.map("pet_NMDA")[atlas.cortex]).any()


def test_juspace(real):
    atlas = load_atlas(fetch_atlas("pet_juspace"))
    hansen = load_atlas(fetch_atlas("pet_hansen2022"))
    for name in ("pet_5HT2a", "pet_5HT4"):  # the same tracers, parcellated by others
        ours, theirs = atlas.map(name), hansen.map(name)
        assert not np.isnan(ours[atlas.cortex]).any()
        both = ~np.isnan(ours + theirs)
        assert both.sum() == 82
        assert np.corrcoef(ours[both], theirs[both])[0, 1] > 0.95, name
