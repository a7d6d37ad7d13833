"""What customers are like: the traits of the public telco table, as small whole numbers, and how they are chosen.

Invariant: a trait is chosen from a table of shares by kind of internet service, and reconsidering means choosing again
from the same table; so the mix of traits stays what it is until a table changes. Which table holds in which month is
for `market`.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from .draws import Floats, Keys, Purpose, uniform

Codes = NDArray[np.int8]
Table = NDArray[np.float64]
"""Shares, shape (3 kinds of internet, values of the trait); each row sums to 1."""

DSL, FIBER, NO_INTERNET = 0, 1, 2
MONTH_TO_MONTH, ONE_YEAR, TWO_YEARS = 0, 1, 2
INTERNET_SHARES = (0.344, 0.440, 0.216)
NO_PHONE_SHARE = 0.28  # of DSL customers; everybody else has a telephone

VALUES: Mapping[str, tuple[str, ...]] = {
    "gender": ("Female", "Male"),
    "senior_citizen": ("0", "1"),
    "partner": ("No", "Yes"),
    "dependents": ("No", "Yes"),
    "phone_service": ("No", "Yes"),
    "multiple_lines": ("No", "Yes", "No phone service"),
    "internet_service": ("DSL", "Fiber optic", "No"),
    "online_security": ("No", "Yes", "No internet service"),
    "online_backup": ("No", "Yes", "No internet service"),
    "device_protection": ("No", "Yes", "No internet service"),
    "tech_support": ("No", "Yes", "No internet service"),
    "streaming_tv": ("No", "Yes", "No internet service"),
    "streaming_movies": ("No", "Yes", "No internet service"),
    "contract": ("Month-to-month", "One year", "Two year"),
    "paperless_billing": ("No", "Yes"),
    "payment_method": ("Electronic check", "Mailed check", "Bank transfer (automatic)", "Credit card (automatic)"),
}
"""The values of every trait in the words of the public table; the number of a value is its place here."""

TRAITS = tuple(VALUES)


def _yes(dsl: float, fiber: float, none: float) -> Table:
    yes = np.array([dsl, fiber, none])
    return np.column_stack([1 - yes, yes])


def _add_on(dsl: float, fiber: float) -> Table:
    return np.array([[1 - dsl, dsl, 0.0], [1 - fiber, fiber, 0.0], [0.0, 0.0, 1.0]])


TABLES: Mapping[str, Table] = {
    "gender": _yes(0.5, 0.5, 0.5),
    "senior_citizen": _yes(0.11, 0.27, 0.03),
    "partner": _yes(0.48, 0.48, 0.48),
    "dependents": _yes(0.33, 0.19, 0.42),
    "multiple_lines": _yes(0.30, 0.64, 0.22),
    "online_security": _add_on(0.49, 0.27),
    "online_backup": _add_on(0.43, 0.44),
    "device_protection": _add_on(0.43, 0.44),
    "tech_support": _add_on(0.49, 0.28),
    "streaming_tv": _add_on(0.40, 0.56),
    "streaming_movies": _add_on(0.40, 0.57),
    "contract": np.array([[0.505, 0.235, 0.260], [0.687, 0.174, 0.139], [0.344, 0.239, 0.417]]),
    "paperless_billing": _yes(0.55, 0.77, 0.29),
    "payment_method": np.array([[0.27, 0.27, 0.23, 0.23], [0.52, 0.09, 0.20, 0.19], [0.08, 0.48, 0.22, 0.22]]),
}
"""Shares like those of the public table, for all traits but the telephone and the internet service themselves."""

RECONSIDERED: Mapping[str, float] = {
    "contract": 0.006,
    "payment_method": 0.01,
    "paperless_billing": 0.01,
    "streaming_tv": 0.01,
    "streaming_movies": 0.01,
    "tech_support": 0.01,
}
"""The share of customers who think a trait over in an ordinary month."""


def choose(table: Table, internet: Codes, draws: Floats) -> Codes:
    """A value for everybody, shape of `internet`: the first whose cumulated share exceeds the draw."""
    cumulated = np.cumsum(table, axis=1)[internet]
    return np.asarray((draws[:, None] >= cumulated[:, :-1]).sum(axis=1), dtype=np.int8)


def profiles(seed: int, lines: Keys) -> dict[str, Codes]:
    """The traits of the first customer on every line, each of shape (lines,)."""

    def draws(number: int) -> Floats:
        return uniform(seed, Purpose.PROFILE, number, lines)

    internet = np.searchsorted(np.cumsum(INTERNET_SHARES[:-1]), draws(0), side="right").astype(np.int8)
    phone = ((internet != DSL) | (draws(1) >= NO_PHONE_SHARE)).astype(np.int8)
    chosen = {name: choose(table, internet, draws(2 + place)) for place, (name, table) in enumerate(TABLES.items())}
    chosen["multiple_lines"][phone == 0] = 2
    chosen |= {"internet_service": internet, "phone_service": phone}
    return {name: chosen[name] for name in TRAITS}


def reconsidered(
    traits: Mapping[str, Codes],
    tables: Mapping[str, Table],
    rates: Mapping[str, float],
    seed: int,
    month: int,
    who: Keys,
) -> dict[str, Codes]:
    """The traits after some customers (`rates`: share by trait) have chosen again from `tables`."""
    after = dict(traits)
    for name, rate in rates.items():
        number = TRAITS.index(name)
        again = uniform(seed, Purpose.RECONSIDER + number, month, who) < rate
        chosen = choose(tables[name], traits["internet_service"], uniform(seed, Purpose.CHOOSE + number, month, who))
        after[name] = np.where(again, chosen, traits[name]).astype(np.int8)
    return after
