"""Lead fields: projection by hand, reading, and a position for every complaint."""

import numpy as np
import pytest

from netmod.errors import ConfigError, DataError
from netmod.observe.lead_field import LeadField, load_lead_field, project

GAIN = np.array([[1.0, 2.0, 0.0], [0.0, -1.0, 0.5]])
GOOD = "sensor\tA\tB\tC\nFz\t1\t2\t0\nCz\t0\t-1\t5e-1\n"


@pytest.fixture
def write(tmp_path):
    def save(text):
        path = tmp_path / "lead.tsv"
        path.write_text(text, encoding="utf-8")
        return path

    return save


def test_projection_by_hand():
    activity = np.array([[1.0, 1.0, 2.0], [0.0, 3.0, 0.0]])
    np.testing.assert_array_equal(project(activity, GAIN), [[3.0, 0.0], [6.0, -3.0]])
    named = LeadField(("Fz", "Cz"), ("A", "B", "C"), GAIN)
    np.testing.assert_array_equal(project(activity, named), project(activity, GAIN))


def test_average_reference_subtracts_the_mean_over_sensors():
    rng = np.random.default_rng(0)
    activity, gain = rng.standard_normal((20, 5)), rng.standard_normal((7, 5))
    raw = np.einsum("tr,sr->ts", activity, gain)
    got = project(activity, gain, reference="average")
    np.testing.assert_allclose(got, raw - raw.mean(axis=1, keepdims=True), atol=1e-13)
    # a potential common to all sensors is not seen
    np.testing.assert_allclose(project(activity, gain + 3.0, "average"), got, atol=1e-13)


def test_reading(write):
    got = load_lead_field(write(GOOD))
    assert got.sensors == ("Fz", "Cz")
    assert got.region == ("A", "B", "C")
    np.testing.assert_array_equal(got.gain, GAIN)


def test_columns_are_put_into_the_order_of_the_network(write):
    got = load_lead_field(write(GOOD), ["C", "A", "B"])
    assert got.region == ("C", "A", "B")
    np.testing.assert_array_equal(got.gain, GAIN[:, [2, 0, 1]])


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        (GOOD.replace("5e-1", "x"), ":3:9", "not a finite number (row 'Cz', column 'C')"),
        (GOOD.replace("5e-1", "inf"), ":3:9", "not a finite number"),
        (GOOD.replace("\t5e-1", ""), ":3:9", "row 'Cz' is too short"),
        (GOOD.replace("Cz", "Fz"), ":3:1", "sensor 'Fz' comes twice"),
        (GOOD.replace("Cz", ""), ":3:1", "a sensor without a name"),
        (GOOD.replace("B", "A"), ":1:10", "column 'A' comes twice"),
        (GOOD.replace("B", " "), ":1:10", "a region without a name"),
        (GOOD.replace("B", "BB"), ":1:10", "the network has no region 'BB'"),
        ("sensor\tA\tB\nFz\t1\t2\n", ":1:1", "the lead field lacks regions of the network"),
        ("sensor\nFz\n", ":1:1", "a lead field needs regions and sensors"),
        ("sensor\tA\tB\tC\n", ":1:1", "a lead field needs regions and sensors"),
    ],
)
def test_bad_files_are_located(write, text, place, words):
    path = write(text)
    with pytest.raises(DataError) as caught:
        load_lead_field(path, ["A", "B", "C"])
    assert str(caught.value).startswith(f"{path}{place}: {words}")


def test_whole_messages(write):
    path = write("sensor\tlh.cuneus\tlh.insula\nFz\t1\t2\n")
    with pytest.raises(DataError) as caught:
        load_lead_field(path, ["lh.cuneus", "lh.insulae"])
    assert str(caught.value) == (
        f"{path}:1:18: the network has no region 'lh.insula'\n"
        "  expected: the 2 regions of the network\n"
        "  got: 'lh.insula'\n"
        "  hint: did you mean 'lh.insulae'?"
    )
    with pytest.raises(DataError) as caught:
        load_lead_field(path, ["lh.cuneus", "lh.insula", "rh.insula"])
    assert str(caught.value) == (
        f"{path}:1:1: the lead field lacks regions of the network\n"
        "  expected: 3 regions\n"
        "  got: 2, without rh.insula"
    )
    nothing = path.with_name("none.tsv")
    with pytest.raises(DataError) as caught:
        load_lead_field(nothing)
    assert str(caught.value) == (
        f"{nothing}: no such lead field\n  expected: a file of tab-separated values"
    )


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda: project(np.ones((4, 2)), GAIN), DataError,
         "the activity does not fit the lead field\n"
         "  expected: shape [time, 3]\n  got: shape [4, 2]"),
        (lambda: project(np.ones((4, 3)), GAIN[0]), DataError,
         "not a lead field\n"
         "  expected: finite gains, shape [sensor, region]\n  got: shape [3], 0 not finite"),
        (lambda: project(np.ones((4, 3)), GAIN, "averag"), ConfigError,
         "no reference 'averag'\n  expected: average, or None for none\n  got: averag\n"
         "  hint: did you mean 'average'?"),
    ],
)  # fmt: skip
def test_messages_of_the_projection(call, kind, message):
    with pytest.raises(kind) as caught:
        call()
    assert str(caught.value) == message
