"""The scenario: what a study simulates, validated, frozen and hashable."""

from __future__ import annotations

import hashlib
import io
import json
import math
import re
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator
from ruamel.yaml import YAML

from netmod import cohort, models, plasticity
from netmod.errors import ConfigError
from netmod.scenario.arm_list import aims, resolve_arms
from netmod.scenario.arms import Arm
from netmod.scenario.messages import checked
from netmod.scenario.numbers import Numbers, Section, declared_numbers, number, parameter_section
from netmod.scenario.people import CohortBase
from netmod.scenario.problem import Problem, ProblemsError, shown, unknown_word
from netmod.scenario.schedule import too_late
from netmod.scenario.search import Search, places_of, search_problems
from netmod.units import format_time, parse_time_h

SCHEMA_VERSION = 1
MOST_TIMES = 100
LATEST_H = 520 * 168.0
EARLIEST_H = 1 / 60
HEMODYNAMIC_STEP_MS = 10.0
"""`netmod.dynamics.simulate.BALLOON_DT_MS`, repeated because that module needs jax."""

STEPS_MS = (2.0, 1.0, 0.5, 0.25, 0.2, 0.1, 0.05)
"""Steps that divide it, for hints."""

LOWEST_VELOCITY, HIGHEST_VELOCITY = 0.1, 1000.0
"""Accepted conduction velocities, m/s."""

SOLVED = "J"
"""The parameter that feedback inhibition control solves for every region and subject."""

NOISE = "noise_sd"
"""The parameter that must not be 0: without noise nothing fluctuates, nothing correlates."""

DEFAULT_TIMES = ("baseline", "2 h", "1 d", "1 wk", "6 wk")


TREATABLE = {
    name: model
    for name, model in models.MODELS.items()
    if set(plasticity.ACTS_ON) <= set(model.parameters)
}
"""Models on which lesion and treatments act: those that a scenario can name."""


class ModelChoice(Section):
    """Which neural mass, with every one of its parameters (regional values come later)."""

    name: str = Field("reduced_wong_wang", description="the name of a model")
    connectivity: Literal["effective", "structural"] = Field(
        "effective",
        description="weights fitted to the atlas's FC, or tractography scaled to radius 1",
    )
    fic: Literal["exact", "refined"] = Field(
        "exact",
        description="inhibition balanced without noise, or then corrected by simulation",
    )
    velocity_m_per_s: float | None = Field(
        None,
        ge=LOWEST_VELOCITY,
        le=HIGHEST_VELOCITY,
        description="conduction velocity along the tracts; none without delays",
        json_schema_extra={"unit": "m/s"},
    )
    parameters: Numbers = Field(Numbers(), description="parameters of the model")

    @field_validator("name", mode="before")
    @classmethod
    def _name(cls, value: object) -> object:
        if isinstance(value, str) and value in models.MODELS and value not in TREATABLE:
            what = "lesion and treatments do not act on this model"
            hint = f"write {next(iter(TREATABLE))}; from Python, netmod.Network takes any model"
            raise ProblemsError([Problem((), what, ", ".join(TREATABLE), value, hint)])
        if not isinstance(value, str) or value not in TREATABLE:
            see = "see 'netmod models' for all of them"
            raise ProblemsError([unknown_word("model", value, TREATABLE, see=see)])
        return value

    @field_validator("parameters", mode="before")
    @classmethod
    def _parameters(cls, value: object, info: ValidationInfo) -> object:
        if "name" not in info.data:
            return Numbers()
        name = info.data["name"]
        declared = models.MODELS[name].parameters
        values = declared_numbers(f"Parameters of {name}", declared, value)
        problems = []
        if SOLVED in declared and values[SOLVED] != declared[SOLVED].default:
            what = "this parameter is solved by feedback inhibition control"
            hint = f"leave {SOLVED} out; the lesion and the slow layer change it"
            problems.append(Problem((SOLVED,), what, "no value", shown(values[SOLVED]), hint))
        if NOISE in declared and values[NOISE] <= 0:
            default = declared[NOISE].default
            expected = f"more than 0: without noise there is no correlation (default {default:g})"
            hint = f"write {default:g}, or leave it out"
            problems.append(Problem((NOISE,), "out of range", expected, shown(values[NOISE]), hint))
        if problems:
            raise ProblemsError(problems)
        return values

    @property
    def fastest(self) -> tuple[str, float] | None:
        """Name and value in ms of the smallest time constant; None without one."""
        constants = models.MODELS[self.name].time_constants(self.parameters)
        taus = {name: 1e3 * value for name, value in constants.items()}
        return min(taus.items(), key=lambda item: item[1]) if taus else None


