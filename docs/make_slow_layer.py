"""Write docs/slow_layer.md: states, equations, treatments, and where every constant is from.

``python docs/make_slow_layer.py`` writes the page, ``--check`` fails if it is not what the
declarations say.
"""

from __future__ import annotations

import argparse
import inspect
import sys
import textwrap
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from make_models import cell, linked, paragraphs, parameter_row, table

from netmod.atlas.targets import PUBLISHED
from netmod.models.declaration import Parameter
from netmod.plasticity import slow
from netmod.plasticity.declaration import GROUPS, evidence
from netmod.plasticity.environment import PATTERNS
from netmod.plasticity.field import MONTAGES
from netmod.plasticity.gates import GATES
from netmod.plasticity.pharmacology import COMPOUNDS
from netmod.plasticity.state import STATES
from netmod.treatments import MODIFIERS, TREATMENTS

PAGE = Path(__file__).resolve().parent / "slow_layer.md"

INTRO = """\
This page is made from the declarations by `python docs/make_slow_layer.py`, and a test holds it to
them. [model.md](model.md) says why it is built so; `netmod treatments` prints treatments, modifiers
and protocol parameters; every constant below can be set under `plasticity:` in a scenario.

A treatment is a list of events in hours: sessions of magnetic pulses, electroconvulsive shocks,
doses, stretches of surroundings. Events drive mechanisms; no term contains the healthy state or an
outcome, and one constant per mechanism serves all arms. *Published* means read in its source,
*recalled* published but not re-read, *proposal* a choice of this project.
"""

EQUATIONS = """\
`A` is a region's rate over its untreated one, given by the fast model at its nodes (0, 1, 2, 4, 8,
16 h, 1, 2, 4, 7 d, then weekly), as are its answers to its surroundings. A scan looks aside and
changes nothing.
"""


def page() -> str:
    """Return the page."""
    parts = ["# Slow layer and treatments", paragraphs(INTRO), "## Equations", equations()]
    parts += [paragraphs(EQUATIONS), "## States", states(), "## Treatments", treatments()]
    parts += ["## Modifiers", modifiers(), "## Gates", gates(), "## Drugs", drugs()]
    parts += ["## Places and patterns", places(), "## Constants", counts()]
    for name, group in GROUPS.items():
        parts += [f"### {name[0].upper()}{name[1:]}", constants(group)]
    return "\n\n".join(parts) + "\n"


def equations() -> str:
    """Return the table of equations of the slow layer's own docstring."""
    text = inspect.cleandoc(slow.__doc__ or "").split(".. code-block:: text\n\n")[1]
    lines = []
    for line in text.splitlines():
        if line and not line.startswith(" "):
            break
        lines.append(line)
    return "```text\n" + textwrap.dedent("\n".join(lines)).strip() + "\n```"


def states() -> str:
    """Return the table of reported states."""
    return table(("state", "meaning"), [(f"`{name}`", cell(doc)) for name, doc in STATES.items()])


def treatments() -> str:
    """Return the table of treatments."""
    rows = [
        (f"`{t.name}`", cell(t.doc), cell(t.mechanism), cell(linked(t.source)))
        for t in TREATMENTS.values()
    ]
    return table(("treatment", "default protocol", "mechanism", "source"), rows)


def modifiers() -> str:
    """Return the table of modifiers."""
    rows = [(f"`{m.name}`", cell(m.doc), cell(linked(m.source))) for m in MODIFIERS.values()]
    return table(("modifier", "what it does", "source"), rows)


def gates() -> str:
    """Return the table of gates."""
    rows = [(f"`{name}`", f"{gate.neutral:g}", cell(gate.doc)) for name, gate in GATES.items()]
    return table(("gate", "untouched", "acts on"), rows)


def drugs() -> str:
    """Return the table of drugs and of the compounds made of them as controls."""
    rows = [
        (f"`{name}`", cell(drug.dose), f"{drug.elimination_h:.3g} h", ", ".join(drug.binding),
         cell(linked(drug.source)))
        for name, drug in COMPOUNDS.items()
    ]  # fmt: skip
    return table(("drug", "reference dose", "half-life", "binds", "source"), rows)


def places() -> str:
    """Return coordinates, montages and patterns of surroundings."""
    sites = [
        (f"`{name}`", "coil", ", ".join(f"{x:g}" for x in site.mni_mm), cell(linked(site.source)))
        for name, site in PUBLISHED.items()
    ]
    sites += [
        (f"`{name}`", "electrodes",
         " and ".join(", ".join(f"{x:g}" for x in p) for p in (m.first_mm, m.second_mm)),
         cell(linked(m.source)))
        for name, m in MONTAGES.items()
    ]  # fmt: skip
    sites += [
        (f"`{name}`", "surroundings", cell(doc), "proposal") for name, doc in PATTERNS.items()
    ]
    return table(("name", "kind", "MNI, mm, or regions", "source"), sites)


def counts() -> str:
    """Return how many constants are founded how well."""
    found = Counter(evidence(p.source) for group in GROUPS.values() for p in group.values())
    words = [f"{found[word]} {word}" for word in ("published", "recalled", "proposal")]
    return f"{sum(found.values())} constants: {', '.join(words)}."


def constants(group: dict[str, Parameter]) -> str:
    """Return the table of one mechanism's constants."""
    rows = [(*parameter_row(name, p)[:5], evidence(p.source), cell(linked(p.source)))
            for name, p in group.items()]  # fmt: skip
    return table(("constant", "default", "unit", "range", "meaning", "evidence", "source"), rows)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(description="Write docs/slow_layer.md.")
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    options = parser.parse_args(arguments)
    wanted = page()
    if not options.check:
        PAGE.write_text(wanted, "utf-8")
        return 0
    if PAGE.exists() and PAGE.read_text("utf-8") == wanted:
        return 0
    print("docs/slow_layer.md is stale: run python docs/make_slow_layer.py", file=sys.stderr)
    return 1


if __name__ == "__main__":
    raise SystemExit(main())
