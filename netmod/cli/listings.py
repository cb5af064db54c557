"""``netmod models``, ``treatments``, ``metrics`` and ``schema``: what there is to choose from."""

from __future__ import annotations

import argparse
import json
import textwrap
from collections.abc import Mapping
from typing import TYPE_CHECKING

from netmod.cli.output import aligned, known_names, print_wrapped
from netmod.errors import ConfigError, did_you_mean

if TYPE_CHECKING:
    from netmod.graph.declarations import Declaration
    from netmod.models.declaration import Parameter
    from netmod.treatments import Modifier, Treatment

WIDTH = 100  # of a line in a list


def models(args: argparse.Namespace) -> None:
    """Print neural masses with their parameters."""
    from netmod.models import MODELS

    for name in known_names("model", args.names, MODELS):
        print(f"{name}\n  {MODELS[name].doc}")
        _print_parameters(MODELS[name].parameters)


def treatments(args: argparse.Namespace) -> None:
    """Print treatments, modifiers and populations."""
    from netmod.cohort import POPULATIONS
    from netmod.treatments import MODIFIERS, TREATMENTS

    for name in known_names("treatment or modifier", args.names, {**TREATMENTS, **MODIFIERS}):
        if name in TREATMENTS:
            _print_treatment(TREATMENTS[name])
        else:
            _print_modifier(MODIFIERS[name])
    if not args.names:
        print("populations")
        for name, doc in POPULATIONS.items():
            print(f"  {name}: {doc}")


def _print_treatment(treatment: Treatment) -> None:
    from netmod.treatments.course import Step, described, events_of

    defaults = {name: p.default for name, p in treatment.parameters.items()}
    events = events_of([Step(treatment, defaults, treatment.target)])
    print(treatment.name)
    print_wrapped(treatment.doc)
    print_wrapped(f"mechanism: {treatment.mechanism}")
    print_wrapped(f"protocol: {described(events)}")
    print_wrapped(f"source: {treatment.source}")
    _print_parameters(treatment.parameters, above=treatment.source)


def _print_modifier(modifier: Modifier) -> None:
    from netmod.plasticity.gates import GATES

    print(f"{modifier.name} (modifier)")
    print_wrapped(modifier.doc)
    for name, value in modifier.factors.items():
        sign = "x" if GATES[name].neutral else "+"
        print_wrapped(f"effect: {name} {sign} {value:g} ({GATES[name].doc})")
    if modifier.target:
        print_wrapped(f"effect: target {modifier.target}")
    if modifier.environment:
        print_wrapped(f"effect: environment {modifier.environment}")
    if modifier.dose:
        given = modifier.dose
        drugs = ", ".join(given.before)
        print_wrapped(f"effect: dose of {given.drug} {given.lead_h:g} h before each of {drugs}")
    for drug, compound in modifier.drugs.items():
        print_wrapped(f"effect: doses of {drug} are doses of {compound}")
    print_wrapped(f"source: {modifier.source}")


def metrics(args: argparse.Namespace) -> None:
    """Print signatures, measures, estimators and other quantities: a line each, or in full."""
    from netmod.graph.catalogue import GROUPS, find

    for name in args.names:
        found = find(name)
        if not found:
            known = sorted({one for group in GROUPS for one in group.members})
            hint = did_you_mean(name, known) or "'netmod metrics' lists them all"
            raise ConfigError("unknown metric", got=name, hint=hint)
        for group, one in found:
            _print_quantity(one, group.kind)
    if args.names:
        return
    for group in GROUPS:
        print(f"{group.title}\n  {group.doc.replace('`', '')}")
        names = aligned([(f"  {name}", one.unit) for name, one in group.members.items()])
        width = max(map(len, names.splitlines())) + 2
        for name, one in zip(names.splitlines(), group.members.values(), strict=True):
            print(f"{name:<{width}}{textwrap.shorten(one.doc, WIDTH - width, placeholder=' …')}")
        print()
    print("'netmod metrics NAME' tells range, meaning, input and source")


def _print_quantity(one: Declaration, kind: str) -> None:
    print(f"{one.name} ({kind})")
    print_wrapped(one.doc)
    print_wrapped(f"unit: {one.unit}; range: {one.range}; gives: {one.gives}")
    print_wrapped(f"meaning: {one.direction_note}")
    print_wrapped(f"input: {one.input}")
    print_wrapped(f"python: {one.call}")
    print_wrapped(f"source: {one.source}")


def schema(_: argparse.Namespace) -> None:
    """Print the JSON Schema of a scenario."""
    from netmod.scenario import json_schema

    print(json.dumps(json_schema(), indent=2, ensure_ascii=False))


def _print_parameters(parameters: Mapping[str, Parameter], above: str | None = None) -> None:
    """Print a line each; the source is left out where it is the one printed above."""
    width = max((len(name) for name in parameters), default=0)
    for name, p in parameters.items():
        unit = "" if p.unit == "1" else f" {p.unit}"
        source = "" if p.source == above else f" [{p.source}]"
        print(f"  {name:<{width}}  {p.default:g}{unit} ({p.low:g} … {p.high:g})  {p.doc}{source}")