class Solver(Section):
    """How the stochastic system is integrated.

    The step is checked for either engine, so that ``--engine`` may change in any scenario.
    """

    name: Literal["euler", "heun"] = Field(
        "heun", description="Euler-Maruyama, or stochastic Heun (less bias at the same step)"
    )
    dt_ms: float = number(1.0, "ms", 0.05, 2.0, "Integration step; divides 10 ms")
    noise: Literal["gaussian", "three_point"] = Field(
        "gaussian",
        description="Law of the increments: normal, or three values with its moments (quicker)",
    )

    @model_validator(mode="after")
    def _divides_hemodynamic_step(self) -> Solver:
        if not _is_multiple(HEMODYNAMIC_STEP_MS, self.dt_ms):
            problem = Problem(
                ("dt_ms",),
                "the hemodynamic step is not a whole number of steps",
                f"a step that divides {HEMODYNAMIC_STEP_MS:g} ms",
                f"{self.dt_ms:g}",
                "write 1, 0.5 or 0.1",
            )
            raise ProblemsError([problem])
        return self


class Scanner(Section):
    """How neural activity becomes a scan."""

    duration_s: float = number(300.0, "s", 60.0, 7200.0, "Length of a scan; a multiple of tr_s")
    tr_s: float = number(2.0, "s", 0.1, 10.0, "Repetition time; a multiple of 0.01 s")
    warmup_s: float = number(20.0, "s", 0.0, 600.0, "Simulated before the scan and discarded")
    hemodynamics: Literal["friston2003", "stephan2007", "deco_legacy"] = Field(
        "friston2003", description="Constants of the balloon model"
    )

    @model_validator(mode="after")
    def _whole_volumes(self) -> Scanner:
        step_s = HEMODYNAMIC_STEP_MS / 1000
        if not _is_multiple(self.tr_s, step_s):
            below = max(0.1, math.floor(self.tr_s / step_s) * step_s)
            problem = Problem(
                ("tr_s",),
                "not a whole number of hemodynamic steps",
                f"a multiple of {step_s:g} s",
                f"{self.tr_s:g}",
                f"write {below:g} or {below + step_s:g}",
            )
            raise ProblemsError([problem])
        if not _is_multiple(self.duration_s, self.tr_s):
            whole = max(1, math.floor(self.duration_s / self.tr_s + 1e-9)) * self.tr_s
            problem = Problem(
                ("duration_s",),
                "not a whole number of volumes",
                f"a multiple of tr_s ({self.tr_s:g} s)",
                f"{self.duration_s:g}",
                f"write {whole:g} or {whole + self.tr_s:g}",
            )
            raise ProblemsError([problem])
        return self


class _PlasticityBase(Section):
    """Constants of the slow layer, the same in every arm."""

    route: Literal["trkb", "intracellular_5ht2a", "both"] = Field(
        "trkb", description="How psychedelics reach plasticity: by TrkB, by 5-HT2A inside cells"
    )
    ht2a_map: Literal["atlas", "uniform", "permuted", "ht1a"] = Field(
        "atlas",
        description="Map through which 5-HT2A acts: the atlas's, or a control of the same mean",
    )

    @property
    def parameters(self) -> Numbers:
        """Every declared parameter of the slow layer."""
        return Numbers({name: getattr(self, name) for name in plasticity.PARAMETERS})


Cohort = parameter_section("Cohort", cohort.PARAMETERS, CohortBase)
Plasticity = parameter_section("Plasticity", plasticity.PARAMETERS, _PlasticityBase)


class Readout(Section):
    """How often the readout and its statistics repeat themselves."""

    louvain_runs: int = number(10, "1", 1, 1000, "Louvain runs per matrix; the best one counts")
    bootstrap: int = number(2000, "1", 100, 1_000_000, "Bootstrap resamples of an interval")
    permutations: int = number(5000, "1", 100, 1_000_000, "Permutations of a test")


