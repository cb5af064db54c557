"""The methods paragraphs of the report, with the sources they rest on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from netmod.study.results import Results

_ENGINES = {
    "sde": "The stochastic equations were integrated in time, and neural activity was turned into "
    "BOLD by the balloon model.",
    "linear": "The linear noise approximation of the model at its fixed point gave the covariance "
    "in the BOLD band without integrating in time.",
}
_REPEATS = {
    "sde": "arms share the subject's random numbers, and times do not.",
    "linear": "the connectivity of a scan is exact, without sampling noise, so that an untreated "
    "subject scanned again differs by nothing: the rescan null is zero by construction.",
}

SOURCES = (
    "Neural mass: Deco et al. 2014, doi:10.1523/JNEUROSCI.5068-13.2014",
    "Balloon model: Friston et al. 2003, doi:10.1016/S1053-8119(03)00202-7",
    "Networks: Yeo et al. 2011, doi:10.1152/jn.00338.2011",
    "Modularity: Newman 2006, doi:10.1073/pnas.0601602103; Blondel et al. 2008, "
    "doi:10.1088/1742-5468/2008/10/P10008",
    "System segregation: Chan et al. 2014, doi:10.1073/pnas.1415122111",
    "Global connectivity: Cole et al. 2010, doi:10.1016/j.neuroimage.2009.11.001",
    "Intervals: Efron 1987, doi:10.1080/01621459.1987.10478410",
    "Corrected p: Nichols and Holmes 2002, doi:10.1002/hbm.1058",
)


def methods(results: Results, n_regions: int) -> list[str]:
    """Return the paragraphs that say how the numbers came about.

    Parameters
    ----------
    results : Results
        A finished study.
    n_regions : int
        Number of regions of the atlas.

    Returns
    -------
    list of str
        Plain text.
    """
    model = _named(_section(results, "model"), "name", " ({})").replace("_", " ")
    scanner = _section(results, "scanner")
    readout = _section(results, "readout")
    velocity = _section(results, "model").get("velocity_m_per_s")
    delays = (
        f"Signals travel along the tracts at {velocity:g} m/s."
        if velocity is not None
        else "Conduction delays are left out."
    )
    scan = ""
    if "duration_s" in scanner and "tr_s" in scanner:
        scan = (
            f" A scan lasts {scanner['duration_s']:g} s with a TR of {scanner['tr_s']:g} s"
            f"{_named(scanner, 'hemodynamics', ' (hemodynamic constants: {})')}."
        )
    resamples = _named(readout, "bootstrap", ", {} resamples")
    permutations = _named(readout, "permutations", ", {} permutations")
    return [
        f"Each of the {n_regions} regions of the atlas {results.atlas_name} is one neural "
        f"mass{model}, coupled along the connectome. "
        f"{_ENGINES.get(results.engine, '')} {delays}"
        f"{scan} Every virtual subject has its own connectome and appears in every arm; "
        f"{_REPEATS.get(results.engine, _REPEATS['sde'])}",
        "Treatments act on mechanisms of the model (synaptic weights, gain, inhibition), never on "
        "an observable; no term of the model knows the healthy state. Between scans a slow layer "
        "is moved on from hour to hour and from event to event: drug occupancy, synaptic change "
        "by calcium and its consolidation, growth factors, the brake on plasticity by "
        "parvalbumin (PV) cells, neurogenesis, regional volume and stress. At each scan its state "
        "sets the connections, gains, currents, noise and baseline of inhibition of the network "
        "that is scanned, with one constant for each mechanism in all arms.",
        "Readouts use cortex alone: Pearson correlation, Louvain modularity of positive weights, "
        "system segregation and named connections. The subgenual region (sgACC) is a proxy made "
        "of the parcels that the atlas has there.",
        f"Differences are paired by subject, with 95 % bootstrap intervals{resamples}. Corrected "
        f"p are from permutations of the largest statistic of a family{permutations}. "
        "Intervals and p describe the variation between simulated subjects: a larger cohort "
        "narrows them at will, and they say nothing about patients. The distance to healthy is a "
        "fixed index of simulated networks and not a clinical score.",
    ]


def _section(results: Results, key: str) -> dict[str, Any]:
    section = results.scenario.get(key)
    return section if isinstance(section, dict) else {}


def _named(section: dict[str, Any], key: str, text: str) -> str:
    return text.format(section[key]) if section.get(key) is not None else ""
