"""What all drug treatments share: doses at equal intervals."""

from __future__ import annotations

from collections.abc import Mapping

from netmod.models.declaration import Parameter


def doses_of(drug: str, amount: float, hours: list[float]) -> list:
    """Return one dose at each hour.

    Parameters
    ----------
    drug : str
        A name of `netmod.plasticity.pharmacology.DRUGS`.
    amount : float
        Relative to its reference dose.
    hours : list of float
        From the first dose.
    """
    from netmod.plasticity.events import Dose

    return [Dose(time_h, drug, amount) for time_h in hours]


def repeated(drug: str, reference: float, unit: str, parameters: Mapping[str, float]) -> list:
    """Return ``doses`` doses, ``gap_d`` days apart, of ``dose_UNIT`` each.

    Parameters
    ----------
    drug, reference, unit
        The drug, its reference dose and the unit of that, as it ends the parameter's name.
    parameters : mapping
        Those that `single_doses` declares.
    """
    amount = parameters[f"dose_{unit}"] / reference
    hours = [24.0 * parameters["gap_d"] * k for k in range(int(parameters["doses"]))]
    return doses_of(drug, amount, hours)


def single_doses(
    source: str, *, dose: Parameter, unit: str, doses: int, gap_d: float
) -> dict[str, Parameter]:
    """Return the declared parameters of a few doses with days between them.

    Parameters
    ----------
    source : str
        Author, year, DOI.
    dose : Parameter
        The dose itself.
    unit : str
        How its name ends.
    doses, gap_d : float
        Defaults.
    """
    return {
        f"dose_{unit}": dose,
        "doses": Parameter(doses, "1", 1, 50, "Number of doses", source, whole=True),
        "gap_d": Parameter(gap_d, "d", 0.1, 365.0, "Days between doses", source),
    }
