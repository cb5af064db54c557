"""Published sites that the targets of surface parcellations are looked up at (MNI, mm)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Site:
    """Coordinates of one hemisphere or the midline, what they are and who published them."""

    points: tuple[tuple[float, float, float], ...]
    doc: str
    source: str


FOX = "Fox et al. 2012, doi:10.1016/j.biopsych.2012.04.028"
_CZ = "Okamoto et al. 2004, doi:10.1016/j.neuroimage.2003.08.026 (recalled: Cz of the 10-20 system)"

SITES = {
    "dlpfc_left": Site(
        ((-38.0, 44.0, 26.0),), "Left dorsolateral prefrontal cortex, the F3/BA46 site", FOX
    ),
    "dlpfc_right": Site(
        ((38.0, 44.0, 26.0),),
        "Right dorsolateral prefrontal cortex, the mirror image of the left F3/BA46 site",
        FOX,
    ),
    "sgacc": Site(
        ((6.0, 16.0, -10.0), (-6.0, 16.0, -10.0)),
        "Subgenual anterior cingulate: the published coordinate and its mirror image",
        FOX,
    ),
    "mpfc": Site(
        ((0.0, 52.0, 26.0),),
        "Dorsomedial prefrontal cortex, away from the subgenual target",
        "Andrews-Hanna et al. 2010, doi:10.1016/j.neuron.2010.02.005 (recalled: dMPFC)",
    ),
    "vertex": Site(
        ((0.0, -10.0, 75.0), (0.0, -20.0, 77.0)),
        "Vertex (Cz), the control site of stimulation; the same points as in dk84",
        _CZ,
    ),
    "motor_left": Site(
        ((-37.0, -21.0, 58.0),),
        "Left primary motor cortex, hand area: the second control site",
        "Mayka et al. 2006, doi:10.1016/j.neuroimage.2006.02.004 (recalled: M1)",
    ),
}
