"""Figures that were counted in full, and so have no interval to speak of."""

from copml.records import Interval


def counted(value: float, n: int) -> Interval:
    """A value that holds for all `n` that were counted: low = value = high."""
    return Interval(value=value, low=value, high=value, n=n)
