"""Files of a study folder read back, each with an error that names the file and the fix."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from netmod.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

SCENARIO_FILE = "code/scenario.resolved.yaml"
SIGNATURES_FILE = "group/signatures.tsv"
COMPARISONS_FILE = "group/comparisons.tsv"
CONNECTIVITY_FILE = "group/connectivity.npz"
SLOW_STATES_FILE = "group/slow_states.tsv"
SEIZURES_FILE = "group/seizures.tsv"
_MATRIX_PATTERN = "sub-*/sub-*_stat-pearsoncorrelation_relmat.tsv"


def problem(folder: Path, file: str, what: str, **details: str | None) -> DataError:
    """Return the error of a file of a study, with what to run again."""
    hint = f"run `netmod run {SCENARIO_FILE} -o {folder}` again"
    if file == SCENARIO_FILE:
        hint = f"run `netmod run CONFIG -o {folder}` again"
    return DataError(what, where=str(folder / file), hint=hint, **details)


def existing(folder: Path, file: str) -> Path:
    """Return the path of a file of a study.

    Raises
    ------
    DataError
        If it is missing.
    """
    path = folder / file
    if not path.is_file():
        raise problem(folder, file, "missing file: the study is not finished")
    return path


def read_scenario(folder: Path) -> dict[str, Any]:
    """Return the resolved scenario as plain data.

    Raises
    ------
    DataError
        If it is missing, no YAML, or lacks what every scenario has.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    path = existing(folder, SCENARIO_FILE)
    try:
        scenario = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    except (YAMLError, UnicodeDecodeError, ValueError) as error:
        raise problem(folder, SCENARIO_FILE, "not readable as YAML") from error
    if not isinstance(scenario, dict):
        raise problem(folder, SCENARIO_FILE, "not a resolved scenario", expected="a mapping")
    missing = [key for key in ("engine", "seed", "atlas", "arms") if key not in scenario]
    if missing:
        raise problem(
            folder, SCENARIO_FILE, "not a resolved scenario", expected=f"keys {', '.join(missing)}"
        )
    if isinstance(scenario["seed"], bool) or not isinstance(scenario["seed"], int):
        raise problem(
            folder,
            SCENARIO_FILE,
            "seed is not a whole number",
            got=repr(scenario["seed"]),
        )
    return scenario


def details_of_arms(folder: Path, scenario: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return what every arm is: population, treatment, modifiers, target, parameters, sequence.

    Raises
    ------
    DataError
        If there are no arms.
    """
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
        raise problem(folder, SCENARIO_FILE, "arms are not a list or a mapping of arms")
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
        "sequence": tuple(details.get("sequence") or ()),
    }


def read_table(
    folder: Path, file: str, keys: tuple[str, ...], text: tuple[str, ...]
) -> pd.DataFrame:
    """Return a table with tabs.

    Parameters
    ----------
    folder : Path
        The study folder.
    file : str
        Path inside it.
    keys : tuple of str
        Columns that must be there.
    text : tuple of str
        Columns of words; all others are numbers.

    Raises
    ------
    DataError
        If it is missing, no table, lacks a column, or has words for numbers.
    """
    import pandas as pd

    path = existing(folder, file)
    try:
        table = pd.read_csv(
            path, sep="\t", dtype=str, na_values=["n/a"], keep_default_na=False, encoding="utf-8"
        )
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
        raise problem(folder, file, "not readable as a table with tabs") from error
    missing = [key for key in keys if key not in table.columns]
    if missing:
        raise problem(folder, file, f"missing column {', '.join(missing)}")
    for column in table.columns.difference(list(text)):
        try:
            table[column] = pd.to_numeric(table[column]).astype(float)
        except (ValueError, TypeError) as error:
            raise problem(
                folder, file, f"column {column} is not numeric", expected="numbers or n/a"
            ) from error
    return table


def read_connectivity(folder: Path, n_cells: int) -> tuple[np.ndarray, np.ndarray]:
    """Return FC, shape (cell, N, N), and rates in Hz, shape (cell, N).

    Raises
    ------
    DataError
        If the archive is missing, unreadable, or does not hold so many cells.
    """
    import zipfile

    path = existing(folder, CONNECTIVITY_FILE)
    try:
        with np.load(path, allow_pickle=False) as arrays:
            fc, rates_hz = arrays["fc"], arrays["rates_hz"]
    except KeyError as error:
        raise problem(
            folder, CONNECTIVITY_FILE, "missing array", expected="arrays fc and rates_hz"
        ) from error
    except (ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise problem(folder, CONNECTIVITY_FILE, "not readable as an npz archive") from error
    fits = fc.ndim == 3 and fc.shape[0] == n_cells and fc.shape[1] == fc.shape[2]
    if not fits or rates_hz.shape != fc.shape[:2]:
        raise problem(
            folder,
            CONNECTIVITY_FILE,
            "arrays do not fit the table of signatures",
            expected=f"fc [{n_cells}, N, N] and rates_hz [{n_cells}, N]",
            got=f"fc {list(fc.shape)} and rates_hz {list(rates_hz.shape)}",
        )
    return fc, rates_hz


def read_regions(folder: Path, n_regions: int) -> tuple[str, ...]:
    """Return region names from the head of a matrix.

    Raises
    ------
    DataError
        If no subject has a matrix, or the names are not so many.
    """
    path = next(iter(sorted(folder.glob(_MATRIX_PATTERN))), None)
    if path is None:
        raise problem(folder, _MATRIX_PATTERN, "no connectivity matrix of any subject")
    with path.open(encoding="utf-8") as lines:
        names = tuple(lines.readline().rstrip("\r\n").split("\t")[1:])
    if len(names) != n_regions or len(set(names)) != len(names):
        raise problem(
            folder,
            str(path.relative_to(folder)),
            "region names do not fit the stored connectivity",
            expected=f"{n_regions} different names in the first row",
            got=f"{len(names)}, of which {len(set(names))} differ",
        )
    return names
