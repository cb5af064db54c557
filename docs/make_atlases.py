"""Write docs/atlases.md: the shipped atlases, and how to bring others.

``python docs/make_atlases.py`` writes the page from the folders and by running the commands that it
shows, ``--figures`` draws the pictures first (all, or those of the atlases named after it),
``--check`` fails if the page is not what the folders and the commands say.
"""

from __future__ import annotations

import argparse
import contextlib
import difflib
import io
import os
import re
import shlex
import sys
import tempfile
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path

from make_models import WIDTH, cell, linked, paragraphs, prose, table

from netmod.atlas import load_atlas
from netmod.atlas.fetch import SOURCES
from netmod.atlas.formats import FORMATS
from netmod.cli import main as netmod
from netmod.cli.atlas import brief
from netmod.figures import write_atlas_card
from netmod.figures.atlas_numbers import measure

DOCS = Path(__file__).resolve().parent
PAGE = DOCS / "atlases.md"
DPI = 140  # a third of the bytes of a printed page
SHIPPED = ("dk84", "schaefer100", "glasser379")
MIDDLE = "schaefer100"

INTRO = """\
This page is made from the atlas folders and by running its commands, with
`python docs/make_atlases.py`, and a test holds it to them. An atlas is a parcellation with its
connectome: names and places of regions, weights and lengths of their connections, and, where
somebody measured them, FC, maps and named targets. `atlas: NAME` in a scenario and
`netmod.load_atlas("NAME")` take the name of one that is here, or a folder.
"""

LIST_TEXT = """\
*Lengths* are measured tracts, or estimated from distance where a source gives none. *FC* is the
share of pairs of regions that were measured; what is missing is `n/a`, never zero. Weights fitted
for a model belong to one atlas and one model and are refused with another.
"""

FETCH_TEXT = """\
`netmod atlas fetch NAME` downloads from the publisher, at one commit, and refuses bytes whose
SHA-256 is not the pinned one. It prints the licence first and writes it beside the figures. Maps
are added to a copy of an atlas (`--atlas BASE`), named `BASE_NAME`. What was fetched lies in the
user's data folder (`NETMOD_DATA`, else `~/.local/share/netmod`); nothing fetched ships with netmod.
An institution's mirror is named by `NETMOD_MIRROR`: a root under which files lie as
`owner/repository/commit/path`.
"""

FETCH = """\
```sh
netmod atlas fetch enigma_schaefer214
netmod atlas fetch pet_hansen2022 --atlas schaefer100  # becomes schaefer100_pet_hansen2022
```"""

IMPORT_TEXT = """\
`netmod atlas import PATH --name NAME` reads a connectome in any of these formats, fills what is
missing by stated rules, and records in `description.json` what it read (with SHA-256) and what it
filled. `--lengths`, `--regions` and `--fc` name files that stand apart. The folder appears whole or
not at all. Archives are unpacked with limits on size, ratio and names; nothing in them is executed.
"""

CHECK_TEXT = """\
`netmod atlas check` says what is right, what is worth knowing and what is a problem. It exits with
1 when there is a problem, with 2 when the folder cannot be read, and with 4 when a file is not what
its checksum says.
"""

TARGET_TEXT = """\
A target is a name of the atlas, a region, a published site, or a point in MNI space (mm, x to the
right), which takes the cortical regions around it by distance.
"""

FOLDER_TEXT = """\
Text files, tab-separated, UTF-8; `n/a` where a value is missing. Matrices have a header and a first
column of region names, in the order of `regions.tsv`; rows receive, columns send. Every figure is
checked on reading and a mistake is told as file:line:column.
"""

