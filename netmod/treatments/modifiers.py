"""Modifiers: what can be laid over an arm."""

from __future__ import annotations

from netmod.treatments.declaration import Modifier

ALL = (
    Modifier(
        "ketanserin",
        "5-HT2A antagonist before every dose: no occupancy, TrkB binding untouched",
        "Preller et al. 2018, doi:10.7554/eLife.35082; Moliner et al. 2023, "
        "doi:10.1038/s41593-023-01316-5",
        factors={"ht2a": 0.0},
    ),
    Modifier(
        "bdnf_block",
        "BDNF blocked: early changes do not become late ones",
        "review of BDNF in late LTP, recalled",
        factors={"consolidation": 0.0},
    ),
    Modifier(
        "nmda_block",
        "NMDA receptors half blocked while synapses are driven",
        "Vlachos et al. 2012, doi:10.1523/JNEUROSCI.2409-12.2012",
        factors={"nmda": 0.5},
    ),
    Modifier(
        "trkb_block",
        "TrkB signalling blocked: no spine growth, no opening of the PV brake by drugs",
        "Moliner et al. 2023, doi:10.1038/s41593-023-01316-5",
        factors={"trkb": 0.0, "neurogenesis": 0.0},
    ),
    Modifier(
        "target_vertex",
        "the same dose at the vertex, the usual control site",
        "control site",
        target="vertex",
    ),
    Modifier(
        "target_motor",
        "the same dose at the left motor cortex",
        "control site",
        target="motor_left",
    ),
)
