"""Where to stimulate one person: the prefrontal site least coupled with subgenual cortex.

Its control is a site drawn by chance among the same candidates.

Fox et al. 2012, doi:10.1016/j.biopsych.2012.04.028: sites of left prefrontal stimulation work the
better, the more negative their connectivity with subgenual cortex. How far that helps is a result
of the simulation, not put in.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np

from netmod.atlas import Atlas
from netmod.dynamics.parameters import Parameters, stack
from netmod.errors import ConfigError
from netmod.graph.connectivity import correlation
from netmod.plasticity.field import coil_field
from netmod.scenario.load import RANDOM
from netmod.scenario.schema import Scenario
from netmod.study.spectrum import linear_program

REACH_MM = 40.0
"""How far a candidate may lie from the group's site."""


def candidates(atlas: Atlas) -> np.ndarray:
    """Return the left lateral prefrontal regions that an individual site is chosen from.

    Raises
    ------
    ConfigError
        If the atlas has none, or no subgenual target.
    """
    own = atlas.targets.get("dlpfc_left", ())
    if not own or "sgacc" not in atlas.targets:
        raise ConfigError(
            "no individual site can be chosen",
            where=f"atlas '{atlas.name}'",
            expected="targets 'dlpfc_left' and 'sgacc'",
            got=", ".join(atlas.targets) or "no targets",
            hint='aim at a coordinate instead: target: "-38, 44, 26"',
        )
    centre = atlas.centroids_mm[list(own)].mean(axis=0)
    near = np.linalg.norm(atlas.centroids_mm - centre, axis=1) <= REACH_MM
    left = np.array([side == "L" for side in atlas.hemisphere])
    # lateral and in front of the central sulcus, which an atlas without labels does not know
    x, y = atlas.centroids_mm[:, 0], atlas.centroids_mm[:, 1]
    found = np.flatnonzero(near & left & atlas.cortex & (x < -20.0) & (y > 5.0))
    return found if found.size else np.array(own)


def personal_fields(
    scenario: Scenario,
    atlas: Atlas,
    place: str,
    names: Sequence[str],
    networks: Sequence[Parameters],
    state: tuple[np.ndarray, ...],
    found: np.ndarray,
) -> np.ndarray:
    """Return the field over each person's own site, shape (subject, region).

    Parameters
    ----------
    scenario, atlas
        The study.
    place : str
        ``individual``: the candidate with the lowest correlation of BOLD with subgenual cortex in
        the untreated network, by the linear engine, as a long enough scan would show it; who has
        no fixed point, and so no scan, gets the group's site. ``random_prefrontal``: a candidate
        drawn by chance, from the study's seed and the person's name.
    names : sequence of str
        Of the subjects.
    networks, state
        Their untreated networks at these fixed points.
    found : array, shape (subject,), bool
        Who has one.
    """
    sites = candidates(atlas)
    chosen = (
        _drawn(sites, scenario.seed, names)
        if place == RANDOM
        else _least_coupled(scenario, atlas, sites, networks, state, found)
    )
    width = scenario.plasticity.parameters["field_mm"]
    places = ["dlpfc_left" if site is None else atlas.region[site] for site in chosen]
    return np.stack([coil_field(atlas, own, width) for own in places])


def _least_coupled(
    scenario: Scenario,
    atlas: Atlas,
    sites: np.ndarray,
    networks: Sequence[Parameters],
    state: tuple[np.ndarray, ...],
    found: np.ndarray,
) -> list[int | None]:
    solve = linear_program(scenario.model.name, scenario.scanner.hemodynamics)
    _, _, cov, _ = solve(stack(list(networks)), state)
    pairs = np.ix_(sites, list(atlas.targets["sgacc"]))
    return [
        sites[int(np.argmin(correlation(one)[pairs].mean(axis=1)))] if known else None
        for one, known in zip(np.asarray(cov), found, strict=True)
    ]


def _drawn(sites: np.ndarray, seed: int, names: Sequence[str]) -> list[int | None]:
    digests = (hashlib.sha256(f"netmod-site-1|{seed}|{name}".encode()).digest() for name in names)
    return [sites[int.from_bytes(d[:8], "little") % len(sites)] for d in digests]
