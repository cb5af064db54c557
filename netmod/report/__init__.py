"""The report: one self-contained HTML page of a finished study."""

from netmod.report.write import write_report

__all__ = ["write_report"]
