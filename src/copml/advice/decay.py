"""How a figure is lost over windows: by and by, or at once.

A straight line is fitted to the measurements of consecutive windows by least squares, each weighing by its interval;
the interval of the slope is widened where the points scatter more than their own intervals allow (Birge's ratio). A
single fall is the best pair of means before and after one window. Which of the two describes the history better is told
by the sum of squared deviations; the fall has one parameter more (where it was), and pays for it (BIC).

Invariant: pure arithmetic in plain Python; windows without a measurement are told by their place, not skipped.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, log, sqrt

Z = 1.959964  # the normal quantile of two-sided 95 %
# Below this an interval says that the value is exact, which no measurement of accuracy is.
ERROR_MIN = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A measurement: how many windows after the first, its value, the half width of its 95 % interval."""

    at: int
    value: float
    half: float

    @property
    def weight(self) -> float:
        """One over the variance."""
        return 1 / max(self.half / Z, ERROR_MIN) ** 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """A slope per window with its 95 % interval, and the misfit of the line."""

    slope: float
    low: float
    high: float
    misfit: float

    @property
    def falls(self) -> bool:
        """Whether the figure surely falls."""
        return self.high < 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Fall:
    """One fall before the window `at`; `by` is how much lower it is afterwards, negative for a rise."""

    at: int
    by: float
    misfit: float


def trend(points: Sequence[Point]) -> Trend:
    """The line through at least three points at two or more places.

    >>> found = trend([Point(at=n, value=0.8 - 0.01 * n, half=0.01) for n in range(8)])
    >>> round(found.slope, 6), found.falls
    (-0.01, True)
    """
    weights = [point.weight for point in points]
    whole = sum(weights)
    middle = sum(w * p.at for w, p in zip(weights, points, strict=True)) / whole
    mean = sum(w * p.value for w, p in zip(weights, points, strict=True)) / whole
    spread = sum(w * (p.at - middle) ** 2 for w, p in zip(weights, points, strict=True))
    slope = sum(w * (p.at - middle) * (p.value - mean) for w, p in zip(weights, points, strict=True)) / spread
    misfit = sum(w * (p.value - mean - slope * (p.at - middle)) ** 2 for w, p in zip(weights, points, strict=True))
    error = sqrt(1 / spread) * sqrt(max(1.0, misfit / max(1, len(points) - 2)))
    return Trend(slope=slope, low=slope - Z * error, high=slope + Z * error, misfit=misfit)


def fall(points: Sequence[Point]) -> Fall:
    """The one change of level that fits best; at least two points, in order."""
    return min((_split(points, cut) for cut in range(1, len(points))), key=lambda found: found.misfit)


def is_sudden(points: Sequence[Point]) -> bool:
    """Whether one fall describes the loss better than a line."""
    one = fall(points)
    return one.by > 0 and one.misfit + log(len(points)) < trend(points).misfit


def windows_until(loss: float, slope: float) -> float:
    """How many windows a figure that changes by `slope` per window takes to lose `loss`; infinite where it does not.

    >>> windows_until(0.04, -0.01), windows_until(0.04, 0.01)
    (4.0, inf)
    """
    return max(0.0, loss) / -slope if slope < 0 else inf


def _split(points: Sequence[Point], cut: int) -> Fall:
    (before, first), (after, second) = _level(points[:cut]), _level(points[cut:])
    return Fall(at=points[cut].at, by=before - after, misfit=first + second)


def _level(points: Sequence[Point]) -> tuple[float, float]:
    mean = sum(point.weight * point.value for point in points) / sum(point.weight for point in points)
    return mean, sum(point.weight * (point.value - mean) ** 2 for point in points)
