"""A finished study folder, read back as arrays and tables."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from netmod.errors import DataError, did_you_mean
from netmod.study.reading import (
    COMPARISONS_FILE,
    SEIZURES_FILE,
    SIGNATURES_FILE,
    SLOW_STATES_FILE,
    details_of_arms,
    problem,
    read_connectivity,
    read_regions,
    read_scenario,
    read_table,
)

if TYPE_CHECKING:
    import pandas as pd

_SIGNATURE_KEYS = ("arm", "subject", "time_h")
_SIGNATURE_TEXT = ("arm", "subject", "status")
_SLOW_KEYS = ("arm", "time_h", "state", "where")
_SLOW_TEXT = ("arm", "state", "where")
_SEIZURE_KEYS = ("arm", "shock", "subject")
_SEIZURE_TEXT = ("arm", "subject")
_COMPARISON_TEXT = ("metric", "arm", "reference", "noise", "family")
# Fisher z of a correlation of exactly 1 is infinite; float32 FC can round up to it.
_LARGEST_R = 1.0 - 1e-7


@dataclass(frozen=True, eq=False)
class Results:
    """What a finished study left in its folder.

    Parameters
    ----------
    folder : Path
        The study folder.
    name, engine, atlas_name : str
        From the resolved scenario.
    seed : int
        Seed of the study.
    arms : tuple of str
        Arms in the order of the scenario.
    times_h : tuple of float
        Times of the scans in hours, increasing.
    subjects : tuple of str
        Labels of the subjects, sorted.
    region : tuple of str
        Region names in the order of the matrices.
    signatures : DataFrame
        One row per cell (arm, subject, time_h) with status and metrics.
    comparisons : DataFrame
        One row per metric, arm, time and reference.
    fc : ndarray, shape (cell, N, N)
        Pearson functional connectivity in the row order of `signatures`.
    rates_hz : ndarray, shape (cell, N)
        Mean excitatory firing rates in Hz, same order.
    scenario : mapping
        The resolved scenario as plain data.
    arm_details : mapping
        For every arm: population, treatment, modifiers, target, parameters, sequence.
    slow_states : DataFrame
        One row per arm, time_h, state of the slow layer and place (where), with mean and sd over
        subjects.
    seizures : DataFrame
        One row per arm, shock and subject; none when the study has no shocks.
    """

    folder: Path
    name: str
    engine: str
    seed: int
    atlas_name: str
    arms: tuple[str, ...]
    times_h: tuple[float, ...]
    subjects: tuple[str, ...]
    region: tuple[str, ...]
    signatures: pd.DataFrame
    comparisons: pd.DataFrame
    fc: np.ndarray
    rates_hz: np.ndarray
    scenario: Mapping[str, Any]
    arm_details: Mapping[str, Mapping[str, Any]]
    slow_states: pd.DataFrame
    seizures: pd.DataFrame

    @property
    def untreated(self) -> str | None:
        """The untreated depressed arm, against which arms are shown; None when there is none."""
        return self._arm_of("mdd")

    @property
    def healthy(self) -> str | None:
        """The untreated healthy arm, or None when the study has none."""
        return self._arm_of("healthy")

    def _arm_of(self, population: str) -> str | None:
        # by what it is, never by its name alone; the first one, as in the comparisons
        for arm in self.arms:
            details = self.arm_details[arm]
            plain = details["treatment"] == "none" and not details["modifiers"]
            if details["population"] == population and plain:
                return arm
        return None

    def cells(self, arm: str, time_h: float) -> dict[str, int]:
        """Return the usable cells of an arm at a time.

        Parameters
        ----------
        arm : str
            Name of an arm.
        time_h : float
            Time of the scan in hours.

        Returns
        -------
        dict of str to int
            Row of `signatures` (and of `fc`) by subject, cells with status ``ok`` only.

        Raises
        ------
        DataError
            If the study has no such arm or time.
        """
        if arm not in self.arms:
            raise DataError(
                f"no arm '{arm}' in this study",
                where=str(self.folder),
                expected=", ".join(self.arms),
                hint=did_you_mean(arm, self.arms),
            )
        if time_h not in self.times_h:
            raise DataError(
                f"no scan at {time_h:g} h in this study",
                where=str(self.folder),
                expected=", ".join(f"{time:g}" for time in self.times_h),
            )
        table = self.signatures
        chosen = (table["arm"] == arm) & (table["time_h"] == time_h) & (table["status"] == "ok")
        rows = np.flatnonzero(chosen.to_numpy())
        return {
            str(table["subject"].iat[row]): int(row)
            for row in rows
            if np.isfinite(self.fc[row]).all()
        }

    def values(self, metric: str, arm: str) -> np.ndarray:
        """Return one metric of one arm as a table of subjects by times.

        Parameters
        ----------
        metric : str
            A column of `signatures`.
        arm : str
            Name of an arm.

        Returns
        -------
        ndarray, shape (subject, time)
            NaN where a cell is missing, failed, or has no value.
        """
        table = self.signatures
        values = np.full((len(self.subjects), len(self.times_h)), np.nan)
        if metric not in table.columns:
            return values
        chosen = table[(table["arm"] == arm) & (table["status"] == "ok")]
        row_of = {subject: row for row, subject in enumerate(self.subjects)}
        column_of = {time: column for column, time in enumerate(self.times_h)}
        for subject, time_h, value in zip(
            chosen["subject"], chosen["time_h"], chosen[metric], strict=True
        ):
            values[row_of[subject], column_of[time_h]] = value
        return values

    def slow_course(
        self, state: str, where: str, arm: str
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the course of one state of the slow layer in one arm.

        Parameters
        ----------
        state, where, arm : str
            As in `slow_states`.

        Returns
        -------
        time_h, mean, sd : ndarray, shape (time,)
            Hours, increasing; mean and standard deviation over subjects (NaN for a single one).
            Empty where the study does not have it.
        """
        rows = self.slow_states.iloc[self._slow_rows.get((state, where, arm), [])]
        rows = rows.sort_values("time_h")
        return tuple(rows[column].to_numpy() for column in ("time_h", "mean", "sd"))

    @cached_property
    def _slow_rows(self) -> Mapping[tuple[str, str, str], np.ndarray]:
        """Rows of `slow_states` by state, place and arm: figures ask for every one of them."""
        return self.slow_states.groupby(["state", "where", "arm"]).indices

    def mean_fc(self, arm: str, time_h: float) -> np.ndarray:
        """Return the cohort's mean FC of an arm at a time, averaged as Fisher z.

        Parameters
        ----------
        arm : str
            Name of an arm.
        time_h : float
            Time of the scan in hours.

        Returns
        -------
        ndarray, shape (N, N)
            Pearson r, diagonal 1; all NaN when no cell is usable.

        Raises
        ------
        DataError
            If the study has no such arm or time.
        """
        rows = list(self.cells(arm, time_h).values())
        if not rows:
            return np.full((len(self.region),) * 2, np.nan)
        mean = np.tanh(_fisher_z(self.fc[rows]).mean(axis=0))
        np.fill_diagonal(mean, 1.0)
        return mean

    def delta_z(self, arm: str, time_h: float) -> np.ndarray:
        """Return the mean change of FC, as the mean paired difference of Fisher z.

        The reference of each subject is the same subject untreated at the same time (which
        shares its noise); in a study without an untreated arm, the same arm at the first time.

        Parameters
        ----------
        arm : str
            Name of an arm.
        time_h : float
            Time of the scan in hours.

        Returns
        -------
        ndarray, shape (N, N)
            Differences of Fisher z, diagonal 0; all NaN when no pair is usable.

        Raises
        ------
        DataError
            If the study has no such arm or time.
        """
        here = self.cells(arm, time_h)
        if self.untreated is not None:
            reference = self.cells(self.untreated, time_h)
        else:
            reference = self.cells(arm, self.times_h[0])
        both = [subject for subject in here if subject in reference]
        if not both:
            return np.full((len(self.region),) * 2, np.nan)
        z_here = _fisher_z(self.fc[[here[subject] for subject in both]])
        z_reference = _fisher_z(self.fc[[reference[subject] for subject in both]])
        return (z_here - z_reference).mean(axis=0)


