"""Which figures there are, in order, with caption and alternative text (no plotting here)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One entry: file name, module that draws it, words that go with it.

    Parameters
    ----------
    name : str
        Name of the file (``<name>.png``) and of the module in ``netmod.figures``.
    title : str
        Heading in the report.
    caption : str
        What is shown, so that the figure can be read without the text.
    alt : str
        Alternative text for those who do not see the picture.
    """

    name: str
    title: str
    caption: str
    alt: str


FIGURES = (
    Figure(
        "modularity_by_arm",
        "Modularity by arm",
        "Louvain modularity Q of simulated functional connectivity (cortex; positive weights). "
        "Thin lines are subjects, the same in every arm; bold lines are the mean with its 95 % "
        "bootstrap interval over subjects; the dashed line is the mean of untreated depression. "
        "Scans are evenly spaced, not to scale.",
        "Line plots, one panel per arm: modularity Q of each simulated subject at each scan, "
        "with mean and interval.",
    ),
    Figure(
        "effects",
        "Differences from the untreated arm",
        "Mean paired difference between each arm and the same subjects untreated (in the same "
        "population, at the same time), with the 95 % bootstrap interval. Filled marks: p "
        "corrected over the family below 0.05. Row of the healthy arm: healthy minus untreated "
        "depression at baseline, as two groups. "
        "The intervals describe simulated subjects, not patients.",
        "Forest plot, one panel per metric: difference from the untreated arm with interval "
        "for every arm and time.",
    ),
    Figure(
        "dlpfc_sgacc",
        "Prefrontal–subgenual pathway",
        "Functional connectivity between left DLPFC and sgACC (above) and the firing rate of "
        "sgACC (below). Bars are 95 % bootstrap intervals of the mean; the grey band is the "
        "healthy cohort, the dashed line untreated depression. Scans are evenly spaced, not "
        "to scale.",
        "Line plots, one column per arm: DLPFC–sgACC connectivity and sgACC rate at each scan, "
        "against healthy and untreated subjects.",
    ),
    Figure(
        "slow_states",
        "The slow layer over hours and weeks",
        "Mean over subjects of the states that treatments change, with a band of one standard "
        "deviation, in the regions named above each panel. States are written down at set hours: "
        "what a later dose does for some hours falls between them. A scan sees the network that "
        "these states, and the inhibition that follows them, have made of the untreated one. All "
        "of it is simulated, measured in no patient; group/slow_states.tsv has more states and "
        "regions.",
        "Small line plots, one panel per state of the slow layer and one line per arm, from the "
        "first hours to the last week.",
    ),
    Figure(
        "delta_fc",
        "Change of functional connectivity",
        "Mean difference of Fisher z between each arm and the same subjects untreated (in the same "
        "population, at the same time; the healthy arm against untreated depression; acute effects "
        "in the early columns). Regions are ordered by network; "
        "inside a network, left before right hemisphere. All panels share one colour scale.",
        "Grid of matrices, arms as rows and times as columns: change of connectivity between "
        "every pair of regions.",
    ),
    Figure(
        "connectome",
        "Strongest changes on the brain",
        "The 60 cortical edges with the largest absolute change (mean paired difference of "
        "Fisher z), at the time when the arm's cortical change is largest (in the title). Nodes "
        "are coloured by network; larger nodes carry more of these edges. Colours are relative to "
        "the largest change of the arm, which the title gives: compare patterns by eye, sizes "
        "by that number.",
        "Glass brains, one per arm: the connections that change most, seen from left, above and "
        "right.",
    ),
    Figure(
        "fc_matrices",
        "Functional connectivity by arm",
        "Mean functional connectivity over subjects (Pearson r, averaged as Fisher z) at the "
        "last scan. Regions are ordered by network; inside a network, left before right "
        "hemisphere. All panels share one colour scale.",
        "Matrices, one per arm: mean functional connectivity between every pair of regions, "
        "ordered by network.",
    ),
)
