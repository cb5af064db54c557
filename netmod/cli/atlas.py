"""``netmod atlas``: what atlases there are, how they look, and bringing one's own."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netmod.cli.output import aligned, known_names, print_wrapped, print_written, wrapped
from netmod.cli.paths import check_picture, check_writable
from netmod.cli.words import Parser, add_command
from netmod.errors import ConfigError, NetmodError

if TYPE_CHECKING:
    from netmod.atlas.check import Finding
    from netmod.atlas.fetch import Source

PROBLEMS = 1


def add_commands(commands: Any) -> None:
    """Add ``atlas`` and its own commands to the command line."""
    doc = "atlases: list, show, check, fetch, import, export, find a target"
    atlas = add_command(commands, "atlas", lambda _: atlas.print_help(), doc)
    inner = atlas.add_subparsers(metavar="COMMAND", parser_class=Parser)
    add_command(inner, "list", list_all, "the atlases that are here, and those to fetch")
    show = add_command(inner, "show", show_card, "what an atlas holds; with -o its picture")
    _atlas_argument(show)
    show.add_argument(
        "-o", "--out", type=Path, metavar="OUT", help="draw it, too: a folder or PATH.png"
    )
    check = add_command(inner, "check", check_one, "judge an atlas; exit code 1 for problems")
    _atlas_argument(check)
    fetch = add_command(inner, "fetch", fetch_one, "download an atlas or maps, checksums pinned")
    fetch.add_argument("source", metavar="NAME", help="one of those that 'atlas list' names")
    fetch.add_argument("--atlas", metavar="BASE", help="the atlas that maps are added to")
    fetch.add_argument("--replace", action="store_true", help="instead of the one that is there")
    bring = add_command(inner, "import", import_one, "make an atlas of a connectome of your own")
    bring.add_argument("path", type=Path, metavar="PATH", help="a file or a folder")
    bring.add_argument("--name", required=True, metavar="NAME", help="what to call the atlas")
    bring.add_argument("--format", metavar="FORMAT", help="when PATH does not tell")
    bring.add_argument("--lengths", type=Path, metavar="PATH", help="tract lengths in mm")
    bring.add_argument("--regions", type=Path, metavar="PATH", help="names, coordinates, networks")
    bring.add_argument("--fc", type=Path, metavar="PATH", help="functional connectivity")
    bring.add_argument(
        "-o", "--out", type=Path, metavar="FOLDER", help="instead of the user's data folder"
    )
    bring.add_argument(
        "--transpose", action="store_true", help="rows send: the matrices are [source, target]"
    )
    bring.add_argument(
        "--option", nargs="+", action="extend", default=[], metavar="KEY=VALUE",
        help="of the format, such as weights=SC (npz, mat) or labels=PATH (mrtrix)",
    )  # fmt: skip
    bring.add_argument("--replace", action="store_true", help="instead of the one that is there")
    export = add_command(inner, "export", export_one, "write an atlas in another format")
    _atlas_argument(export)
    export.add_argument("format", metavar="FORMAT", help="such as tvb, csv, npz, graphml, bids")
    export.add_argument("-o", "--out", type=Path, required=True, metavar="PATH", help="where to")
    target = add_command(inner, "target", find_target, "the regions under a target")
    _atlas_argument(target)
    target.add_argument(
        "text", metavar="TEXT", help="a target, a region, a published site, or 'x,y,z' in MNI mm"
    )


def _atlas_argument(parser: Parser) -> None:
    parser.add_argument("atlas", metavar="ATLAS", help="name or folder")


def list_all(_: argparse.Namespace) -> None:
    """Print the atlases that are here, then the sources that are not."""
    from netmod.atlas import available_atlases
    from netmod.atlas.fetch import SOURCES
    from netmod.cli.atlas_card import HOLDINGS

    names = available_atlases()
    print(aligned([("atlas", *HOLDINGS), *map(_row, names)], right=(1, 6, 7)))
    missing = [source for source in SOURCES.values() if not _installed(source, names)]
    if missing:
        head = ("to fetch", "onto", "MB", "licence", "what")
        rows = [
            (s.name, s.base or "-", _megabytes(s.bytes), brief(s.licence), s.title) for s in missing
        ]
        print("\n" + aligned([head, *rows], right=(2,)))


def _row(name: str) -> tuple[str, ...]:
    """Return a line of the list; one broken folder must not hide the others."""
    from netmod.atlas import load_atlas
    from netmod.cli.atlas_card import holdings

    try:
        return name, *holdings(load_atlas(name))
    except NetmodError as error:
        return name, "-", f"unreadable: {error.what}", *["-"] * 6


def _installed(source: Source, names: Sequence[str]) -> bool:
    """Return whether a source is here, alone or on one of the atlases."""
    from netmod.atlas.places import data_folder

    if source.kind == "images":
        return (data_folder() / "images" / source.name).is_dir()
    return any(name == source.name or name.endswith(f"_{source.name}") for name in names)


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.1f}" if size else "-"


def brief(licence: str, most: int = 60) -> str:
    """Return the names of licences without what explains them, as short as a table needs it."""
    names = re.sub(r" *\([^()]*\)", "", licence).split("; acknowledge")[0]
    return names if len(names) <= most else f"{names[: most - 1].rstrip()}…"


def show_card(args: argparse.Namespace) -> None:
    """Print what an atlas holds; draw it where asked."""
    from netmod.atlas import load_atlas
    from netmod.cli.atlas_card import card

    picture = _picture(args.out, args.atlas) if args.out is not None else None
    atlas = load_atlas(args.atlas)
    print(card(atlas))
    if picture is not None:
        from netmod import figures

        print_written(figures.write_atlas_card(atlas, picture))


def _picture(out: Path, atlas: str) -> Path:
    """Return the file of the picture: the one named, or one in the folder named."""
    path = out if out.suffix else out / f"atlas_{Path(atlas).resolve().name}.png"
    check_picture(path)
    return path


def check_one(args: argparse.Namespace) -> int:
    """Print what is right, worth knowing or wrong; 1 where something is wrong."""
    from netmod.atlas import load_atlas
    from netmod.atlas.check import check_atlas

    findings = check_atlas(load_atlas(args.atlas))
    _print_findings(findings)
    return PROBLEMS if any(finding.level == "problem" for finding in findings) else 0


def _print_findings(findings: Sequence[Finding]) -> None:
    levels = max((len(finding.level) for finding in findings), default=0)
    whats = max((len(finding.what) for finding in findings), default=0)
    for finding in findings:
        print(f"{finding.level:<{levels}}  {finding.what:<{whats}}  {finding.detail}".rstrip())
        if finding.hint:
            print(f"{'':<{levels}}    hint: {finding.hint}")


def fetch_one(args: argparse.Namespace) -> None:
    """Print the licence, fetch, print where it went."""
    from netmod.atlas.fetch import SOURCES, fetch_atlas
    from netmod.cli.atlas_card import citation_keys

    (name,) = known_names("source", [args.source], SOURCES, listing="netmod atlas list")
    source = SOURCES[name]
    told = (f"{name}: {source.title}", f"licence: {source.licence}",
            f"cite: {', '.join(citation_keys(source.citation)) or source.citation}")  # fmt: skip
    for text in told:
        print(wrapped(text, indent=""), file=sys.stderr)
    print_written(
        fetch_atlas(name, base=args.atlas, progress=_progress(source), replace=args.replace)
    )


def _progress(source: Source) -> Callable[[str, int, int], None]:
    """Return what tells on stderr how far a file is: each when whole, on a terminal always."""
    names = {file.sha256: file.name for file in source.files}
    terminal = sys.stderr.isatty()

    def tell(name: str, there: int, size: int) -> None:
        whole = there >= size
        if whole or terminal:
            start, end = "\r" if terminal else "", "\n" if whole else ""
            line = f"{names.get(name, name)}: {there / 1e6:.1f} of {size / 1e6:.1f} MB"
            print(f"{start}{line}", end=end, file=sys.stderr, flush=True)

    return tell


def import_one(args: argparse.Namespace) -> None:
    """Make an atlas of the user's files; tell on stderr what is not simply right."""
    from netmod.atlas.check import check_atlas
    from netmod.atlas.importing import import_atlas

    if args.out is not None:
        check_writable(args.out)
    atlas = import_atlas(
        args.path,
        args.name,
        folder=args.out,
        format=args.format,
        lengths=args.lengths,
        regions=args.regions,
        fc=args.fc,
        transpose=args.transpose,
        replace=args.replace,
        **_options(args.option),
    )
    for finding in check_atlas(atlas):
        if finding.level != "ok":
            print(f"netmod: {finding.level}: {finding.what}: {finding.detail}", file=sys.stderr)
    print_written(atlas.folder)