FOLDER = (
    ("`regions.tsv`", "yes", "`name label hemisphere mni_x_mm mni_y_mm mni_z_mm network kind`: "
     "hemisphere `L`, `R` or `B` (midline), kind `cortex`, `subcortex` or `cerebellum`; further "
     "columns are kept"),
    ("`weights.tsv`", "yes", "weights[target, source], not negative, diagonal 0; symmetric where "
     "`description.json` says `weights: {directed: false}`"),
    ("`lengths.tsv`", "yes", "tract lengths in mm"),
    ("`fc.tsv`", "", "Pearson r, symmetric, diagonal 1"),
    ("`fcd.tsv`", "", "`low high share`: bins of the distribution of functional connectivity "
     "dynamics, shares adding up to 1"),
    ("`maps.tsv`", "", "`name`, then one column for each map"),
    ("`targets.json`", "", "name: `{regions, doc, source}`"),
    ("`surface.tsv`", "", "`hemisphere first count region`: runs of vertices of fsaverage5 (10242 "
     "a hemisphere), `n/a` for the medial wall"),
    ("`description.json`", "", "name, title, licence, units, how each figure was made, sources"),
    ("`effective_connectivity/`", "", "weights fitted for a model: `MODEL.tsv` and `MODEL.json`"),
    ("`LICENSE`, `CITATION.bib`, `README.md`", "", "for people"),
    ("`SHA256SUMS`", "", "checksums; a folder that has it is refused when a file differs"),
)  # fmt: skip

PYTHON = """\
```python
import netmod
from netmod.atlas.check import check_atlas
from netmod.atlas.importing import import_atlas
from netmod.atlas.operations import subset
from netmod.atlas.targets import resolve_target

atlas = netmod.load_atlas("dk84")
print(atlas.n_regions, atlas.weights.shape, atlas.map("HTR2A")[:3])
dlpfc = resolve_target(atlas, "-38,44,26")  # a point in MNI space, mm
print([atlas.region[k] for k in dlpfc.regions[:3]], dlpfc.weights[:3].round(2))
problems = [finding for finding in check_atlas(atlas) if finding.level == "problem"]
cortex = subset(atlas, kind="cortex")
mine = import_atlas(atlas.folder, "mine", folder="mine_copy")
brain = netmod.Network.from_atlas(mine)  # its weights scaled to spectral radius 1
```
"""


def page() -> str:
    """Return the page."""
    with _workplace():
        parts = ["# Atlases", paragraphs(INTRO), shown("netmod atlas list"), paragraphs(LIST_TEXT)]
        for name in SHIPPED:
            parts += card(name)
        parts += ["## Others to fetch", paragraphs(FETCH_TEXT), FETCH, sources()]
        parts += ["## A connectome of your own", paragraphs(IMPORT_TEXT), formats()]
        parts += [
            shown("netmod atlas export dk84 tvb -o dk84_tvb.zip"),
            shown("netmod atlas import dk84_tvb.zip --name mine -o mine"),
            shown("netmod atlas show mine"),
            paragraphs(CHECK_TEXT),
            shown("netmod atlas check dk84"),
        ]
        parts += ["## Targets", paragraphs(TARGET_TEXT)]
        parts += [shown('netmod atlas target dk84 "-38,44,26"')]
        parts += [shown(f"netmod atlas target {MIDDLE} sgacc")]
    parts += ["## The folder", paragraphs(FOLDER_TEXT)]
    parts += [table(("file", "needed", "what"), FOLDER)]
    parts += ["## From Python", PYTHON.strip()]
    return "\n\n".join(parts) + "\n"


@contextlib.contextmanager
def _workplace() -> Iterator[None]:
    """Work in an empty folder, without the atlases that the user has."""
    before, data = Path.cwd(), os.environ.get("NETMOD_DATA")
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        os.environ["NETMOD_DATA"] = str(Path(folder) / "data")
        try:
            yield
        finally:
            os.chdir(before)
            del os.environ["NETMOD_DATA"]
            if data is not None:
                os.environ["NETMOD_DATA"] = data


