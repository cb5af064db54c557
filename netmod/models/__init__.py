"""Neural masses: one file each, declared without jax, registered here."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from netmod.models.coupling import COUPLINGS, Coupling
from netmod.models.declaration import Parameter
from netmod.models.epileptor import Epileptor
from netmod.models.fitzhugh_nagumo import FitzHughNagumo
from netmod.models.generic_2d_oscillator import Generic2dOscillator
from netmod.models.jansen_rit import JansenRit
from netmod.models.kuramoto import Kuramoto
from netmod.models.larter_breakspear import LarterBreakspear
from netmod.models.model import Model, noise
from netmod.models.montbrio_pazo_roxin import MontbrioPazoRoxin
from netmod.models.ornstein_uhlenbeck import OrnsteinUhlenbeck
from netmod.models.reduced_wong_wang import ReducedWongWang
from netmod.models.reduced_wong_wang_single import ReducedWongWangSingle
from netmod.models.stuart_landau import StuartLandau
from netmod.models.subcritical_hopf import SubcriticalHopf
from netmod.models.wendling import Wendling
from netmod.models.wilson_cowan import WilsonCowan

MODELS: Mapping[str, Model] = MappingProxyType(
    {
        model.name: model
        for model in (
            ReducedWongWang(),
            ReducedWongWangSingle(),
            StuartLandau(),
            JansenRit(),
            Wendling(),
            WilsonCowan(),
            MontbrioPazoRoxin(),
            Epileptor(),
            Generic2dOscillator(),
            FitzHughNagumo(),
            LarterBreakspear(),
            Kuramoto(),
            OrnsteinUhlenbeck(),
            SubcriticalHopf(),
        )
    }
)
"""Every neural mass by its name."""

__all__ = ["COUPLINGS", "MODELS", "Coupling", "Model", "Parameter", "noise"]
