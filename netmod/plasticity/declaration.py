"""Declared constants of the slow layer, one per mechanism for all arms (no jax)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from netmod.models.declaration import Parameter

_P = "proposal"

ACTS_ON = ("J", "w_plus", "gain", "excitation", "I_ext", "noise_sd")
"""Parameters of the fast model that lesion and slow state change; a model without them cannot be
treated."""

PARAMETERS: Mapping[str, Parameter] = MappingProxyType(
    {
        # induction and consolidation of long-range synapses
        "field_mm": Parameter(12.0, "mm", 1.0, 200.0, "Width (SD) of the magnetic field", _P),
        "tau_refractory_h": Parameter(
            0.37, "h", 0.0, 24.0, "Recovery of inducibility after a session",
            "recalled: Kramar et al. 2012, doi:10.1073/pnas.1120700109",
        ),
        "tau_early_h": Parameter(1.5, "h", 0.1, 24.0, "Decay of early efficacy", "recalled"),
        "consolidation_per_h": Parameter(
            0.035, "1/h", 0.0, 1.0, "Rate at which early becomes late efficacy", _P
        ),
        "tau_late_d": Parameter(150.0, "d", 1.0, 1000.0, "Decay of late efficacy", _P),
        "recruited": Parameter(
            0.25, "1", 0.0, 1.0, "Share of a reached region's outgoing synapses that can change", _P
        ),
        # inhibition
        "homeostasis_nA_per_hz": Parameter(
            0.2, "nA/Hz", 0.0, 10.0, "Re-balancing of J against its leak to its own baseline", _P
        ),
        "tau_inhibition_h": Parameter(24.0, "h", 0.1, 1000.0, "Time constant of J", _P),
        "seizure_inhibition": Parameter(
            0.001, "1", 0.0, 0.1, "Relative rise of the J baseline per seizure",
            "proposal; GABA rises after ECT, Sanacora et al. 2003, doi:10.1176/appi.ajp.160.3.577",
        ),
        "tau_seizure_inhibition_d": Parameter(60.0, "d", 1.0, 1000.0, "Decay of that rise", _P),
        # TrkB, PV brake, spines
        "tau_trkb_h": Parameter(24.0, "h", 1.0, 1000.0, "Decay of TrkB potentiation", _P),
        "trkb_psilocin": Parameter(
            6.0, "1/h", 0.0, 100.0, "TrkB potentiation per hour at full psilocin binding",
            "proposal; binding: Moliner et al. 2023, doi:10.1038/s41593-023-01316-5",
        ),
        "trkb_neurogenesis": Parameter(
            0.02, "1/h", 0.0, 10.0,
            "TrkB potentiation per hour at full neurogenesis, hippocampus", _P,
        ),
        "trkb_spines": Parameter(
            2.0, "1", 0.01, 100.0, "TrkB potentiation of half-maximal growth", _P
        ),
        "spine_per_d": Parameter(0.16, "1/d", 0.0, 10.0, "Maximal growth of spine density", _P),
        "spine_max": Parameter(
            0.18, "1", 0.0, 1.0, "Largest relative gain of spine density",
            "proposal; about +10 % seen, Shao et al. 2021, doi:10.1016/j.neuron.2021.06.008",
        ),
        "tau_spine_d": Parameter(60.0, "d", 1.0, 1000.0, "Loss of gained spines", _P),
        "brake_per_d": Parameter(2.0, "1/d", 0.0, 100.0, "Lowering of the PV brake by TrkB", _P),
        "tau_brake_d": Parameter(10.0, "d", 0.1, 1000.0, "Recovery of the PV brake", _P),
        "brake_inhibition": Parameter(
            0.002, "1", 0.0, 0.2, "Relative loss of J with the brake fully open", _P
        ),
        "brake_learning": Parameter(
            1.0, "1", 0.0, 100.0, "Gain of consolidation with the brake fully open", _P
        ),
        # acute 5-HT2A operators, each switchable; the receptor map has its maximum at 1
        "psychedelic_relaxation": Parameter(
            0.3, "1", 0.0, 1.0, "Acute flattening of incoming weights at full 5-HT2A occupancy",
            "proposal, selected on claims P4 to P6",
        ),
        "psychedelic_gain": Parameter(
            0.0, "1", -0.9, 2.0, "Acute gain of the E rate",
            "Deco et al. 2018, doi:10.1016/j.cub.2018.07.083; off by default",
        ),
        "psychedelic_excitation": Parameter(
            0.0, "1", -0.9, 2.0, "Acute scaling of excitatory current; off by default", _P
        ),
        "psychedelic_noise": Parameter(
            0.0, "1", 0.0, 10.0, "Acute scaling of noise; off by default", _P
        ),
        # serotonin
        "serotonin_current_nA": Parameter(
            -0.001, "nA", -0.1, 0.1, "Current through 5-HT1A at full 5-HT tone, map maximum 1", _P
        ),
        "serotonin_early_share": Parameter(
            0.25, "1", 0.0, 1.0, "Share of 5-HT tone before autoreceptors desensitise", _P
        ),
        "tau_autoreceptor_d": Parameter(
            14.0, "d", 0.1, 365.0, "Desensitisation of 5-HT1A autoreceptors", "recalled"
        ),
        "tau_neurogenesis_d": Parameter(
            7.0, "d", 0.1, 365.0, "Each of the four stages of the neurogenesis chain", _P
        ),
    }
)  # fmt: skip
"""Constants of the slow layer by name."""
