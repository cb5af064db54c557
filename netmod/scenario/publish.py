"""The JSON Schema of a scenario, for editors that complete and check YAML as it is typed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, get_args

from netmod import cohort, models, treatments
from netmod.models.declaration import Parameter
from netmod.scenario.arm_list import arm_words
from netmod.scenario.arms import BASELINE, NONE, SEQUENCE
from netmod.scenario.schema import (
    HIGHEST_VELOCITY,
    LOWEST_VELOCITY,
    NOISE,
    SOLVED,
    TREATABLE,
    ModelChoice,
    Scenario,
)
from netmod.scenario.search import TARGET, THERAPY_DAY, TREATMENT, Search

_DURATION = r"^\s*\d+(\.\d+)?\s*(min|h|d|wk)\s*$"
_TIME = r"^(baseline|\s*\d+(\.\d+)?\s*(min|h|d|wk)\s*)$"


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a scenario file, with all declared names.

    Conditions that span several keys (a duration that is a multiple of ``tr_s``, a parameter
    that belongs to this treatment) are checked by ``netmod validate`` only.
    """
    sections = {
        name: _nullable(field.annotation.model_json_schema(), field.description)
        for name, field in Scenario.model_fields.items()
        if name in ("solver", "scanner", "cohort", "plasticity", "readout")
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "netmod scenario",
        "type": "object",
        "additionalProperties": False,
        "required": [n for n, field in Scenario.model_fields.items() if field.is_required()],
        "properties": {
            "schema_version": {"const": 1, "description": "version of this format"},
            "name": {"type": "string", "pattern": r"^[a-z0-9][a-z0-9_-]*$", "maxLength": 64},
            "seed": {"type": "integer", "minimum": 0, "maximum": 2**32 - 1},
            "atlas": {"type": "string", "default": "dk84"},
            "engine": {"enum": ["sde", "linear"], "default": "sde"},
            "model": {"anyOf": [_model(name) for name in TREATABLE]},
            **sections,
            "times": {
                "type": "array",
                "minItems": 1,
                "prefixItems": [{"const": "baseline"}],
                "items": {"type": "string", "pattern": _TIME},
            },
            "arms": {
                "anyOf": [
                    {
                        "type": "array",
                        "minItems": 1,
                        "uniqueItems": True,
                        "items": {"enum": arm_words()},
                    },
                    {
                        "type": "object",
                        "minProperties": 1,
                        "propertyNames": {
                            "pattern": "^[a-z][a-z0-9_]*$",
                            "maxLength": 40,
                            "not": {"const": BASELINE},
                        },
                        "additionalProperties": _arm(),
                    },
                ]
            },
            "search": _search(),
        },
    }


def _nullable(section: dict[str, Any], description: str | None) -> dict[str, Any]:
    """Return the schema of a section, which may also be left empty."""
    return {**section, "type": ["object", "null"], "description": description}


def _model(name: str) -> dict[str, Any]:
    model = models.MODELS[name]
    parameters = _parameters(model.parameters)
    properties = parameters["properties"]
    if SOLVED in properties:
        properties[SOLVED]["const"] = properties[SOLVED]["default"]
    if NOISE in properties:
        properties[NOISE]["exclusiveMinimum"] = 0
    connectivity = ModelChoice.model_fields["connectivity"]
    velocity = ModelChoice.model_fields["velocity_m_per_s"]
    default = ModelChoice.model_fields["name"].default
    return {
        "type": ["object", "null"] if name == default else "object",
        "description": model.doc,
        "additionalProperties": False,
        # a model that is not the default has to be named
        "required": [] if name == default else ["name"],
        "properties": {
            "name": {"const": name},
            "connectivity": {
                "enum": list(get_args(connectivity.annotation)),
                "default": connectivity.default,
                "description": connectivity.description,
            },
            "fic": {"enum": list(get_args(ModelChoice.model_fields["fic"].annotation))},
            "velocity_m_per_s": {
                "type": ["number", "null"],
                "minimum": LOWEST_VELOCITY,
                "maximum": HIGHEST_VELOCITY,
                "default": velocity.default,
                "description": f"{velocity.description} (m/s)",
            },
            "parameters": parameters,
        },
    }


