"""Every declaration is whole, true of what it computes, and found from its one file."""

import importlib
import inspect
import re
import subprocess
import sys

import numpy as np
import pytest

import netmod.graph
from netmod.errors import ConfigError
from netmod.graph import NetworkMasks, maslov_sneppen
from netmod.graph.catalogue import GROUPS, QUANTITIES, find
from netmod.graph.declarations import Quantity, by_name, declared
from netmod.graph.estimators import ESTIMATORS, estimate
from netmod.graph.measures import MEASURES
from netmod.graph.phase import analytic_signal
from netmod.graph.signatures import METRICS, signature_row

RNG = np.random.default_rng(0)
SERIES = RNG.standard_normal((120, 9)) + 0.6 * RNG.standard_normal((120, 3))[:, np.arange(9) % 3]
FC = np.corrcoef(SERIES.T)
LABELS = np.arange(9) % 3
GRAPH = np.where(FC > 0.1, FC, 0.0) - np.eye(9)
JOINED = np.abs(FC) - np.eye(9)
WINDOWS = netmod.graph.sliding_windows(SERIES, 30, 10)
FCD = netmod.graph.fcd(WINDOWS)
SIGNAL = analytic_signal(SERIES, 2.0)
PARTITIONS = RNG.integers(0, 3, (5, 9))
PAIR = (PARTITIONS[0], PARTITIONS[1])
RUNS = (RNG.random(20), RNG.random(20))
NULLS = [maslov_sneppen(GRAPH, seed).weights for seed in range(3)]
ALLEGIANCE = netmod.graph.agreement_matrix(PARTITIONS)


def rewired(weights, seed):
    return maslov_sneppen(weights, seed).weights


EXAMPLES = {
    "sliding_windows": (SERIES, 30, 10),
    "fcd": (WINDOWS,),
    "fcd_statistics": (FCD[np.triu_indices(10, 1)],),
    "ks_distance": (FCD[0], FCD[1]),
    "edge_series": (SERIES,),
    "event_amplitude": (SERIES,),
    "order_parameter": (SIGNAL,),
    "synchrony": (SIGNAL,),
    "metastability": (SIGNAL,),
    "phase_fcd": (SIGNAL,),
    "spectral_complexity": (FC,),
    "lempel_ziv": (SERIES, 0),
    "gradients": (FC, 3, 0.5),
    "gradient_range": (FC, 0.5),
    "susceptibility": RUNS,
    "information_capability": RUNS,
    "order_susceptibility": (np.abs(SIGNAL.mean(axis=1)) % 1, 9),
    "perturbational_complexity": ((SERIES > 1).astype(int),),
    "system_segregation": (FC, LABELS),
    "mean_within": (FC, [0, 3, 6]),
    "mean_between": (FC, [0, 3, 6], [1, 4]),
    "mean_between_networks": (FC, LABELS),
    "modularity_of": (FC, LABELS),
    "louvain": (FC, 5, 0),
    "leiden": (FC, 5, 0),
    "normalised_modularity": (GRAPH, rewired, 4, 2),
    "multilayer_modularity": (WINDOWS, 3, 0),
    "normalised_mutual_information": PAIR,
    "variation_of_information": PAIR,
    "z_rand": PAIR,
    "agreement_matrix": (PARTITIONS,),
    "consensus": (np.array([LABELS, LABELS, PARTITIONS[0]]), 0),
    "flexibility": (PARTITIONS,),
    "promiscuity": (PARTITIONS,),
    "allegiance": (PARTITIONS,),
    "recruitment": (ALLEGIANCE, LABELS),
    "integration": (ALLEGIANCE, LABELS),
    "rich_club": (GRAPH,),
    "weighted_rich_club": (GRAPH,),
    "normalised_rich_club": (GRAPH, NULLS),
    "small_world_transitivity_sigma": (JOINED, [JOINED]),
    "attack": (GRAPH,),
}
"""What every quantity is asked for below."""

RANGES = {
    "[0, 1]": (0, 1),
    "(0, 1]": (1e-12, 1),
    "[0, 1)": (0, 1 - 1e-12),
    "[-1, 1]": (-1, 1),
    "[-1, 1]; SD >= 0": (-1, 1),
    "[-0.5, 1)": (-0.5, 1 - 1e-12),
    "[-8.4, 8.4]": (-8.41, 8.41),
    "[-max_lag_s, max_lag_s]": (-6, 6),
    "<= 1": (-np.inf, 1),
    ">= 0": (0, np.inf),
    "> 0": (1e-12, np.inf),
    "0, 1, 2, ...": (0, 8),
    "real": (-np.inf, np.inf),
}

HELPERS = {
    # steps towards a quantity, not quantities
    "netmod.graph.dynamic": "window_volumes taper_weights check_windows fcd_values fcd_bins",
    "netmod.graph.phase": "band_spectrum analytic_signal check_length phases",
    "netmod.graph.spectral": "lempel_ziv_count amplitude_symbols",
    "netmod.graph.perturbation": "significant_response",
    # an average of several, the null value of agreement, a table of allegiance by network
    "netmod.graph.communities": "mean_agreement chance_agreement",
    "netmod.graph.communities_in_time": "network_allegiance",
    # all runs of louvain
    "netmod.graph.modularity.louvain": "louvain_partitions",
    "netmod.graph.modularity.quality": "symmetric complete positive_weights excess_and_total "
    "quality_matrix score",
    # these are the estimators phase_locking and phase_coherence, the measures gbc and participation
    "netmod.graph.segregation": "global_brain_connectivity participation",
}
ESTIMATED = {"phase_locking", "phase_coherence"}


def bounds(one):
    return RANGES[one.range]


