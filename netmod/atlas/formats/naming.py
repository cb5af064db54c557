"""What the names of regions say: side, kind, network."""

from __future__ import annotations

import re
from collections.abc import Sequence

_LEFT, _RIGHT = ({"l", "lh", "left"}, {"r", "rh", "right"})
_PREFIX = re.compile(r"([Ll]eft|lh)(?=[A-Z])|([Rr]ight|rh)(?=[A-Z])")
_ONE_LETTER = re.compile(r"[lr](?=[A-Z0-9])")
_CEREBELLUM = re.compile(r"cerebell?[aou]|vermis", re.IGNORECASE)
_SUBCORTEX = re.compile(
    r"thalam|caudate|putamen|pallid|(?<!para)hippocamp|amygdal|accumbens|ventral\W?dc|diencephal"
    r"|brain\W?stem|midbrain|\bpons\b|medulla|striat|substantia|subthalamic|basal\W?forebrain",
    re.IGNORECASE,
)
# Short names of the seven networks in the labels of Schaefer et al. 2018
# (doi:10.1093/cercor/bhx179).
_SEVEN = "7Networks"
_YEO = {
    "Vis": "Visual",
    "SomMot": "Somatomotor",
    "DorsAttn": "DorsalAttention",
    "SalVentAttn": "VentralAttention",
    "Limbic": "Limbic",
    "Cont": "Frontoparietal",
    "Default": "Default",
}


def sides_by_name(region: Sequence[str]) -> tuple[str, ...]:
    """Return ``L`` or ``R`` for each region whose name says so, ``""`` for the others.

    A word ``L``, ``lh`` or ``left`` anywhere in the name (``L.BSTS``, ``Precentral_L``,
    ``7Networks_LH_Vis_1``), or a prefix (``lhFront``). A bare letter as a prefix (``rA1``) counts
    only where all names have one: ``rACC`` may be the rostral cingulate.
    """
    if all(_ONE_LETTER.match(name) for name in region):
        return tuple(name[0].upper() for name in region)
    return tuple(map(_side_of_name, region))


def _side_of_name(name: str) -> str:
    words = {word.lower() for word in re.split(r"[^A-Za-z0-9]+", name)}
    left, right = bool(words & _LEFT), bool(words & _RIGHT)
    if left != right:
        return "L" if left else "R"
    prefix = None if left else _PREFIX.match(name)
    return "" if prefix is None else "L" if prefix.group(1) else "R"


def kind_by_name(name: str, label: str) -> str | None:
    """Return ``cerebellum`` or ``subcortex`` where a name or label holds such a structure."""
    words = f"{name} {label}"
    if _CEREBELLUM.search(words):
        return "cerebellum"
    return "subcortex" if _SUBCORTEX.search(words) else None


def network_by_name(name: str) -> str | None:
    """Return the network in a name of the seven-network labels of Schaefer et al. 2018."""
    first, *words = name.split("_")
    return next((_YEO[word] for word in words if word in _YEO), None) if first == _SEVEN else None
