"""Drugs: one-compartment kinetics, competition for receptors, and what several doses add up to.

A concentration is relative to the peak that the reference dose reaches in a typical person.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np

from netmod.errors import ConfigError, did_you_mean
from netmod.plasticity.events import Dose

RECEPTORS = ("5-HT2A", "SERT", "NMDA", "TrkB")
"""What a drug can bind: two receptors, the serotonin transporter, the receptor of BDNF."""

PLASTICITY_ROUTES: Mapping[str, float] = MappingProxyType(
    {"trkb": 0.0, "intracellular_5ht2a": 1.0, "both": 0.5}
)
"""How far a psychedelic's plastic drive also needs 5-HT2A: not at all (Moliner et al. 2023,
doi:10.1038/s41593-023-01316-5), wholly (Vargas et al. 2023, doi:10.1126/science.adf0435), or the
mean of the two (proposal)."""

SLOWEST = 0.4
"""Clearance at which a dose is forgotten, the same in any company; slower people keep less."""

GONE = 20.0
"""Half-lives after which a dose is forgotten: a millionth of it is left."""

_BLOCK = 2**18  # numbers held at once: small enough for a processor's cache


def _mean_decay(x: np.ndarray) -> np.ndarray:
    """Return the mean of exp(-s) over 0 < s < x, 1 at x = 0."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(x > 0.0, -np.expm1(-x) / x, 1.0)


@dataclass(frozen=True)
class Oral:
    """First-order absorption.

    Attributes
    ----------
    absorption_h : float
        Half-life of absorption in h, other than that of elimination.
    """

    absorption_h: float

    def level(self, since_h: np.ndarray, rate: np.ndarray | float) -> np.ndarray:
        """Return the level, in units that no subject changes, at an elimination rate in 1/h."""
        ka = np.log(2.0) / self.absorption_h
        # (exp(-k t) - exp(-ka t)) / (ka - k), written so that k = ka needs no limit
        slower = np.exp(-np.minimum(rate, ka) * since_h)
        return slower * since_h * _mean_decay(np.abs(ka - rate) * since_h)

    def peak_h(self, rate: float) -> float:
        """Return the time of the highest level in h."""
        ka = np.log(2.0) / self.absorption_h
        return np.log(ka / rate) / (ka - rate)


@dataclass(frozen=True)
class Intravenous:
    """Infusion at a constant rate; a bolus is a short one.

    Attributes
    ----------
    duration_h : float
        Length of the infusion in h, above 0.
    """

    duration_h: float

    def level(self, since_h: np.ndarray, rate: np.ndarray | float) -> np.ndarray:
        """Return the level, in units that no subject changes, at an elimination rate in 1/h."""
        given = np.minimum(since_h, self.duration_h)
        return np.exp(-rate * (since_h - given)) * given * _mean_decay(rate * given)

    def peak_h(self, rate: float) -> float:
        """Return the time of the highest level in h: the end of the infusion."""
        return self.duration_h


@dataclass(frozen=True)
class Binding:
    """How a drug binds one receptor.

    Attributes
    ----------
    ec50_nm : float
        Concentration of half occupancy in nmol/L, in plasma as :attr:`Drug.peak_nm`.
    efficacy : float
        1 if the bound drug acts (agonist, blocker of a transporter), 0 if it only keeps others off.
    """

    ec50_nm: float
    efficacy: float = 1.0


@dataclass(frozen=True)
class Drug:
    """Kinetics and binding of one drug.

    Attributes
    ----------
    dose : str
        Reference dose, amount 1 of a :class:`~netmod.plasticity.events.Dose`.
    uptake : Oral or Intravenous
        How it enters.
    elimination_h : float
        Half-life of elimination in h.
    peak_nm : float
        Typical peak in plasma after the reference dose, in nmol/L.
    binding : mapping of str to Binding
        What it binds, by names of :data:`RECEPTORS`.
    source : str
        Where the numbers come from.
    """

    dose: str
    uptake: Oral | Intravenous
    elimination_h: float
    peak_nm: float
    binding: Mapping[str, Binding]
    source: str

    @property
    def psychedelic(self) -> bool:
        """Whether it activates 5-HT2A."""
        return "5-HT2A" in self.binding and self.binding["5-HT2A"].efficacy > 0.0

    def ec50(self, receptor: str) -> float:
        """Return the concentration of half occupancy relative to the reference dose's peak."""
        return self.binding[receptor].ec50_nm / self.peak_nm

    def concentration(self, hours: np.ndarray, clearance: np.ndarray | float = 1.0) -> np.ndarray:
        """Return the concentration after one reference dose, with the typical peak at 1.

        Parameters
        ----------
        hours : array
            Time since the dose in h; negative means not yet given.
        clearance : array or float
            A person's elimination rate relative to the typical one; broadcasts with ``hours``.
        """
        typical = np.log(2.0) / self.elimination_h
        peak = self.uptake.level(np.asarray(self.uptake.peak_h(typical)), typical)
        return self.uptake.level(np.maximum(hours, 0.0), typical * np.asarray(clearance)) / peak

    def lasting_h(self, clearance: float = 1.0) -> float:
        """Return the time in h after which a dose is forgotten (see :data:`GONE`)."""
        # the typical peak comes no sooner than an absorption half-life or the infusion's end
        peak_h = self.uptake.peak_h(np.log(2.0) / self.elimination_h)
        return GONE * (peak_h + self.elimination_h / clearance)


