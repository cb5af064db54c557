"""Arms against each other: effect sizes and intervals first, then permutation p."""

from netmod.compare.equivalence import Equivalence, equivalence_paired
from netmod.compare.fdr import false_discovery
from netmod.compare.mixed import MixedEffects, mixed_effects
from netmod.compare.multiverse import agreement, multiverse
from netmod.compare.nbs import Component, NetworkStatistic, nbs_groups, nbs_paired
from netmod.compare.power import (
    SimulatedPower,
    d_z_interval,
    paired_power,
    simulated_power,
    subjects_needed,
)
from netmod.compare.seeds import SeedSpread, seed_spread
from netmod.compare.table import COLUMNS, compare_arms, format_table

__all__ = [
    "COLUMNS",
    "Component",
    "Equivalence",
    "MixedEffects",
    "NetworkStatistic",
    "SeedSpread",
    "SimulatedPower",
    "agreement",
    "compare_arms",
    "d_z_interval",
    "equivalence_paired",
    "false_discovery",
    "format_table",
    "mixed_effects",
    "multiverse",
    "nbs_groups",
    "nbs_paired",
    "paired_power",
    "seed_spread",
    "simulated_power",
    "subjects_needed",
]
