"""Declared constants of the slow layer, one per mechanism for all arms (no jax)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from netmod.models.declaration import Parameter

_P = "proposal"
_MOLINER = "Moliner et al. 2023, doi:10.1038/s41593-023-01316-5"

ACTS_ON = ("J", "w_plus", "gain", "excitation", "I_ext", "noise_sd")
"""Parameters of the fast model that lesion and slow state change; a model without them cannot be
treated."""

_INDUCTION = {
    "field_mm": Parameter(12.0, "mm", 1.0, 200.0, "Width (SD) of the magnetic field", _P),
    "recruited": Parameter(
        0.25, "1", 0.0, 1.0, "Share of a reached region's outgoing synapses that can change", _P
    ),
    "recurrent_share": Parameter(
        0.05, "1", 0.0, 1.0,
        "Change of a region's recurrent excitation relative to that of its outgoing synapses", _P,
    ),
    "tau_refractory_h": Parameter(
        0.37, "h", 0.0, 24.0, "Recovery of inducibility after a session",
        "recalled: Kramar et al. 2012, doi:10.1073/pnas.1120700109",
    ),
    "trkb_threshold": Parameter(
        0.2, "1", 0.0, 0.25, "Fall of the LTP threshold at TrkB potentiation 1 and above",
        "proposal; LTD becomes LTP under a TrkB agonist",
    ),
    "tau_threshold_h": Parameter(
        1.0, "h", 0.05, 100.0, "Return of the BCM threshold", "recalled: minutes to hours"
    ),
    "threshold_session": Parameter(
        0.05, "1", 0.0, 1.0, "Rise of the BCM threshold by a session that keeps calcium high", _P
    ),
    "threshold_activity": Parameter(
        0.1, "1", 0.0, 1.0, "Rise of the BCM threshold at twice the untreated rate", _P
    ),
}  # fmt: skip

_CONSOLIDATION = {
    "tau_early_h": Parameter(1.5, "h", 0.1, 24.0, "Decay of early efficacy", "recalled"),
    "consolidation_per_h": Parameter(
        0.035, "1/h", 0.0, 1.0, "Rate at which early becomes late efficacy at BDNF 1", _P
    ),
    "tau_late_d": Parameter(150.0, "d", 1.0, 1000.0, "Decay of late efficacy", _P),
    "brake_gain": Parameter(
        4.0, "1", 0.0, 100.0, "Gain of consolidation and of learning with the PV brake open", _P
    ),
}

_INHIBITION = {
    "homeostasis_nA_per_hz": Parameter(
        0.2, "nA/Hz", 0.0, 10.0, "Re-balancing of J against its leak to its own baseline", _P
    ),
    "tau_inhibition_h": Parameter(24.0, "h", 0.1, 1000.0, "Time constant of J", _P),
    "brake_inhibition": Parameter(
        0.002, "1", 0.0, 0.2, "Relative loss of J with the brake fully open", _P
    ),
    "seizure_inhibition": Parameter(
        0.001, "1", 0.0, 0.1, "Relative rise of the J baseline by a reference seizure",
        "proposal; GABA rises after ECT, Sanacora et al. 2003, doi:10.1176/appi.ajp.160.3.577",
    ),
    "tau_seizure_inhibition_d": Parameter(60.0, "d", 1.0, 1000.0, "Decay of that rise", _P),
}  # fmt: skip

_FACTORS = {
    "bdnf_session": Parameter(
        0.35, "1", 0.0, 10.0, "Rise of BDNF by a session that keeps calcium high",
        "proposal; 10 Hz raises BDNF, 1 Hz does not: Gersner et al. 2011 (recalled)",
    ),
    "bdnf_calcium_s": Parameter(
        5.0, "s", 0.01, 1000.0, "Time above the LTP threshold for two thirds of that", _P
    ),
    "bdnf_seizure": Parameter(1.0, "1", 0.0, 10.0, "Rise of BDNF by a reference seizure", _P),
    "bdnf_saturation": Parameter(1.5, "1", 0.01, 10.0, "Rise of BDNF at which release stops", _P),
    "bdnf_activity": Parameter(
        0.1, "1", 0.0, 10.0, "Rise of BDNF at twice the untreated rate", _P
    ),
    "bdnf_nmda": Parameter(
        0.3, "1/h", 0.0, 10.0, "BDNF released per hour of full NMDA block",
        "proposal; Autry et al. 2011, doi:10.1038/nature10130 (recalled)",
    ),
    "bdnf_stress": Parameter(0.2, "1", 0.0, 1.0, "Loss of BDNF at stress 1", _P),
    "tau_bdnf_h": Parameter(24.0, "h", 1.0, 1000.0, "Turnover of BDNF", _P),
    "vegf_seizure": Parameter(
        1.0, "1", 0.0, 10.0, "VEGF released by a reference seizure, the unit of VEGF", _P
    ),
    "tau_vegf_h": Parameter(48.0, "h", 1.0, 1000.0, "Decay of VEGF", _P),
    "trkb_drug": Parameter(
        1.2, "1/h", 0.0, 100.0, "TrkB potentiation per hour at full binding of a drug",
        f"proposal; binding: {_MOLINER}",
    ),
    "trkb_bdnf": Parameter(
        0.033, "1/h", 0.0, 10.0, "TrkB potentiation per hour and unit of released BDNF", _P
    ),
    "trkb_neurogenesis": Parameter(
        0.0012, "1/h", 0.0, 10.0,
        "TrkB potentiation per hour and unit of mature new neurons above rest, hippocampus", _P,
    ),
    "neurogenesis_elsewhere": Parameter(
        0.5, "1", 0.0, 1.0, "Share of that outside the hippocampus", _P
    ),
    "tau_trkb_h": Parameter(24.0, "h", 1.0, 1000.0, "Decay of TrkB potentiation", _P),
    "trkb_mtor": Parameter(
        2.0, "1", 0.01, 100.0, "TrkB potentiation of half-maximal mTOR activity (Hill 3)", _P
    ),
    "tau_mtor_h": Parameter(6.0, "h", 0.1, 1000.0, "Response of mTOR", _P),
    "brake_per_d": Parameter(1.0, "1/d", 0.0, 100.0, "Lowering of the PV brake by TrkB", _P),
    "tau_brake_d": Parameter(
        10.0, "d", 0.1, 1000.0, "Recovery of the PV brake", "proposal; 14 to 28 d recalled"
    ),
}  # fmt: skip

_STRUCTURE = {
    "spine_per_d": Parameter(0.16, "1/d", 0.0, 10.0, "Maximal growth of spine density", _P),
    "spine_max": Parameter(
        0.18, "1", 0.01, 1.0, "Largest relative gain of spine density",
        "proposal; about +10 % seen, Shao et al. 2021, doi:10.1016/j.neuron.2021.06.008",
    ),
    "spine_stress": Parameter(0.07, "1", 0.0, 0.5, "Loss of spines by stress 1", _P),
    "tau_spine_d": Parameter(60.0, "d", 1.0, 1000.0, "Turnover of spine density", _P),
    "turnover_seizure": Parameter(
        0.03, "1", 0.0, 0.5, "SD of the relative change of an edge by a reference seizure", _P
    ),
    "tau_turnover_d": Parameter(90.0, "d", 1.0, 1000.0, "Loss of what seizures changed", _P),
    "gliogenesis_per_d": Parameter(
        0.00146, "1/d", 0.0, 1.0, "Growth of volume by glia, per unit of released BDNF",
        "proposal, calibrated on the right hippocampus after bilateral ECT, of the patient's own "
        "volume (Oltedal et al. 2018, "
        "doi:10.1016/j.biopsych.2018.05.017)",
    ),
    "angiogenesis_per_d": Parameter(
        0.00073, "1/d", 0.0, 1.0, "Growth of volume by vessels, per unit of VEGF",
        "proposal, calibrated together with gliogenesis",
    ),
    "neurogenesis_volume_per_d": Parameter(
        0.000225, "1/d", 0.0, 1.0, "Growth of volume by neurons, per unit of young ones above rest",
        "proposal, calibrated together with gliogenesis",
    ),
    "volume_stress": Parameter(
        0.04, "1", 0.0, 0.5, "Loss of hippocampal volume at stress 1",
        "recalled: some 4 % in depression",
    ),
    "seizure_reference_s": Parameter(
        32.0, "s", 1.0, 300.0, "Full discharge of a reference seizure: bitemporal, charge 1", _P
    ),
    "tau_volume_d": Parameter(
        120.0, "d", 1.0, 3000.0, "Return of volume", "recalled: 3 to 6 months"
    ),
}  # fmt: skip

_SEROTONIN = {
    "serotonin_current_nA": Parameter(
        -0.001, "nA", -0.1, 0.1, "Current through 5-HT1A at full 5-HT tone, map maximum 1", _P
    ),
    "serotonin_early_share": Parameter(
        0.25, "1", 0.0, 1.0, "Share of 5-HT tone before autoreceptors desensitise", _P
    ),
    "tau_autoreceptor_d": Parameter(
        14.0, "d", 0.1, 365.0, "Desensitisation of 5-HT1A autoreceptors", "recalled"
    ),
    "proliferation_tone": Parameter(
        0.9, "1", 0.0, 10.0, "Rise of proliferation at full 5-HT tone (5-HT1A)", _P
    ),
    "survival_tone": Parameter(
        0.5, "1", 0.0, 10.0, "Rise of survival, and of maturation, at full 5-HT tone (5-HT4)", _P
    ),
    "proliferation_seizure": Parameter(
        0.15, "1", 0.0, 10.0, "Young neurons born after a reference seizure", _P
    ),
    "tau_neurogenesis_d": Parameter(
        7.0, "d", 0.1, 365.0, "Each of the four stages of the neurogenesis chain", _P
    ),
    "dematurity_tone": Parameter(
        0.5, "1", 0.0, 1.0, "Loss of granule cells' maturity at full 5-HT tone",
        "proposal; Kobayashi et al. 2010, doi:10.1073/pnas.0912690107 (recalled)",
    ),
    "tau_dematurity_d": Parameter(14.0, "d", 0.1, 365.0, "Change of maturity", _P),
    "dematurity_learning": Parameter(
        2.0, "1", 0.0, 100.0, "Gain of hippocampal learning with maturity lost", _P
    ),
}  # fmt: skip

_STRESS = {
    "neurogenesis_stress": Parameter(
        0.3, "1", 0.0, 0.95, "Loss of proliferation at stress 1", _P
    ),
    "stress_buffer": Parameter(
        0.35, "1", 0.0, 10.0,
        "Fall of stress (exponent) when mature new neurons double",
        "proposal; Snyder et al. 2011, doi:10.1038/nature10287 (recalled)",
    ),
    "environment_stress": Parameter(
        0.5, "1", 0.0, 1.0, "Relative change of stress by supportive or adverse surroundings", _P
    ),
    "environment_current_nA": Parameter(
        0.002, "nA", 0.0, 0.1, "Current by which surroundings drive their regions at strength 1", _P
    ),
    "learning_per_d": Parameter(
        2.0, "1/d", 0.0, 100.0, "Hebbian learning with the PV brake closed, per squared response",
        _P,
    ),
    "learning_max": Parameter(0.5, "1", 0.01, 0.9, "Largest relative change learned", _P),
    "tau_learning_d": Parameter(150.0, "d", 1.0, 1000.0, "Loss of what was learned", _P),
}  # fmt: skip

_ACUTE = {
    "psychedelic_relaxation": Parameter(
        0.3, "1", 0.0, 1.0, "Acute flattening of incoming weights at full 5-HT2A occupancy",
        "proposal, selected on claims P4 to P6",
    ),
    "psychedelic_gain": Parameter(
        0.0, "1", -0.9, 2.0, "Acute gain of the E rate",
        "proposal (off by default) for the operator of Deco et al. 2018, "
        "doi:10.1016/j.cub.2018.07.083",
    ),
    "psychedelic_excitation": Parameter(
        0.0, "1", -0.9, 2.0, "Acute scaling of excitatory current; off by default", _P
    ),
    "psychedelic_noise": Parameter(
        0.0, "1", 0.0, 10.0, "Acute scaling of noise; off by default", _P
    ),
    "ketamine_disinhibition": Parameter(
        0.02, "1", 0.0, 0.5, "Acute loss of J at full NMDA occupancy of interneurons", _P
    ),
}  # fmt: skip

SEIZURE: Mapping[str, Parameter] = MappingProxyType(
    {
        "seizure_push": Parameter(
            0.6, "1", 0.0, 10.0, "Push on lambda at charge 1 where the field is 1",
            "proposal: for sensitivities from 0.6 to 1.6 charge 1 is above threshold, and 0.2 "
            "below it (all but the most sensitive, bifrontal)",
        ),
        "seizure_stimulus_s": Parameter(
            4.0, "s", 0.1, 20.0, "Length of the stimulus", "recalled: 0.5 to 8 s in practice"
        ),
        "seizure_coupling": Parameter(
            3.0, "1/s", 0.0, 20.0, "Diffusive coupling G between regions",
            "proposal: the smallest whole number at which seizures of all montages reach about "
            "nine tenths of dk84 or more for sensitivities from 0.6",
        ),
        "seizure_speed": Parameter(3.0, "1/s", 0.1, 20.0, "Speed kappa of growth and decay", _P),
        "seizure_depth": Parameter(
            -0.25, "1", -1.0, -0.01, "Bifurcation parameter lambda_0 at rest, sensitivity 1", _P
        ),
        "seizure_fatigue": Parameter(
            1.2, "1", 0.0, 10.0, "Fatigue k per squared amplitude",
            "proposal: above 1 every seizure ends, however sensitive the person",
        ),
        "tau_seizure_fatigue_s": Parameter(
            70.0, "s", 1.0, 1000.0, "Time constant of fatigue",
            "proposal: seizures of some 40 s at sensitivity 1",
        ),
        "seizure_noise": Parameter(0.02, "1/sqrt(s)", 0.0, 0.2, "Noise sigma of z", _P),
        "seizure_threshold": Parameter(
            0.2, "1", 0.01, 1.0, "Power, relative to full discharge, that counts as discharge", _P
        ),
    }
)  # fmt: skip
"""Constants of the seizure itself (:mod:`netmod.plasticity.seizure`)."""

GROUPS: Mapping[str, Mapping[str, Parameter]] = MappingProxyType(
    {
        "induction": _INDUCTION,
        "consolidation": _CONSOLIDATION,
        "inhibition": _INHIBITION,
        "BDNF, TrkB, VEGF, mTOR and the PV brake": _FACTORS,
        "structure": _STRUCTURE,
        "serotonin and new neurons": _SEROTONIN,
        "stress, surroundings and learning": _STRESS,
        "acute effects of drugs": _ACUTE,
        "the seizure": SEIZURE,
    }
)
"""Constants of the slow layer by mechanism."""

PARAMETERS: Mapping[str, Parameter] = MappingProxyType(
    {name: parameter for group in GROUPS.values() for name, parameter in group.items()}
)
"""Constants of the slow layer by name."""


def evidence(source: str) -> str:
    """Return how well a constant is founded.

    Returns
    -------
    {"published", "recalled", "proposal"}
        Read in its source; published but not re-read; a choice of this project.
    """
    return next((word for word in ("proposal", "recalled") if word in source), "published")
