"""The command line: parses words and hands over; rooms are imported when a command needs them."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import signal
import sys
import textwrap
import threading
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from netmod import __version__
from netmod.errors import ConfigError, NetmodError, did_you_mean

if TYPE_CHECKING:
    from netmod.models.declaration import Parameter
    from netmod.scenario import Scenario
    from netmod.scenario.positions import Positions
    from netmod.treatments import Modifier, Treatment

EPILOG = "netmod is a research simulator, not medical advice."
INTERRUPTED, TERMINATED = 130, 143


class _Terminated(BaseException):
    """SIGTERM arrived; like KeyboardInterrupt no ``except Exception`` may swallow it."""


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are netmod's, with the nearest word as a hint."""

    def error(self, message: str) -> NoReturn:
        hint = None
        choice = re.search(r"invalid choice: '(.*)' \(choose from (.*)\)", message)
        unknown = re.search(r"unrecognized arguments: (\S+)", message)
        if choice:
            hint = did_you_mean(choice.group(1), re.findall(r"[\w-]+", choice.group(2)))
        elif unknown:
            hint = did_you_mean(unknown.group(1), self._option_string_actions)
        elif "required: CONFIG" in message:
            hint = "name the YAML file first, before --set"
        raise ConfigError(message, where=self.prog, hint=hint or f"see '{self.prog} --help'")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code.

    Parameters
    ----------
    argv : sequence of str, optional
        Words after the program's name; ``sys.argv[1:]`` when left out.

    Returns
    -------
    int
        0 done; 1 failed; 2 wrong usage or config; 3 finished, but cells failed; 4 integrity;
        130 or 143 stopped by a signal, resumable.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    debug = "--debug" in words
    try:
        with _terminable():
            args = _parser().parse_args(words)
            code = int(args.command(args) or 0)
            sys.stdout.flush()
            return code
    except SystemExit as stop:  # --help, --version
        return stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    except BrokenPipeError:
        return _close_quietly()
    except KeyboardInterrupt:
        print("\nnetmod: interrupted; the same command resumes", file=sys.stderr)
        return INTERRUPTED
    except _Terminated:
        print("\nnetmod: terminated; the same command resumes", file=sys.stderr)
        return TERMINATED
    except NetmodError as error:
        return _report(error, str(error), debug, error.exit_code)
    except OSError as error:
        named = f"{error.filename}: " if error.filename else ""
        return _report(error, f"{named}{error.strerror or error}", debug, 1)
    except Exception as error:
        what = f"unexpected {type(error).__name__}: {error}\n  hint: --debug shows where"
        return _report(error, what, debug, 1)


def _report(error: BaseException, text: str, debug: bool, code: int) -> int:
    if debug:
        traceback.print_exception(error, file=sys.stderr)
    print(f"netmod: error: {text}", file=sys.stderr)
    return code


def _close_quietly() -> int:
    """Point stdout at nothing, so that the interpreter's last flush stays silent as well."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, sys.stdout.fileno())
        os.close(null)
    return 0


@contextlib.contextmanager
def _terminable() -> Iterator[None]:
    """Let SIGTERM unwind the stack as Ctrl-C does, so that temporary files are removed."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(_signal: int, _frame: object) -> NoReturn:
        raise _Terminated

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="netmod",
        description="Simulate how treatments of depression change a whole-brain network model.",
        epilog=EPILOG,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"netmod {__version__}")
    parser.add_argument("--debug", action="store_true", help="show tracebacks")
    commands = parser.add_subparsers(metavar="COMMAND", required=True, parser_class=_Parser)

    def command(name: str, call: Callable[[argparse.Namespace], Any], doc: str) -> _Parser:
        sub = commands.add_parser(
            name, help=doc, description=doc, epilog=EPILOG, allow_abbrev=False
        )
        sub.add_argument(
            "--debug", action="store_true", default=argparse.SUPPRESS, help="show tracebacks"
        )
        sub.set_defaults(command=call)
        return sub

    run = command("run", _run, "simulate every arm and print the comparison; resumes by itself")
    _config_arguments(run)
    run.add_argument("-o", "--out", metavar="OUT", help="output folder (default out/NAME)")
    run.add_argument("--engine", choices=["sde", "linear"], help="instead of the file's")
    run.add_argument(
        "--device", choices=["auto", "cpu", "gpu"], default="auto", help="auto: a GPU if there is"
    )
    run.add_argument("--jobs", type=_positive, metavar="N", help="processes (default: chosen)")
    run.add_argument("--fresh", action="store_true", help="discard what an earlier run left")
    _config_arguments(command("validate", _validate, "check a scenario without running it"))
    plan = command("plan", _plan, "show arms, schedule, cells, memory and time without running")
    _config_arguments(plan)
    plan.add_argument(
        "--figure", type=Path, metavar="PATH.png", help="draw the schedule as a timeline, too"
    )
    search = command("search", _search, "best plan for each subject, judged on held-out scans")
    _config_arguments(search)
    search.add_argument("-o", "--out", metavar="OUT", help="folder (default out/NAME_search)")
    search.add_argument("--engine", choices=["sde", "linear"], help="instead of the file's")
    search.add_argument(
        "--judge", choices=["sde", "linear"], help="engine of the held-out scans (default: same)"
    )
    search.add_argument("--budget", type=_positive, metavar="N", help="most plans (default 256)")
    search.add_argument("--seed", type=_seed, metavar="N", help="of search and held-out noise")
    search.add_argument("--jobs", type=_positive, metavar="N", help="processes (default: chosen)")
    compare = command("compare", _compare, "arms side by side: effect sizes, intervals, p")
    _out_argument(compare)
    compare.add_argument(
        "--metric", nargs="+", action="extend", default=[], metavar="NAME", help="only these"
    )
    _out_argument(command("figures", _figures, "draw the pictures of a finished run"))
    _out_argument(command("report", _write_report, "write a finished run as one HTML page"))
    for name, call in (("models", _models), ("treatments", _treatments), ("metrics", _metrics)):
        listing = command(name, call, f"{name} with parameters, units, ranges and sources")
        listing.add_argument("names", nargs="*", metavar="NAME", help="only these")
    command("schema", _schema, "print the JSON Schema of a scenario file")
    init = command("init", _init, "write a commented scenario to start from")
    init.add_argument("name", nargs="?", default="scenario", metavar="NAME")
    _out_argument(command("verify", _verify, "check stored files against their checksums"))
    _out_argument(command("cite", _cite, "print BibTeX of what a run used"))
    return parser


