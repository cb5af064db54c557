"""Helpers of whole studies on the shipped atlas: what every arm comes to, read with no noise."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from netmod.atlas import load_atlas
from netmod.graph import NetworkMasks, signature_row
from netmod.scenario import load_scenario
from netmod.study.engines import run_cells
from netmod.study.prepare import Cohort, prepare

ATLAS = load_atlas("dk84")
MASKS = NetworkMasks.from_atlas(ATLAS)
CORTEX = np.flatnonzero(ATLAS.cortex)
WEEK = 168.0


def scenario(folder, arms: str, **lines):
    """Return a study of arms on dk84 with the linear engine; further lines by their key."""
    lines = {"times": "[baseline, 2 h, 6 wk]", "engine": "linear"} | lines
    text = "schema_version: 1\nname: rules\nseed: 20261\natlas: dk84\n"
    text += "".join(f"{key}: {value}\n" for key, value in lines.items())
    path = folder / "rules.yaml"
    path.write_text(text + "arms:" + arms)
    return load_scenario(path)


def regions(target: str, side: str = "LR") -> list[int]:
    """Return the regions of a target of the atlas on one side or both."""
    return [i for i in ATLAS.targets[target] if ATLAS.hemisphere[i] in side]


@dataclass(repr=False)  # a failed test shows what it was given: all arrays would take minutes
class Run:
    """A prepared study, read when asked: all cells of a time at once, each signature once."""

    scenario: object
    cohort: Cohort
    readings: dict = field(default_factory=dict)
    signatures: dict = field(default_factory=dict)

    @classmethod
    def of(cls, scenario):
        return cls(scenario, prepare(scenario, ATLAS))

    def cells(self, arm, time):
        return [c for c in self.cohort.cells if (c.arm, c.time) == (arm, time)]

    def read(self, arm, time):
        """Return the readings of an arm's subjects."""
        mine = self.cells(arm, time)
        if any(c.identity not in self.readings for c in mine):
            new = [
                c for c in self.cohort.cells if c.time == time and c.identity not in self.readings
            ]
            self.readings |= run_cells(self.scenario, new, lambda count: None)
        return [self.readings[c.identity] for c in mine]

    def stable(self, arm, time):
        return np.array([reading.status == "ok" for reading in self.read(arm, time)])

    def values(self, metric, arm, time):
        """Return a signature of each subject, shape (subject,); missing where unstable."""
        pairs = zip(self.cells(arm, time), self.read(arm, time), strict=True)
        return np.array([self._row(c.identity, r).get(metric, np.nan) for c, r in pairs])

    def change(self, metric, arm, time, untreated="mdd"):
        return self.values(metric, arm, time) - self.values(metric, untreated, "baseline")

    def z(self, arm, time):
        """Return cortical FC in Fisher z, shape (subject, pair)."""
        assert self.stable(arm, time).all(), (arm, time)
        upper = np.triu_indices(CORTEX.size, 1)
        fc = [r.fc[np.ix_(CORTEX, CORTEX)][upper] for r in self.read(arm, time)]
        return np.arctanh(np.array(fc, dtype=float))

    def moved(self, arm, time, untreated="mdd"):
        return self.z(arm, time) - self.z(untreated, "baseline")

    def weights(self, arm, time):
        """Return the weights onto excitation and inhibition, (subject, 2, target, source)."""
        return np.stack([c.parameters.weights for c in self.cells(arm, time)])

    def slow(self, arm, time_h):
        """Return the slow state of an arm at a traced time."""
        trace = self.cohort.courses.trace
        return next(state for t, name, state in trace if (t, name) == (time_h, arm))

    def _row(self, identity, reading):
        if reading.status != "ok":
            return {}
        if identity not in self.signatures:
            fc = reading.fc.astype(float)
            self.signatures[identity] = signature_row(fc, reading.rate_hz, MASKS, 3, 1)
        return self.signatures[identity]


def alike(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return the cosine of two displacements of each subject, shape (subject,)."""
    size = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
    return (one * other).sum(axis=1) / size
