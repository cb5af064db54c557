"""The commands that take a scenario or the folder of a finished run."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netmod.cli.output import print_written
from netmod.cli.paths import check_picture, check_writable, existing
from netmod.errors import ConfigError

if TYPE_CHECKING:
    from netmod.scenario import Scenario
    from netmod.scenario.positions import Positions


def _read(args: argparse.Namespace) -> tuple[Scenario, Positions, Any]:
    """Return the scenario checked against its atlas, with the positions and the atlas."""
    from netmod.scenario import Override, check_against_atlas, read_scenario, warnings_of

    overrides = [Override.parse(text) for text in args.set]
    if getattr(args, "engine", None):
        overrides.append(Override("--engine", ("engine",), args.engine))
    scenario, positions = read_scenario(args.config, overrides)
    atlas = check_against_atlas(scenario, positions)
    for line in warnings_of(scenario, positions):
        print(f"netmod: warning: {line}", file=sys.stderr)
    return scenario, positions, atlas


def run(args: argparse.Namespace) -> int:
    """Simulate, compare, draw, report; return the study's exit code."""
    scenario, _, _ = _read(args)
    out = Path(args.out) if args.out is not None else Path("out") / scenario.name
    check_writable(out)
    from netmod import figures, report, study

    with figures.drawing_aside(out) as aside:
        code = study.run_study(scenario, out, args.device, args.jobs, args.fresh)
        figures.draw_all(out, aside=aside)
    print(f"\nreport: {report.write_report(out)}")
    study.seal_study(out)
    return code


def search(args: argparse.Namespace) -> int:
    """Search the best plan of each subject."""
    scenario, positions, _ = _read(args)
    if scenario.search is None:
        hint = "add 'search: {arm: …, time: …, over: {…}}', see configs/search.yaml"
        where = positions.where(("search",))
        raise ConfigError("nothing to search for", where=where, expected="a block", hint=hint)
    out = Path(args.out) if args.out is not None else Path("out") / f"{scenario.name}_search"
    check_writable(out)
    from netmod import study

    given = {"budget": args.budget} if args.budget else {}
    return study.run_search(
        scenario, out, seed=args.seed, judge=args.judge, jobs=args.jobs, **given
    )


def validate(args: argparse.Namespace) -> None:
    """Print a checked scenario on one screen."""
    scenario, _, atlas = _read(args)
    scanner, solver = scenario.scanner, scenario.solver
    step = f"{solver.name}, {solver.dt_ms:g} ms, {solver.noise} noise"
    step = step if scenario.engine == "sde" else "no time steps"
    factors = f"{len(scenario.arms)} arms × {scenario.cohort.subjects} subjects"
    lines = [
        f"{args.config}: a valid scenario",
        f"  name      {scenario.name} (seed {scenario.seed})",
        f"  engine    {scenario.engine} ({step}), model {scenario.model.name}",
        f"  scan      {scanner.duration_s:g} s at TR {scanner.tr_s:g} s, {scanner.hemodynamics}",
        f"  atlas     {atlas.name}, {len(atlas.region)} regions",
        f"  people    {scenario.cohort.summary()}",
        f"  times     {', '.join(scenario.times)}",
        f"  cells     {scenario.cells} = {factors} × {len(scenario.times)} times",
        f"  sha256    {scenario.sha256}",
        "  arms",
    ]
    width = max(len(arm.name) for arm in scenario.arms)
    lines += [f"    {arm.name:<{width}}  {arm.summary()}" for arm in scenario.arms]
    print("\n".join(lines))


def plan(args: argparse.Namespace) -> None:
    """Print what a run would do; draw its schedule if asked."""
    if args.figure is not None:
        check_picture(args.figure)
    scenario, _, _ = _read(args)
    from netmod import study
    from netmod.scenario import unseen_events

    print(study.plan_study(scenario))
    unseen = unseen_events(scenario)
    if unseen:
        print(f"netmod: warning: {unseen}", file=sys.stderr)
    if args.figure is not None:
        from netmod import figures

        print_written(figures.write_timeline(scenario, args.figure))


def draw_figures(args: argparse.Namespace) -> None:
    """Draw a finished run anew."""
    out = existing(args.out)
    from netmod import figures

    print_written(figures.draw_all(out))


def write_report(args: argparse.Namespace) -> None:
    """Write the page of a finished run anew."""
    out = existing(args.out)
    from netmod import report

    print_written(report.write_report(out))


def verify(args: argparse.Namespace) -> int:
    """Check the files of a run against their checksums."""
    out = existing(args.out)
    from netmod import study

    return study.verify_study(out)


def cite(args: argparse.Namespace) -> None:
    """Print BibTeX of what a run used."""
    out = existing(args.out)
    from netmod import study

    print(study.cite_study(out))


def init(args: argparse.Namespace) -> None:
    """Write a scenario to start from."""
    from netmod.scenario.template import write_template

    path = write_template(args.name)
    print(path)
    print(f"next: netmod validate {path}", file=sys.stderr)
