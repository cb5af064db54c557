"""A row of the ledger, and the rows of a folder: YAML, validated, every problem with its place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from netmod.claims.observables.registry import (
    ARM_OPTIONS,
    OBSERVABLES,
    TIME_OPTIONS,
    Observable,
    listed,
)
from netmod.errors import ConfigError, NetmodError, did_you_mean
from netmod.scenario.document import read_document
from netmod.scenario.load import check_against_atlas, located
from netmod.scenario.messages import checked
from netmod.scenario.numbers import Section
from netmod.scenario.positions import Positions
from netmod.scenario.problem import KeyPath, Problem, ProblemsError, shown, unknown_word
from netmod.scenario.schema import Scenario
from netmod.units import parse_time_h

FAMILIES = ("patient", "rtms", "ect", "psychedelics", "ssri", "across")
STUDY_FILE = "study.yaml"
"""What all rows share, beside them: a scenario to which every row adds its arms."""

VARIANT = "variant"
"""Option of every observable of a study: under which of the row's other settings it is read."""

FIXED = ("schema_version", "name", "seed", "engine", "arms")
"""Keys of the study that no variant changes."""


def _each(section: type[Section], value: object) -> object:
    """Return the parts of a list, each checked, so that its problems have their own place."""
    if not isinstance(value, list):
        return value
    found, problems = [], []
    for k, item in enumerate(value):
        try:
            found.append(item if isinstance(item, section) else checked(section, item))
        except ProblemsError as error:
            problems += [problem.under((k,)) for problem in error.problems]
    if problems:
        raise ProblemsError(problems)
    return found


class Control(Section):
    """A condition that must abolish or reverse the effect: options over those of the measure."""

    what: str = Field(min_length=1, description="what is taken away, in a few words")
    given: dict[str, Any] = Field(alias="with", default={}, description="options of the effect")
    minus: dict[str, Any] = Field(default={}, description="options of the condition subtracted")


class Measure(Section):
    """One observable of a row with what is expected of it."""

    what: str = Field(min_length=1, description="what is measured, in a few words")
    unit: str = Field("1", description="unit of the value")
    observable: str = Field(description="the name of an observable", examples=["metric"])
    given: dict[str, Any] = Field(alias="with", description="options of the observable")
    minus: dict[str, Any] | None = Field(None, description="options of what is subtracted")
    statistic: Literal["mean", "correlation"] = Field("mean", description="over subjects")
    expected: Literal["increase", "decrease", "equal", "report"] = Field(description="direction")
    range: list[float] | None = Field(None, description="lowest and highest magnitude")
    judged: Literal["value", "g"] = Field("value", description="scale of the range")
    margin: float | None = Field(None, gt=0, description="of equivalence, in the unit")
    controls: list[Control] = Field([], description="conditions that must abolish the effect")
    cell: list[str] | None = Field(
        None, min_length=2, max_length=2, description="row and column of a table of the ledger"
    )

    @field_validator("controls", mode="before")
    @classmethod
    def _controls(cls, value: object) -> object:
        return _each(Control, value)

    @field_validator("observable")
    @classmethod
    def _known(cls, value: str) -> str:
        if value not in OBSERVABLES:
            raise ProblemsError([unknown_word("observable", value, OBSERVABLES)])
        return value

    @model_validator(mode="after")
    def _sound(self) -> Measure:
        problems = []
        if self.range is not None and not (
            len(self.range) == 2 and 0 <= self.range[0] < self.range[1]
        ):
            problem = Problem(
                ("range",), "not a range of magnitudes", "[lowest, highest], from 0 on",
                shown(self.range), "write the size in the expected direction, as in [0.5, 2]",
            )  # fmt: skip
            problems.append(problem)
        if (self.expected == "equal") != (self.margin is not None):
            what = "equivalence and a margin belong together"
            hint = "add 'margin: 0.1', in the unit" if self.margin is None else "remove 'margin'"
            problems.append(Problem(("margin",), what, None, None, hint))
        if self.judged == "g" and self.minus is None:
            what, hint = "a size in SDs needs two conditions", "add 'minus: {arm: mdd}'"
            problems.append(Problem(("judged",), what, None, "g", hint))
        if self.statistic == "correlation" and (self.minus is not None or self.controls):
            what = "a correlation has no condition subtracted and no control"
            problems.append(Problem(("statistic",), what, None, None, "make it another measure"))
        for path, variant, options in self.calls():
            problems += [p.under(path) for p in _option_problems(self.found, options)]
            if variant is not None and not isinstance(variant, str):
                what, hint = "not the name of a variant", "write the name of one of 'variants'"
                problems.append(Problem((*path, VARIANT), what, "a word", shown(variant), hint))
        if problems:
            raise ProblemsError(problems)
        return self

    @property
    def found(self) -> Observable:
        """The observable itself."""
        return OBSERVABLES[self.observable]

    def calls(self) -> list[tuple[tuple[str | int, ...], str | None, dict[str, Any]]]:
        """Return every call of the observable: the key that says it, its variant, its options.

        The variant of a control is that of its condition subtracted too, unless that names one.
        """
        pairs: list = [(("with",), dict(self.given))]
        if self.minus is not None:
            pairs.append((("minus",), {**self.given, **self.minus}))
        for k, control in enumerate(self.controls):
            effect = {**self.given, **control.given}
            pairs.append((("controls", k, "with"), effect))
            if self.minus is not None:
                changed = {VARIANT: control.given[VARIANT]} if VARIANT in control.given else {}
                own = {**self.given, **self.minus, **changed, **control.minus}
                pairs.append((("controls", k, "minus"), own))
        return [(path, own.pop(VARIANT, None), own) for path, own in pairs]


