"""Where to stimulate one person: the prefrontal site least coupled with subgenual cortex.

Fox et al. 2012, doi:10.1016/j.biopsych.2012.04.028: sites of left prefrontal stimulation work the
better, the more negative their connectivity with subgenual cortex. How far that helps is a result
of the simulation, not put in.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from netmod.atlas import Atlas
from netmod.dynamics.parameters import Parameters, stack
from netmod.errors import ConfigError
from netmod.graph.connectivity import correlation
from netmod.plasticity.field import coil_field
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


def individual_fields(
    scenario: Scenario,
    atlas: Atlas,
    networks: Sequence[Parameters],
    state: tuple[np.ndarray, ...],
    found: np.ndarray,
) -> np.ndarray:
    """Return the field over each person's own site, shape (subject, region).

    The site is the candidate with the lowest correlation of BOLD with subgenual cortex in the
    untreated network, by the linear engine, as a long enough scan would show it. Who has no fixed
    point (``found``), and so no scan, gets the group's site.
    """
    sites = candidates(atlas)
    solve = linear_program(scenario.model.name, scenario.scanner.hemodynamics)
    _, _, cov, _ = solve(stack(list(networks)), state)
    sgacc = list(atlas.targets["sgacc"])
    width = scenario.plasticity.parameters["field_mm"]
    fields = []
    for one, known in zip(np.asarray(cov), found, strict=True):
        place = "dlpfc_left"
        if known:
            coupling = correlation(one)[np.ix_(sites, sgacc)].mean(axis=1)
            place = atlas.region[sites[int(np.argmin(coupling))]]
        fields.append(coil_field(atlas, place, width))
    return np.stack(fields)