_TRKB_NM = 50.0
_TRKB_WEAK_NM = 1000.0 * _TRKB_NM
_MOLINER = (
    "TrkB: psilocin and LSD bind about a thousand times more tightly than other antidepressants "
    "(seen in the abstract: Moliner et al. 2023, doi:10.1038/s41593-023-01316-5); proposal: "
)

DRUGS: Mapping[str, Drug] = MappingProxyType(
    {
        "psilocybin": Drug(
            "25 mg by mouth", Oral(0.55), 2.5, 83.0,
            {"5-HT2A": Binding(40.0), "TrkB": Binding(_TRKB_NM)},
            "seen in abstracts: psilocin peaks at 17 ug/L, half-life 1.4 to 1.8 h, effect 5.5 h "
            "(Holze et al. 2023, doi:10.1002/cpt.2821), half-life 3 h (Brown et al. 2017, "
            "doi:10.1007/s40262-017-0540-6), occupancy up to 0.72 (Madsen et al. 2019, "
            "doi:10.1038/s41386-019-0324-9); proposal: half-life between the two, EC50 40 nM, as "
            "with Madsen's 10 nM (recalled) the effect would last 11 h. " + _MOLINER + "50 nM",
        ),
        "lsd": Drug(
            "100 ug by mouth", Oral(0.5), 3.6, 5.3,
            {"5-HT2A": Binding(3.1), "TrkB": Binding(0.1 * _TRKB_NM)},
            "seen in the abstract: 1.7 ug/L at 1.7 h, half-life 3.6 h, effect 8.5 h, EC50 of good "
            "effects 1 ug/L, here of 5-HT2A (Holze et al. 2019, doi:10.1111/bcp.13918). "
            + _MOLINER + "ten times psilocin's affinity, as LSD acts at lower concentrations in "
            "cultured neurons (recalled: Ly et al. 2018, doi:10.1016/j.celrep.2018.05.022)",
        ),
        "dmt": Drug(
            "20 mg into a vein in 30 s", Intravenous(0.5 / 60.0), 1.0 / 6.0, 300.0,
            {"5-HT2A": Binding(145.0), "TrkB": Binding(_TRKB_NM)},
            "seen in the abstract: effect over in 12 to 30 min (Erne et al. 2026, "
            "doi:10.1038/s41398-026-03987-7); recalled: half-life 5 to 15 min, peak near 60 ug/L; "
            "proposal: EC50 and TrkB as of psilocin, at the same share of the peak and in nM",
        ),
        "ketamine": Drug(
            "0.5 mg/kg into a vein in 40 min", Intravenous(2.0 / 3.0), 2.5, 780.0,
            {"NMDA": Binding(1500.0), "TrkB": Binding(_TRKB_WEAK_NM)},
            "seen in a table: peak 185 ug/L (Zanos et al. 2018, doi:10.1124/pr.116.015198); "
            "recalled: half-life 2.5 h; proposal: a third of the NMDA receptors of interneurons "
            "blocked at the peak. " + _MOLINER + "50 uM",
        ),
        "escitalopram": Drug(
            "20 mg by mouth", Oral(1.0), 30.0, 60.0,
            {"SERT": Binding(26.0), "TrkB": Binding(_TRKB_WEAK_NM)},
            "recalled: peak at 5 h near 20 ug/L, half-life 30 h; EC50 calibrated on an occupancy "
            "near 0.8 in daily use (seen in the abstract: 0.75 after one dose, Klein et al. 2006, "
            "doi:10.1007/s00213-006-0486-0). " + _MOLINER + "50 uM",
        ),
        "ketanserin": Drug(
            "40 mg by mouth", Oral(0.15), 14.0, 380.0,
            {"5-HT2A": Binding(8.0, efficacy=0.0)},
            "seen in abstracts: peak within 1 h, half-life 14 h (Heykants et al. 1986), peak 100 "
            "to 190 ug/L; EC50 calibrated: 40 mg removes the acute effect of psilocybin (recalled: "
            "Vollenweider et al. 1998, doi:10.1097/00001756-199812010-00024)",
        ),
    }
)  # fmt: skip
"""Every drug by its name."""


