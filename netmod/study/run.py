"""Run a study: prepare, simulate what is missing, write the tables."""

from __future__ import annotations

import contextlib
import fcntl
import sys
from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from netmod.atlas import load_atlas
from netmod.compare import format_table
from netmod.dynamics.devices import prepare_devices
from netmod.errors import ConfigError, NetmodError
from netmod.scenario.schema import Scenario
from netmod.study.engines import run_cells, warm_up
from netmod.study.frame import OWN, is_study, write_frame
from netmod.study.group import write_group
from netmod.study.prepare import Cohort, prepare
from netmod.study.slow_table import write_slow
from netmod.study.store import Store, check_names

if TYPE_CHECKING:
    import pandas as pd

_MOST_WAITING = 64
"""Scans held in memory until they are written."""

TABLE_METRICS = ("modularity", "segregation", "dlpfc_sgacc", "sgacc_rate_hz", "healthy_distance")
"""What the terminal shows of a finished study."""


def run_study(
    scenario: Scenario, out: Path, device: str = "cpu", jobs: int | None = None, fresh: bool = False
) -> int:
    """Simulate every arm of a scenario and write its folder; what is finished is kept.

    Parameters
    ----------
    scenario : Scenario
        A validated scenario.
    out : Path
        Study folder, made if missing.
    device : {"cpu", "gpu", "auto"}
        Where to compute (:func:`netmod.dynamics.devices.prepare_devices`).
    jobs : int, optional
        CPU devices; all cores when None.
    fresh : bool
        Throw away what an earlier run left; files that no run writes stay.

    Returns
    -------
    int
        0, or 3 when some cells have no numbers.

    Raises
    ------
    ConfigError
        If the folder holds something else, or another run works in it, or two arms would share
        their files.
    NetmodError
        If it cannot be written.
    """
    check_names([arm.name for arm in scenario.arms])
    prepare_devices(device, jobs)
    atlas = load_atlas(scenario.atlas)
    _check_folder(out)
    _say(f"{scenario.name}: {len(scenario.arms)} arms, {scenario.cohort.subjects} subjects, "
         f"{len(scenario.times)} scans, engine {scenario.engine}")  # fmt: skip
    with ThreadPoolExecutor(1) as aside:
        compiling = aside.submit(warm_up, scenario, atlas.n_regions)
        cohort = prepare(scenario, atlas)  # may refuse: before anything is written
        compiling.result()
    with _only_run(out):
        if fresh:
            _clear(out)
        store = Store(out, atlas.name, atlas.region, max(2, len(str(scenario.cohort.subjects))))
        write_frame(scenario, atlas, cohort, store)
        _simulate(scenario, cohort, store)
        _say("reading out networks and comparing arms")
        signatures, comparisons = write_group(scenario, atlas, cohort.cells, store)
        write_slow(cohort, atlas, store)
        removed = store.remove_others(cohort.cells)
        if removed:
            _say(f"removed {removed} files of scans that this scenario does not have")
        print(summary(comparisons, scenario.times_h))
        failed = signatures[signatures["status"] != "ok"]
        if len(failed):
            counts = failed.groupby(["arm", "time_h", "status"]).size()
            for (arm, time_h, status), count in counts.items():
                _say(f"{count} cells without numbers: {arm} at {time_h:g} h ({status})")
            return 3
    return 0


def summary(
    comparisons: pd.DataFrame, times_h: Sequence[float], metrics: Sequence[str] | None = None
) -> str:
    """Return comparisons as text; a study of one arm or one time has fewer, or none.

    Parameters
    ----------
    comparisons : DataFrame
        As in ``group/comparisons.tsv``.
    times_h : sequence of float
        Times of the scans in hours.
    metrics : sequence of str, optional
        Columns; :data:`TABLE_METRICS` when None.
    """
    compared = set(comparisons["time_h"])
    if not compared:
        return "nothing to compare: one untreated arm at one time"
    times = [time_h for time_h in times_h if time_h in compared]
    return format_table(comparisons, list(metrics or TABLE_METRICS), times)


def _simulate(scenario: Scenario, cohort: Cohort, store: Store) -> None:
    from tqdm import tqdm

    missing = [cell for cell in cohort.cells if not store.finished(cell)]
    same = defaultdict(list)
    for cell in missing:
        same[cell.identity].append(cell)
    if len(missing) < len(cohort.cells):
        _say(f"{len(cohort.cells) - len(missing)} of {len(cohort.cells)} scans are there already")
    details = {"Engine": scenario.engine, "Seed": scenario.seed, "Atlas": scenario.atlas_name,
               "ModelName": scenario.model.name}  # fmt: skip
    with tqdm(total=len(same), unit="scan", desc="scanning", file=sys.stderr, disable=None) as bar:

        def advance(count: int) -> None:
            bar.n += count
            bar.refresh()
            if bar.disable:  # no terminal: plain lines
                _say(f"{bar.n} of {len(same)} scans")

        # files are written while the next scans are simulated
        with ThreadPoolExecutor(1) as writer:
            waiting: deque[Future] = deque()
            try:
                for identity, reading in run_cells(scenario, missing, advance):
                    for cell in same[identity]:
                        waiting.append(writer.submit(store.write, cell, reading, details))
                    while waiting and (waiting[0].done() or len(waiting) > _MOST_WAITING):
                        waiting.popleft().result()
                while waiting:
                    waiting.popleft().result()
            except BaseException:
                writer.shutdown(cancel_futures=True)
                raise


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _check_folder(out: Path) -> None:
    if out.is_dir() and not is_study(out):
        # a run stopped before its first file leaves logs, perhaps an unfinished file
        others = [p.name for p in out.iterdir() if p.name != "logs" and p.suffix != ".part"]
        if others:
            raise ConfigError(
                "the output folder holds something else",
                where=str(out),
                expected="a new or empty folder, or one of an earlier run",
                got=", ".join(sorted(others)[:5]),
                hint="choose another folder with -o",
            )


def _clear(out: Path) -> None:
    try:
        for pattern in OWN:
            for path in sorted(out.glob(pattern)):
                # our pictures say who drew them; another one in figures/ is the user's
                if path.suffix != ".png" or b"netmod" in path.read_bytes()[:1024]:
                    path.unlink()
        for folder in (*sorted(out.glob("sub-*")), out / "group", out / "figures", out / "code"):
            with contextlib.suppress(OSError):  # what holds something else stays
                folder.rmdir()
    except OSError as error:
        raise NetmodError(
            "cannot clear the output folder", where=str(error.filename), got=error.strerror,
            hint="choose another folder with -o",
        ) from error  # fmt: skip


@contextlib.contextmanager
def _only_run(out: Path) -> Iterator[None]:
    """Hold the folder's lock; the system releases it even if the run is killed."""
    lock = out / "logs" / "run.lock"
    try:
        lock.parent.mkdir(parents=True, exist_ok=True)
        stream = lock.open("a+")
    except OSError as error:
        raise NetmodError(
            "cannot write the output folder", where=str(out), got=error.strerror,
            hint="choose another folder with -o",
        ) from error  # fmt: skip
    with stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise ConfigError(
                "another run works in this folder", where=str(out),
                hint="wait for it, or choose another folder with -o",
            ) from error  # fmt: skip
        yield
