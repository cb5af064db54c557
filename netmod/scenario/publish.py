"""The JSON Schema of a scenario, for editors that complete and check YAML as it is typed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from netmod import cohort, models, treatments
from netmod.models.declaration import Parameter
from netmod.scenario.arms import NONE, arm_words
from netmod.scenario.schema import Scenario

_TIME = r"^(baseline|\s*\d+(\.\d+)?\s*(min|h|d|wk)\s*)$"


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a scenario file, with all declared names.

    Conditions that span several keys (a duration that is a multiple of ``tr_s``, a parameter
    that belongs to this treatment) are checked by ``netmod validate`` only.
    """
    sections = {
        name: {**field.annotation.model_json_schema(), "description": field.description}
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
            "model": {
                "oneOf": [
                    {
                        "type": "object",
                        "description": model.doc,
                        "additionalProperties": False,
                        "properties": {
                            "name": {"const": name},
                            "parameters": _parameters(model.parameters),
                        },
                    }
                    for name, model in models.MODELS.items()
                ]
            },
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
                        "propertyNames": {"pattern": "^[a-z][a-z0-9_]*$"},
                        "additionalProperties": _arm(),
                    },
                ]
            },
        },
    }


def _arm() -> dict[str, Any]:
    parameters: dict[str, Any] = {}
    for treatment in treatments.TREATMENTS.values():
        for name, one in _parameters(treatment.parameters)["properties"].items():
            # one name may have another range in another treatment
            parameters.setdefault(name, {"anyOf": []})["anyOf"].append(one)
    return {
        "type": ["object", "null"],
        "additionalProperties": False,
        "properties": {
            "population": {"enum": list(cohort.POPULATIONS)},
            "treatment": {"enum": [None, *dict.fromkeys([NONE, *treatments.TREATMENTS])]},
            "modifiers": {
                "type": "array",
                "uniqueItems": True,
                "items": {"enum": list(treatments.MODIFIERS)},
            },
            "target": {"type": ["string", "null"]},
            "parameters": {
                "type": "object",
                "additionalProperties": False,
                "properties": parameters,
            },
        },
    }


def _parameters(declared: Mapping[str, Parameter]) -> dict[str, Any]:
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            name: {
                "type": "number",
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
