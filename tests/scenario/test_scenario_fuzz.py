"""Shipped configs, broken in every structured way and in random ones: never a traceback."""

import copy
import io
import random
import string
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from netmod import cohort
from netmod.errors import NetmodError
from netmod.scenario import Scenario, load_scenario

FOLDER = Path(__file__).parents[2] / "configs"
CONFIGS = [
    FOLDER / f"{name}.yaml"
    for name in ("controls", "psilocybin_vs_escitalopram", "quickstart", "treatments")
]
FREE = ("arms",)  # the keys below are names of the user's own


def _paths(data, prefix=()):
    """Yield the path of every key and list entry."""
    items = data.items() if isinstance(data, dict) else enumerate(data)
    for key, value in items:
        yield (*prefix, key)
        if isinstance(value, dict | list):
            yield from _paths(value, (*prefix, key))


def _holder(data, path):
    for key in path[:-1]:
        data = data[key]
    return data


def _load(write, data):
    """Load data; return None, or the message of a netmod error. All else is a failure."""
    stream = io.StringIO()
    YAML(typ="safe", pure=True).dump(data, stream)
    try:
        load_scenario(write(stream.getvalue()))
    except NetmodError as error:
        assert "hint: " in str(error)
        assert "c.yaml:" in str(error)
        return str(error)
    return None


def _as_param(path):
    """Two configs by default; the others hold the same kinds of keys."""
    slow = path.stem in ("controls", "quickstart")
    return pytest.param(path, id=path.stem, marks=[pytest.mark.slow] if slow else [])


@pytest.fixture(params=[_as_param(path) for path in CONFIGS])
def shipped(request, shipped_registries):
    return YAML(typ="safe", pure=True).load(request.param.read_text(encoding="utf-8"))


def test_configs_ship():
    assert {path.stem for path in FOLDER.glob("*.yaml")} == {
        "all_arms", "controls", "ect_vs_medication", "psilocybin_then_rtms",
        "psilocybin_vs_escitalopram", "quickstart", "saint_vs_itbs", "search", "ssri_therapy",
        "targeting", "treatments",
    }  # fmt: skip


def test_every_key_dropped(shipped, write):
    required = {name for name, f in Scenario.model_fields.items() if f.is_required()}
    for path in list(_paths(shipped)):
        data = copy.deepcopy(shipped)
        del _holder(data, path)[path[-1]]
        message = _load(write, data)
        if path[0] in required and len(path) == 1:
            assert f"{path[0]}: missing key" in message


def test_every_key_renamed(shipped, write):
    for path in list(_paths(shipped)):
        data = copy.deepcopy(shipped)
        holder = _holder(data, path)
        if isinstance(holder, dict):
            holder["zzzzzz"] = holder.pop(path[-1])
            message = _load(write, data)
            if path[0] not in FREE or len(path) > 2:
                assert "zzzzzz: unknown key" in message


RETYPED = [None, True, -1, 0, 10**30, 1.5, "", "x y", "300 s", [], {}, [[]], {"a": {"b": 1}}, [1]]


def test_every_value_retyped(shipped, write):
    for path in list(_paths(shipped)):
        for value in RETYPED:
            data = copy.deepcopy(shipped)
            _holder(data, path)[path[-1]] = value
            _load(write, data)


def test_every_number_out_of_range(shipped, write):
    numbers = 0
    for path in list(_paths(shipped)):
        value = _holder(shipped, path)[path[-1]]
        if type(value) in (int, float):
            for beyond in (-1e12, 1e12):
                data = copy.deepcopy(shipped)
                _holder(data, path)[path[-1]] = type(value)(beyond)
                message = _load(write, data)
                assert ".".join(map(str, path)) in message
                numbers += 1
    assert numbers >= 6


def _typos(word):
    """Yield every word one dropped, doubled, swapped or replaced letter away."""
    for i in range(len(word)):
        yield word[:i] + word[i + 1 :]
        yield word[:i] + word[i] * 2 + word[i + 1 :]
        yield word[:i] + "q" + word[i + 1 :]
        if i + 1 < len(word) and word[i] != word[i + 1]:
            yield word[:i] + word[i + 1] + word[i] + word[i + 2 :]


def test_every_one_letter_typo_of_a_top_key_finds_the_key(write):
    head = "schema_version: 1\nname: t\nseed: 1\narms: [mdd]\n"
    for word in Scenario.model_fields:
        for typo in sorted(set(_typos(word)) - set(Scenario.model_fields)):
            with pytest.raises(NetmodError) as caught:
                load_scenario(write(head + f"{typo}: 1\n"))
            assert f"hint: did you mean '{word}'?" in str(caught.value), typo


@pytest.mark.parametrize("section", ["solver", "scanner", "cohort", "readout"])
def test_every_one_letter_typo_of_a_section_key_finds_the_key(section, write):
    head = "schema_version: 1\nname: t\nseed: 1\narms: [mdd]\n"
    known = list(Scenario.model_fields[section].annotation.model_fields)
    for word in known:
        for typo in sorted(set(_typos(word)) - set(known)):
            with pytest.raises(NetmodError) as caught:
                load_scenario(write(head + f"{section}: {{{typo}: 1}}\n"))
            hint = str(caught.value).split("hint: ")[1]
            assert f"'{word}'" in hint, typo


def test_every_one_letter_typo_of_an_arm_finds_it(write):
    head = "schema_version: 1\nname: t\nseed: 1\n"
    for word in ["sham", "rtms_10hz", "ect_bl", "psilocybin", "ssri", *cohort.POPULATIONS]:
        for typo in sorted(set(_typos(word)) - {word}):
            with pytest.raises(NetmodError) as caught:
                load_scenario(write(head + f"arms: ['{typo}']\n"))
            assert f"hint: did you mean '{word}'?" in str(caught.value), typo


def test_random_bytes_never_give_a_traceback(write):
    rng = random.Random(20261)  # noqa: S311
    texts = [path.read_bytes() for path in CONFIGS]
    signs = (string.punctuation + " \n\t\0\xff0a").encode("latin-1")
    refused = 0
    for _ in range(300):
        raw = bytearray(rng.choice(texts))
        for _ in range(rng.randint(1, 12)):
            at = rng.randrange(len(raw))
            kind = rng.randrange(4)
            if kind == 0:
                raw[at] = rng.choice(signs)
            elif kind == 1:
                raw.insert(at, rng.choice(signs))
            elif kind == 2:
                del raw[at : at + rng.randint(1, 30)]
            else:
                raw[at:at] = raw[rng.randrange(len(raw)) :][: rng.randint(1, 40)]
        try:
            load_scenario(write(bytes(raw)))
        except NetmodError as error:
            refused += 1
            assert str(error).startswith(("c.yaml", f"{str(error).split()[0]} problems"))
    assert refused > 100
