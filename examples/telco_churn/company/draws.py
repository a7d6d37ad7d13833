"""Chance by counter: a draw is a pure function of seed, purpose, month and key.

Invariant: no state. The same four numbers give the same draw in any order, process or run, so that a month that is
interrupted and simulated again ends in the same bytes. What is drawn, and for whom, is for the other files.
"""

from enum import IntEnum, unique

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Keys = NDArray[np.int64]

# SplitMix64: Steele, Lea and Flood, "Fast splittable pseudorandom number generators" (2014).
_STEP = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)
_TO_UNIT = 2.0**-53


@unique
class Purpose(IntEnum):
    """What a draw is for. The numbers are part of the simulated history: never renumber."""

    PROFILE = 1
    LINE_QUALITY = 2
    PRICE = 3
    TENURE = 4
    BILLED = 5
    LONGER = 6
    LEAVE = 10
    LEAVE_DAY = 11
    LEAVE_REASON = 12
    KEPT_BY_OFFER = 20
    OFFER_DELIVERED = 21
    OFFER_DAY = 22
    REPORTED_LATE = 30
    REPORTED_TWICE = 31
    REPORTED_WRONG = 32
    ARRIVE = 40
    BILLED_LATE = 41
    GENDER = 42
    UPGRADE = 43
    RECONSIDER = 100  # one number per trait from here on
    CHOOSE = 200  # one number per trait from here on


def uniform(seed: int, purpose: int, month: int, keys: Keys) -> Floats:
    """Draws in [0, 1), shape of `keys`. `month` may be negative."""
    mixed = _mix(_mix(_mix(_word(seed)) + _word(purpose)) + _word(month))
    bits = _mix(_mix(mixed + keys.astype(np.uint64)))
    return (bits >> np.uint64(11)).astype(np.float64) * _TO_UNIT


def normal(seed: int, purpose: int, month: int, keys: Keys) -> Floats:
    """Standard normal draws, shape of `keys` (Box and Muller)."""
    radius = np.sqrt(-2.0 * np.log1p(-uniform(seed, purpose, month, 2 * keys)))
    return np.asarray(radius * np.cos(2.0 * np.pi * uniform(seed, purpose, month, 2 * keys + 1)))


def _word(number: int) -> NDArray[np.uint64]:
    return np.array([number & 0xFFFFFFFFFFFFFFFF], dtype=np.uint64)


def _mix(word: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Finaliser of SplitMix64; arrays of uint64 wrap around silently."""
    word = word + _STEP
    word = (word ^ (word >> np.uint64(30))) * _FIRST
    word = (word ^ (word >> np.uint64(27))) * _SECOND
    return word ^ (word >> np.uint64(31))
