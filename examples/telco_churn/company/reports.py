"""How departures are reported: most at once, some a month late, some twice, some corrected afterwards.

Invariant: everybody who left is reported, in the month after or in the one after that; every report of one departure
has the same day. A correction changes the reason only.
"""

from dataclasses import dataclass

import numpy as np

from .draws import Floats, Keys, Purpose, uniform
from .market import market
from .settings import Settings
from .world import Happened, World, chance_of_leaving

REASONS = ("price", "service", "moved away", "other", "competitor", "unknown")
PRICE, OTHER, COMPETITOR, UNKNOWN = 0, 3, 4, 5
LATE_RATIO = 0.03
TWICE_RATIO = 0.005
CORRECTED_RATIO = 0.003


@dataclass(frozen=True, slots=True, kw_only=True)
class Reports:
    """Reports of departures; arrays of shape (reports,). `left_on` are day numbers, `reason` places in `REASONS`."""

    customer: Keys
    left_on: Keys
    reason: Keys

    def __add__(self, other: "Reports") -> "Reports":
        return Reports(
            customer=np.concatenate([self.customer, other.customer]),
            left_on=np.concatenate([self.left_on, other.left_on]),
            reason=np.concatenate([self.reason, other.reason]),
        )


def no_reports() -> Reports:
    """None at all."""
    nothing = np.zeros(0, dtype=np.int64)
    return Reports(customer=nothing, left_on=nothing, reason=nothing)


def reported(world: World, happened: Happened, month: int, settings: Settings) -> tuple[Reports, Reports]:
    """What is reported of a month's departures right after the month, and what another month later."""
    left = happened.left
    customer = world.customer[left]
    days = happened.left_on[left]
    reason = _reasons(chance_of_leaving(world, month, settings)[left], customer, month, settings)

    def drawn(purpose: Purpose, ratio: float) -> np.ndarray:
        return uniform(settings.seed, purpose, month, customer) < ratio

    late = drawn(Purpose.REPORTED_LATE, LATE_RATIO)
    corrected = drawn(Purpose.REPORTED_WRONG, CORRECTED_RATIO) & ~late
    again = late | corrected | drawn(Purpose.REPORTED_TWICE, TWICE_RATIO)
    at_first = np.where(corrected, UNKNOWN, reason)
    return (
        Reports(customer=customer[~late], left_on=days[~late], reason=at_first[~late]),
        Reports(customer=customer[again], left_on=days[again], reason=reason[again]),
    )


def _reasons(chance: Floats, customer: Keys, month: int, settings: Settings) -> Keys:
    """What people say when they leave; the competitor's share of the chance of leaving is said to be the competitor."""
    draw = uniform(settings.seed, Purpose.LEAVE_REASON, month, customer)
    lured = market(month).competitor / chance
    usual = np.floor((draw - lured) / (1 - lured) * (OTHER + 1))
    return np.asarray(np.where(draw < lured, COMPETITOR, np.clip(usual, PRICE, OTHER)), dtype=np.int64)
