"""The best plan of every person, and whether it is one on a scan that it was not chosen on.

Every plan is an arm, and every person is in every arm. A plan is *chosen* by the person's scan
with the noise of the study, and *judged* by a scan with other noise: what was only lucky noise is
lost there (:mod:`netmod.study.losses`). Four plans are judged for everybody: the person's own, the
one fixed plan that is best on average, the standard (the arm as written), and the plan chosen for
another person.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from netmod.atlas import Atlas, load_atlas
from netmod.compare.paired import Contrast, paired_contrast
from netmod.dynamics.devices import prepare_devices
from netmod.errors import ConfigError
from netmod.fit.search import SMALLEST, Plan, search, size_of
from netmod.graph import METRICS
from netmod.scenario.arms import Arm
from netmod.scenario.problem import ProblemsError
from netmod.scenario.schedule import too_late
from netmod.scenario.schema import Scenario
from netmod.scenario.search import plan_text, varied
from netmod.study.losses import CHOSEN, HELD_OUT, losses_of
from netmod.study.store import DISCLAIMER, frame_text, write_whole

if TYPE_CHECKING:
    import pandas as pd

BUDGET = 256
"""Most plans that are tried unless another number is given."""

COLUMNS = {
    "subject": "virtual subject",
    "plan": "the plan chosen for this subject",
    "chosen_on": "its loss on the scan that it was chosen on",
    "own": "its loss on the held-out scan",
    "best_fixed": "loss there of the plan that is best on average over the subjects",
    "standard": "loss there of the arm as written",
    "exchanged": "loss there of the plan chosen for another subject",
    "exchanged_with": "that subject",
}
CONTRASTS = (
    ("own", "best_fixed"),
    ("own", "standard"),
    ("best_fixed", "standard"),
    ("own", "exchanged"),
)


@dataclass(frozen=True, eq=False)
class Judged:
    """What a search found, and how it fared on held-out scans.

    Attributes
    ----------
    table : DataFrame
        A row for each subject, columns as in :data:`COLUMNS`.
    plans : tuple of dict
        Each subject's own plan.
    best_fixed : dict
        The plan that is best on average.
    contrasts : mapping of (str, str) to Contrast
        Paired differences of held-out losses, by :data:`CONTRASTS`.
    tried : int
        Different plans tried.
    left_out : mapping of str to str
        Plans that cannot be given, with the reason.
    """

    table: pd.DataFrame
    plans: tuple[Plan, ...]
    best_fixed: Plan
    contrasts: Mapping[tuple[str, str], Contrast]
    tried: int
    left_out: Mapping[str, str]


def run_search(
    scenario: Scenario,
    out: Path,
    budget: int = BUDGET,
    seed: int | None = None,
    judge: str | None = None,
    device: str = "cpu",
    jobs: int | None = None,
) -> int:
    """Search for the best plan of every subject, print the result and write it.

    Parameters
    ----------
    scenario : Scenario
        With a block ``search``.
    out : Path
        Folder of ``search.tsv`` and ``search.json``, made if missing.
    budget, seed, judge
        As for :func:`find_plans`.
    device, jobs
        As for :func:`netmod.study.run.run_study`.

    Returns
    -------
    int
        0, or 3 when some held-out scans have no numbers.

    Raises
    ------
    ConfigError
        As :func:`find_plans` does.
    NetmodError
        If the folder cannot be written.
    """
    prepare_devices(device, jobs)
    found = find_plans(scenario, load_atlas(scenario.atlas), budget, seed, judge)
    write_whole(out / "search.tsv", frame_text(found.table))
    write_whole(out / "search.json", _json(scenario, found, seed, judge))
    print(described(scenario, found))
    print(f"\nwritten: {out / 'search.tsv'}, {out / 'search.json'}")
    return 3 if found.table[["own", "best_fixed", "standard"]].isna().to_numpy().any() else 0


def find_plans(
    scenario: Scenario,
    atlas: Atlas,
    budget: int = BUDGET,
    seed: int | None = None,
    judge: str | None = None,
) -> Judged:
    """Return the best plan of every subject, judged by scans with other noise.

    Where the space holds more plans than the budget, the group's mean and every subject have an
    equal share of it to search with; everybody then chooses among all plans tried.

    Parameters
    ----------
    scenario : Scenario
        With a block ``search``.
    atlas : Atlas
        Its atlas.
    budget : int
        Most plans that are tried.
    seed : int, optional
        Of the search, the held-out noise and the exchange; that of the scenario when None.
    judge : {"linear", "sde"}, optional
        Engine of the held-out scans; that of the scenario when None.

    Raises
    ------
    ConfigError
        If the scenario has no block ``search``, the budget is too small, or none of the plans
        tried can be given.
    """
    import pandas as pd

    if scenario.search is None:
        raise ConfigError(
            "nothing to search for", where=scenario.name, expected="a block 'search'",
            hint="add 'search: {arm: …, time: …, over: {…}}'",
        )  # fmt: skip
    seed = scenario.seed if seed is None else seed
    trials = _Trials(scenario, atlas)
    _try(trials, budget, seed)
    plans, losses = trials.finite()
    own = losses.argmin(axis=0)
    fixed = int(losses.mean(axis=1).argmin())
    subjects = np.arange(losses.shape[1])
    partner = derangement(len(subjects), seed)

    wanted = sorted({fixed, *own.tolist()})
    place = {k: i for i, k in enumerate(wanted)}
    standard = next(arm for arm in scenario.arms if arm.name == scenario.search.arm)
    arms = [standard, *(varied(standard, plans[k]) for k in wanted)]
    say(f"judging {len(wanted)} plans and the standard on held-out scans")
    held = losses_of(scenario, atlas, arms, judge or scenario.engine, seed, HELD_OUT)
    of_own = held[[1 + place[k] for k in own]]
    table = pd.DataFrame(
        {
            "subject": subjects + 1,
            "plan": [plan_text(plans[k]) for k in own],
            "chosen_on": losses[own, subjects],
            "own": of_own[subjects, subjects],
            "best_fixed": held[1 + place[fixed]],
            "standard": held[0],
            "exchanged": of_own[partner, subjects],
            "exchanged_with": partner + 1,
        }
    )
    draws = scenario.readout.bootstrap
    contrasts = {
        (a, b): paired_contrast(table[a], table[b], scenario.seed, draws) for a, b in CONTRASTS
    }
    chosen = tuple(plans[k] for k in own)
    return Judged(table, chosen, plans[fixed], contrasts, len(trials.seen), trials.left_out)


def derangement(n: int, seed: int) -> np.ndarray:
    """Return a random order of ``0 … n − 1`` in which nothing keeps its place.

    Parameters
    ----------
    n : int
        At least 2.
    seed : int
        Of the draw, uniform over all such orders.
    """
    rng = np.random.default_rng(seed)
    while True:
        order = rng.permutation(n)
        if (order != np.arange(n)).all():
            return order


@dataclass
class _Trials:
    """Losses of plans on the scans that they are chosen on, each computed once."""

    scenario: Scenario
    atlas: Atlas
    seen: dict[tuple[Any, ...], tuple[Plan, np.ndarray]] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)

    def __call__(self, plans: Sequence[Plan]) -> np.ndarray:
        """Return losses, shape (plan, subject); infinite where a plan cannot be given."""
        arms = {}
        for plan in plans:
            key = tuple(plan.values())
            if key in self.seen:
                continue
            self.seen[key] = plan, np.full(self.scenario.cohort.subjects, np.inf)
            try:
                arms[key] = self._arm(plan)
            except ProblemsError as error:
                first = error.problems[0]
                got = f" ({first.got})" if first.got else ""
                self.left_out[plan_text(plan)] = f"{first.what}{got}"
        if arms:
            scenario = self.scenario
            found = losses_of(
                scenario, self.atlas, list(arms.values()), scenario.engine, scenario.seed, CHOSEN
            )
            for key, values in zip(arms, found, strict=True):
                self.seen[key][1][:] = np.where(np.isfinite(values), values, np.inf)
            say(f"{len(self.seen)} plans tried")
        return np.stack([self.seen[tuple(plan.values())][1] for plan in plans])

    def finite(self) -> tuple[list[Plan], np.ndarray]:
        """Return the plans with a loss for every subject, and these: shape (plan, subject)."""
        kept = [(plan, loss) for plan, loss in self.seen.values() if np.isfinite(loss).all()]
        if not kept:
            reasons = sorted(set(self.left_out.values())) or ["no fixed point, or unstable"]
            raise ConfigError(
                "none of the plans tried can be given", where="search.over",
                got="; ".join(reasons[:3]), hint="widen the values under 'over'",
            )  # fmt: skip
        return [plan for plan, _ in kept], np.stack([loss for _, loss in kept])

    def _arm(self, plan: Plan) -> Arm:
        standard = next(a for a in self.scenario.arms if a.name == self.scenario.search.arm)
        arm = varied(standard, plan)
        problems = too_late(arm, self.scenario.search.time_h)
        if problems:
            raise ProblemsError(problems)
        return arm


def _try(trials: _Trials, budget: int, seed: int) -> None:
    """Try every plan, or as many as the budget allows."""
    space = trials.scenario.search.over
    if size_of(space) <= budget:
        search(lambda plans: trials(plans).mean(axis=1), space, budget, seed)
        return
    searchers = 1 + trials.scenario.cohort.subjects
    share = budget // searchers
    if share < SMALLEST:
        least = SMALLEST * searchers
        raise ConfigError(
            "the budget is too small for a space of so many plans", where="--budget",
            expected=f"at least {least:g}, {SMALLEST} for the group and for each subject",
            got=str(budget), hint="raise --budget, or give fewer values under 'over'",
        )  # fmt: skip
    search(lambda plans: trials(plans).mean(axis=1), space, share, seed)
    for k in range(searchers - 1):
        search(lambda plans, k=k: trials(plans)[:, k], space, share, seed + 1 + k)


def described(scenario: Scenario, found: Judged) -> str:
    """Return the result of a search as text.

    Parameters
    ----------
    scenario : Scenario
        With the block ``search``.
    found : Judged
        Its result.
    """
    wanted = scenario.search
    unit = METRICS[wanted.metric].unit
    minus = "" if wanted.towards == "lower" else "minus "
    lines = [
        f"arm {wanted.arm} at {wanted.time}; loss: {minus}{wanted.metric} in {unit}, lower is "
        f"better; {found.tried} plans tried"
    ]
    if found.left_out:
        text, reason = next(iter(found.left_out.items()))
        lines.append(f"{len(found.left_out)} of them cannot be given, such as {text}: {reason}")
    lines += ["", found.table.to_string(index=False, float_format="%.3f"), ""]
    lines.append(f"best fixed plan: {plan_text(found.best_fixed)}")
    for (a, b), contrast in found.contrasts.items():
        lines.append(
            f"{a.replace('_', ' ')} - {b.replace('_', ' ')}: {contrast.difference:+.3f} "
            f"[{contrast.ci_low:+.3f}, {contrast.ci_high:+.3f}], n = {contrast.n}"
        )
    lines.append("difference of held-out losses [95 % interval]; below 0 the first is better")
    return "\n".join([*lines, DISCLAIMER])


def _json(scenario: Scenario, found: Judged, seed: int | None, judge: str | None) -> str:
    content = {
        "Scenario": scenario.name,
        "ScenarioSHA256": scenario.sha256,
        "Search": scenario.search.canonical(),
        "Seed": scenario.seed if seed is None else seed,
        "EngineChosen": scenario.engine,
        "EngineJudged": judge or scenario.engine,
        "LossUnit": METRICS[scenario.search.metric].unit,
        "PlansTried": found.tried,
        "PlansLeftOut": dict(found.left_out),
        "BestFixed": found.best_fixed,
        "Own": {str(k + 1): plan for k, plan in enumerate(found.plans)},
        "Contrasts": {f"{a} - {b}": asdict(c) for (a, b), c in found.contrasts.items()},
        "Columns": COLUMNS,
        "Note": DISCLAIMER,
    }
    return json.dumps(content, indent=1) + "\n"


def say(text: str) -> None:
    """Tell the user how far it is."""
    print(text, file=sys.stderr, flush=True)
