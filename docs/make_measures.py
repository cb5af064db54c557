"""Write docs/measures.md from the declarations of netmod.graph.

``python docs/make_measures.py`` writes the page, ``--check`` fails if it is not what the
declarations say.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from make_models import cell, linked, paragraphs, table

from netmod.graph import measures
from netmod.graph.catalogue import GROUPS, Group

PAGE = Path(__file__).resolve().parent / "measures.md"

INTRO = """\
This page is made from the declarations by `python docs/make_measures.py`, and a test holds it to
them. `netmod metrics` lists the same names, `netmod metrics NAME` tells all about one, and
[extending.md](extending.md) adds one in one file.

Matrices are `weights[target, source]`, series `[time, region]`; N regions, T time points. Units:
*w* is that of the weights, *u* that of the series, *1* none. A higher value is a finding about a
network, never by itself a better or worse one. NaN stands where a definition leaves nothing to
compute (a region without edges, a network of one region); input that cannot be meant (values that
are not finite, constant series, asymmetry or negative weights where they are not defined) is an
error that names the region. A source marked *recalled* was not re-read.
"""

EXAMPLE = """\
import numpy as np

from netmod import graph
from netmod.atlas import load_atlas

atlas = load_atlas("dk84")
cortex = np.flatnonzero(atlas.cortex)
networks = np.asarray(atlas.network)[cortex]
rng = np.random.default_rng(0)
cov = atlas.fc[np.ix_(cortex, cortex)]
series = rng.multivariate_normal(np.zeros(len(cov)), cov, 300, check_valid="ignore")

# connectivity
fc = graph.estimate(series)
partial = graph.estimate(series, "partial")

# communities: the best of 20 runs, the consensus of all, and against null models
q, labels = graph.louvain(fc, runs=20, seed=0)
agreed = graph.consensus(graph.louvain_partitions(fc, 20, seed=0)[1], seed=0)
q_networks = graph.modularity_of(fc, networks)
sparse = graph.proportional(fc, density=0.15)
beyond = graph.normalised_modularity(
    sparse, lambda w, seed: graph.maslov_sneppen(w, seed).weights, count=20, runs=5
)
print(f"Q {q:.3f}, of the networks {q_networks:.3f}; beyond chance z = {beyond.z:.1f}")

# measures of a graph, at one density and over a range of them
efficiency = graph.measure(sparse, "global_efficiency")
curve = graph.over_levels(
    lambda w: graph.measure(w, "global_efficiency"), fc, levels=[0.1, 0.15, 0.2, 0.25]
)
roles = graph.measure(fc, "participation_positive", labels=networks)


# dynamics, beside a surrogate that has none
def spread(x):
    \"\"\"Return the SD of FCD.\"\"\"
    windows = graph.sliding_windows(x, length=30, step=5)
    return graph.fcd_statistics(graph.fcd_values(graph.fcd(windows)))["sd"]


own, surrogate = spread(series), spread(graph.phase_randomised(series, seed=1))
print(f"SD of FCD {own:.3f}, without dynamics {surrogate:.3f}")
metastability = graph.metastability(graph.analytic_signal(series, dt_s=2.0))

# the row of a study
whole = np.cov(rng.standard_normal((300, atlas.n_regions)), rowvar=False)
whole[np.ix_(cortex, cortex)] = graph.covariance(series)
rates_hz = np.full(atlas.n_regions, 3.0)
row = graph.signature_row(whole, rates_hz, graph.NetworkMasks.from_atlas(atlas))
"""

NULLS = """\
A value alone says little: most measures depend on density, mean weight, N and the length of the
scan. `netmod.graph.nulls` rewires edges with degrees kept (`maslov_sneppen`), strengths too
(`strength_preserving`), or lengths (`distance_preserving`), makes regular graphs (`lattice`) and
series without dynamics (`phase_randomised`); every null graph says how well it was mixed.
`netmod.graph.thresholds` cuts at a density or a weight, with or without the spanning tree, and
`over_levels` gives the curve and its area. `netmod.graph.batches` computes FC, FCD and phase
measures of many scans in JAX. `python benchmarks/calibration.py` measures how often the
comparisons of such values between arms are wrong.
"""


def page() -> str:
    """Return the page."""
    parts = ["# Measures", paragraphs(INTRO), "## In Python", f"```python\n{EXAMPLE}```"]
    for group in GROUPS:
        parts += [f"## {group.title}", paragraphs(group.doc), members(group)]
    parts += ["## Null models and thresholds", paragraphs(NULLS)]
    parts += ["## Where definitions differ", differences()]
    return "\n\n".join(parts) + "\n"


def members(group: Group) -> str:
    """Return the table of a group."""
    head = ("name", "definition", "unit", "range", "a higher value", "computed from", "gives")
    rows = [
        (
            f"`{name}`",
            *map(cell, (one.doc, one.unit, one.range, higher(one.direction_note))),
            *map(cell, (one.input, one.gives, source(one.source))),
        )
        for name, one in group.members.items()
    ]
    return table((*head, "source"), rows)


def higher(note: str) -> str:
    """Return what a note says under the heading "a higher value"."""
    return note.removeprefix("higher: ")


def source(text: str) -> str:
    """Return a source with its DOIs as links; one with signs that no link can hold as code."""
    return re.sub(r"doi:\S*<\S*", r"`\g<0>`", text) if "<" in text else linked(text)


def differences() -> str:
    """Return the table in the docstring of the measures as Markdown."""
    rows: list[list[str]] = []
    body = re.split(r"^=+ +=+$", measures.__doc__ or "", flags=re.MULTILINE)[2]
    for line in body.strip("\n").splitlines():
        name, text = line[:28].strip(), line[28:].strip()
        if name:
            rows.append([name, text])
        else:
            rows[-1][1] += f" {text}"
    return table(("measure", "here, and elsewhere"), [[cell(x) for x in row] for row in rows])


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(description="Write docs/measures.md.")
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    options = parser.parse_args(arguments)
    wanted = page()
    if not options.check:
        PAGE.write_text(wanted, "utf-8")
        return 0
    if PAGE.exists() and PAGE.read_text("utf-8") == wanted:
        return 0
    print("docs/measures.md is stale: run python docs/make_measures.py", file=sys.stderr)
    return 1


if __name__ == "__main__":
    raise SystemExit(main())
