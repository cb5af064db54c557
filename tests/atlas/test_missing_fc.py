"""FC that was not measured everywhere, and the distribution of its dynamics."""

import numpy as np
import pytest

from netmod.atlas import load_atlas, write_atlas
from netmod.errors import DataError

REGION = ("a", "b", "c")


def written(folder, **given):
    n = len(REGION)
    return write_atlas(
        folder,
        region=REGION,
        hemisphere="LRB",
        network=["Default"] * n,
        kind=["cortex"] * n,
        centroids_mm=np.zeros((n, 3)),
        weights=np.zeros((n, n)),
        lengths_mm=np.zeros((n, n)),
        **given,
    )


def holed():
    fc = np.array([[1.0, 0.25, np.nan], [0.25, 1.0, np.nan], [np.nan, np.nan, 1.0]])
    return fc


def test_what_was_not_measured_comes_back_as_nan(tmp_path):
    np.testing.assert_array_equal(load_atlas(written(tmp_path / "x", fc=holed())).fc, holed())


@pytest.mark.parametrize("place", [(0, 2), (2, 0)])
def test_a_value_on_one_side_of_the_diagonal_only_is_refused(tmp_path, place):
    fc = holed()
    fc[place] = 0.5
    with pytest.raises(DataError, match="not symmetric"):
        load_atlas(written(tmp_path / "x", fc=fc))


def test_a_missing_diagonal_is_refused(tmp_path):
    fc = holed()
    fc[2, 2] = np.nan
    with pytest.raises(DataError, match=r"fc.tsv:4.*wrong value on the diagonal"):
        load_atlas(written(tmp_path / "x", fc=fc))


@pytest.mark.parametrize("name", ["weights.tsv", "lengths.tsv"])
def test_weights_and_lengths_may_not_be_missing(tmp_path, name):
    folder = written(tmp_path / "x", checksums=False)
    text = (folder / name).read_text().replace("b\t0\t0", "b\tn/a\t0")
    (folder / name).write_text(text)
    with pytest.raises(DataError, match="not a finite number"):
        load_atlas(folder)


def test_the_distribution_of_fcd_comes_back(tmp_path):
    bins = np.array([[-1.0, 0.0, 0.25], [0.0, 0.5, 0.5], [0.5, 1.0, 0.25]])
    np.testing.assert_array_equal(load_atlas(written(tmp_path / "x", fcd=bins)).fcd, bins)


@pytest.mark.parametrize(
    ("bins", "problem"),
    [
        ([[-1, 0, 0.5], [0, 1, 0.4]], "do not add up"),
        ([[-1, 0, 0.5], [-0.5, 1, 0.5]], "not a bin"),
        ([[0.5, 0.5, 1.0]], "not a bin"),
        ([[-1, 1.5, 1.0]], "not a bin"),
        ([[-1, 0, -0.5], [0, 1, 1.5]], "not a bin"),
    ],
)
def test_no_distribution_is_refused(tmp_path, bins, problem):
    with pytest.raises(DataError, match=problem):
        load_atlas(written(tmp_path / "x", fcd=np.array(bins, dtype=float)))
