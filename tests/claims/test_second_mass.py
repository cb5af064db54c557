"""The second neural mass: closed forms, the model's own equations, and verdicts judged again."""

import importlib.util
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netmod.atlas import load_atlas
from netmod.claims import second_mass
from netmod.claims.compute import compute_row
from netmod.claims.evidence import Evidence, Scans
from netmod.claims.ledger import ledger_rows, measure_rows, page
from netmod.claims.schema import Row, load_ledger
from netmod.claims.second_mass import (
    HOPF,
    Hopf,
    SecondMass,
    Unseen,
    hopf_covariance,
    hopf_matrix,
)
from netmod.claims.second_verdicts import (
    second_mass_verdict,
    second_mass_verdicts,
    second_mass_words,
)
from netmod.dynamics.stability import growth_rate
from netmod.errors import DataError
from netmod.graph import NetworkMasks, signature_row
from netmod.graph.connectivity import correlation
from netmod.models import MODELS

R0 = HOPF.reference_hz
A = abs(HOPF.a)


def onto_excitation(weights):
    weights = np.asarray(weights, float)
    return np.stack([weights, np.zeros_like(weights)])


def random_weights(seed, n=6):
    rng = np.random.default_rng(seed)
    weights = rng.uniform(0.0, 1.0, (2, n, n)) * [[[1.0]], [[0.3]]]
    weights[:, np.arange(n), np.arange(n)] = 0.0
    return weights


def test_uncoupled_regions_have_the_variance_of_their_damping_and_no_correlation():
    rates = np.array([0.5, 1.0, 1.5]) * R0
    found = hopf_covariance(hopf_matrix(np.zeros((2, 3, 3)), rates))
    np.testing.assert_allclose(np.diag(found), 1.0 / (2.0 * A * np.array([1.5, 1.0, 0.5])))
    np.testing.assert_allclose(correlation(found), np.eye(3), atol=1e-15)


@pytest.mark.parametrize("weight", [0.01, 0.3, 5.0])
def test_two_regions_that_drive_each_other(weight):
    """The sum of both decays by |a|, their difference by |a| + 2 g: r = g / (|a| + g)."""
    matrix = hopf_matrix(onto_excitation([[0, weight], [weight, 0]]), np.full(2, R0))
    g = HOPF.G * weight
    assert correlation(hopf_covariance(matrix))[0, 1] == pytest.approx(g / (A + g))


def test_an_edge_leads_from_source_to_target():
    """The source is not driven; the covariance follows from it line by line."""
    matrix = hopf_matrix(onto_excitation([[0, 0.4], [0, 0]]), np.full(2, R0))
    found, g = hopf_covariance(matrix), HOPF.G * 0.4
    source = 1.0 / (2.0 * A)
    both = g * source / (2.0 * A + g)
    target = (1.0 + 2.0 * g * both) / (2.0 * (A + g))
    np.testing.assert_allclose(found, [[target, both], [both, source]])


def test_synapses_onto_inhibition_take_away():
    rates = np.full(6, R0)
    weights = random_weights(1)
    balanced = np.stack([weights[0], weights[0] / HOPF.inhibition])
    np.testing.assert_allclose(
        correlation(hopf_covariance(hopf_matrix(balanced, rates))), np.eye(6), atol=1e-12
    )
    pair = np.stack([np.zeros((2, 2)), [[0.0, 0.02], [0.02, 0.0]]])
    assert correlation(hopf_covariance(hopf_matrix(pair, np.full(2, R0))))[0, 1] < 0


@pytest.mark.parametrize("frequency", [0.01, 0.05, 0.07])
def test_it_is_the_linear_stuart_landau_model_whatever_the_frequency(frequency):
    """Oracle: the Lyapunov equation of all 2 N states of the model, by automatic derivatives."""
    import jax

    from netmod.dynamics.linear import covariance, leading_eigenvalue, linearise
    from netmod.dynamics.parameters import make_parameters

    weights, rates = random_weights(2), R0 * np.linspace(0.7, 1.3, 6)
    matrix = hopf_matrix(weights, rates)
    model = MODELS["stuart_landau"]
    a = HOPF.a * (2.0 - rates / R0)
    net = weights[0] - HOPF.inhibition * weights[1]
    values = {"a": a, "G": HOPF.G, "frequency_hz": frequency, "noise_sd": 1.0}
    with jax.enable_x64(True):
        p = make_parameters(model, net[None], values)
        linear = linearise(model, p, (np.zeros(6), np.zeros(6)))
        both = covariance(model, p, linear)
        leading = leading_eigenvalue(model, p, linear)
    np.testing.assert_allclose(hopf_covariance(matrix), both[:6, :6], rtol=1e-9)
    assert growth_rate(matrix) == pytest.approx(leading.real, rel=1e-9)
    assert abs(leading.imag) == pytest.approx(2 * np.pi * frequency, rel=1e-9)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.1, 10.0), st.integers(0, 5), st.floats(0.01, 0.9))