class Row(Section):
    """One claim: its experiment, what is expected of it, and what is known in people."""

    id: str = Field(pattern=r"^[A-Z][0-9]{1,2}$", description="letter and number", examples=["R1"])
    claim: str = Field(min_length=1, description="the claim in one sentence")
    family: Literal[FAMILIES] = Field(description="family of rows")  # type: ignore[valid-type]
    experiment: Literal["study", "calcium"] = Field(
        "study", description="virtual people, or draws of the calcium rule at one site"
    )
    arms: dict[str, Any] = Field({}, description="arms in the words of a scenario")
    variants: dict[str, dict[str, Any]] = Field(
        {}, description="settings of the study that differ, by the name of a variant"
    )
    measures: list[Measure] = Field([], description="what is measured")
    not_computed: str | None = Field(None, description="why the row is not computed, if it is not")
    not_modelled: list[str] = Field([], description="columns of its table that no run can give")
    selected_on_row: bool = Field(False, description="a constant was chosen on this very row")
    selected: str | None = Field(None, description="which constant, if one was")
    contested: dict[Literal["for", "against"], list[str]] | None = Field(
        None, description="both sides of a disagreement, with citations"
    )
    humans: list[str] = Field([], description="effect sizes in people, with sources")
    sources: list[str] = Field([], description="author, year, DOI")
    note: str | None = Field(None, description="what the row leaves out, and why")

    @field_validator("measures", mode="before")
    @classmethod
    def _measures(cls, value: object) -> object:
        return _each(Measure, value)

    @field_validator("contested")
    @classmethod
    def _both_sides(cls, value: Any) -> Any:
        if value is not None and set(value) != {"for", "against"}:
            problem = Problem((), "a disagreement has two sides", "for and against", shown(value))
            raise ProblemsError([problem])
        return value

    @model_validator(mode="after")
    def _whole(self) -> Row:
        problems = []
        for k, measure in enumerate(self.measures):
            kind = measure.found.reads
            if (kind == "calcium") != (self.experiment == "calcium"):
                what = f"'{measure.observable}' does not belong to a {self.experiment} experiment"
                problems.append(Problem(("measures", k, "observable"), what, None, kind))
            for path, variant, options in measure.calls():
                problems += [
                    unknown_word("arm", arm, self.arms).under(("measures", k, *path, name))
                    for name in ARM_OPTIONS
                    for arm in listed(options.get(name))
                    if arm not in self.arms
                ]
                if variant is not None and variant not in self.variants:
                    problem = unknown_word("variant", variant, self.variants)
                    problems.append(problem.under(("measures", k, *path, VARIANT)))
        problems += [
            Problem(("variants", variant, key), "no variant changes this", None, f"'{key}'",
                    "remove it", at_key=True)
            for variant, own in self.variants.items() for key in own if key in FIXED
        ]  # fmt: skip
        problems += [
            Problem(("variants", variant), "no measure reads this variant", None, None,
                    "remove it, or name it: with: {variant: …}", at_key=True)
            for variant in self.variants if not self.arms_used(variant)
        ]  # fmt: skip
        if self.variants and self.experiment == "calcium":
            what, hint = "the calcium rule has no variants", "remove them, or give another 'rule'"
            problems.append(Problem(("variants",), what, None, None, hint, at_key=True))
        if bool(self.measures) == bool(self.not_computed):
            what, hint = "measures, or why there are none", "write 'measures' or 'not_computed'"
            problems.append(Problem(("measures",), what, "one of them", None, hint))
        if self.selected_on_row and not self.selected:
            what, hint = "selected on this row, but what?", "add 'selected: psychedelic_relaxation'"
            problems.append(Problem(("selected_on_row",), what, None, None, hint))
        if problems:
            raise ProblemsError(problems)
        return self

    def arms_used(self, variant: str | None = None) -> set[str]:
        """Return the arms that a measure names under a variant."""
        return {arm for found, own in self._under(variant) for arm in found.arms(own)}

    def scans(self, variant: str | None = None) -> set[tuple[str, float]]:
        """Return the arms and hours whose scans the row looks at under a variant."""
        return {pair for found, own in self._under(variant) for pair in found.scans(own)}

    def _under(self, variant: str | None) -> list[tuple[Observable, dict[str, Any]]]:
        return [(m.found, own) for m in self.measures for _, v, own in m.calls() if v == variant]


