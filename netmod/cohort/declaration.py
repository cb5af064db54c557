"""Declared numbers of the cohort: how people vary and what depression changes (no jax)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from netmod.models.declaration import Parameter

POPULATIONS: Mapping[str, str] = MappingProxyType(
    {
        "healthy": "the subject as drawn, without the lesion",
        "mdd": "the same subject with the lesion of depression, scaled by its severity",
    }
)

PARAMETERS: Mapping[str, Parameter] = MappingProxyType(
    {
        "connectivity_sd": Parameter(
            0.12,
            "1",
            0.0,
            1.0,
            "Log-normal SD of a subject's edge weights (variability: independent)",
            "proposal",
        ),
        "connectivity_amplitude": Parameter(
            1.87,
            "1",
            0.0,
            3.0,
            "Spread of log weights relative to tractography's (variability: calibrated)",
            "atlases/calibrate_variability.py: FC of virtual people varies as real people's does",
        ),
        "top_down_sd": Parameter(
            0.30, "1", 0.0, 1.0, "Log-normal SD of prefrontal to subgenual inhibition", "proposal"
        ),
        "setpoint_sd": Parameter(
            0.12, "1", 0.0, 0.5, "Log-normal SD of regional rate set-points", "proposal"
        ),
        "reaction_sd": Parameter(
            0.20,
            "1",
            0.0,
            1.0,
            "Log-normal SD of drug clearance, of inducibility and of sensitivity to a shock",
            "proposal",
        ),
        "severity_sd": Parameter(
            0.30, "1", 0.0, 1.0, "SD of the patients' severity around 1", "proposal"
        ),
        "stress": Parameter(
            1.0, "1", 0.0, 3.0, "Chronic stress of the typical patient", "proposal; a unit"
        ),
        "sgacc_inhibition": Parameter(
            -0.01, "1", -0.5, 0.5, "Lesion: local inhibition J of sgACC (disinhibition)", "proposal"
        ),
        "dlpfc_excitability": Parameter(
            -0.01, "1", -0.2, 0.2, "Lesion: recurrent excitation of DLPFC", "proposal"
        ),
        "top_down": Parameter(
            -0.13, "1", -1.0, 1.0, "Lesion: inhibition from DLPFC to sgACC", "proposal"
        ),
        "dlpfc_inhibition": Parameter(
            -0.01, "1", -0.5, 0.5, "Lesion: local inhibition J of DLPFC (GABA deficit)", "proposal"
        ),
    }
)
"""Declared cohort parameters; the lesion terms are fractions at severity 1."""
