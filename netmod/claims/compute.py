"""From a row and its evidence to values of subjects, estimates and verdicts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np

from netmod.claims import rules
from netmod.claims.rules import Estimate
from netmod.claims.schema import Measure, Row
from netmod.errors import NetmodError

NO_VARIANTS: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True)
class MeasureResult:
    """What came out of one measure.

    Attributes
    ----------
    measure : Measure
        As declared.
    effect : Estimate or None
        None where it could not be computed.
    controls : mapping of str to Estimate
        The same statistic under each control.
    contrasts : mapping of str to Estimate
        Effect minus control, paired by subject.
    verdict : str
        A word of :mod:`netmod.claims.rules`.
    reasons : tuple of str
        Why it is not better, from the numbers, or why there are none.
    """

    measure: Measure
    effect: Estimate | None
    controls: Mapping[str, Estimate] = field(default_factory=dict)
    contrasts: Mapping[str, Estimate] = field(default_factory=dict)
    verdict: str = rules.FAILED
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True)
class RowResult:
    """What came out of a row.

    Attributes
    ----------
    row : Row
        As declared.
    measures : tuple of MeasureResult
        In its order.
    subjects : int
        Subjects, or draws of the calcium rule.
    robust_share : float or None
        Share of changed constants under which the verdict holds; None where it was not run.
    robust_note : str
        How many changes that is, or why it was not run.
    """

    row: Row
    measures: tuple[MeasureResult, ...]
    subjects: int
    robust_share: float | None = None
    robust_note: str = "not run"

    @property
    def verdict(self) -> str:
        """The weakest verdict of its measures, with *contested* where the literature disagrees."""
        found = self.bare_verdict
        return f"{found} ({rules.CONTESTED})" if self.row.contested else found

    @property
    def bare_verdict(self) -> str:
        """The verdict whatever the literature says."""
        if self.row.not_computed:
            return rules.NOT_COMPUTED
        return rules.worst([result.verdict for result in self.measures])

    @property
    def failed(self) -> bool:
        """Whether a measure could not be computed."""
        return any(result.verdict == rules.FAILED for result in self.measures)

    @property
    def leading(self) -> MeasureResult | None:
        """The measure that decides: the first with the row's verdict; None without measures."""
        same = (found for found in self.measures if found.verdict == self.bare_verdict)
        return next(same, None)


def compute_row(
    row: Row, evidence: Any, subjects: int, seed: int, variants: Mapping[str, Any] = NO_VARIANTS
) -> RowResult:
    """Return everything that a row asks for; a measure that cannot be computed says why.

    Parameters
    ----------
    row : Row
        As declared.
    evidence : Evidence or CalciumLab
        What its observables read.
    subjects : int
        Subjects or draws behind it.
    seed : int
        Of the bootstrap.
    variants : mapping of str to Evidence
        Evidence under other settings, by the names that the row gives them.
    """
    measures = tuple(compute_measure(m, evidence, seed, variants) for m in row.measures)
    return RowResult(row, measures, subjects)


def compute_measure(
    measure: Measure, evidence: Any, seed: int, variants: Mapping[str, Any] = NO_VARIANTS
) -> MeasureResult:
    """Return the estimate, the controls and the verdict of a measure."""
    try:
        return _computed(measure, {None: evidence, **variants}, seed)
    except NetmodError as error:
        got = f" ({error.got})" if error.got else ""
        return MeasureResult(measure, None, reasons=(f"{error.what}{got}",))


def _computed(measure: Measure, evidence: Mapping[str | None, Any], seed: int) -> MeasureResult:
    function = measure.found.function
    calls = iter(measure.calls())

    def following() -> np.ndarray:
        _, variant, options = next(calls)
        return function(evidence[variant], **options)

    own = following()
    if measure.statistic == "correlation":
        effect = rules.estimate_correlation(own, seed)
        found = rules.judge(effect, measure.expected, _range(measure), margin=measure.margin)
        return MeasureResult(measure, effect, verdict=found.verdict, reasons=found.reasons)
    minus = following() if measure.minus is not None else None
    effect = rules.estimate_mean(own, minus, seed)
    each = rules.difference(own, minus)
    controls, contrasts = {}, {}
    for control in measure.controls:
        values = following()
        theirs = following() if measure.minus is not None else None
        controls[control.what] = rules.estimate_mean(values, theirs, seed)
        contrasts[control.what] = rules.contrast(each, rules.difference(values, theirs), seed)
    found = rules.judge(
        effect, measure.expected, _range(measure), measure.judged, measure.margin, contrasts
    )
    missing = own.size - effect.n
    reasons = found.reasons
    if missing:
        reasons = (*reasons, f"{missing} of {own.size} without a value")
    return MeasureResult(measure, effect, controls, contrasts, found.verdict, reasons)


def _range(measure: Measure) -> tuple[float, float] | None:
    return None if measure.range is None else (measure.range[0], measure.range[1])