def _bound_as(name: str, receptor: str, other: str) -> Drug:
    """Return a drug that binds one receptor as another drug does."""
    drug = DRUGS[name]
    return replace(
        drug,
        binding={**drug.binding, receptor: DRUGS[other].binding[receptor]},
        source=f"control of this project: {name} with the affinity of {other} for {receptor}",
    )


def _timed_as(name: str, other: str) -> Drug:
    """Return a drug that comes and goes as another does; its dose keeps its typical peak."""
    drug, kinetics = DRUGS[name], DRUGS[other]
    return replace(
        drug,
        dose=f"what has the peak of {drug.dose}",
        uptake=kinetics.uptake,
        elimination_h=kinetics.elimination_h,
        source=f"control of this project: {name} with uptake and elimination of {other}; peak in "
        "plasma and affinities are its own",
    )


CONTROL_COMPOUNDS: Mapping[str, Drug] = MappingProxyType(
    {
        f"{name}_trkb_of_{other}": _bound_as(name, "TrkB", other)
        for name, other in (("psilocybin", "escitalopram"), ("escitalopram", "psilocybin"))
    }
    | {
        f"{name}_kinetics_of_{other}": _timed_as(name, other)
        for one in ("lsd", "dmt")
        for name, other in (("psilocybin", one), (one, "psilocybin"))
    }
)
"""Drugs that there are not: each a drug with one property of another, to tell what does what."""

COMPOUNDS: Mapping[str, Drug] = MappingProxyType({**DRUGS, **CONTROL_COMPOUNDS})
"""Everything that can be given."""


def competition(ratios: np.ndarray, efficacies: np.ndarray) -> np.ndarray:
    """Return each drug's acting share of one receptor when all compete for it (Gaddum).

    Parameters
    ----------
    ratios : array, shape (drug, ...)
        Concentration over EC50.
    efficacies : array, shape (drug,)
        1 agonist, 0 antagonist.

    Returns
    -------
    array, shape (drug, ...)
        ``e c/K / (1 + sum of all c/K)``; the sum over drugs is the acting occupancy.

    Notes
    -----
    Gaddum 1957, Pharmacol Rev 9:211 (recalled).
    """
    acting = ratios * np.reshape(efficacies, (-1,) + (1,) * (ratios.ndim - 1))
    return acting / (1.0 + ratios.sum(axis=0))


@dataclass(frozen=True)
class Occupancies:
    """What drugs do at some times; every array has shape (time, subject) and lies in 0 to 1.

    Attributes
    ----------
    ht2a : array
        5-HT2A receptors held by agonists.
    sert : array
        Serotonin transporters blocked.
    nmda : array
        NMDA receptors of interneurons blocked.
    trkb : array
        TrkB bound by drugs, weighted by the plasticity route: the plastic drive.
    """

    ht2a: np.ndarray
    sert: np.ndarray
    nmda: np.ndarray
    trkb: np.ndarray