@dataclass(frozen=True)
class Ledger:
    """Rows with the study that holds all their arms.

    Attributes
    ----------
    rows : tuple of Row
        In the order of their ids.
    study : Scenario
        Every arm of every row.
    variants : mapping of str to Scenario
        The study under other settings, by name, with the arms of the rows that name it.
    positions : mapping of str or None to Positions
        Where keys of these stand; None is the study itself.
    """

    rows: tuple[Row, ...]
    study: Scenario
    variants: Mapping[str, Scenario]
    positions: Mapping[str | None, Positions]

    def check(self) -> None:
        """Check study and variants against their atlases, before anything is computed.

        Raises
        ------
        ConfigError
            As :func:`netmod.scenario.check_against_atlas` does.
        """
        for name, where in self.positions.items():
            check_against_atlas(self.under(name), where)

    def under(self, variant: str | None) -> Scenario:
        """Return the study, or a variant of it."""
        return self.study if variant is None else self.variants[variant]


def claims_folders() -> tuple[Path, ...]:
    """Return the folders that may hold the shipped rows: in a wheel, then in a checkout."""
    package = Path(__file__).resolve().parent.parent
    return tuple(root / "configs" / "claims" for root in (package / "_data", package.parent))


def load_ledger(
    ids: Sequence[str] = (),
    folder: Path | None = None,
    engine: str | None = None,
    subjects: int | None = None,
    plasticity: Mapping[str, float] | None = None,
) -> Ledger:
    """Read rows and the study behind them.

    Parameters
    ----------
    ids : sequence of str
        Only these rows; all when empty.
    folder : Path, optional
        Of the rows; the shipped one when None.
    engine : {"linear", "sde"}, optional
        Instead of the study's.
    subjects : int, optional
        Instead of the study's.
    plasticity : mapping of str to float, optional
        Constants of the slow layer instead of their defaults.

    Raises
    ------
    ConfigError
        With every problem of every file, as ``file:line:col: key: what``; if an id is unknown or
        two rows mean different arms, or different variants, by one name.
    """
    folder = folder or next((f for f in claims_folders() if f.is_dir()), claims_folders()[-1])
    paths = {path.stem: path for path in sorted(folder.glob("*.yaml")) if path.name != STUDY_FILE}
    for name in ids:
        if name not in paths:
            raise ConfigError(
                f"no row '{name}'", where=str(folder), expected=", ".join(sorted_ids(paths)),
                hint=did_you_mean(name, paths),
            )  # fmt: skip
    base, positions = read_document(folder / STUDY_FILE)
    if engine is not None:
        base["engine"] = engine
    if subjects is not None:
        base["cohort"] = {**(base.get("cohort") or {}), "subjects": subjects}
    if plasticity:
        base["plasticity"] = {**(base.get("plasticity") or {}), **plasticity}
    study = _placed(Scenario, base, positions)
    rows, arms, settings, variants = [], _Shared("arms"), _Shared("variants"), {}
    places: dict[str | None, Positions] = {None: positions}
    for name in sorted_ids(ids or paths):
        row, own, others, written = _read_row(paths[name], base)
        rows.append(row)
        for arm in own.arms if row.arms else ():
            arms.add(arm.name, arm, row.id, paths[name])
        for variant, other in others.items():
            settings.add(variant, row.variants[variant], row.id, paths[name])
            known = variants.get(variant, other)
            both = {arm.name: arm for arm in (*known.arms, *other.arms)}
            variants[variant] = known.model_copy(update={"arms": tuple(both.values())})
            places.setdefault(variant, _within(written, variant))
    if arms.known:  # each has been checked with its row
        study = study.model_copy(update={"arms": tuple(arms.known.values())})
    return Ledger(tuple(rows), study, variants, places)


class _Shared:
    """What several rows may name, and must then mean alike."""

    def __init__(self, key: str) -> None:
        self._key, self.known, self._owners = key, {}, {}

    def add(self, name: str, value: Any, owner: str, path: Path) -> None:
        if self.known.setdefault(name, value) != value:
            what = f"rows {self._owners[name]} and {owner} mean different {self._key} by one name"
            hint = "give one of them another name"
            raise ConfigError(what, where=f"{path}: {self._key}.{name}", hint=hint)
        self._owners.setdefault(name, owner)


