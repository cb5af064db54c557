"""Named targets of dk84, each with what it is and why these parcels."""

from __future__ import annotations

from typing import Any

_SOURCE = "Desikan et al. 2006, doi:10.1016/j.neuroimage.2006.01.021; choice of this project"

TARGETS: dict[str, dict[str, Any]] = {
    "dlpfc_left": {
        "regions": ["L.RMFG", "L.CMFG"],
        "doc": "Left dorsolateral prefrontal cortex: rostral and caudal middle frontal gyrus. The "
        "coordinate of the F3/BA46 site (-38, 44, 26) lies in the rostral one.",
        "source": "Fox et al. 2012, doi:10.1016/j.biopsych.2012.04.028 (site); " + _SOURCE,
    },
    "dlpfc_right": {
        "regions": ["R.RMFG", "R.CMFG"],
        "doc": "Right dorsolateral prefrontal cortex: rostral and caudal middle frontal gyrus.",
        "source": _SOURCE,
    },
    "sgacc": {
        "regions": ["L.MOFG", "R.MOFG", "L.RACG", "R.RACG"],
        "doc": "Proxy of the subgenual anterior cingulate, which has no parcel here: medial "
        "orbitofrontal and rostral anterior cingulate, both hemispheres. The voxels nearest to the "
        "published subgenual coordinate (6, 16, -10) and its mirror image carry these labels.",
        "source": "Fox et al. 2012, doi:10.1016/j.biopsych.2012.04.028 (coordinate); " + _SOURCE,
    },
    "mpfc": {
        "regions": ["L.SFG", "R.SFG", "L.FP", "R.FP"],
        "doc": "Medial prefrontal cortex without the sgacc proxy: superior frontal gyrus, whose "
        "parcel holds the dorsomedial wall and the dorsal convexity too, and frontal pole.",
        "source": _SOURCE,
    },
    "hippocampus": {
        "regions": ["L.HI", "R.HI"],
        "doc": "Hippocampus, both hemispheres.",
        "source": "FreeSurfer aseg, Fischl et al. 2002, doi:10.1016/S0896-6273(02)00569-X",
    },
    "amygdala": {
        "regions": ["L.AM", "R.AM"],
        "doc": "Amygdala, both hemispheres.",
        "source": "FreeSurfer aseg, Fischl et al. 2002, doi:10.1016/S0896-6273(02)00569-X",
    },
    "vertex": {
        "regions": ["L.PaCG", "R.PaCG"],
        "doc": "Vertex (Cz), the control site of stimulation: paracentral lobule of both "
        "hemispheres. Of the 400 cortical voxels nearest to the midline at (0, -10, 75) and "
        "(0, -20, 77), 80 % and 97 % are paracentral; superior parietal begins farther back.",
        "source": "counted in the volume of tvboptim; " + _SOURCE,
    },
    "motor_left": {
        "regions": ["L.PrCG"],
        "doc": "Left primary motor cortex: precentral gyrus, the second control site.",
        "source": _SOURCE,
    },
}
