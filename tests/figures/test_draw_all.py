import dataclasses
import hashlib
import subprocess
import sys

import pytest
from PIL import Image

from netmod.errors import DataError
from netmod.figures import FIGURES, draw_all

LIGHT = """
import sys
import netmod.figures, netmod.report, netmod.study.results
heavy = {"jax", "nilearn", "matplotlib", "pandas", "scipy.stats"} & set(sys.modules)
sys.exit(f"imported: {heavy}" if heavy else 0)
"""


def test_files_sizes_and_bytes(fake, atlas, tmp_path):
    study = tmp_path / "out"
    fake.write_fake_study(study, atlas, arms=("mdd", "ssri"), n_subjects=2, times=(0, 2))
    first = draw_all(study, atlas)
    assert [path.name for path in first] == [f"{entry.name}.png" for entry in FIGURES]
    assert all(path.parent == study / "figures" for path in first)
    digests = [hashlib.sha256(path.read_bytes()).hexdigest() for path in first]
    for path in first:
        with Image.open(path) as picture:
            assert 300 < picture.width <= 1460
            assert 200 < picture.height < 3000
            assert len(set(picture.convert("L").resize((64, 64)).get_flattened_data())) > 8
            assert picture.info["Software"] == "netmod"
            assert round(picture.info["dpi"][0]) == 200
            assert set(picture.info) <= {"Software", "dpi"}
        assert 5_000 < path.stat().st_size < 900_000
    again = [hashlib.sha256(path.read_bytes()).hexdigest() for path in draw_all(study, atlas)]
    assert again == digests
    assert len(set(digests)) == len(FIGURES)


def test_another_atlas_is_refused(study, atlas):
    other = dataclasses.replace(atlas, region=("else", *atlas.region[1:]))
    with pytest.raises(DataError, match="region 1: atlas 'else', study 'L_area00'"):
        draw_all(study, other)
    shorter = dataclasses.replace(atlas, region=atlas.region[:-1])
    with pytest.raises(DataError, match="11 regions in the atlas, 12 in the study"):
        draw_all(study, shorter)


def test_figures_folder_that_cannot_be_written(fake, atlas, tmp_path):
    out = fake.write_fake_study(tmp_path / "out", atlas)
    (out / "figures").write_text("a file in the way")
    with pytest.raises(DataError, match="cannot write the figures"):
        draw_all(out, atlas)


def test_imports_are_light():
    subprocess.run([sys.executable, "-c", LIGHT], check=True)
