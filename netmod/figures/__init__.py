"""Pictures of a finished study (the only room that imports plotting)."""

from netmod.figures.catalogue import FIGURES
from netmod.figures.draw import draw_all, drawing_aside

__all__ = ["FIGURES", "draw_all", "drawing_aside"]