def sorted_ids(ids: Any) -> list[str]:
    """Return ids in the order of the ledger: by family's letter, then by number."""
    order = "MREPSX"
    return sorted(ids, key=lambda i: (order.find(i[:1]), int(i[1:]) if i[1:].isdigit() else 0, i))


def _read_row(
    path: Path, base: Mapping[str, Any]
) -> tuple[Row, Scenario, dict[str, Scenario], Positions]:
    """Return a row, the study with its arms, that under each of its variants, and its places."""
    data, positions = read_document(path)
    row = _placed(Row, data, positions)
    given = {**base, "arms": data.get("arms") or base["arms"]}
    if row.id != path.stem:
        hint = f"name the file {row.id}.yaml"
        raise ConfigError(
            "id and file differ", where=positions.where(("id",)), got=row.id, hint=hint
        )
    study = _placed(Scenario, given, positions)
    others = {name: _varied(given, name, row, positions) for name in row.variants}
    for k, measure in enumerate(row.measures):
        if measure.found.reads != "calcium":
            _check_times(k, measure, {None: study, **others}, positions)
    return row, study, others, positions


def _varied(given: Mapping[str, Any], name: str, row: Row, positions: Positions) -> Scenario:
    """Return the study of a row under a variant: its sections laid over those of the study."""
    data = dict(given)
    for key, value in row.variants[name].items():
        both = isinstance(value, Mapping) and isinstance(data.get(key), Mapping)
        data[key] = {**data[key], **value} if both else value
    data["arms"] = {arm: data["arms"][arm] for arm in row.arms if arm in row.arms_used(name)}
    return _placed(Scenario, data, _within(positions, name))


def _within(positions: Positions, variant: str) -> Positions:
    """Return where the keys of a scenario stand: those of a row's variant, and its arms."""

    def own(places: Mapping[KeyPath, tuple[int, int]]) -> dict[KeyPath, tuple[int, int]]:
        arms = {path: place for path, place in places.items() if path[:1] == ("arms",)}
        start = ("variants", variant)
        return arms | {path[2:]: place for path, place in places.items() if path[:2] == start}

    return Positions(positions.source, own(positions.keys), own(positions.values))


def _placed(section: type, data: Any, positions: Positions) -> Any:
    try:
        return checked(section, data)
    except ProblemsError as error:
        raise located(error.problems, positions) from None


def _check_times(
    k: int, measure: Measure, studies: Mapping[str | None, Scenario], positions: Positions
) -> None:
    """Refuse a time at which the study, or the variant that is read, has no scan."""
    from netmod.study.courses import TRACE_H

    for path, variant, options in measure.calls():
        study = studies[variant]
        for option in TIME_OPTIONS:
            for time in listed(options.get(option)):
                if parse_time_h(time) not in study.times_h:
                    raise ConfigError(
                        "the study has no scan then",
                        where=positions.where(("measures", k, *path, option)),
                        expected=", ".join(study.times), got=str(time),
                        hint=f"add it to the times of {variant or STUDY_FILE}",
                    )  # fmt: skip
                if measure.found.reads == "course" and parse_time_h(time) not in TRACE_H:
                    raise ConfigError(
                        "slow states are not kept then",
                        where=positions.where(("measures", k, *path, option)),
                        expected="full days of the first two weeks, later days 0 and 3 of each",
                        got=str(time), hint="write a time near it, such as 28 d or 31 d",
                    )  # fmt: skip


def _option_problems(found: Observable, options: Mapping[str, Any]) -> list[Problem]:
    """Return what is wrong with the options of a call."""
    known = found.options
    problems = [
        Problem((name,), "unknown option", ", ".join(known), f"'{name}'",
                did_you_mean(name, known) or "remove it", at_key=True)
        for name in options if name not in known
    ]  # fmt: skip
    problems += [
        Problem((), f"missing option of '{found.name}'", name, None, f"add '{name}: …'")
        for name, needed in known.items() if needed and name not in options
    ]  # fmt: skip
    for name in TIME_OPTIONS:
        for time in listed(options.get(name)):
            try:
                parse_time_h(time)
            except NetmodError as error:
                problems.append(Problem((name,), error.what, error.expected, error.got, error.hint))
    for name in ARM_OPTIONS:
        problems += [
            Problem((name,), "not the name of an arm", "a word", shown(arm))
            for arm in listed(options.get(name)) if not isinstance(arm, str)
        ]  # fmt: skip
    return problems
