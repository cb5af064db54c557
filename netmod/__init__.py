"""netmod: what a treatment for depression does to a whole-brain network model.

A research simulator, not medical advice. See ``README.md`` for a walk through the rooms.
"""

from typing import Any

__version__ = "0.1.0"

_PUBLIC = {
    "MODELS": "netmod.models",
    "Network": "netmod.dynamics.network",
    "Stimulus": "netmod.dynamics.stimulation",
    "load_atlas": "netmod.atlas",
    "prepare_devices": "netmod.dynamics.devices",
    "simulate_networks": "netmod.dynamics.sweep",
}
"""What ``netmod.<name>`` gives, imported when first used: ``import netmod`` stays light."""

__all__ = [*_PUBLIC, "__version__"]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used."""
    if name not in _PUBLIC:
        raise AttributeError(f"module 'netmod' has no attribute '{name}'")
    from importlib import import_module

    return getattr(import_module(_PUBLIC[name]), name)