class Exposure:
    """What all doses of one arm amount to in each subject.

    Parameters
    ----------
    doses : iterable of Dose
        In any order; a dose acts just after its time.
    clearance : array, shape (subject,)
        Elimination rates relative to the typical one, above 0.
    block : mapping of str to float or array of shape (subject,), optional
        Factors of what drugs do at :data:`RECEPTORS`: 1 intact, 0 blocked; absent means 1.
    route : str
        A name of :data:`PLASTICITY_ROUTES`. It concerns psychedelics only.

    Raises
    ------
    ConfigError
        A dose without a known drug or a possible amount; an unknown receptor or route.
    """

    def __init__(
        self,
        doses: Iterable[Dose],
        clearance: np.ndarray,
        block: Mapping[str, np.ndarray | float] = MappingProxyType({}),
        route: str = "trkb",
    ) -> None:
        doses = sorted(doses, key=lambda dose: dose.time_h)
        for dose in doses:
            _check(dose)
        for receptor in block:
            _known(receptor, RECEPTORS, "receptor")
        _known(route, PLASTICITY_ROUTES, "plasticity route")
        self._clearance = np.asarray(clearance, float)
        self._block = {receptor: block.get(receptor, 1.0) for receptor in RECEPTORS}
        self._needs_ht2a = PLASTICITY_ROUTES[route]
        self._given = {
            name: np.array([(d.time_h, d.amount) for d in doses if d.drug == name]).T
            for name in sorted({d.drug for d in doses})
        }

    def concentration(self, drug: str, times_h: np.ndarray) -> np.ndarray:
        """Return the concentration of one of the drugs given, array of shape (time, subject)."""
        kinetics, clearance = COMPOUNDS[drug], self._clearance
        given_h, amounts = self._given[drug]
        times_h = np.asarray(times_h, float)
        past = np.searchsorted(given_h, times_h)
        oldest = np.searchsorted(given_h, times_h - kinetics.lasting_h(SLOWEST))
        level = np.zeros((times_h.size, clearance.size))
        back = 1 + np.arange(np.max(past - oldest, initial=0))
        rows = max(1, _BLOCK // max(1, back.size * clearance.size))
        for start in range(0, times_h.size, rows):
            some = slice(start, start + rows)
            dose = past[some, None] - back
            amount = np.where(dose >= oldest[some, None], amounts[dose], 0.0)
            since = times_h[some, None] - given_h[dose]
            each = kinetics.concentration(since[:, :, None], clearance)
            level[some] = np.einsum("td,tds->ts", amount, each)
        return level

    def at(self, times_h: np.ndarray) -> Occupancies:
        """Return the occupancies at some times.

        Parameters
        ----------
        times_h : array, shape (time,)
            Hours from the first treatment, in any order.
        """
        levels = {name: self.concentration(name, times_h) for name in self._given}
        none = np.zeros((np.size(times_h), self._clearance.size))
        acting = {
            receptor: self._block[receptor] * sum(_shares(levels, receptor).values(), none)
            for receptor in ("5-HT2A", "SERT", "NMDA")
        }
        # a psychedelic's binding counts fully or as far as it also holds 5-HT2A
        with_ht2a = 1.0 - self._needs_ht2a * (1.0 - acting["5-HT2A"])
        trkb = none
        for name, share in _shares(levels, "TrkB").items():
            trkb = trkb + (share * with_ht2a if COMPOUNDS[name].psychedelic else share)
        return Occupancies(
            ht2a=acting["5-HT2A"],
            sert=acting["SERT"],
            nmda=acting["NMDA"],
            trkb=self._block["TrkB"] * trkb,
        )


def _shares(levels: Mapping[str, np.ndarray], receptor: str) -> dict[str, np.ndarray]:
    """Return the acting share of a receptor of each drug that binds it."""
    names = [name for name in levels if receptor in COMPOUNDS[name].binding]
    if not names:
        return {}
    ratios = np.stack([levels[name] / COMPOUNDS[name].ec50(receptor) for name in names])
    efficacies = np.array([COMPOUNDS[name].binding[receptor].efficacy for name in names])
    return dict(zip(names, competition(ratios, efficacies), strict=True))


def adherent(doses: Sequence[Dose], share: float, seed: int) -> tuple[Dose, ...]:
    """Return the doses that a person who misses some takes, in their order.

    Parameters
    ----------
    doses : sequence of Dose
        As prescribed.
    share : float
        Share taken, 0 to 1; the number is rounded to whole doses.
    seed : int
        Which ones: with one seed, whatever is taken at a lower share is taken at a higher one.

    Raises
    ------
    ConfigError
        A share outside 0 to 1.
    """
    if not 0.0 <= share <= 1.0:
        raise ConfigError("not a share of the doses", expected="0 to 1", got=f"{share}")
    order = np.random.default_rng(seed).permutation(len(doses))
    return tuple(doses[i] for i in sorted(order[: round(share * len(doses))]))


def _check(dose: Dose) -> None:
    where = f"dose at {dose.time_h:g} h"
    if not dose.drug:
        raise ConfigError("a dose without a drug", where=where, expected=", ".join(DRUGS))
    _known(dose.drug, COMPOUNDS, "drug", where)
    if not (np.isfinite(dose.amount) and dose.amount >= 0.0):
        raise ConfigError("no such amount", where=where, expected="0 or more", got=f"{dose.amount}")


def _known(word: str, known: Iterable[str], kind: str, where: str | None = None) -> None:
    if word not in known:
        raise ConfigError(
            f"unknown {kind} '{word}'",
            where=where,
            expected=", ".join(known),
            hint=did_you_mean(word, known),
        )
