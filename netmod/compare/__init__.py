"""Arms against each other: effect sizes, intervals, permutation p."""

from netmod.compare.table import COLUMNS, compare_arms, format_table

__all__ = ["COLUMNS", "compare_arms", "format_table"]