def shown(command: str) -> str:
    """Run a command and return it with what it printed, as a block of the page."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        code = netmod(shlex.split(command)[1:])
    if code != 0:
        raise RuntimeError(f"'{command}' gave {code}: {printed.getvalue()}")
    return f"```console\n$ {command}\n{printed.getvalue().rstrip()}\n```"


def card(name: str) -> list[str]:
    """Return the section of one shipped atlas."""
    atlas = load_atlas(name)
    readme = (atlas.folder / "README.md").read_text("utf-8")
    parts = [f"## {name}", prose(" ".join(readme.split("\n\n")[1].split()))]
    if (DOCS / picture(name)).exists():
        parts.append(f"![{name}]({picture(name)})")
    parts += [numbers(name), "Know before use:", caveats(readme)]
    parts.append(prose(f"**Licence.** {atlas.licence}."))
    parts.append(prose(f"**Made by** `{atlas.description['made_by']}` from:"))
    rows: dict[tuple[str, ...], None] = {}
    for source in atlas.description["sources"]:
        version = f"{source['package']} {source['version']}"
        rows[version, cell(linked(source["citation"])), cell(source["licence"])] = None
    parts.append(table(("package", "cite", "licence"), rows))
    return parts


def picture(name: str) -> str:
    """Return where the picture of an atlas lies, from the page."""
    return f"figures/atlas_{name}.png"


def numbers(name: str) -> str:
    """Return the table of what is computed from the figures of an atlas."""
    n = measure(load_atlas(name))
    kinds = ", ".join(f"{count} {kind}" for kind, count in n.kinds.items())
    low, median, high = n.weight_range
    short, middle, long = n.length_range_mm
    rows = [
        ("regions", f"{n.n_regions}: {kinds}; {n.n_homologues} pairs of homologues"),
        ("networks", ", ".join(f"{network} {count}" for network, count in n.networks.items())),
        ("weights", f"density {n.density:.2f}; {low:.3g} to {high:.3g}, median {median:.3g}; "
                    f"spectral radius {n.spectral_radius:.4g}"),
        ("strength", f"mean {n.strength_mean:.4g}, SD/mean {n.strength_cv:.2f}"),
        ("lengths of connections", f"{short:.3g} to {long:.3g} mm, median {middle:.3g}"),
        ("FC", f"{n.fc_share:.0%} of pairs, mean {n.fc_mean:.3f}, "
               f"r with log10 weight {n.r_weights_fc:.2f}"),
        ("maps", ", ".join(f"`{name}`" for name in load_atlas(name).maps)),
        ("targets", ", ".join(f"`{name}`" for name in load_atlas(name).targets)),
    ]  # fmt: skip
    return table(("", ""), rows)


def caveats(readme: str) -> str:
    """Return the list under 'Know before use' of an atlas's README."""
    after = readme.split("Know before use:\n\n")[1]
    found = re.match(r"(?:(?:- |  )\S.*\n)+", after)
    items = re.split(r"^- ", found[0], flags=re.M)[1:]
    return "\n".join(
        textwrap.fill(
            " ".join(item.split()), WIDTH, initial_indent="- ", subsequent_indent="  ",
            break_long_words=False, break_on_hyphens=False,
        )
        for item in items
    )  # fmt: skip


def sources() -> str:
    """Return the table of what can be fetched."""
    rows = [
        (f"`{s.name}`", cell(s.title), f"`{s.base}`" if s.base else "",
         f"{s.bytes / 1e6:.1f}" if s.bytes else "", cell(brief(s.licence)))
        for s in SOURCES.values()
    ]  # fmt: skip
    return table(("name", "what", "onto", "MB", "licence"), rows)


def formats() -> str:
    """Return the table of formats."""
    rows = [
        (f"`{name}`", cell(f"{format.title}. {format.doc}"), cell(", ".join(format.loses)))
        for name, format in FORMATS.items()
    ]
    return table(("format", "what it is", "does not hold"), rows)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(description="Write docs/atlases.md.")
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    parser.add_argument("--figures", nargs="*", choices=SHIPPED, metavar="ATLAS", default=None)
    options = parser.parse_args(arguments)
    if options.figures is not None:
        for name in options.figures or SHIPPED:
            write_atlas_card(load_atlas(name), DOCS / picture(name), DPI)
    wanted = page()
    if not options.check:
        PAGE.write_text(wanted, "utf-8")
        return 0
    found = PAGE.read_text("utf-8") if PAGE.exists() else ""
    if found == wanted:
        return 0
    difference = difflib.unified_diff(
        found.splitlines(), wanted.splitlines(), "docs/atlases.md", "atlases", lineterm="", n=1
    )
    print("\n".join([*difference][:40]))
    print("docs/atlases.md is stale: run python docs/make_atlases.py", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
