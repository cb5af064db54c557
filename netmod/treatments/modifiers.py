"""Modifiers: what can be laid over an arm."""

from __future__ import annotations

from netmod.treatments.declaration import Modifier, Premedication

PSYCHEDELICS = ("psilocybin", "lsd", "dmt")
"""Drugs that ketanserin precedes."""

_MOLINER = "Moliner et al. 2023, doi:10.1038/s41593-023-01316-5"
_GERSNER = "proposal; direction: Gersner et al. 2011, doi:10.1523/JNEUROSCI.6751-10.2011 (recalled)"
_SWITCH = "control of this project"

PATHWAYS = (
    Modifier(
        "bdnf_block",
        "BDNF blocked throughout: no potentiation, nothing early becomes late, none is released",
        "Galanis et al. 2024, bioRxiv 621890; strength a proposal",
        {"potentiation": 0.0, "consolidation": 0.0, "bdnf_release": 0.0},
    ),
    Modifier(
        "bdnf_block_late",
        "BDNF blocked after each session: early changes do not become late ones",
        "proposal; maintenance by BDNF, TrkB and CREB",
        {"consolidation": 0.0},
    ),
    Modifier(
        "bdnf_val66met",
        "genotype Val66Met: activity releases 30 % less BDNF",
        "recalled: Chen et al. 2006, doi:10.1126/science.1129663",
        {"bdnf_release": 0.7},
    ),
    Modifier(
        "trkb_agonist",
        "a TrkB agonist throughout: potentiation of TrkB without activity",
        "proposal; full shift of the threshold of potentiation",
        {"agonist": 1.0},
    ),
    Modifier(
        "trkb_block",
        "TrkB signalling blocked: no spine growth, no opening of the PV brake, by any route",
        _MOLINER,
        {"trkb_signal": 0.0},
    ),
    Modifier(
        "mtor_block",
        "mTOR blocked (rapamycin): spines do not grow",
        "recalled: Ly et al. 2018, doi:10.1016/j.celrep.2018.05.022",
        {"mtor": 0.0},
    ),
    Modifier(
        "nmda_block",
        "NMDA receptors half blocked while synapses are driven",
        "Vlachos et al. 2012, doi:10.1523/JNEUROSCI.2409-12.2012",
        {"nmda": 0.5},
    ),
    Modifier(
        "anaesthesia",
        "stimulation under anaesthesia: calcium of both spikes reduced, the postsynaptic more",
        _GERSNER,
        {"pre": 0.7, "post": 0.6},
    ),
    Modifier(
        "prime_low",
        "low activity before each session: both calcium thresholds lowered",
        "proposal; Siebner et al. 2004, doi:10.1523/JNEUROSCI.5316-03.2004 (recalled)",
        {"threshold": 0.9},
    ),
    Modifier(
        "prime_high",
        "high activity before each session: both calcium thresholds raised",
        "proposal; Siebner et al. 2004, doi:10.1523/JNEUROSCI.5316-03.2004 (recalled)",
        {"threshold": 1.1},
    ),
    Modifier("vegf_off", "seizures raise no VEGF", _SWITCH, {"vegf": 0.0}),
    Modifier(
        "vegf_rs699947",
        "genotype rs699947: seizures raise 30 % less VEGF",
        "size a proposal; Van Den Bossche et al. 2019, doi:10.1038/s41398-019-0530-6",
        {"vegf": 0.7},
    ),
    Modifier("pv_locked", "the PV brake stays closed", _SWITCH, {"pv": 0.0}),
    Modifier("ht1a_block", "5-HT1A blocked: tone acts without it", _SWITCH, {"ht1a": 0.0}),
    Modifier("ht4_block", "5-HT4 blocked: tone acts without it", _SWITCH, {"ht4": 0.0}),
    Modifier("chain_off", "new neurons at their untreated flow", _SWITCH, {"neurogenesis": 0.0}),
    Modifier("stress_off", "no stress load", _SWITCH, {"stress": 0.0}),
    Modifier("bcm_frozen", "calcium thresholds do not slide with activity", _SWITCH, {"bcm": 0.0}),
    Modifier("j_frozen", "inhibition does not re-balance", _SWITCH, {"homeostasis": 0.0}),
    Modifier("ei_frozen", "synapses onto inhibition do not change", _SWITCH, {"ei": 0.0}),
)  # fmt: skip
"""Pathways blocked, weakened, strengthened or frozen."""

GIVEN = (
    Modifier(
        "ketanserin",
        "ketanserin 40 mg by mouth one hour before every dose of a psychedelic: it competes for "
        "5-HT2A and leaves TrkB",
        "Preller et al. 2018, doi:10.7554/eLife.35082; Moliner et al. 2023, "
        "doi:10.1038/s41593-023-01316-5",
        dose=Premedication("ketanserin", 1.0, 1.0, PSYCHEDELICS),
    ),
    Modifier(
        "environment_supportive",
        "supportive surroundings day and night",
        "proposal; Castren and Antila 2017, doi:10.1038/mp.2017.61",
        environment="supportive",
    ),
    Modifier(
        "environment_neutral",
        "surroundings that drive nothing: the default",
        "proposal",
        environment="neutral",
    ),
    Modifier(
        "environment_adverse",
        "adverse surroundings day and night",
        "proposal; Castren and Antila 2017, doi:10.1038/mp.2017.61",
        environment="adverse",
    ),
)
"""A drug or surroundings added."""

TARGETS = (
    Modifier(
        "target_fixed",
        "the same dose at the place of Beam F3, the same in everyone",
        "recalled: Beam et al. 2009, doi:10.1016/j.brs.2008.11.001",
        target="beam_f3",
    ),
    Modifier(
        "target_group",
        "the same dose at the prefrontal site most anticorrelated with sgACC in a group",
        "Fox et al. 2012, doi:10.1016/j.biopsych.2012.04.028",
        target="fox_2012",
    ),
    Modifier(
        "target_individual",
        "the same dose at each subject's own prefrontal site most anticorrelated with sgACC",
        "Cash et al. 2021, doi:10.1002/hbm.25330 (recalled)",
        target="individual",
    ),
    Modifier(
        "target_random",
        "the same dose at a left prefrontal site drawn by chance for each subject",
        "control of the choice of a site",
        target="random_prefrontal",
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
"""The coil moved."""

EXCHANGES = (
    Modifier(
        "trkb_affinity_exchanged",
        "psilocybin binds TrkB as weakly as the SSRI does, or the SSRI as tightly as psilocin",
        f"control of this project; affinities: {_MOLINER}",
        drugs={
            "psilocybin": "psilocybin_trkb_of_escitalopram",
            "escitalopram": "escitalopram_trkb_of_psilocybin",
        },
    ),
    Modifier(
        "kinetics_exchanged_lsd",
        "psilocybin comes and goes as LSD does, or LSD as psilocin; peak and affinities are kept",
        _SWITCH,
        drugs={"psilocybin": "psilocybin_kinetics_of_lsd", "lsd": "lsd_kinetics_of_psilocybin"},
    ),
    Modifier(
        "kinetics_exchanged_dmt",
        "psilocybin comes and goes as DMT does, or DMT as psilocin; peak and affinities are kept",
        _SWITCH,
        drugs={"psilocybin": "psilocybin_kinetics_of_dmt", "dmt": "dmt_kinetics_of_psilocybin"},
    ),
)
"""One property of a drug exchanged for that of another."""

ALL = (*PATHWAYS, *GIVEN, *EXCHANGES, *TARGETS)
