"""One function for every way to balance a network's inhibition."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from netmod.dynamics.coupling import coupling_of
from netmod.dynamics.fic.activity import activity, activity_unit, mean_activity
from netmod.dynamics.fic.adaptive import LAWS
from netmod.dynamics.fic.by_simulation import refine_by_simulation
from netmod.dynamics.fic.exact import TARGET_RATE_HZ, balance
from netmod.dynamics.fic.iterative import balance_by_iteration
from netmod.dynamics.fic.newton import CONVERGED, balance_by_newton
from netmod.dynamics.fic.plasticity import balance_by_plasticity
from netmod.dynamics.linear import solve_fixed_point
from netmod.dynamics.noise import scan_key
from netmod.dynamics.parameters import Parameters, Sparse, stack
from netmod.dynamics.simulate import Scan
from netmod.errors import ConfigError, did_you_mean
from netmod.models import COUPLINGS, MODELS, Model
from netmod.models.reduced_wong_wang import ReducedWongWang

METHODS: Mapping[str, str] = MappingProxyType(
    {
        "exact": "noise-free: closed form for reduced Wong-Wang, Newton for any other model",
        "refined": "from exact, corrected by simulation along the linear response",
        "iterative": "simulate and nudge, as published (Deco 2014); reduced Wong-Wang",
        "plasticity": "inhibitory plasticity simulated with the network (Naskar 2021)",
    }
)
"""Ways to balance, and what each does."""

_REFINED_ENOUGH = 0.01
_CHECK = Scan(duration_s=60.0, warmup_s=10.0)


class Balanced(NamedTuple):
    """A network with balanced inhibition.

    Attributes
    ----------
    parameters : Parameters
        The network with that inhibition.
    inhibition : array, shape (region,)
        The parameter ``model.inhibition``: J in nA for reduced Wong-Wang.
    state : tuple of arrays, shape (region,), or None
        Its noise-free fixed point; None where Newton finds none from the model's start.
    error_hz : array, shape (region,)
        Activity minus target: at the fixed point for ``exact``; otherwise the mean of a simulation
        of 60 s with noise that the method has not seen.
    method : str
        How it was found.
    converged : bool
        Whether the method met its own criterion: ``iterative``, every mean current within 0.005 nA;
        ``refined``, a root mean square deviation below 1 % of the target; ``plasticity``, the means
        of its last two quarters within 1 %; ``exact`` raises an error otherwise.
    rounds : int
        Simulations made to find it.
    """

    parameters: Parameters
    inhibition: np.ndarray
    state: tuple[np.ndarray, ...] | None
    error_hz: np.ndarray
    method: str
    converged: bool
    rounds: int


def balance_inhibition(
    model: Model,
    parameters: Parameters,
    target_rate_hz: Any = TARGET_RATE_HZ,
    method: str = "exact",
    *,
    seed: int = 0,
    rounds: int | None = None,
    duration_s: float | None = None,
    learning_rate: float | None = None,
    dt_ms: float = 1.0,
    solver: str = "heun",
) -> Balanced:
    """Find the local inhibition with which every region holds its target.

    Parameters
    ----------
    model : Model
        A neural mass with ``inhibition``.
    parameters : Parameters
        One network. ``iterative`` and ``plasticity`` start from its inhibition, and so does Newton.
    target_rate_hz : float or array, shape (region,)
        Excitatory rate to hold. Of a model without rates (:meth:`netmod.models.Model.rate_hz`) its
        observed signal, in that signal's unit: for Wilson-Cowan the fraction of active cells.
    method : {"exact", "refined", "iterative", "plasticity"}
        :data:`METHODS` says what each is. Noise moves the mean rate of a nonlinear network, so that
        all agree only where it is small. At the published noise ``refined`` alone holds the mean
        rate itself, ``iterative`` the mean current, ``plasticity`` the mean of r_I (r_E - target).
    seed : int
        Of the noise of simulations.
    rounds : int, optional
        Most simulations of ``refined`` (10) or ``iterative`` (500).
    duration_s : float, optional
        Length of each simulation, whole seconds: 60 after a warm-up of 10 (``refined``), 10
        (``iterative``), 300 (``plasticity``).
    learning_rate : float, optional
        Of ``plasticity``, in inhibition per s and unit of both activities; the published 1e-3 nA s
        by default, for models with rates.
    dt_ms, solver
        As in :class:`netmod.dynamics.simulate.Scan`.

    Returns
    -------
    Balanced

    Raises
    ------
    ConfigError
        If there is no such method, the model cannot be balanced by it, a target or an option is
        not positive, or no positive inhibition holds a region.
    """
    if method not in METHODS:
        raise ConfigError(
            f"no method '{method}' to balance inhibition",
            expected=", ".join(METHODS),
            got=str(method),
            hint=did_you_mean(str(method), METHODS),
        )
    _check_model(model)
    _check_options(method, rounds, duration_s)
    target = _checked_target(model, target_rate_hz, parameters.n_regions)
    key = scan_key(seed, "fic", method)
    found, rounds_made = True, 0

    if method == "exact":
        J, state = _exact(model, parameters, target)
        balanced = parameters.replace(**{model.inhibition: J})
        return Balanced(balanced, J, state, _error(model, balanced, state, target), method, True, 0)

    if method == "refined":
        _check_dense(parameters)
        J, state = _exact(model, parameters, target)
        first = stack([parameters.replace(**{model.inhibition: J})])
        scan = _CHECK._replace(
            duration_s=duration_s or _CHECK.duration_s, dt_ms=dt_ms, solver=solver
        )
        start = tuple(s[None] for s in state)
        refined = refine_by_simulation(
            model, first, start, target[None], key[None], rounds=rounds or 10, scan=scan
        )
        J, rounds_made = refined.J[0], len(refined.error_hz)
        found = bool(refined.error_hz.min() < _REFINED_ENOUGH * target.mean())
    elif method == "iterative":
        _check_iterative(model)
        J, found, rounds_made, _ = balance_by_iteration(
            model, parameters, target, seed=seed, rounds=rounds or 500,
            duration_s=duration_s or 10.0, dt_ms=dt_ms, solver=solver,
        )  # fmt: skip
    else:
        J, found = balance_by_plasticity(
            model, parameters, target, seed=seed, duration_s=duration_s or 300.0,
            learning_rate=_checked_learning_rate(model, learning_rate), dt_ms=dt_ms, solver=solver,
        )  # fmt: skip
        rounds_made = 1
    balanced = parameters.replace(**{model.inhibition: J})
    state = _fixed_point(model, balanced)
    start = [np.full(target.shape, value) for value in model.start] if state is None else state
    scan = _CHECK._replace(dt_ms=dt_ms, solver=solver)
    unseen = scan_key(seed, "fic", f"{method}-check")[None]
    mean = mean_activity(model, stack([balanced]), [s[None] for s in start], unseen, scan)[0]
    return Balanced(balanced, J, state, mean - target, method, found, rounds_made)


def _exact(
    model: Model, parameters: Parameters, target: np.ndarray
) -> tuple[np.ndarray, tuple[np.ndarray, ...]]:
    """Return the noise-free inhibition, positive, and the fixed point."""
    if type(model) is ReducedWongWang and model.link is COUPLINGS["linear"]:
        import jax

        with jax.enable_x64(True):
            J, state = _closed_form()(parameters._replace(delays_s=None), target)
        J, state = np.asarray(J), tuple(np.asarray(s) for s in state)
        residual = np.where(np.isfinite(J), 0.0, np.inf)
    else:
        J, state, residual = balance_by_newton(model, parameters, target)
    declared = model.parameters[model.inhibition]
    unit = activity_unit(model)
    if not residual.max() < CONVERGED:
        worst = int(np.argmax(residual))
        raise ConfigError(
            f"no {model.inhibition} was found that holds the targets",
            where=f"region {worst + 1} of model '{model.name}'",
            expected=f"a residual below {CONVERGED:g}",
            got=f"{residual[worst]:.3g} at a target of {target[worst]:g}{unit}",
            hint=f"start from another {model.inhibition}, or choose another target",
        )
    outside = ~((J > 0) & (declared.high >= J))
    if outside.any():
        region = int(np.argmin(J)) if J.min() <= 0 else int(np.argmax(J))
        few = J[region] <= 0
        raise ConfigError(
            f"no inhibition holds region {region + 1} at {target[region]:g}{unit}",
            where=f"parameter '{model.inhibition}' of model '{model.name}'",
            expected=f"above 0, at most {declared.high:g} {declared.unit}",
            got=f"{J[region]:.3g} {declared.unit}",
            hint="lower its target, or excite it more" if few else "excite it less",
        )
    return J, state


@lru_cache(maxsize=1)
def _closed_form() -> Callable[..., Any]:
    import jax

    return jax.jit(balance)


@lru_cache(maxsize=16)
def _fixed_point_program(model: Model) -> Callable[..., Any]:
    import jax

    return jax.jit(lambda p, start: solve_fixed_point(model, p, start))


def _fixed_point(model: Model, parameters: Parameters) -> tuple[np.ndarray, ...] | None:
    import jax

    start = tuple(np.full(parameters.n_regions, value) for value in model.start)
    with jax.enable_x64(True):
        state, residual = _fixed_point_program(model)(parameters._replace(delays_s=None), start)
    return tuple(np.asarray(s) for s in state) if float(residual) < CONVERGED else None


def _error(model: Model, parameters: Parameters, state: Any, target: np.ndarray) -> np.ndarray:
    import jax

    with jax.enable_x64(True):
        inputs = coupling_of(model, parameters, state)
        return np.asarray(activity(model, state, parameters.values, inputs)) - target


def _check_model(model: Model) -> None:
    if model.inhibition is None:
        able = [m.name for m in MODELS.values() if m.inhibition is not None]
        raise ConfigError(
            f"model '{model.name}' has no inhibition to balance",
            expected=f"one of {', '.join(able)}",
            got=model.name,
        )


def _checked_target(model: Model, target: Any, n: int) -> np.ndarray:
    array = np.asarray(target, dtype=float)
    if array.shape not in ((), (n,)):
        raise ConfigError(
            "the target has the wrong shape",
            expected=f"one number, or one for each of {n} regions",
            got=str(array.shape),
        )
    array = np.broadcast_to(array, (n,)).copy()
    bad = np.flatnonzero(~(np.isfinite(array) & (array > 0)))
    if len(bad):
        raise ConfigError(
            "a target is not positive",
            where=f"region {bad[0] + 1}",
            expected=f"above 0{activity_unit(model)}",
            got=f"{array[bad[0]]:g}",
        )
    return array


def _check_options(method: str, rounds: int | None, duration_s: float | None) -> None:
    if rounds is not None and rounds < 1:
        raise ConfigError("too few rounds", expected="at least 1", got=str(rounds))
    # the first second of an iteration is left out; plasticity is judged by quarters
    least = {"iterative": 2.0, "plasticity": 8.0}.get(method, 0.0)
    if duration_s is not None and not least <= duration_s < np.inf:
        raise ConfigError(
            f"duration_s is too short for the method '{method}'",
            expected=f"at least {least:g} s",
            got=f"{duration_s:g} s",
        )


def _check_dense(parameters: Parameters) -> None:
    if isinstance(parameters.weights, Sparse):
        raise ConfigError(
            "the refined method needs the response of every region to every other",
            expected="dense weights",
            got="sparse weights",
            hint="choose the method 'exact', 'iterative' or 'plasticity'",
        )


def _check_iterative(model: Model) -> None:
    if model.name != "reduced_wong_wang" or model.coupling not in ("linear", "diffusive"):
        raise ConfigError(
            "the iterative method balances the current of reduced Wong-Wang",
            where=f"model '{model.name}' with {model.coupling} coupling",
            expected="reduced_wong_wang with linear or diffusive coupling",
            got=f"{model.name}, {model.coupling}",
            hint="choose the method 'exact', 'refined' or 'plasticity'",
        )


def _checked_learning_rate(model: Model, rate: float | None) -> float:
    if type(model).inhibitory_activity is Model.inhibitory_activity:
        raise ConfigError(
            f"model '{model.name}' has no inhibitory activity for plasticity to follow",
            hint="choose the method 'exact' or 'refined'",
        )
    published = LAWS["inhibition_rate"].default if activity_unit(model) else None
    chosen = published if rate is None else rate
    if chosen is None or not 0 < chosen < np.inf:
        raise ConfigError(
            f"plasticity of model '{model.name}' needs a learning rate",
            expected=f"learning_rate above 0, in {model.inhibition} per s and squared activity",
            got=str(rate),
        )
    return float(chosen)