def test_symmetries(seed, factor, region, raised):
    weights = random_weights(seed)
    rates = R0 * np.random.default_rng(seed).uniform(0.6, 1.4, 6)
    matrix = hopf_matrix(weights, rates)
    found = correlation(hopf_covariance(matrix))
    assert np.linalg.eigvalsh(found).min() > 0
    # a slower clock changes no correlation
    faster = hopf_matrix(weights, rates, Hopf(a=factor * HOPF.a, G=factor * HOPF.G))
    np.testing.assert_allclose(correlation(hopf_covariance(faster)), found, rtol=1e-6)
    # nor does the order of regions
    order = np.random.default_rng(seed).permutation(6)
    turned = hopf_matrix(weights[:, order][:, :, order], rates[order])
    np.testing.assert_allclose(
        correlation(hopf_covariance(turned)), found[np.ix_(order, order)], rtol=1e-6
    )
    # excitation alone: a more active region never makes the network more stable
    weights[1] = 0.0
    higher = rates + raised * R0 * (np.arange(6) == region)
    assert growth_rate(hopf_matrix(weights, higher)) > growth_rate(hopf_matrix(weights, rates))


def test_differences_alone_are_coupled_so_equal_rates_grow_as_one_region_does():
    weights = random_weights(3)
    weights[1] = 0.0
    assert growth_rate(hopf_matrix(weights, np.full(6, R0))) == pytest.approx(HOPF.a)


def test_the_slope_is_the_share_of_damping_that_a_relative_rise_takes():
    steep = hopf_matrix(np.zeros((2, 1, 1)), np.array([1.1 * R0]), Hopf(slope=2.0))
    assert steep[0, 0] == pytest.approx(0.8 * HOPF.a)


@pytest.mark.parametrize("rate", [2.0 * R0, 3.0 * R0, np.nan])
def test_beyond_the_bifurcation_there_is_no_covariance(rate):
    rates = np.array([R0, rate])
    assert np.isnan(hopf_covariance(hopf_matrix(np.zeros((2, 2, 2)), rates))).all()


def test_shapes_that_do_not_fit_are_refused():
    with pytest.raises(DataError, match="weights and rates do not fit"):
        hopf_matrix(np.zeros((6, 6)), np.zeros(6))
    with pytest.raises(DataError, match="weights and rates do not fit"):
        hopf_matrix(np.zeros((2, 6, 6)), np.zeros(5))


@pytest.fixture(scope="module")
def fitted():
    path = Path(__file__).parents[2] / "atlases" / "fit_second_mass.py"
    spec = importlib.util.spec_from_file_location("fit_second_mass", path)
    sys.modules["fit_second_mass"] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_constants_are_those_of_healthy_people_and_of_a_region_alone(fitted):
    assert round(fitted.inhibition_of_a_region(), 2) == HOPF.inhibition
    atlas = load_atlas("dk84")
    weights = fitted.group_weights(atlas)
    found = {G: fitted.quality(atlas, weights, G) for G in (0.6, 0.7, 0.8)}
    assert min(found, key=lambda G: found[G][1]) == HOPF.G
    assert found[HOPF.G][0] == pytest.approx(0.916, abs=0.002)  # frozen


# Evidence of eight people on six regions of cortex; "coupled" is "mdd" with stronger weights.
PEOPLE, N = 8, 6
ATLAS = SimpleNamespace(
    name="six", cortex=np.ones(N, bool), kind=["cortex"] * N, hemisphere=["L", "R"] * 3,
    network=["Default", "Default", "Default", "Frontoparietal", "Frontoparietal", "Visual"],
    region=tuple("abcdef"), targets={"dlpfc_left": (3,), "sgacc": (0,)},
)  # fmt: skip


def people(factor, rate=1.0, growth=-1.0):
    """Return scans whose own FC says that connectivity falls with the factor."""
    weights = np.stack([0.05 * random_weights(k) for k in range(PEOPLE)])
    mean = 0.5 / factor + 0.01 * np.arange(PEOPLE)
    fc = mean[:, None, None] * np.ones((N, N)) + (1.0 - mean)[:, None, None] * np.eye(N)
    rates = np.full((PEOPLE, N), rate * R0)
    return Scans(
        ok=np.ones(PEOPLE, bool), fc=fc.astype(np.float32),
        signatures={"gbc": mean, "sgacc_rate_hz": rates[:, 0] + 0.1 * factor * np.arange(PEOPLE)},
        weights=(weights * factor).astype(np.float32), rates=rates,
        glutamate=factor + 0.01 * rates, gaba=rates,
        growth=np.full(PEOPLE, growth) + 0.01 * np.arange(PEOPLE), pulse=np.ones(PEOPLE),
    )  # fmt: skip


