"""Which parameters to try next (Optuna's tree-structured Parzen estimator, behind one function).

Invariant: what is suggested follows from the space, the trials before it and the seed alone, so that a search that was
interrupted goes on as if it had not been. Nothing is suggested twice.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from copml.errors import SweepExtraMissing
from copml.spec.project import Search

if TYPE_CHECKING:
    from types import ModuleType

ATTEMPTS_MAX = 50
"""Draws that may hit what was tried before until the space counts as exhausted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """Parameters that were tried; `value` is None where the trial failed."""

    params: Mapping[str, Any]
    value: float | None


def suggest(space: Mapping[str, Search], tried: Sequence[Tried], *, better: str, seed: int) -> dict[str, Any] | None:
    """Parameters within the space that were not tried; None when there are none left.

    Raises:
        SweepExtraMissing: without Optuna.
    """
    optuna = _optuna()
    distributions = {name: _distribution(optuna, search) for name, search in space.items()}
    known = [_kept(optuna, item, distributions) for item in tried if _fits(item.params, distributions)]
    for attempt in range(ATTEMPTS_MAX):
        # The first draws come from the model of what was good; if they repeat themselves, chance finds what is left.
        kind = optuna.samplers.TPESampler if attempt < ATTEMPTS_MAX // 5 else optuna.samplers.RandomSampler
        sampler = kind(seed=_mixed(seed, len(tried), attempt))
        study = optuna.create_study(direction="maximize" if better == "higher" else "minimize", sampler=sampler)
        study.add_trials(known)
        found: dict[str, Any] = dict(study.ask(distributions).params)
        if not any(all(item.params.get(name, _NOTHING) == value for name, value in found.items()) for item in tried):
            return found
    return None


_NOTHING = object()


def _optuna() -> "ModuleType":
    try:
        import optuna
    except ImportError as error:
        raise SweepExtraMissing from error
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna


def _distribution(optuna: "ModuleType", search: Search) -> Any:
    if search.values is not None:
        return optuna.distributions.CategoricalDistribution(search.values)
    assert search.min is not None
    assert search.max is not None
    if search.integer:
        return optuna.distributions.IntDistribution(int(search.min), int(search.max), log=search.log)
    return optuna.distributions.FloatDistribution(search.min, search.max, log=search.log)


def _fits(params: Mapping[str, Any], distributions: Mapping[str, Any]) -> bool:
    """Whether the space holds these parameters; those of the project file may lie outside."""
    return all(name in params and _holds(distribution, params[name]) for name, distribution in distributions.items())


def _holds(distribution: Any, value: Any) -> bool:
    choices = getattr(distribution, "choices", None)
    if choices is not None:
        return value in choices
    return (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and distribution.low <= value <= distribution.high
    )


def _kept(optuna: "ModuleType", item: Tried, distributions: Mapping[str, Any]) -> Any:
    own = {name: item.params[name] for name in distributions}
    if item.value is None:
        state = optuna.trial.TrialState.FAIL
        return optuna.trial.create_trial(params=own, distributions=dict(distributions), state=state)
    return optuna.trial.create_trial(params=own, distributions=dict(distributions), value=item.value)


def _mixed(*numbers: int) -> int:
    """A seed of 32 bits that differs with each of the numbers."""
    return int.from_bytes(hashlib.sha256(repr(numbers).encode()).digest()[:4], "big")
