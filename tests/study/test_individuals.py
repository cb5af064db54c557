"""A study of real people: their connectomes in, their names and digests out."""

import json
import shutil
import subprocess
import sys

import numpy as np
import pytest

from netmod.atlas import load_atlas
from netmod.cohort.individuals import read_individuals
from netmod.errors import ConfigError, IntegrityError
from netmod.scenario import check_against_atlas, load_scenario
from netmod.study.prepare import prepare, subjects_of

LABELS = ("01", "02", "P3")
lab = sys.modules["study_lab"]


def write_people(folder, atlas, labels=LABELS):
    """People around an atlas: own ratios at every tract, seeded by place; lengths in one."""
    for k, label in enumerate(labels):
        rng = np.random.default_rng([20261, k])
        jitter = np.triu(np.exp(0.3 * rng.standard_normal(atlas.weights.shape)), 1)
        own = {"weights": atlas.weights * (jitter + jitter.T)}
        if k == 0:
            own["lengths"] = 1.1 * atlas.lengths_mm
        (folder / f"sub-{label}" / "dwi").mkdir(parents=True)
        for kind, matrix in own.items():
            rows = ["\t".join([n, *map(repr, r)]) for n, r in
                    zip(atlas.region, matrix.tolist(), strict=True)]  # fmt: skip
            path = folder / f"sub-{label}" / "dwi" / f"sub-{label}_desc-{kind}_relmat.tsv"
            path.write_text("\n".join(["\t".join(["name", *atlas.region]), *rows]) + "\n")
    rows = [f"sub-{label}\t{'n/a' if k else 0.5}" for k, label in enumerate(labels)]
    (folder / "participants.tsv").write_text("\n".join(["participant_id\tseverity", *rows]) + "\n")
    return folder


@pytest.fixture(scope="module")
def people(tmp_path_factory):
    return write_people(tmp_path_factory.mktemp("dk") / "people", load_atlas("dk84"))


def quick(folder, people, cohort="", engine="linear", **lines):
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "c.yaml"
    more = "".join(f"{key}: {value}\n" for key, value in lines.items())
    path.write_text(
        f"schema_version: 1\nname: real\nseed: 5\nengine: {engine}\n"
        f"cohort: {{folder: {people}{cohort}}}\n"
        "readout: {louvain_runs: 1, bootstrap: 100, permutations: 100}\n"
        f"times: [baseline]\narms: [healthy, mdd]\n{more}"
    )
    return path


@pytest.fixture(scope="module")
def scenario(people, tmp_path_factory):
    return load_scenario(quick(tmp_path_factory.mktemp("c"), people))


@pytest.fixture(scope="module")
def finished(scenario, tmp_path_factory):
    return lab.finish(scenario, tmp_path_factory.mktemp("real") / "s")


def test_a_study_of_real_people_says_whose_it_is(scenario, finished, people):
    assert scenario.cohort.subjects == len(LABELS)
    assert {path.name for path in finished.glob("sub-*")} == {f"sub-{x}" for x in LABELS}
    described = json.loads((finished / "dataset_description.json").read_text())
    assert described["People"] == people.name
    assert described["PeopleSHA256"] == scenario.cohort.people_sha256
    severity = (finished / "participants.tsv").read_text().splitlines()[1].split("\t")
    assert severity[:2] == ["sub-01", "0.5"]
    matrices = sorted(finished.glob("sub-*/*desc-healthy*relmat.tsv"))
    assert len({path.read_bytes() for path in matrices}) == len(LABELS)


def test_the_resolved_scenario_gives_the_same_bytes(finished, tmp_path):
    again = load_scenario(finished / "code" / "scenario.resolved.yaml")
    other = lab.finish(again, tmp_path / "s")
    assert lab.digests(other) == lab.digests(finished)


def test_connectomes_follow_people_and_atlas_by_hand(scenario, people):
    atlas = load_atlas("dk84")
    from netmod.atlas import load_effective_connectivity

    group = load_effective_connectivity(atlas, "reduced_wong_wang").weights
    own = np.array([person.weights for person in read_individuals(people, atlas)])
    healthy = [c for c in prepare(scenario, atlas).cells if c.arm == "healthy"]
    i, j = atlas.index("L.LOFG"), atlas.index("L.MOFG")
    for k, cell in enumerate(healthy):
        assert cell.subject == LABELS[k]
        ratio = cell.parameters.weights[0, i, j] / group[i, j]
        assert ratio == pytest.approx(own[k, i, j] / own[:, i, j].mean())
        assert ((cell.parameters.weights[0] > 0) == (group > 0)).all()


def small(tmp_path, ten, name="people", **lines):
    people = tmp_path / name
    if not people.exists():
        write_people(people, load_atlas(ten))
    lines = {"atlas": ten, "model": "{connectivity: structural, parameters: {G: 0.8}}", **lines}
    return quick(tmp_path, people.name, **lines)


def test_own_lengths_are_own_delays(ten, tmp_path):
    model = "{connectivity: structural, parameters: {G: 0.8}, velocity_m_per_s: 10}"
    atlas = load_atlas(ten)
    cells = prepare(load_scenario(small(tmp_path, ten, model=model)), atlas).cells
    first, second = (c.parameters.delays_s for c in cells[:2])
    edge = atlas.lengths_mm > 0
    assert second[edge] == pytest.approx(atlas.lengths_mm[edge] / 1e4)
    assert first[edge] == pytest.approx(1.1 * second[edge])


