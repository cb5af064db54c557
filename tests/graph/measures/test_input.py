"""What measures refuse, what they say, and what the registry declares."""

import subprocess
import sys

import numpy as np
import pytest

from netmod.errors import DataError
from netmod.graph.measures import MEASURES, measure, measures
from netmod.graph.measures.core import coreness
from netmod.graph.measures.mixing import normalised_rich_club
from netmod.graph.measures.modules import signed_participation
from netmod.graph.measures.paths import integration, local_efficiency
from netmod.graph.measures.resilience import attack
from netmod.graph.measures.smallworld import small_world_sigma
from netmod.graph.measures.strength import degree

PATH = np.array([[0, 0.5, 0], [0.5, 0, 0.2], [0, 0.2, 0]])
EXTRA = {"labels": [0, 0, 1], "random": [PATH], "lattice": [PATH]}


@pytest.mark.parametrize("name", MEASURES)
def test_every_measure_declares_itself(name):
    entry = MEASURES[name]
    assert entry.name == name
    assert entry.unit in ("1", "w", "1/w")
    assert entry.range and entry.doc
    assert "doi:" in entry.source or "recalled" in entry.source
    value = measure(PATH, name, **EXTRA)
    assert np.shape(value) == ((3,) if entry.per_region else ())


@pytest.mark.parametrize("name", MEASURES)
def test_every_measure_refuses_a_broken_region_by_its_index(name):
    w = np.ones((6, 6))
    w[4, :] = w[:, 4] = np.nan
    with pytest.raises(DataError, match=r"not finite(.|\n)*at regions 4\n") as caught:
        measure(w, name, **(EXTRA | {"labels": [0] * 6}))
    assert str(caught.value).startswith(f"graph measure '{name}': ")


@pytest.mark.parametrize("name", MEASURES)
def test_every_measure_keeps_to_the_graphs_it_is_defined_for(name):
    asymmetric = np.array([[0, 0.5, 0], [0.1, 0, 0.2], [0, 0.2, 0]])
    if not MEASURES[name].directed:
        with pytest.raises(
            DataError, match=r"asymmetric(.|\n)*0.5 at \[0, 1\] and 0.1 at \[1, 0\]"
        ):
            measure(asymmetric, name, **EXTRA)
    else:
        measure(asymmetric, name, **EXTRA)
    if not MEASURES[name].signed:
        with pytest.raises(
            DataError, match=r"not negative(.|\n)*4 negative weights, the lowest -0.5"
        ):
            measure(-PATH, name, **EXTRA)
    else:
        assert np.isfinite(np.nan_to_num(measure(-PATH, name, **EXTRA))).all()


@pytest.mark.parametrize("name", MEASURES)
@pytest.mark.parametrize("bad", [np.ones(4), np.ones((2, 3)), np.empty((0, 0))])
def test_every_measure_needs_a_square_matrix(name, bad):
    with pytest.raises(DataError, match="one square matrix"):
        measure(bad, name, **EXTRA)


@pytest.mark.parametrize("name", [n for n, one in MEASURES.items() if "random" not in one.needs])
@pytest.mark.parametrize("size", [1, 2, 5])
def test_without_edges_there_is_a_number_nan_or_a_reason(name, size):
    extra = {"labels": np.arange(size)}
    if name == "eigenvector_centrality":
        with pytest.raises(DataError, match="needs edges"):
            measure(np.zeros((size, size)), name)
        return
    value = np.asarray(measure(np.zeros((size, size)), name, **extra), dtype=float)
    assert value.shape == ((size,) if MEASURES[name].per_region else ())
    if name not in ("path_length", "eccentricity", "integration", "robustness"):
        assert (np.isnan(value) | (value == 0)).all()


def test_rounding_is_not_asymmetry():
    w = PATH.copy()
    w[0, 1] += 1e-13
    np.testing.assert_allclose(measure(w, "strength"), measure(PATH, "strength"))


def test_names_and_inputs():
    with pytest.raises(DataError, match=r"unknown graph measure(.|\n)*did you mean 'clustering'"):
        measure(PATH, "clusterin")
    with pytest.raises(DataError, match=r"needs more(.|\n)*got: no labels"):
        measure(PATH, "within_module_z")
    with pytest.raises(DataError, match=r"got: no lattice"):
        measure(PATH, "small_world_omega", random=[PATH])
    row = measures(PATH, ["density", "degree"], labels=[0, 0, 1])
    assert list(row) == ["density", "degree"]
    assert row["density"] == pytest.approx(2 / 3)


def test_other_inputs():
    with pytest.raises(DataError, match=r"one label per region(.|\n)*\[2\]"):
        signed_participation(PATH, [0, 1])
    with pytest.raises(DataError, match="expected: all or in or out"):
        degree(PATH, True, "both")
    with pytest.raises(DataError, match="subgraph or rubinov"):
        local_efficiency(PATH, definition="wang")
    with pytest.raises(DataError, match="low < high"):
        integration(PATH, 1.0, 1.0)
    with pytest.raises(DataError, match="every region once"):
        attack(PATH, [0, 0, 1])
    with pytest.raises(DataError, match="one mark per region"):
        coreness(PATH, [True])
    with pytest.raises(DataError, match="same degrees"):
        normalised_rich_club(PATH, [np.ones((3, 3)), np.eye(3)])
    with pytest.raises(DataError, match="same degrees"):
        normalised_rich_club(PATH, [])
    with pytest.raises(DataError, match="stack of random graphs"):
        small_world_sigma(PATH, PATH)
    two = np.kron(np.eye(2), np.ones((2, 2)))
    with pytest.raises(DataError, match="two components"):
        measure(two, "eigenvector_centrality")


def test_declarations_import_no_heavy_library():
    code = (
        "import sys, netmod.graph.measures, netmod.graph.thresholds, netmod.graph.nulls\n"
        "import netmod.graph.spectral, netmod.graph.perturbation\n"
        "heavy = {'jax', 'scipy', 'pandas', 'networkx', 'nilearn', 'matplotlib'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"
