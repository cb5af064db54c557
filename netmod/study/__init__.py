"""A study from plan to tables: the order of the walk, its store and its resume."""

from __future__ import annotations

from typing import Any

_HOMES = {
    "cite_study": "frame",
    "compare_table": "tables",
    "load_results": "results",
    "plan_study": "plan",
    "run_search": "search",
    "run_study": "run",
    "seal_study": "frame",
    "verify_study": "frame",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    # jax and pandas are imported only by what needs them
    if name in _HOMES:
        from importlib import import_module

        return getattr(import_module(f"netmod.study.{_HOMES[name]}"), name)
    raise AttributeError(name)