class Scenario(Section):
    """Everything a study depends on, with all defaults filled in.

    Parameters
    ----------
    schema_version : int
        1.
    name : str
        Small letters, digits, ``_`` and ``-``; names the output folder.
    seed : int
        0 … 2**32 - 1.
    atlas : str
        A name, or a folder (absolute once loaded from a file).
    engine : {'sde', 'linear'}
    model, solver, scanner, cohort, plasticity, readout : sections
    times : tuple of str
        Labels of the scans with their units, from ``baseline`` on; `times_h` in hours.
    arms : tuple of Arm
    search : Search or None
        What ``netmod search`` looks for; ``netmod run`` takes no notice of it.
    """

    schema_version: Literal[1] = Field(description="version of this format", examples=[1])
    name: str = Field(
        pattern=r"^[a-z0-9][a-z0-9_-]*$",
        max_length=64,
        description="a name of small letters, digits, _ and -",
        examples=["treatments"],
    )
    seed: int = Field(
        ge=0, le=2**32 - 1, description="Root of all random numbers", examples=[20261]
    )
    atlas: str = Field(
        "dk84", min_length=1, max_length=4096, description="the name or folder of an atlas"
    )
    engine: Literal["sde", "linear"] = Field(
        "sde", description="sde: simulated scans; linear: exact spectrum of the linearised model"
    )
    model: ModelChoice = Field(default_factory=ModelChoice, description="the neural mass")
    solver: Solver = Field(default_factory=Solver, description="the integrator (engine sde)")
    scanner: Scanner = Field(default_factory=Scanner, description="the scan")
    cohort: Cohort = Field(default_factory=Cohort, description="the subjects")  # type: ignore[valid-type]
    plasticity: Plasticity = Field(  # type: ignore[valid-type]
        default_factory=Plasticity, description="the slow layer"
    )
    times: tuple[str, ...] = Field(
        DEFAULT_TIMES, description="a list of times with units, increasing, first baseline"
    )
    readout: Readout = Field(default_factory=Readout, description="the readout")
    arms: tuple[Arm, ...] = Field(
        description="a list of names, or a mapping of names to arms", examples=["[healthy, mdd]"]
    )
    search: Search | None = Field(None, description="what is searched for")

    @field_validator("schema_version", mode="before")
    @classmethod
    def _version(cls, value: object) -> object:
        if type(value) is not int or value != SCHEMA_VERSION:  # 1.0 and true equal 1
            what, hint = "not an accepted value", f"write {SCHEMA_VERSION}"
            raise ProblemsError([Problem((), what, str(SCHEMA_VERSION), shown(value), hint)])
        return value

    @field_validator("model", "solver", "scanner", "cohort", "plasticity", "readout", mode="before")
    @classmethod
    def _empty_section(cls, value: object) -> object:
        # 'plasticity:' with every line below it commented out
        return {} if value is None else value

    @field_validator("times", mode="before")
    @classmethod
    def _times(cls, value: object) -> object:
        return _time_labels(value)

    @field_validator("arms", mode="before")
    @classmethod
    def _arms(cls, value: object) -> object:
        return resolve_arms(value)

    @field_validator("search", mode="before")
    @classmethod
    def _search(cls, value: object) -> object:
        if value is None or isinstance(value, Search):
            return value
        if not isinstance(value, dict):
            expected = "a mapping with " + ", ".join(Search.model_fields)
            hint = "write {arm: …, time: …, over: {…}}"
            raise ProblemsError([Problem((), "not a mapping", expected, shown(value), hint)])
        return checked(Search, value)

    @model_validator(mode="after")
    def _step_resolves_the_model(self) -> Scenario:
        fastest = self.model.fastest
        if fastest is None or self.solver.dt_ms <= 0.5 * fastest[1]:
            return self
        name, tau_ms = fastest
        largest = next((step for step in STEPS_MS if step <= 0.5 * tau_ms), None)
        # the place is what was written: the step, or else the time constant
        written = "dt_ms" in self.solver.model_fields_set
        problem = Problem(
            ("solver", "dt_ms") if written else ("model", "parameters", name),
            "the integration step is too large for the model's fastest time constant",
            f"solver.dt_ms at most half of {name}: {0.5 * tau_ms:g} ms",
            f"{self.solver.dt_ms:g} ms",
            f"write 'dt_ms: {largest:g}' under 'solver'" if largest else f"choose a larger {name}",
        )
        raise ProblemsError([problem])

    @model_validator(mode="after")
    def _scanned_after_the_first_event(self) -> Scenario:
        problems = [p for arm in self.arms for p in too_late(arm, self.times_h[-1])]
        if problems:
            raise ProblemsError(problems)
        return self

    @model_validator(mode="after")
    def _search_fits(self) -> Scenario:
        found = search_problems(self.search, self.arms, self.times_h) if self.search else ()
        if found:
            raise ProblemsError(problem.under(("search",)) for problem in found)
        return self

    @property
    def times_h(self) -> tuple[float, ...]:
        """Times of the scans in hours, the first 0."""
        return tuple(parse_time_h(label) for label in self.times)

    @property
    def atlas_name(self) -> str:
        """Name of the atlas, or of its folder."""
        return Path(self.atlas).name

    @property
    def cells(self) -> int:
        """Number of (subject, arm, time) cells."""
        return len(self.arms) * self.cohort.subjects * len(self.times)

    def canonical(self) -> dict[str, Any]:
        """Return the scenario as plain YAML data, with nothing left to a default."""
        return {
            "schema_version": self.schema_version,
            "name": self.name,
            "seed": self.seed,
            "atlas": self.atlas,
            "engine": self.engine,
            "model": {
                "name": self.model.name,
                "connectivity": self.model.connectivity,
                "fic": self.model.fic,
                "velocity_m_per_s": self.model.velocity_m_per_s,
                "parameters": dict(self.model.parameters),
            },
            "solver": self.solver.model_dump(),
            "scanner": self.scanner.model_dump(),
            "cohort": self.cohort.model_dump(),
            "plasticity": self.plasticity.model_dump(),
            "times": list(self.times),
            "readout": self.readout.model_dump(),
            "arms": {arm.name: arm.canonical() for arm in self.arms},
            **({"search": self.search.canonical()} if self.search else {}),
        }

    def to_yaml(self) -> str:
        """Return YAML that loads back to an equal scenario."""
        yaml = YAML()
        yaml.width = 10_000
        stream = io.StringIO()
        yaml.dump(self.canonical(), stream)
        return stream.getvalue()

    @property
    def sha256(self) -> str:
        """Hash of the canonical form.

        A folder or file counts by its last part, so that the hash is the same on every machine;
        the atlas's own content has its own hash, and that of real people is among the values.
        """
        data = self.canonical()
        data["atlas"] = self.atlas_name
        if self.cohort.folder is not None:
            data["cohort"]["folder"] = Path(self.cohort.folder).name
        for holder in aims(data["arms"]):
            holder["target"] = Path(holder["target"]).name
        places = places_of(data.get("search"))
        places[:] = [Path(p).name if p.endswith(".tsv") else p for p in places]
        text = json.dumps(data, sort_keys=True, separators=(",", ":"), allow_nan=False)
        return hashlib.sha256(text.encode()).hexdigest()


