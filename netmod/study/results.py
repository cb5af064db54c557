"""A finished study folder, read back as arrays and tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from netmod.errors import DataError, did_you_mean

if TYPE_CHECKING:
    import pandas as pd

SCENARIO_FILE = "code/scenario.resolved.yaml"
SIGNATURES_FILE = "group/signatures.tsv"
COMPARISONS_FILE = "group/comparisons.tsv"
CONNECTIVITY_FILE = "group/connectivity.npz"
_MATRIX_PATTERN = "sub-*/sub-*_stat-pearsoncorrelation_relmat.tsv"

_SIGNATURE_KEYS = ("arm", "subject", "time_h", "status")
_SIGNATURE_TEXT = ("arm", "subject", "status")
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
        For every arm: population, treatment, modifiers, target, parameters.
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
    from netmod.compare import COLUMNS

    folder = Path(folder)
    if not folder.is_dir():
        raise DataError(
            "no such study folder", where=str(folder), hint="run `netmod run CONFIG -o OUT` first"
        )
    scenario = _read_scenario(folder)
    arm_details = _arm_details(folder, scenario)
    signatures = _read_table(folder, SIGNATURES_FILE, _SIGNATURE_KEYS, _SIGNATURE_TEXT)
    comparisons = _read_table(folder, COMPARISONS_FILE, tuple(COLUMNS), _COMPARISON_TEXT)
    _check_metrics(folder, signatures, comparisons)
    fc, rates_hz = _read_connectivity(folder, len(signatures))
    region = _read_regions(folder, fc.shape[1])
    _check_cells(folder, signatures, tuple(arm_details))
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
    )


def _fisher_z(fc: np.ndarray) -> np.ndarray:
    z = np.arctanh(np.clip(np.asarray(fc, dtype=float), -_LARGEST_R, _LARGEST_R))
    diagonal = np.arange(z.shape[-1])
    z[..., diagonal, diagonal] = 0.0
    return z


def _problem(folder: Path, file: str, what: str, **details: str | None) -> DataError:
    hint = f"run `netmod run {SCENARIO_FILE} -o {folder}` again"
    if file == SCENARIO_FILE:
        hint = f"run `netmod run CONFIG -o {folder}` again"
    return DataError(what, where=str(folder / file), hint=hint, **details)


def _existing(folder: Path, file: str) -> Path:
    path = folder / file
    if not path.is_file():
        raise _problem(folder, file, "missing file: the study is not finished")
    return path


def _read_scenario(folder: Path) -> dict[str, Any]:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    path = _existing(folder, SCENARIO_FILE)
    try:
        scenario = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    except (YAMLError, UnicodeDecodeError, ValueError) as error:
        raise _problem(folder, SCENARIO_FILE, "not readable as YAML") from error
    if not isinstance(scenario, dict):
        raise _problem(folder, SCENARIO_FILE, "not a resolved scenario", expected="a mapping")
    missing = [key for key in ("engine", "seed", "atlas", "arms") if key not in scenario]
    if missing:
        raise _problem(
            folder, SCENARIO_FILE, "not a resolved scenario", expected=f"keys {', '.join(missing)}"
        )
    if isinstance(scenario["seed"], bool) or not isinstance(scenario["seed"], int):
        raise _problem(
            folder,
            SCENARIO_FILE,
            "seed is not a whole number",
            got=repr(scenario["seed"]),
        )
    return scenario


def _arm_details(folder: Path, scenario: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    arms = scenario["arms"]
    if isinstance(arms, dict):
        pairs = [(str(name), details or {}) for name, details in arms.items()]
    elif isinstance(arms, list):
        pairs = [
            (str(arm.get("name")), arm) if isinstance(arm, dict) else (str(arm), {}) for arm in arms
        ]
    else:
        pairs = []
    if not pairs or not all(isinstance(details, dict) for _, details in pairs):
        raise _problem(folder, SCENARIO_FILE, "arms are not a list or a mapping of arms")
    return {name: _one_arm(name, details) for name, details in pairs}


def _one_arm(name: str, details: Mapping[str, Any]) -> dict[str, Any]:
    # A bare name means itself: a population untreated, or a treatment of the depressed.
    is_population = name in ("healthy", "mdd")
    bare = not any(key in details for key in ("population", "treatment"))
    return {
        "population": details.get("population", name if bare and is_population else "mdd"),
        "treatment": details.get("treatment", name if bare and not is_population else "none"),
        "modifiers": tuple(details.get("modifiers") or ()),
        "target": details.get("target"),
        "parameters": dict(details.get("parameters") or {}),
    }


def _read_table(
    folder: Path, file: str, keys: tuple[str, ...], text: tuple[str, ...]
) -> pd.DataFrame:
    import pandas as pd

    path = _existing(folder, file)
    try:
        table = pd.read_csv(
            path, sep="\t", dtype=str, na_values=["n/a"], keep_default_na=False, encoding="utf-8"
        )
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
        raise _problem(folder, file, "not readable as a table with tabs") from error
    missing = [key for key in keys if key not in table.columns]
    if missing:
        raise _problem(folder, file, f"missing column {', '.join(missing)}")
    for column in table.columns.difference(list(text)):
        try:
            table[column] = pd.to_numeric(table[column]).astype(float)
        except (ValueError, TypeError) as error:
            raise _problem(
                folder, file, f"column {column} is not numeric", expected="numbers or n/a"
            ) from error
    return table


def _check_metrics(folder: Path, signatures: pd.DataFrame, comparisons: pd.DataFrame) -> None:
    """Refuse a table of signatures without a metric that is compared, or without any."""
    from netmod.graph import METRICS

    compared = comparisons["metric"].dropna().unique()
    missing = [str(metric) for metric in compared if metric not in signatures.columns]
    if missing:
        raise _problem(
            folder,
            SIGNATURES_FILE,
            f"missing column {', '.join(missing)}",
            expected=f"a column for every metric of {COMPARISONS_FILE}",
        )
    if not any(metric in signatures.columns for metric in METRICS):
        raise _problem(folder, SIGNATURES_FILE, "no column of any metric")


def _read_connectivity(folder: Path, n_cells: int) -> tuple[np.ndarray, np.ndarray]:
    import zipfile

    path = _existing(folder, CONNECTIVITY_FILE)
    try:
        with np.load(path, allow_pickle=False) as arrays:
            fc, rates_hz = arrays["fc"], arrays["rates_hz"]
    except KeyError as error:
        raise _problem(
            folder, CONNECTIVITY_FILE, "missing array", expected="arrays fc and rates_hz"
        ) from error
    except (ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise _problem(folder, CONNECTIVITY_FILE, "not readable as an npz archive") from error
    fits = fc.ndim == 3 and fc.shape[0] == n_cells and fc.shape[1] == fc.shape[2]
    if not fits or rates_hz.shape != fc.shape[:2]:
        raise _problem(
            folder,
            CONNECTIVITY_FILE,
            "arrays do not fit the table of signatures",
            expected=f"fc [{n_cells}, N, N] and rates_hz [{n_cells}, N]",
            got=f"fc {list(fc.shape)} and rates_hz {list(rates_hz.shape)}",
        )
    return fc, rates_hz


def _read_regions(folder: Path, n_regions: int) -> tuple[str, ...]:
    path = next(iter(sorted(folder.glob(_MATRIX_PATTERN))), None)
    if path is None:
        raise _problem(folder, _MATRIX_PATTERN, "no connectivity matrix of any subject")
    with path.open(encoding="utf-8") as lines:
        names = tuple(lines.readline().rstrip("\r\n").split("\t")[1:])
    if len(names) != n_regions or len(set(names)) != len(names):
        raise _problem(
            folder,
            str(path.relative_to(folder)),
            "region names do not fit the stored connectivity",
            expected=f"{n_regions} different names in the first row",
            got=f"{len(names)}, of which {len(set(names))} differ",
        )
    return names


def _check_cells(folder: Path, signatures: pd.DataFrame, arms: tuple[str, ...]) -> None:
    present = set(signatures["arm"].dropna())
    if present != set(arms) or signatures[["subject", "time_h"]].isna().any(axis=None):
        raise _problem(
            folder,
            SIGNATURES_FILE,
            "arms, subjects or times do not fit the scenario",
            expected=", ".join(arms),
            got=", ".join(sorted(present)) or "no rows",
        )
    twice = signatures.duplicated(["arm", "subject", "time_h"])
    if twice.any():
        first = signatures[twice].iloc[0]
        raise _problem(
            folder,
            SIGNATURES_FILE,
            f"cell twice: arm {first['arm']}, subject {first['subject']}, {first['time_h']:g} h",
        )
