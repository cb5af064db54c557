"""What a run would do, without doing it."""

from __future__ import annotations

from netmod.dynamics.devices import usable_cores
from netmod.scenario.schema import Scenario
from netmod.treatments.course import described

_REGION_STEPS_PER_S = 2e7
"""One core's measured rate (python -m benchmarks simulate); an estimate for planning only."""


def plan_study(scenario: Scenario) -> str:
    """Return the arms, schedule, cells, memory and time of a scenario as text.

    Parameters
    ----------
    scenario : Scenario
        A validated scenario.
    """
    from netmod.atlas import load_atlas

    n = load_atlas(scenario.atlas).n_regions
    lines = [f"{scenario.name}: engine {scenario.engine}, atlas {scenario.atlas} ({n} regions)", ""]
    for arm in scenario.arms:
        lines.append(f"  {arm.name:<24} {arm.summary()}")
        events = arm.events()
        if events:
            lines.append(f"  {'':<24} {described(events)}")
    scanner = scenario.scanner
    volumes = scanner.duration_s / scanner.tr_s
    lines += ["", f"  scans at {', '.join(scenario.times)}; {scanner.duration_s:g} s each",
              f"  {scenario.cells} cells at most; equal ones are computed once"]  # fmt: skip
    if scenario.engine == "sde":
        cores = usable_cores()
        steps = (scanner.duration_s + scanner.warmup_s) * 1e3 / scenario.solver.dt_ms
        minutes = scenario.cells * steps * n / (_REGION_STEPS_PER_S * cores) / 60
        lines.append(f"  about {max(1, round(minutes))} min at most on {cores} cores")
    disk = scenario.cells * n * (n + (volumes if scenario.engine == "sde" else 0)) * 11 / 1e6
    memory = 500 + 2 * scenario.cells * n * n * 8 * 4 / 1e6
    lines.append(f"  about {memory:.0f} MB of memory, {disk:.0f} MB on disk")
    return "\n".join(lines)