def _config_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("config", metavar="CONFIG", help="scenario file (YAML)")
    parser.add_argument(
        "--set",
        nargs="+",
        action="extend",
        default=[],
        metavar="KEY=VALUE",
        help="replace a value, e.g. scanner.duration_s=600",
    )


def _out_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("out", type=Path, metavar="OUT", help="folder that a run has written")


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"'{text}' is not a whole number of 1 or more")
    return int(text)


def _seed(text: str) -> int:
    if not text.isdecimal() or int(text) >= 2**32:
        raise argparse.ArgumentTypeError(f"'{text}' is not a whole number below 2**32")
    return int(text)


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


def _run(args: argparse.Namespace) -> int:
    scenario, _, _ = _read(args)
    out = Path(args.out) if args.out is not None else Path("out") / scenario.name
    _check_writable(out)
    from netmod import figures, report, study

    with figures.drawing_aside(out) as aside:
        code = study.run_study(scenario, out, args.device, args.jobs, args.fresh)
        figures.draw_all(out, aside=aside)
    print(f"\nreport: {report.write_report(out)}")
    study.seal_study(out)
    return code


def _search(args: argparse.Namespace) -> int:
    scenario, positions, _ = _read(args)
    if scenario.search is None:
        hint = "add 'search: {arm: …, time: …, over: {…}}', see configs/search.yaml"
        where = positions.where(("search",))
        raise ConfigError("nothing to search for", where=where, expected="a block", hint=hint)
    out = Path(args.out) if args.out is not None else Path("out") / f"{scenario.name}_search"
    _check_writable(out)
    from netmod import study

    given = {"budget": args.budget} if args.budget else {}
    return study.run_search(
        scenario, out, seed=args.seed, judge=args.judge, jobs=args.jobs, **given
    )


def _validate(args: argparse.Namespace) -> None:
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
        f"  times     {', '.join(scenario.times)}",
        f"  cells     {scenario.cells} = {factors} × {len(scenario.times)} times",
        f"  sha256    {scenario.sha256}",
        "  arms",
    ]
    width = max(len(arm.name) for arm in scenario.arms)
    lines += [f"    {arm.name:<{width}}  {arm.summary()}" for arm in scenario.arms]
    print("\n".join(lines))


def _plan(args: argparse.Namespace) -> None:
    if args.figure is not None:
        _check_picture(args.figure)
    scenario, _, _ = _read(args)
    from netmod import study
    from netmod.scenario import unseen_events

    print(study.plan_study(scenario))
    unseen = unseen_events(scenario)
    if unseen:
        print(f"netmod: warning: {unseen}", file=sys.stderr)
    if args.figure is not None:
        from netmod import figures

        _print_written(figures.write_timeline(scenario, args.figure))


def _compare(args: argparse.Namespace) -> None:
    out = _existing(args.out)
    if args.metric:
        from netmod.graph import METRICS

        _known("metric", args.metric, METRICS)
    from netmod import study

    print(study.compare_table(out, args.metric))


def _figures(args: argparse.Namespace) -> None:
    out = _existing(args.out)
    from netmod import figures

    _print_written(figures.draw_all(out))


def _write_report(args: argparse.Namespace) -> None:
    out = _existing(args.out)
    from netmod import report

    _print_written(report.write_report(out))


def _verify(args: argparse.Namespace) -> int:
    out = _existing(args.out)
    from netmod import study

    return study.verify_study(out)


def _cite(args: argparse.Namespace) -> None:
    out = _existing(args.out)
    from netmod import study

    print(study.cite_study(out))


