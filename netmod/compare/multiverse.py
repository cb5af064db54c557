"""One effect under every defensible choice of analysis."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from netmod.compare.paired import Contrast
from netmod.errors import ConfigError, DataError, NetmodError

if TYPE_CHECKING:
    import pandas as pd

RESULTS: Mapping[str, str] = {
    "n": "pairs",
    "difference": "mean difference",
    "ci_low": "lower end of its 95 % interval",
    "ci_high": "its upper end",
    "hedges_g": "standardised difference",
    "d_z": "difference over the SD of the differences",
    "sign": "sign of the difference: -1, 0, 1; NaN where it could not be computed",
    "agrees": "whether it has the sign of the first row",
    "note": "why it could not be computed; otherwise empty",
}
"""Columns after those of the choices."""


def multiverse(
    choices: Mapping[str, Sequence | Mapping[str, Any]], measure: Callable[..., Contrast]
) -> pd.DataFrame:
    """Compute a contrast for every combination of choices.

    Parameters
    ----------
    choices : mapping
        Name of a choice → its levels, the main analysis first; such as signal raw or regressed,
        threshold, resolution, engine. Levels that are no plain words or numbers are given as
        label → level, where the level may be a function.
    measure : callable
        ``measure(**{choice: level, ...})`` returns the contrast, such as that of
        :func:`netmod.compare.paired.paired_contrast`.

    Returns
    -------
    DataFrame
        A row for every combination, the last choice varying fastest: labels of the choices, then
        the columns of :data:`RESULTS`. The first row is the main analysis. A combination that
        fails with a netmod error keeps its row, with the reason in ``note``.

    Raises
    ------
    ConfigError
        If there is no choice, a choice has no level or two alike, or has the name of a result.
    DataError
        If `measure` returns no contrast.

    Notes
    -----
    Steegen et al. 2016, doi:10.1177/1745691616658637. The rows rest on the same data: their
    agreement shows how much a result hangs on the analysis; it is no replication, and a share of
    them is no probability.
    """
    import pandas as pd

    named = {name: _levels(name, levels) for name, levels in choices.items()}
    if not named:
        raise ConfigError("a multiverse needs choices", expected="one choice or more")
    rows = []
    for labels in product(*named.values()):
        label = dict(zip(named, labels, strict=True))
        note, contrast = "", Contrast(0)
        try:
            contrast = measure(**{name: named[name][one] for name, one in label.items()})
        except NetmodError as error:
            note = error.what
        if not isinstance(contrast, Contrast):
            raise DataError(
                "the measure of a multiverse must return a contrast",
                expected="Contrast, as from paired_contrast",
                got=type(contrast).__name__,
            )
        numbers = asdict(contrast)
        if not note and not np.isfinite(contrast.difference):
            note = f"no difference from {contrast.n} pairs"
        rows.append(label | numbers | {"sign": np.sign(contrast.difference), "note": note})
    table = pd.DataFrame(rows)
    agrees = (table["sign"] == table["sign"].iloc[0]).astype("boolean")
    table["agrees"] = agrees.mask(table["sign"].isna() | np.isnan(table["sign"].iloc[0]))
    return table[[*named, *RESULTS]]


def agreement(table: pd.DataFrame) -> pd.DataFrame:
    """Summarise a multiverse, over all combinations and for every level of every choice.

    Parameters
    ----------
    table : DataFrame
        From :func:`multiverse`.

    Returns
    -------
    DataFrame
        Columns: choice and level (``all`` and empty in the first row); combinations, and those
        computed; median, lowest and highest difference; same_sign, the share of the computed that
        has the sign of the main analysis; excludes_zero, the share that has it with an interval
        without 0; opposite, the share with the other sign and an interval without 0. Shares are
        NaN when nothing was computed, or the main analysis was not.
    """
    import pandas as pd

    names = list(table.columns[: list(table.columns).index("n")])
    groups = [("all", "", table)]
    groups += [
        (name, level, table[table[name] == level])
        for name in names
        for level in dict.fromkeys(table[name])
    ]
    main = table["sign"].iloc[0]
    return pd.DataFrame([{"choice": c, "level": v} | _summary(t, main) for c, v, t in groups])


def _summary(table: pd.DataFrame, main: float) -> dict[str, float]:
    done = table[table["sign"].notna()]
    clear = (done["ci_low"] > 0) | (done["ci_high"] < 0)
    same, known = done["sign"] == main, len(done) > 0 and not np.isnan(main)
    difference = done["difference"]
    return {
        "combinations": len(table),
        "computed": len(done),
        "median": difference.median(),
        "lowest": difference.min(),
        "highest": difference.max(),
        "same_sign": same.mean() if known else np.nan,
        "excludes_zero": (same & clear).mean() if known else np.nan,
        "opposite": (~same & clear).mean() if known else np.nan,
    }


def _levels(name: str, levels: Sequence | Mapping[str, Any]) -> dict[Any, Any]:
    if name in RESULTS:
        raise ConfigError(
            f"a choice cannot be named '{name}', which is a column of the results",
            expected=f"another name than {', '.join(RESULTS)}",
        )
    named = dict(levels) if isinstance(levels, Mapping) else {one: one for one in levels}
    if not named or len(named) < len(levels):
        raise ConfigError(
            f"the choice '{name}' needs levels, all different",
            got=f"{len(levels)} levels" + (f", {len(named)} different" if named else ""),
        )
    return named