def identities(path, ten):
    return {(c.subject, c.arm): c.identity for c in
            prepare(load_scenario(path), load_atlas(ten)).cells}  # fmt: skip


def test_a_changed_matrix_changes_scans_and_scenario(ten, tmp_path):
    path = small(tmp_path, ten)
    before, sha256 = identities(path, ten), load_scenario(path).sha256
    assert identities(path, ten) == before
    matrix = tmp_path / "people" / "sub-02" / "dwi" / "sub-02_desc-weights_relmat.tsv"
    lines = matrix.read_text().splitlines()
    cells = [line.split("\t") for line in lines]
    cells[1][2] = cells[2][1] = repr(1.01 * float(cells[1][2]))
    matrix.write_text("\n".join("\t".join(row) for row in cells) + "\n")
    after = identities(path, ten)
    assert load_scenario(path).sha256 != sha256
    assert not set(before.values()) & set(after.values())


def test_the_same_people_elsewhere_are_the_same_scenario(ten, tmp_path):
    one = load_scenario(small(tmp_path / "a", ten))
    (tmp_path / "b").mkdir()
    shutil.copytree(tmp_path / "a" / "people", tmp_path / "b" / "people")
    other = load_scenario(small(tmp_path / "b", ten))
    assert one.cohort.folder != other.cohort.folder
    assert one.sha256 == other.sha256


def test_fewer_people_may_be_asked_for_and_stay_who_they_are(ten, tmp_path):
    atlas = load_atlas(ten)
    everyone = subjects_of(load_scenario(small(tmp_path, ten)), atlas)
    two = subjects_of(load_scenario(small(tmp_path, ten, cohort=", subjects: 2")), atlas)
    assert [person.name for person in two] == ["01", "02"]
    for one, same in zip(two, everyone, strict=False):
        assert np.array_equal(one.weights, same.weights)
        assert one.severity == same.severity


@pytest.mark.parametrize(
    ("cohort", "place", "what"),
    [
        (", subjects: 4", "cohort.subjects", "more subjects than people"),
        (", variability: calibrated", "cohort.variability", "real people are not varied"),
        (f", people_sha256: {'f' * 64}", "cohort.people_sha256", "not those that this scenario"),
        ("-none", "cohort.folder", "cannot read the folder of people"),
    ],
)
def test_what_does_not_fit_the_folder_is_refused(cohort, place, what, ten, tmp_path):
    with pytest.raises(ConfigError, match=what) as caught:
        load_scenario(small(tmp_path, ten, cohort=cohort))
    assert f"{place}" in caught.value.where


def test_a_digest_without_a_folder_is_refused(tmp_path, ten):
    path = small(tmp_path, ten)
    text = path.read_text().replace("folder: people", f"people_sha256: {'f' * 64}")
    path.write_text(text)
    with pytest.raises(ConfigError, match="a digest without a folder"):
        load_scenario(path)


def test_files_changed_after_reading_are_refused(ten, tmp_path):
    scenario = load_scenario(small(tmp_path, ten))
    with (tmp_path / "people" / "participants.tsv").open("a") as stream:
        stream.write("\n")
    with pytest.raises(IntegrityError, match="the people's files were changed"):
        prepare(scenario, load_atlas(ten))


def test_a_broken_matrix_is_found_before_anything_is_computed(ten, tmp_path):
    path = small(tmp_path, ten)
    matrix = tmp_path / "people" / "sub-02" / "dwi" / "sub-02_desc-weights_relmat.tsv"
    matrix.write_text(matrix.read_text().replace("lSG", "LSG"))
    with pytest.raises(Exception, match="not a region of the atlas") as caught:
        check_against_atlas(load_scenario(path))
    assert f"{matrix}:1:" in caught.value.where


def test_one_person_is_no_study(ten, tmp_path):
    write_people(tmp_path / "people", load_atlas(ten), ("01",))
    with pytest.raises(ConfigError, match="too few people"):
        load_scenario(small(tmp_path, ten))


def test_the_kind_of_variability_is_the_scenarios(ten, tmp_path):
    path = small(tmp_path, ten)
    text = path.read_text().replace("folder: people", "subjects: 3, variability: calibrated")
    path.write_text(text)
    scenario = load_scenario(path)
    calibrated = subjects_of(scenario, load_atlas(ten))
    path.write_text(text.replace("calibrated", "independent"))
    independent = subjects_of(load_scenario(path), load_atlas(ten))
    for one, other in zip(calibrated, independent, strict=True):
        assert one.name == other.name
        assert not np.array_equal(one.weights, other.weights)
        assert np.array_equal(one.weights[0] > 0, other.weights[0] > 0)


def test_validate_names_the_people_without_jax(ten, tmp_path):
    path = small(tmp_path, ten)
    program = (
        "import sys; from netmod.cli import main; "
        f"code = main(['validate', {str(path)!r}]); assert 'jax' not in sys.modules; exit(code)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    digest = load_scenario(path).cohort.people_sha256[:12]
    assert f"people    3 people of {tmp_path / 'people'} (sha256 {digest}…)" in done.stdout
