"""The published JSON Schema accepts what netmod accepts, and refuses what an editor should mark.

The checker knows exactly the keywords that the schema uses, and refuses any other one.
"""

import copy
import re
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from netmod import cohort, plasticity, treatments
from netmod.scenario import json_schema, load_scenario
from netmod.scenario.schema import TREATABLE
from netmod.scenario.template import write_template

CONFIGS = sorted((Path(__file__).parents[2] / "configs").glob("*.yaml"))
NOTES = {"$schema", "title", "description", "default", "unit", "source", "examples"}
KINDS = {
    "object": lambda x: isinstance(x, dict),
    "array": lambda x: isinstance(x, list),
    "string": lambda x: isinstance(x, str),
    "number": lambda x: isinstance(x, int | float) and not isinstance(x, bool),
    # 30.0 is an integer of JSON Schema
    "integer": lambda x: KINDS["number"](x) and float(x).is_integer(),
    "null": lambda x: x is None,
}
NUMERIC = {
    "minimum": lambda x, limit: x >= limit,
    "maximum": lambda x, limit: x <= limit,
    "exclusiveMinimum": lambda x, limit: x > limit,
    "multipleOf": lambda x, step: float(x / step).is_integer(),
}
TEXTUAL = {
    "pattern": lambda x, pattern: re.search(pattern, x) is not None,
    "maxLength": lambda x, most: len(x) <= most,
}
LISTED = {
    "minItems": lambda x, least: len(x) >= least,
    "uniqueItems": lambda x, _: len({repr(item) for item in x}) == len(x),
}
PLAIN = {
    "const": lambda x, value: x == value,
    "enum": lambda x, values: x in values,
    "type": lambda x, kinds: any(KINDS[k](x) for k in ([kinds] if type(kinds) is str else kinds)),
    "not": lambda x, schema: bool(faults(x, schema)),
    "anyOf": lambda x, schemas: any(not faults(x, schema) for schema in schemas),
}


def faults(value, schema, at="$"):
    """Return what a value breaks in a schema, as ``path: keyword``."""
    found = []
    checks = dict(PLAIN)
    checks |= NUMERIC if KINDS["number"](value) else {}
    checks |= TEXTUAL if isinstance(value, str) else {}
    checks |= LISTED if isinstance(value, list) else {}
    for word, limit in schema.items():
        if word in checks:
            found += [] if checks[word](value, limit) else [f"{at}: {word}"]
        else:
            structure = {"properties", "required", "additionalProperties", "propertyNames",
                         "minProperties", "items", "prefixItems"}  # fmt: skip
            known = NOTES | structure | NUMERIC.keys() | TEXTUAL.keys() | LISTED.keys()
            assert word in known, f"the checker does not know '{word}'"
    if isinstance(value, dict):
        found += _mapping_faults(value, schema, at)
    if isinstance(value, list):
        first = schema.get("prefixItems", [])
        for i, item in enumerate(value):
            found += faults(item, first[i] if i < len(first) else schema.get("items", {}), at)
    return found


def _mapping_faults(value, schema, at):
    found = [f"{at}: {key} missing" for key in schema.get("required", []) if key not in value]
    if len(value) < schema.get("minProperties", 0):
        found.append(f"{at}: minProperties")
    others = schema.get("additionalProperties", {})
    for key, item in value.items():
        found += faults(key, schema.get("propertyNames", {}), f"{at}.{key}")
        one = schema.get("properties", {}).get(key, others)
        found += [f"{at}.{key}: unknown"] if one is False else faults(item, one, f"{at}.{key}")
    return found


def read(text):
    return YAML(typ="safe", pure=True).load(text)


@pytest.fixture(scope="module")
def schema():
    return json_schema()


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_shipped_configs_and_their_resolved_form_fit(path, schema):
    assert faults(read(path.read_text("utf-8")), schema) == []
    assert faults(read(load_scenario(path).to_yaml()), schema) == []


def test_the_template_fits(schema, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert faults(read(write_template("mine").read_text("utf-8")), schema) == []


@pytest.mark.parametrize(
    "text",
    [
        "plasticity:",
        "model:",
        "model: {connectivity: structural}",
        "model: {parameters: {J: 1, noise_sd: 0.01}}",
        "arms: {x: {treatment: rtms_10hz, parameters: {sessions: 20}, modifiers: }}",
        "arms: {x: {treatment: itbs, target: [-38, 44, 26], acknowledge: [safety]}}",
        "arms: {x: {sequence: [{treatment: lsd, start: 2 h}, {treatment: itbs, after: 1 d}]}}",
    ],
)
def test_what_netmod_accepts_fits(text, schema, tmp_path):
    path = tmp_path / "c.yaml"
    head = "schema_version: 1\nname: test\nseed: 7\n"
    path.write_text(head + ("" if text.startswith("arms") else "arms: [mdd]\n") + text + "\n")
    load_scenario(path)
    assert faults(read(path.read_text()), schema) == []


@pytest.mark.parametrize(
    ("place", "value", "fault"),
    [
        (("engine",), "fast", "enum"),
        (("sed",), 7, "sed: unknown"),
        (("seed",), 1.5, "seed: type"),
        (("scanner", "tr"), 2, "tr: unknown"),
        (("scanner", "tr_s"), 99, "tr_s: maximum"),
        (("model", "connectivity"), "real", "model: anyOf"),
        (("model", "parameters", "J"), 2, "model: anyOf"),
        (("model", "parameters", "noise_sd"), 0, "model: anyOf"),
        (("arms", "baseline"), {"treatment": "sham"}, "baseline: not"),
        (("arms", "rtms_10hz", "parameters", "sessions"), 2.5, "arms: anyOf"),
        (("arms", "rtms_10hz", "parameters", "sessions"), 1000, "arms: anyOf"),
        (("arms", "x"), {"sequence": [{"treatment": "none"}]}, "treatment: enum"),
        (("arms", "x"), {"sequence": [{"start": "2 h"}]}, "treatment missing"),
        (("arms", "x"), {"sequence": [{"treatment": "lsd", "start": 2}]}, "start: type"),
        (("times",), ["2 h"], "const"),
    ],
)
def test_mistakes_are_marked(place, value, fault, schema):
    path = next(path for path in CONFIGS if path.stem == "controls")
    data = copy.deepcopy(read(load_scenario(path).to_yaml()))
    holder = data
    for key in place[:-1]:
        holder = holder[key]
    holder[place[-1]] = value
    found = faults(data, schema)
    found += faults(data["arms"], schema["properties"]["arms"]["anyOf"][1], "$.arms")
    assert any(fault in one for one in found), found


def test_every_declared_number_is_published_with_its_range(schema):
    published = schema["properties"]
    owners = [
        (cohort.PARAMETERS, published["cohort"]["properties"]),
        (plasticity.PARAMETERS, published["plasticity"]["properties"]),
    ]
    for found, model in zip(published["model"]["anyOf"], TREATABLE.values(), strict=True):
        owners.append((model.parameters, found["properties"]["parameters"]["properties"]))
    for declared, properties in owners:
        for name, p in declared.items():
            assert (properties[name]["minimum"], properties[name]["maximum"]) == (p.low, p.high)
    arm = published["arms"]["anyOf"][1]["additionalProperties"]["properties"]["parameters"]
    for treatment in treatments.TREATMENTS.values():
        for name, p in treatment.parameters.items():
            kind = "integer" if p.whole else "number"
            wanted = (kind, p.low, p.high)
            given = [
                (o["type"], o["minimum"], o["maximum"]) for o in arm["properties"][name]["anyOf"]
            ]
            assert wanted in given
