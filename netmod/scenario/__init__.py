"""YAML text → a validated, frozen `Scenario`; every problem with its place and likely fix."""

from netmod.scenario.arms import Arm
from netmod.scenario.load import (
    check_against_atlas,
    load_scenario,
    read_scenario,
    unseen_events,
    warnings_of,
)
from netmod.scenario.numbers import Numbers
from netmod.scenario.overrides import Override
from netmod.scenario.publish import json_schema
from netmod.scenario.schema import Scenario
from netmod.scenario.steps import Step

__all__ = [
    "Arm",
    "Numbers",
    "Override",
    "Scenario",
    "Step",
    "check_against_atlas",
    "json_schema",
    "load_scenario",
    "read_scenario",
    "unseen_events",
    "warnings_of",
]