class Made:
    """Evidence that counts how often it is asked."""

    def __init__(self, **arms):
        self.atlas, self.arms, self.memo, self.cortex = ATLAS, arms, {}, np.arange(N)

    def scans(self, arm, time_h):
        return self.arms[arm]

    def regions(self, target, side="LR"):
        return np.array(ATLAS.targets[target])

    def state(self, arm, name, time_h):
        return np.full((PEOPLE, N), 3.0)


@pytest.fixture
def made():
    return Made(mdd=people(1.0), coupled=people(2.0, growth=-2.0), awake=people(1.0, rate=1.2))


def test_scans_are_those_of_the_second_mass(made, monkeypatch):
    second = SecondMass(made, louvain_runs=3, seed=4)
    found, first = second.scans("coupled", 0.0), made.arms["coupled"]
    masks = NetworkMasks.from_atlas(ATLAS)
    for k in range(PEOPLE):
        matrix = hopf_matrix(first.weights[k], first.rates[k])
        expected = correlation(hopf_covariance(matrix))
        np.testing.assert_allclose(found.fc[k], expected, atol=1e-6)
        row = signature_row(expected, np.full(N, np.nan), masks, 3, 4)
        for name in ("gbc", "modularity", "dmn_fpn", "sgacc_rate_hz"):
            np.testing.assert_allclose(found.signatures[name][k], row[name], rtol=1e-9)
    assert found.ok.all() and (found.pulse > 0).all()
    assert np.isnan([found.glutamate, found.gaba, found.rates]).all()
    assert np.isnan(found.growth).all()  # nothing but the first mass's rates
    np.testing.assert_array_equal(found.weights, first.weights)
    np.testing.assert_array_equal(second.metric("gbc", "coupled", 0.0), found.signatures["gbc"])
    assert second.state("mdd", "bdnf", 0.0)[0, 0] == 3.0  # slow states are those of the evidence
    assert second.memo is not made.memo
    monkeypatch.setattr(second_mass, "hopf_matrix", None)
    second.scans("coupled", 0.0)  # kept


def test_modularity_has_the_starts_and_the_seed_of_the_study(made, monkeypatch):
    given = []

    def spy(covs, rates, masks, louvain_runs, seed):
        given.append((louvain_runs, seed))
        return [{"gbc": 0.0} for _ in covs]

    monkeypatch.setattr(second_mass, "signature_rows", spy)
    SecondMass(made, louvain_runs=3, seed=4).scans("mdd", 0.0)
    assert given == [(3, 4)]


def test_stronger_weights_and_higher_rates_do_what_the_equations_say(made):
    second = SecondMass(made, louvain_runs=1)
    before, coupled, awake = (second.scans(arm, 0.0) for arm in ("mdd", "coupled", "awake"))
    assert (coupled.signatures["gbc"] > before.signatures["gbc"]).all()
    assert (awake.pulse > before.pulse).all()


def test_a_network_without_rest_has_no_numbers():
    scans = people(1.0)
    scans.rates[1] = 2.5 * R0
    scans.rates[2, 0] = np.nan
    found = SecondMass(Made(mdd=scans), louvain_runs=1).scans("mdd", 0.0)
    bad = np.isin(np.arange(PEOPLE), [1, 2])
    np.testing.assert_array_equal(found.ok, ~bad)
    np.testing.assert_array_equal(np.isnan(found.fc).all(axis=(1, 2)), bad)
    np.testing.assert_array_equal(np.isnan(found.signatures["gbc"]), bad)
    assert np.isnan(found.pulse[[1, 2]]).all() and np.isfinite(found.pulse[0])
    nobody = people(1.0, rate=2.5)
    found = SecondMass(Made(mdd=nobody), louvain_runs=1).scans("mdd", 0.0)
    assert not found.ok.any() and np.isnan(found.signatures["gbc"]).all()


def measure(what, observable, expected="decrease", **options):
    given = {"arm": "coupled", "at": "baseline", **options}
    return {"what": what, "observable": observable, "with": given, "minus": {"arm": "mdd"},
            "expected": expected}  # fmt: skip


MEASURES = [
    measure("connectivity", "metric", name="gbc"),
    measure("pulse", "pulse_response", expected="report"),
    measure("rate", "metric", "increase", name="sgacc_rate_hz"),
    measure("glutamate", "transmitter", "increase", name="glutamate", target="sgacc"),
    measure("weights", "changed_weights", "increase", other="mdd", other_at="baseline"),
    measure("size", "fc_change", "increase", other="mdd", other_at="baseline", gsr=False),
    measure("state", "state", "report", name="bdnf", target="sgacc"),
]


