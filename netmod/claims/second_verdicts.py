"""What rows say of the network, judged again in the second neural mass.

The same people and slow states (:mod:`netmod.claims.second_mass`); measures that do not look at
the network, and those that the second mass does not define, are left out.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from netmod.claims.compute import MeasureResult, RowResult, compute_measure
from netmod.claims.schema import Ledger, Measure
from netmod.errors import NetmodError

if TYPE_CHECKING:
    from netmod.claims.second_mass import Reread


@dataclass(frozen=True)
class SecondVerdict:
    """A row's measures in the second neural mass.

    Attributes
    ----------
    measures : tuple of MeasureResult or None
        In the order of the row; None where a measure does not look at the network. Without an
        estimate where the second mass does not define it.
    changed : tuple of str
        Measures that expect something and whose verdict is another, each with that verdict.
    judged : int
        Measures that expect something and have a value.
    """

    measures: tuple[MeasureResult | None, ...]
    changed: tuple[str, ...]
    judged: int

    @property
    def kept(self) -> int:
        """How many of the judged keep their verdict."""
        return self.judged - len(self.changed)

    @property
    def words(self) -> str:
        """What came out, for the ledger."""
        found = [m for m in self.measures if m is not None]
        undefined = [m.measure.what for m in found if m.effect is None]
        parts = ["nothing to judge"]
        if self.judged:
            parts = [f"{self.kept} of {self.judged} measures keep their verdict"]
        if self.changed:
            parts.append(f"changed: {', '.join(self.changed)}")
        if undefined:
            parts.append(f"not defined: {', '.join(undefined)}")
        return "; ".join(parts)


def second_mass_verdict(
    result: RowResult, second: Mapping[str | None, Any], unseen: Mapping[str | None, Any], seed: int
) -> SecondVerdict:
    """Judge what a row says of the network again in the second neural mass.

    Parameters
    ----------
    result : RowResult
        Of the first mass.
    second : mapping of str or None to SecondMass
        By the row's variants; None is the study itself.
    unseen : mapping of str or None to Unseen
        The same without networks: an observable that loses its values there looks at them.
    seed : int
        Of the bootstrap.
    """
    variants = {name: own for name, own in second.items() if name is not None}
    measures, changed, judged = [], [], 0
    for first in result.measures:
        measure = first.measure
        found = None
        with warnings.catch_warnings():  # means over what is not defined are NaN, and meant to be
            warnings.simplefilter("ignore", RuntimeWarning)
            if first.effect is not None and _looks_at_networks(measure, second, unseen):
                found = compute_measure(measure, second[None], seed, variants)
        measures.append(found)
        if found is None or found.effect is None or measure.expected == "report":
            continue
        judged += 1
        if found.verdict != first.verdict:
            changed.append(f"{measure.what} ({first.verdict}, there {found.verdict})")
    return SecondVerdict(tuple(measures), tuple(changed), judged)


def _looks_at_networks(
    measure: Measure, second: Mapping[str | None, Reread], unseen: Mapping[str | None, Any]
) -> bool:
    """Tell whether the effect of a measure, in the first mass, loses values without networks."""
    if measure.found.reads != "scans":
        return False
    _, variant, options = measure.calls()[0]
    try:
        without = measure.found.function(unseen[variant], **options)
    except NetmodError:
        return True
    seen = measure.found.function(second[variant].first, **options)
    return bool((np.isfinite(seen) & ~np.isfinite(without)).any())


def second_mass_verdicts(
    ledger: Ledger, results: Sequence[RowResult], folder: Path, say=lambda text: None
) -> dict[str, SecondVerdict]:
    """Return the verdicts of all study rows of a ledger in the second neural mass, by id.

    Parameters
    ----------
    ledger : Ledger
        Rows and their study.
    results : sequence of RowResult
        Of the first mass (:func:`netmod.claims.run.compute_ledger`).
    folder : Path
        Where their evidence was kept.
    say : callable
        Told what is being done.
    """
    from netmod.atlas import load_atlas
    from netmod.claims.evidence import Evidence
    from netmod.claims.second_mass import SecondMass, Unseen

    rows = [found for found in results if found.row.experiment == "study" and found.measures]
    second, unseen = {}, {}
    for variant in (None, *ledger.variants) if rows else ():
        study = ledger.under(variant)
        first = Evidence(study, load_atlas(study.atlas), folder)
        second[variant] = SecondMass(first, study.readout.louvain_runs, study.seed)
        unseen[variant] = Unseen(first)
    verdicts = {}
    for found in rows:
        say(f"row {found.row.id} in the second neural mass")
        verdicts[found.row.id] = second_mass_verdict(found, second, unseen, ledger.study.seed)
    return verdicts


def second_mass_words(verdicts: Mapping[str, SecondVerdict]) -> str:
    """Return what the page says of the second neural mass."""
    if not verdicts:
        return "The second neural mass was not run."
    kept, judged = (sum(getattr(v, name) for v in verdicts.values()) for name in ("kept", "judged"))
    return (
        "What rows say of the network was judged again in a second neural mass, linear "
        "Stuart-Landau (Hopf) oscillators on the weights and rates of the same people "
        f"(`netmod/claims/second_mass.py`): {kept} of {judged} measures keep their verdict. Its "
        "coupling was chosen on the FC of healthy people, its inhibition follows from the first "
        "mass, its damping is recalled or proposed; none was chosen on a row. Rates, transmitters "
        "and the leading growth rate are not defined in it, and distance to healthy rests on four "
        "of its five features there."
    )