def _arm() -> dict[str, Any]:
    parameters: dict[str, Any] = {}
    for treatment in treatments.TREATMENTS.values():
        for name, one in _parameters(treatment.parameters)["properties"].items():
            # one name may have another range in another treatment
            parameters.setdefault(name, {"anyOf": []})["anyOf"].append(one)
    given = {
        "target": _place(["string", "null"]),
        "parameters": {
            "type": ["object", "null"],
            "additionalProperties": False,
            "properties": parameters,
        },
    }
    time = {"type": ["string", "null"], "pattern": _DURATION}
    step = {
        "type": "object",
        "additionalProperties": False,
        "required": ["treatment"],
        "properties": {
            "treatment": {"enum": list(treatments.TREATMENTS)},
            "start": {**time, "description": "from day 0, with its unit"},
            "after": {**time, "description": "from the last event of the step before"},
            **given,
        },
    }
    return {
        "type": ["object", "null"],
        "additionalProperties": False,
        "properties": {
            "population": {"enum": list(cohort.POPULATIONS)},
            "treatment": {"enum": [None, *dict.fromkeys([NONE, *treatments.TREATMENTS]), SEQUENCE]},
            "sequence": {"type": ["array", "null"], "items": step},
            "modifiers": _words(treatments.MODIFIERS),
            "acknowledge": _words(("safety",)),
            **given,
        },
    }


def _place(kind: str | list[str]) -> dict[str, Any]:
    return {
        "anyOf": [
            {"type": kind},
            {"type": "array", "minItems": 3, "items": {"type": "number"}},
        ],
        "description": "name of a target, individual, MNI coordinates, or a .tsv file",
    }


def _search() -> dict[str, Any]:
    from netmod.graph import METRICS

    number = {"type": "number"}
    ends = {
        "type": "object",
        "additionalProperties": False,
        "required": ["low", "high"],
        "properties": {"low": number, "high": number},
    }
    numbers = {"anyOf": [_values(number), ends]}
    parameters = dict.fromkeys(n for t in treatments.TREATMENTS.values() for n in t.parameters)
    fields = Search.model_fields
    return {
        "type": ["object", "null"],
        "description": "what 'netmod search' looks for",
        "additionalProperties": False,
        "required": [name for name, field in fields.items() if field.is_required()],
        "properties": {
            "arm": {"type": "string", "description": fields["arm"].description},
            "time": {"type": "string", "pattern": _DURATION},
            "metric": {"enum": list(METRICS), "default": fields["metric"].default},
            "towards": {"enum": list(get_args(fields["towards"].annotation))},
            "over": {
                "type": "object",
                "minProperties": 1,
                "additionalProperties": False,
                "description": fields["over"].description,
                "properties": {
                    TARGET: _values(_place("string")),
                    TREATMENT: _values({"enum": list(treatments.TREATMENTS)}),
                    **dict.fromkeys((THERAPY_DAY, *parameters), numbers),
                },
            },
        },
    }


def _values(item: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "minItems": 1, "uniqueItems": True, "items": item}


def _words(known: Iterable[str]) -> dict[str, Any]:
    return {"type": ["array", "null"], "uniqueItems": True, "items": {"enum": list(known)}}


def _parameters(declared: Mapping[str, Parameter]) -> dict[str, Any]:
    return {
        "type": ["object", "null"],
        "additionalProperties": False,
        "properties": {
            name: {
                "type": "integer" if p.whole else "number",
                "default": p.default,
                "minimum": p.low,
                "maximum": p.high,
                "description": p.doc,
                "unit": p.unit,
                "source": p.source,
            }
            for name, p in declared.items()
        },
    }
