"""Pictures of a finished study, and of a plan (the only room that imports plotting)."""

from netmod.figures.catalogue import FIGURES
from netmod.figures.draw import draw_all, drawing_aside
from netmod.figures.timeline import write_timeline

__all__ = ["FIGURES", "draw_all", "drawing_aside", "write_timeline"]