@pytest.fixture
def judged(made):
    row = Row.model_validate(
        {"id": "A1", "claim": "it falls", "family": "rtms", "measures": MEASURES,
         "arms": {"mdd": {}, "coupled": {}}}
    )  # fmt: skip
    first = compute_row(row, made, PEOPLE, 0)
    second = {None: SecondMass(made, louvain_runs=1)}
    return first, second_mass_verdict(first, second, {None: Unseen(made)}, 0)


def test_what_looks_at_the_network_is_judged_again_and_nothing_else(judged):
    first, found = judged
    assert [m.verdict for m in first.measures][:3] == ["reproduced", "reported", "reproduced"]
    looks = [m is not None for m in found.measures]
    assert looks == [True, True, True, False, False, True, False]
    assert (found.kept, found.judged) == (1, 2)  # in this mass stronger weights tie the network
    assert found.words == (
        "1 of 2 measures keep their verdict; changed: connectivity (reproduced, there not "
        "reproduced); not defined: rate"
    )
    assert found.measures[1].effect.value != first.measures[1].effect.value == 0.0


@pytest.mark.parametrize(
    ("k", "words"),
    [
        (1, "nothing to judge"),  # reported only
        (2, "nothing to judge; not defined: rate"),
        (3, "nothing to judge"),  # does not look at the network
    ],
)
def test_a_row_that_has_nothing_to_judge_says_so(made, k, words):
    row = Row.model_validate(
        {"id": "A2", "claim": "it rises", "family": "rtms", "measures": [MEASURES[k]],
         "arms": {"mdd": {}, "coupled": {}}}
    )  # fmt: skip
    unseen = {None: Unseen(made)}
    found = second_mass_verdict(
        compute_row(row, made, PEOPLE, 0), {None: SecondMass(made)}, unseen, 0
    )
    assert (found.words, found.judged) == (words, 0)


def test_the_ledger_tells_the_second_mass(judged):
    first, found = judged
    (line,) = ledger_rows([first], "linear", {"A1": found})
    assert line["second_mass"] == found.words
    lines = {line["measure"]: line for line in measure_rows([first], {"A1": found})}
    assert lines["connectivity"]["second_mass"] == "not reproduced"
    assert float(lines["connectivity"]["second_mass_observed"].split()[0]) > 0
    assert lines["rate"]["second_mass"] == "not defined"
    assert lines["glutamate"]["second_mass"] == "n/a"
    text = page([first], "linear", second={"A1": found})
    assert "1 of 2 measures keep their verdict. Its coupling" in text
    assert f"second neural mass: {found.words})" in text
    assert "The second neural mass was not run." in page([first], "linear")
    assert ledger_rows([first], "linear")[0]["second_mass"] == "n/a"
    assert second_mass_words({}) == "The second neural mass was not run."


ROW = """id: R99
claim: the network of the untreated changes
family: rtms
arms:
  mdd: {}
measures:
  - what: FC of the untreated
    observable: metric
    with: {name: gbc, arm: mdd, at: 1 d}
    minus: {at: baseline}
    expected: increase
"""


def test_verdicts_of_a_ledger_come_from_the_evidence_that_it_kept(rows_folder, tmp_path):
    """Planted: weights twice as strong a day later, and a first mass that shows nothing."""
    (rows_folder / "R99.yaml").write_text(ROW)
    ledger = load_ledger(["R99"], rows_folder)
    study = ledger.study
    kept = Evidence(study, load_atlas(study.atlas), tmp_path)
    count, n = study.cohort.subjects, kept.atlas.n_regions
    for time_h, factor in ((0.0, 0.05), (24.0, 0.1)):
        weights = np.stack([factor * random_weights(k, n) for k in range(count)])
        fields = {
            "ok": np.ones(count, bool), "fc": np.stack([np.eye(n)] * count), "weights": weights,
            "rates": np.full((count, n), R0), "metric_gbc": 0.1 * np.arange(count),
            **dict.fromkeys(("glutamate", "gaba"), np.ones((count, n))),
            **dict.fromkeys(("growth", "pulse"), np.zeros(count)),
        }  # fmt: skip
        np.savez(kept._path("mdd", time_h), **fields)
    results = [compute_row(ledger.rows[0], kept, count, study.seed)]
    said = []
    found = second_mass_verdicts(ledger, results, tmp_path, said.append)
    assert list(found) == ["R99"] and said == ["row R99 in the second neural mass"]
    assert results[0].verdict == "not reproduced"
    assert found["R99"].measures[0].verdict == "reproduced"
    assert (found["R99"].kept, found["R99"].judged) == (0, 1)