def numbers(value):
    """All numbers in a result: an array, a tuple, a dictionary or a dataclass."""
    if isinstance(value, dict):
        value = list(value.values())
    if hasattr(value, "q"):
        value = value.q
    if hasattr(value, "labels"):
        value = value.labels
    if hasattr(value, "maps"):
        value = value.maps
    if isinstance(value, tuple):
        value = value[0]
    return np.asarray(value, dtype=float).ravel()


def test_groups_hold_what_there_is():
    assert [len(group.members) for group in GROUPS[:3]] == [16, 38, 10]
    assert set(QUANTITIES) == set(EXAMPLES)
    assert [(group.kind, one.unit) for group, one in find("gbc")] == [
        ("signature", "1"),
        ("graph measure", "w"),
    ]
    assert find("nothing") == []


@pytest.mark.parametrize(
    ("group", "name"), [(group, name) for group in GROUPS for name in group.members]
)
def test_every_declaration_is_whole(group, name):
    one = group.members[name]
    assert one.name == name and re.fullmatch(r"[a-z][a-z0-9_]*", name)
    for text in (one.unit, one.range, one.doc, one.direction_note, one.input, one.gives, one.call):
        assert text and text == text.strip()
    assert not one.doc.endswith(".") and not one.direction_note.endswith(".")
    assert re.search(r"doi:10\.\d{4,}/\S", one.source) or re.search(
        r"recalled|^proposal$", one.source
    )


@pytest.mark.parametrize("name", QUANTITIES)
def test_every_quantity_names_a_public_function(name):
    path, function = re.match(r"([\w.]+)\.(\w+)\(", QUANTITIES[name].call).groups()
    found = getattr(importlib.import_module(path), function)
    assert found is QUANTITIES[name].compute
    assert name == function and inspect.getdoc(found)


@pytest.mark.parametrize("name", QUANTITIES)
def test_every_quantity_lies_within_its_range(name):
    if name == "leiden":
        pytest.importorskip("igraph", reason="igraph is the optional extra `communities`")
    values = numbers(QUANTITIES[name].compute(*EXAMPLES[name]))
    low, high = bounds(QUANTITIES[name])
    finite = values[np.isfinite(values)]
    assert finite.size
    assert (finite >= low - 1e-12).all() and (finite <= high + 1e-12).all()


@pytest.mark.parametrize("name", ESTIMATORS)
def test_every_estimator_lies_within_its_range_and_has_its_symmetry(name):
    one = ESTIMATORS[name]
    options = {"dt_s": 2.0, "max_lag_s": 6.0}
    value = estimate(SERIES, name, **{key: options[key] for key in one.needs})
    low, high = bounds(one)
    finite = value[np.isfinite(value)]
    assert (finite >= low - 1e-12).all() and (finite <= high + 1e-12).all()
    np.testing.assert_allclose(value, -value.T if one.directed else value.T, atol=1e-12)
    scaled = estimate(3.0 * SERIES, name, **{key: options[key] for key in one.needs})
    factor = {"1": 1.0, "s": 1.0, "u²": 9.0, "1/u²": 1 / 9}[one.unit]
    np.testing.assert_allclose(scaled, factor * value, rtol=1e-6, atol=1e-12)


@pytest.mark.parametrize("seed", range(3))
def test_every_signature_lies_within_its_range(seed):
    rng = np.random.default_rng(seed)
    networks = np.repeat(["Default", "Frontoparietal", "Visual"], 4)
    masks = NetworkMasks(12, tuple(range(12)), tuple(networks), {"dlpfc_left": (5,), "sgacc": (1,)})
    cov = np.cov(rng.standard_normal((12, 40)) + seed * rng.standard_normal(40))
    for name, value in signature_row(cov, rng.random(12), masks, 3).items():
        low, high = bounds(METRICS[name])
        assert low - 1e-12 <= value <= high + 1e-12, name


def test_the_signatures_of_the_design_are_there():
    wanted = (
        "modularity segregation gbc dmn_within dmn_fpn dlpfc_sgacc dlpfc_sgacc_gsr sgacc_rate_hz "
        "fc_distance healthy_distance"
    )
    assert set(wanted.split()) <= set(METRICS)


@pytest.mark.parametrize(
    "module",
    [
        *HELPERS,
        "netmod.graph.edges",
        *(f"netmod.graph.modularity.{name}" for name in ("leiden", "normalised", "multilayer")),
    ],
)
def test_every_public_function_of_a_family_is_declared_or_a_helper(module):
    known = {one.compute for one in QUANTITIES.values()}
    helpers = set(HELPERS.get(module, "").split())
    for name, found in vars(importlib.import_module(module)).items():
        public = inspect.isfunction(found) and not name.startswith("_")
        if public and found.__module__ == module and name not in helpers | ESTIMATED:
            assert found in known, name


def test_measures_come_from_the_files_of_their_package():
    assert dict(declared("netmod.graph.measures", type(MEASURES["degree"]))) == dict(MEASURES)
    with pytest.raises(TypeError):
        MEASURES["degree"] = None


def test_two_of_one_name_are_refused():
    one = QUANTITIES["fcd"]
    other = Quantity(**(vars(one) | {"doc": "another"}))
    with pytest.raises(ConfigError, match=r"two declarations(.|\n)*got: 'FC dyn.*' and 'another'"):
        by_name(one, other)


def test_exports_are_there_and_no_module_hides_behind_a_function():
    for name in netmod.graph.__all__:
        assert hasattr(netmod.graph, name), name
    assert inspect.ismodule(netmod.graph.measures) and inspect.ismodule(netmod.graph.modularity)


def test_the_catalogue_imports_no_heavy_library():
    code = (
        "import sys, netmod.graph.catalogue\n"
        "heavy = {'jax', 'scipy', 'pandas', 'networkx', 'nilearn', 'matplotlib', 'igraph'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"
