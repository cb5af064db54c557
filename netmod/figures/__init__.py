"""Pictures of a finished study, of a plan, of an atlas (the only room that imports plotting)."""

from netmod.figures.atlas_card import write_atlas_card
from netmod.figures.catalogue import FIGURES
from netmod.figures.draw import draw_all, drawing_aside
from netmod.figures.timeline import write_timeline

__all__ = ["FIGURES", "draw_all", "drawing_aside", "write_atlas_card", "write_timeline"]