def load_results(folder: Path | str) -> Results:
    """Read a finished study from its folder.

    Parameters
    ----------
    folder : Path or str
        A folder written by ``netmod run``.

    Returns
    -------
    Results
        Tables and arrays, checked against each other.

    Raises
    ------
    DataError
        If a file is missing, unreadable, or does not fit the others.
    """
    import pandas as pd

    from netmod.compare import COLUMNS
    from netmod.study.slow_table import SEIZURE_COLUMNS, SLOW_COLUMNS

    folder = Path(folder)
    if not folder.is_dir():
        raise DataError(
            "no such study folder", where=str(folder), hint="run `netmod run CONFIG -o OUT` first"
        )
    scenario = read_scenario(folder)
    arm_details = details_of_arms(folder, scenario)
    signatures = read_table(folder, SIGNATURES_FILE, (*_SIGNATURE_KEYS, "status"), _SIGNATURE_TEXT)
    comparisons = read_table(folder, COMPARISONS_FILE, tuple(COLUMNS), _COMPARISON_TEXT)
    _check_metrics(folder, signatures, comparisons)
    _check_rows(folder, SIGNATURES_FILE, signatures, _SIGNATURE_KEYS)
    _check_arms(folder, SIGNATURES_FILE, signatures, arm_details)
    slow_states = read_table(folder, SLOW_STATES_FILE, SLOW_COLUMNS, _SLOW_TEXT)
    _check_rows(folder, SLOW_STATES_FILE, slow_states, _SLOW_KEYS)
    _check_arms(folder, SLOW_STATES_FILE, slow_states, arm_details)
    # only a study with shocks has seizures
    seizures = pd.DataFrame(columns=list(SEIZURE_COLUMNS))
    if (folder / SEIZURES_FILE).is_file():
        seizures = read_table(folder, SEIZURES_FILE, tuple(SEIZURE_COLUMNS), _SEIZURE_TEXT)
        _check_rows(folder, SEIZURES_FILE, seizures, _SEIZURE_KEYS)
    fc, rates_hz = read_connectivity(folder, len(signatures))
    region = read_regions(folder, fc.shape[1])
    return Results(
        folder=folder,
        name=str(scenario.get("name", folder.name)),
        engine=str(scenario["engine"]),
        seed=int(scenario["seed"]),
        atlas_name=str(scenario["atlas"]),
        arms=tuple(arm_details),
        times_h=tuple(sorted(float(time) for time in signatures["time_h"].unique())),
        subjects=tuple(sorted(str(subject) for subject in signatures["subject"].unique())),
        region=region,
        signatures=signatures,
        comparisons=comparisons,
        fc=fc,
        rates_hz=rates_hz,
        scenario=scenario,
        arm_details=arm_details,
        slow_states=slow_states,
        seizures=seizures,
    )


