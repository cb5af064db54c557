"""How arms, metrics and times are called in figures and in the report."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from netmod.units import format_time

if TYPE_CHECKING:
    from netmod.study.results import Results

_WORD = re.compile(r"[^\s_-]*[\s_-]?")

ARM_LABELS = {
    "healthy": "Healthy",
    "mdd": "MDD, untreated",
    "sham": "Sham",
    "placebo": "Placebo",
    "rtms_10hz": "rTMS 10 Hz",
    "rtms_1hz": "rTMS 1 Hz",
    "itbs": "iTBS",
    "itbs_6wk": "iTBS, 6 weeks",
    "ctbs": "cTBS",
    "saint": "SAINT",
    "ect_bl": "ECT, bilateral",
    "ect_rul": "ECT, right unil.",
    "ect_bf": "ECT, bifrontal",
    "psilocybin": "Psilocybin",
    "psilocybin_rtms": "Psilocybin, rTMS",
    "lsd": "LSD",
    "dmt": "DMT",
    "ketamine": "Ketamine",
    "ssri": "SSRI",
    "ssri_single": "SSRI, single dose",
    "therapy": "Therapy",
}


@dataclass(frozen=True)
class MetricLabel:
    """Name, unit and printed decimals of a metric.

    Parameters
    ----------
    title : str
        Short name, as a panel title.
    unit : str
        Unit for axes; empty when dimensionless.
    decimals : int
        Decimals in tables.
    """

    title: str
    unit: str
    decimals: int = 3

    @property
    def axis(self) -> str:
        """Name and unit, as an axis label."""
        return f"{self.title} ({self.unit})" if self.unit else self.title


METRIC_LABELS = {
    "modularity": MetricLabel("Modularity Q", ""),
    "modularity_gsr": MetricLabel("Modularity Q, GSR", ""),
    "segregation": MetricLabel("System segregation", ""),
    "segregation_gsr": MetricLabel("System segregation, GSR", ""),
    "gbc": MetricLabel("Global connectivity", "r"),
    "between": MetricLabel("FC between networks", "r"),
    "participation": MetricLabel("Participation", ""),
    "dmn_within": MetricLabel("FC within default", "r"),
    "dmn_within_gsr": MetricLabel("FC within default, GSR", "r"),
    "dmn_fpn": MetricLabel("FC default–FPN", "r"),
    "sgacc_dmn": MetricLabel("FC sgACC–default", "r"),
    "dlpfc_sgacc": MetricLabel("FC L-DLPFC–sgACC", "r"),
    "dlpfc_sgacc_gsr": MetricLabel("FC L-DLPFC–sgACC, GSR", "r"),
    "sgacc_rate_hz": MetricLabel("sgACC rate", "Hz", 2),
    "fc_distance": MetricLabel("FC distance to baseline", "z"),
    "healthy_distance": MetricLabel("Distance to healthy", "SD", 2),
}

MAIN_METRICS = (
    "modularity",
    "segregation",
    "gbc",
    "dmn_within",
    "dmn_fpn",
    "dlpfc_sgacc",
    "sgacc_rate_hz",
    "healthy_distance",
)


def arm_label(arm: str) -> str:
    """Return the name of an arm as printed; a name of the user's own is kept as it is."""
    return ARM_LABELS.get(arm, arm)


def reference_arm(results: Results, arm: str) -> str | None:
    """Return the untreated arm of an arm's population: no treatment and no modifier.

    Parameters
    ----------
    results : Results
        A finished study.
    arm : str
        Name of an arm.

    Returns
    -------
    str or None
        The first such arm, which may be the arm itself; None when the study has none.
    """
    population = results.arm_details[arm]["population"]
    for name in results.arms:
        details = results.arm_details[name]
        plain = details["treatment"] == "none" and not details["modifiers"]
        if plain and details["population"] == population:
            return name
    return None


def metric_label(metric: str) -> MetricLabel:
    """Return the label of a metric; an unknown metric is called by its column."""
    return METRIC_LABELS.get(metric, MetricLabel(metric, ""))


def tick_time(time_h: float) -> str:
    """Return a time as short as an axis needs it: ``0``, ``2 h``, ``1 d``, ``6 wk``."""
    return "0" if time_h == 0 else format_time(time_h)


def title_lines(text: str, width: int, lines: int = 2) -> str:
    """Fold a title into few lines, at spaces, ``_`` and ``-``.

    What does not fit loses its middle: names of variants differ at their end.

    Parameters
    ----------
    text : str
        Any text.
    width : int
        Characters of a line.
    lines : int
        Most lines.

    Returns
    -------
    str
        Lines joined by newlines, none longer than `width`.
    """
    text = " ".join(text.split())
    folded = _fold(text, width)
    kept = min(len(text), lines * width)
    while len(folded) > lines:
        kept -= 1
        head = (kept + 1) // 2
        folded = _fold(f"{text[:head].rstrip()}…{text[len(text) - kept + head :]}", width)
    return "\n".join(folded)


def _fold(text: str, width: int) -> list[str]:
    lines = [""]
    for word in _WORD.findall(text):
        if len(lines[-1] + word.rstrip()) <= width:
            lines[-1] += word
            continue
        lines.append(word)
        while len(lines[-1].strip()) > width:
            long = lines.pop().strip()
            lines += [long[:width], long[width:]]
    return [line.strip() for line in lines if line.strip()] or [""]