def _models(args: argparse.Namespace) -> None:
    from netmod.models import MODELS

    for name in _known("model", args.names, MODELS):
        print(f"{name}\n  {MODELS[name].doc}")
        _print_parameters(MODELS[name].parameters)


def _treatments(args: argparse.Namespace) -> None:
    from netmod.cohort import POPULATIONS
    from netmod.treatments import MODIFIERS, TREATMENTS

    for name in _known("treatment or modifier", args.names, {**TREATMENTS, **MODIFIERS}):
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
    _print_wrapped(treatment.doc)
    _print_wrapped(f"mechanism: {treatment.mechanism}")
    _print_wrapped(f"protocol: {described(events)}")
    _print_wrapped(f"source: {treatment.source}")
    _print_parameters(treatment.parameters, above=treatment.source)


def _print_modifier(modifier: Modifier) -> None:
    from netmod.plasticity.gates import GATES

    print(f"{modifier.name} (modifier)")
    _print_wrapped(modifier.doc)
    for name, value in modifier.factors.items():
        sign = "x" if GATES[name].neutral else "+"
        _print_wrapped(f"effect: {name} {sign} {value:g} ({GATES[name].doc})")
    if modifier.target:
        _print_wrapped(f"effect: target {modifier.target}")
    if modifier.environment:
        _print_wrapped(f"effect: environment {modifier.environment}")
    if modifier.dose:
        given = modifier.dose
        drugs = ", ".join(given.before)
        _print_wrapped(f"effect: dose of {given.drug} {given.lead_h:g} h before each of {drugs}")
    _print_wrapped(f"source: {modifier.source}")


def _print_wrapped(text: str) -> None:
    """Print a paragraph under a name; what it is about stands at its beginning, for grep."""
    print(textwrap.fill(text, 100, initial_indent="  ", subsequent_indent="    "))


def _metrics(args: argparse.Namespace) -> None:
    from netmod.graph import METRICS

    for name in _known("metric", args.names, METRICS):
        metric = METRICS[name]
        print(f"{name} [{metric.unit}]\n  {metric.doc}\n  {metric.direction_note}")
        print(f"  source: {metric.source}")


def _schema(_: argparse.Namespace) -> None:
    from netmod.scenario import json_schema

    print(json.dumps(json_schema(), indent=2, ensure_ascii=False))


def _init(args: argparse.Namespace) -> None:
    from netmod.scenario.template import write_template

    path = write_template(args.name)
    print(path)
    print(f"next: netmod validate {path}", file=sys.stderr)


def _print_parameters(parameters: Mapping[str, Parameter], above: str | None = None) -> None:
    """Print a line each; the source is left out where it is the one printed above."""
    width = max((len(name) for name in parameters), default=0)
    for name, p in parameters.items():
        unit = "" if p.unit == "1" else f" {p.unit}"
        source = "" if p.source == above else f" [{p.source}]"
        print(f"  {name:<{width}}  {p.default:g}{unit} ({p.low:g} … {p.high:g})  {p.doc}{source}")


def _print_written(written: object) -> None:
    """Print the path or paths that a room says it wrote."""
    if isinstance(written, str | Path):
        print(written)
    elif isinstance(written, Iterable):
        for path in written:
            print(path)


def _known(kind: str, names: Sequence[str], known: Mapping[str, Any]) -> Sequence[str]:
    """Return the names asked for, all when none is, and refuse an unknown one."""
    for name in names:
        if name not in known:
            hint = did_you_mean(name, known) or f"'netmod {kind.split()[0]}s' lists them all"
            raise ConfigError(f"unknown {kind}", expected=", ".join(known), got=name, hint=hint)
    return list(names) or list(known)


def _existing(out: Path) -> Path:
    if not out.is_dir():
        what = "not a folder" if out.exists() else "no such folder"
        hint = "'netmod run CONFIG' writes one, out/NAME unless told otherwise"
        raise ConfigError(what, where=str(out), expected="the output of a run", hint=hint)
    return out


def _check_picture(path: Path) -> None:
    """Refuse the path of a picture that could not be written, before anything is computed."""
    if path.suffix.lower() != ".png":
        hint = f"write {path.parent / (path.stem or 'plan')}.png"
        raise ConfigError("not the name of a PNG", where=str(path), expected="NAME.png", hint=hint)
    if path.is_dir():
        hint = "name a file in it"
        raise ConfigError("a folder", where=str(path), expected="a file", hint=hint)
    _check_writable(path.parent, "choose another folder for the figure")


def _check_writable(out: Path, hint: str = "choose another folder with -o") -> None:
    """Refuse an output folder that could not be made, before anything is computed."""
    nearest = next(folder for folder in (out, *out.absolute().parents) if folder.exists())
    if not nearest.is_dir():
        raise ConfigError("not a folder", where=str(nearest), expected="a folder", hint=hint)
    if not os.access(nearest, os.W_OK | os.X_OK):
        raise ConfigError("cannot write here", where=str(nearest), hint=hint)
