import base64
import io

import numpy as np
import pytest
from PIL import Image

from netmod.report.pictures import embed


@pytest.fixture
def noisy(tmp_path):
    rng = np.random.default_rng(0)
    for name in "ab":
        Image.fromarray(rng.integers(0, 255, (120, 160, 3), dtype=np.uint8)).save(
            tmp_path / f"{name}.png"
        )
    return [tmp_path / "a.png", tmp_path / "b.png"]


def test_small_pictures_stay_as_they_are(noisy):
    assert [base64.b64decode(text) for text in embed(noisy)] == [p.read_bytes() for p in noisy]


@pytest.mark.parametrize("most", [60_000, 30_000])
def test_large_pictures_are_made_to_fit(noisy, most):
    before = [path.read_bytes() for path in noisy]
    texts = embed(noisy, most)
    assert sum(map(len, before)) * 4 / 3 > most
    assert sum(map(len, texts)) <= most
    assert texts == embed(noisy, most)
    assert [path.read_bytes() for path in noisy] == before
    for text in texts:
        with Image.open(io.BytesIO(base64.b64decode(text))) as picture:
            assert picture.mode == "P"
            assert picture.width / picture.height == pytest.approx(4 / 3, rel=0.05)
