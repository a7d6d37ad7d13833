"""Drift: how far the inputs and answers of a window are from those that the model was trained on.

A column whose share of missing values jumped is an upstream failure, not a change in the world: it is measured, named,
and does not count as drift. Where the share fell, gaps were filled, which is no change in the world either: the values
that are there are compared with those that were.

Invariant: reads counts only. A column has drifted when its population stability index is above the project's limit and
more than noise can explain, so that small windows do not drift by being small.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from copml.errors import ProfilesDiffer
from copml.metrics import proportion
from copml.monitoring.counted import counted
from copml.monitoring.measures.psi import psi_interval
from copml.monitoring.measures.shares import same_bins
from copml.records import PREDICTION, PROBABILITY, SEGMENT_ALL, Bins, Interval, Measurement, Occasion, Profile

ANSWERS = frozenset({PROBABILITY, PREDICTION})
"""The columns of a profile that count what the model answered; outputs, so not among the columns that drift."""

# Below this a share of missing values that rose, however surely, makes no difference to a model that copes with them.
MISSING_JUMP_RATIO = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftFound:
    """Measurements of a window; the columns that drifted, by index, the furthest first; what failed upstream, why."""

    measurements: tuple[Measurement, ...]
    drifted: Mapping[str, Interval]
    upstream: Mapping[str, str]


def drift_measurements(
    occasion: Occasion,
    reference: Profile,
    window: Profile,
    *,
    threshold: float,
    tolerated: Mapping[str, float] | None = None,
) -> DriftFound:
    """Compare a window with the reference of the model that served in it; both profiles have the same bins.

    `threshold`: the index (nats) above which a column has drifted. `tolerated`: share of missing values by column that
    the project accepts. Measured by column: `psi`, also of the answer, and `missing_ratio`. Measured on `all`:
    `missing_ratio` (the largest), `drift` (columns that drifted), `drift_max` (the largest index); the last two without
    columns that failed upstream, and without what filled gaps add. Columns without rows are left out.

    Raises:
        ProfilesDiffer: when the window lacks a column, or its bins are not the same.
    """
    compared = _compared(reference, window)
    psi = {name: psi_interval(*sides) for name, sides in compared.items()}
    columns = [name for name in compared if name not in ANSWERS]
    failures = {name: _failure(*compared[name], (tolerated or {}).get(name, 0.0)) for name in columns}
    upstream = {name: words for name, words in failures.items() if words}
    steady = {
        name: _present(*compared[name]) if _filled(*compared[name]) else psi[name]
        for name in columns
        if name not in upstream
    }
    ranked = sorted(
        ((name, seen) for name, seen in steady.items() if seen is not None), key=lambda item: -item[1].value
    )
    drifted = {name: seen for name, seen in ranked if seen.value > threshold and seen.low > 0}
    seen = {("psi", name): interval for name, interval in psi.items()}
    seen |= {("missing_ratio", name): _missing(compared[name][1]) for name in columns}
    seen |= _overall([interval for _, interval in ranked], len(drifted), threshold)
    if columns:
        seen["missing_ratio", SEGMENT_ALL] = max((seen["missing_ratio", name] for name in columns), key=_value)
    measurements = tuple(occasion.measurement(*key, interval) for key, interval in seen.items())
    return DriftFound(measurements=measurements, drifted=drifted, upstream=upstream)


def _compared(reference: Profile, window: Profile) -> dict[str, tuple[Bins, Bins]]:
    for name, bins in reference.items():
        if name not in window:
            raise ProfilesDiffer(name, "the window lacks it")
        if not same_bins(bins, window[name]):
            raise ProfilesDiffer(name, "their bins have other edges or labels")
    pairs = {name: (bins, window[name]) for name, bins in reference.items()}
    return {name: pair for name, pair in pairs.items() if all(map(_rows, pair))}


def _overall(steady: list[Interval], drifted: int, threshold: float) -> dict[tuple[str, str], Interval]:
    if not steady:
        return {}
    surely, possibly = (sum(getattr(item, end) > threshold for item in steady) for end in ("low", "high"))
    rows = max(item.n for item in steady)
    top = Interval(
        value=max(item.value for item in steady),
        low=max(item.low for item in steady),
        high=max(item.high for item in steady),
        n=rows,
    )
    count = Interval(value=drifted, low=min(surely, drifted), high=max(possibly, drifted), n=rows)
    return {("drift", SEGMENT_ALL): count, ("drift_max", SEGMENT_ALL): top}


def _failure(reference: Bins, window: Bins, tolerated: float) -> str:
    """What is wrong with the missing values of a column; empty where nothing is."""
    before, now = (proportion(bins.missing, _rows(bins)) for bins in (reference, window))
    accepted = max(tolerated, before.value)
    if now.value - accepted < MISSING_JUMP_RATIO or now.low <= max(tolerated, before.high):
        return ""
    return f"{now.value:.1%} missing, against {before.value:.1%} before and {tolerated:.1%} that is tolerated"


def _filled(reference: Bins, window: Bins) -> bool:
    """Whether surely and notably fewer values are missing than were."""
    before, now = (proportion(bins.missing, _rows(bins)) for bins in (reference, window))
    return before.value - now.value >= MISSING_JUMP_RATIO and now.high < before.low


def _present(reference: Bins, window: Bins) -> Interval | None:
    """The index of the values that are there; None where there were none before."""
    if not any(reference.counts):
        return None
    return psi_interval(replace(reference, missing=0), replace(window, missing=0))


def _missing(window: Bins) -> Interval:
    return counted(window.missing / _rows(window), _rows(window))


def _rows(bins: Bins) -> int:
    return sum(bins.counts) + bins.missing


def _value(seen: Interval) -> float:
    return seen.value