def is_folder(atlas: str) -> bool:
    """Tell whether an atlas is given as a folder rather than by its name."""
    return not re.fullmatch(r"[A-Za-z0-9_-]+", atlas)


def _is_multiple(value: float, step: float) -> bool:
    count = value / step
    return abs(count - round(count)) < 1e-6 and round(count) >= 1


def _label(time_h: float) -> str:
    """Return the shortest label that reads back to exactly this time."""
    label = format_time(time_h)
    return label if parse_time_h(label) == time_h else f"{time_h!r} h"


def _time_labels(value: object) -> tuple[str, ...]:
    if not isinstance(value, list | tuple):
        hint = "write [baseline, 2 h, 1 d, 6 wk]"
        expected = "a list of times with units, first baseline"
        raise ProblemsError([Problem((), "not a list of times", expected, shown(value), hint)])
    if not 1 <= len(value) <= MOST_TIMES:
        raise ProblemsError(
            [
                Problem(
                    (),
                    "wrong number of times",
                    f"1 to {MOST_TIMES}, first baseline",
                    str(len(value)),
                    "write [baseline, 2 h, 1 d, 6 wk]",
                )
            ]
        )
    problems: list[Problem] = []
    hours: list[float] = []
    for i, text in enumerate(value):
        try:
            time_h = parse_time_h(text)
        except ConfigError as error:
            hint = error.hint or "write baseline, 2 h, 1 d or 6 wk"
            problems.append(Problem((i,), error.what, error.expected, error.got, hint))
            continue
        problem = _time_problem(i, text, time_h, hours)
        if problem:
            problems.append(problem)
        hours.append(time_h)
    if problems:
        raise ProblemsError(problems)
    return tuple(_label(time_h) for time_h in hours)


def _time_problem(i: int, text: object, time_h: float, before: list[float]) -> Problem | None:
    if i == 0 and time_h != 0:
        hint = "begin the list with baseline"
        return Problem((0,), "the first time is not baseline", "baseline", shown(text), hint)
    if i > 0 and before and time_h <= before[-1]:
        expected = f"later than {_label(before[-1])}"
        return Problem((i,), "times must increase", expected, shown(text), "sort the times")
    if i > 0 and not EARLIEST_H <= time_h <= LATEST_H:
        hint = "leave it out"
        return Problem((i,), "time out of range", "1 min to 520 wk", shown(text), hint)
    return None