def _fisher_z(fc: np.ndarray) -> np.ndarray:
    z = np.arctanh(np.clip(np.asarray(fc, dtype=float), -_LARGEST_R, _LARGEST_R))
    diagonal = np.arange(z.shape[-1])
    z[..., diagonal, diagonal] = 0.0
    return z


def _check_metrics(folder: Path, signatures: pd.DataFrame, comparisons: pd.DataFrame) -> None:
    """Refuse a table of signatures without a metric that is compared, or without any."""
    from netmod.graph import METRICS

    compared = comparisons["metric"].dropna().unique()
    missing = [str(metric) for metric in compared if metric not in signatures.columns]
    if missing:
        raise problem(
            folder,
            SIGNATURES_FILE,
            f"missing column {', '.join(missing)}",
            expected=f"a column for every metric of {COMPARISONS_FILE}",
        )
    if not any(metric in signatures.columns for metric in METRICS):
        raise problem(folder, SIGNATURES_FILE, "no column of any metric")


def _check_arms(folder: Path, file: str, table: pd.DataFrame, arms: Collection[str]) -> None:
    """Refuse a table that does not have the arms of the scenario, all of them and no other."""
    present = set(table["arm"].dropna())
    if present != set(arms):
        raise problem(
            folder,
            file,
            "arms do not fit the scenario",
            expected=", ".join(arms),
            got=", ".join(sorted(present)) or "no rows",
        )


def _check_rows(folder: Path, file: str, table: pd.DataFrame, keys: Sequence[str]) -> None:
    """Refuse a table in which a row does not say what it is, or two say the same."""
    columns = list(keys)
    if table[columns].isna().any(axis=None):
        missing = next(name for name in columns if table[name].isna().any())
        raise problem(folder, file, f"a row without {missing}")
    twice = table.duplicated(columns)
    if twice.any():
        first = table[twice].iloc[0]
        said = ", ".join(
            f"{name} {first[name] if isinstance(first[name], str) else format(first[name], 'g')}"
            for name in columns
        )
        raise problem(folder, file, f"row twice: {said}")