def _options(words: Sequence[str]) -> dict[str, str]:
    """Return ``KEY=VALUE`` words as a mapping; what has a word of its own is no option."""
    from inspect import signature

    from netmod.atlas.importing import import_atlas

    taken = signature(import_atlas).parameters
    pairs = [word.partition("=") for word in words]
    for word, (key, sign, _) in zip(words, pairs, strict=True):
        if not key.isidentifier() or not sign or key in taken:
            raise ConfigError(
                "not an option of a format", where="--option", expected="KEY=VALUE", got=repr(word)
            )
    return {key: value for key, _, value in pairs}


def export_one(args: argparse.Namespace) -> None:
    """Write an atlas in another format; tell on stderr what that cannot hold."""
    from netmod.atlas import load_atlas
    from netmod.atlas.formats import FORMATS, export_atlas

    atlas = load_atlas(args.atlas)
    print_written(export_atlas(atlas, args.out, args.format))
    loses = FORMATS[args.format].loses
    if loses:
        print(f"netmod: note: {args.format} does not hold {', '.join(loses)}", file=sys.stderr)


def find_target(args: argparse.Namespace) -> None:
    """Print the regions under a target with their shares and distances."""
    from netmod.atlas import load_atlas
    from netmod.atlas.targets import resolve_target

    atlas = load_atlas(args.atlas)
    target = resolve_target(atlas, args.text)
    print_wrapped(target.doc, indent="")
    print_wrapped(f"source: {target.source}", indent="")
    rows = [
        (atlas.region[region], f"{weight:.3f}", f"{distance:.1f}", atlas.network[region])
        for region, weight, distance in zip(
            target.regions, target.weights, target.distance_mm, strict=True
        )
    ]
    print(aligned([("region", "weight", "distance, mm", "network"), *rows], right=(1, 2)))
