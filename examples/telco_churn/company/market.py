"""What moves customers in a month: prices, what makes people leave, what an offer does, who else is selling.

Invariant: a market is a function of the month alone, through the table of events. The chance of leaving is a logistic
score for 90 days, as a model would write it, plus the quality of the line, which no model sees. When people really
leave is for `world`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from .draws import Floats, Keys
from .events import Name, month_of
from .traits import RECONSIDERED, TABLES, Codes, Table

LINE_QUALITY = 0.5
"""Standard deviation of what no model sees, on the logistic scale."""
TENURE_MONTHS_MAX = 72
"""The billing system counts to 72 months, like the public table."""
OFFER_PREVENTS = 0.57
"""Share of departures that an offer in force prevents, month by month: about half of them over 90 days."""
COMPETITOR_TAKES = 0.09
"""Share of all customers who leave for the competitor every month, whoever they are."""

PRODUCT_WAVE: Mapping[int, float] = {0: 0.85, 1: 0.50}
"""Share of all who think streaming over, by months since the new product came to the market."""
FIBER_WAVE = 0.05
"""Share of DSL customers who change to fibre, in each of those months."""
BUNDLE: Table = np.array([[0.14, 0.86, 0.0], [0.08, 0.92, 0.0], [0.0, 0.0, 1.0]])
"""Who streams since then; a table as in `traits`."""

ADD_ONS = ("online_security", "online_backup", "device_protection", "tech_support")
STREAMING = ("streaming_tv", "streaming_movies")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """What a trait adds to the logistic score of leaving within 90 days."""

    intercept: float = -1.75
    contract: tuple[float, float, float] = (1.05, -0.7, -1.7)
    internet: tuple[float, float, float] = (0.0, 0.2, -0.4)
    charges: float = 0.6  # per 30.00 a month above 65.00
    tenure: float = -0.013  # per month billed
    electronic_check: float = 0.5
    paperless: float = 0.3
    protected: float = -0.4  # by online security, by tech support: each
    senior: float = 0.3
    dependents: float = -0.3


BEFORE = Scores()
AFTER = replace(BEFORE, intercept=-1.6, contract=(1.4, -1.0, -2.1), internet=(0.0, 0.0, 0.3), charges=-0.8)
"""Since the price change: those who pay little have lost their discounts, and leave."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Market:
    """What holds in one month. `reconsider` is the share of customers who think a trait over."""

    scores: Scores
    offer_prevents: float
    competitor: float
    fiber_upgrade: float
    tables: Mapping[str, Table] = field(repr=False)
    tables_are_new: bool
    reconsider: Mapping[str, float]


def market(month: int) -> Market:
    """The market of a month."""
    since_product = month - month_of(Name.PRODUCT)
    streaming = PRODUCT_WAVE.get(since_product, RECONSIDERED["streaming_tv"])
    return Market(
        scores=AFTER if month >= month_of(Name.PRICES) else BEFORE,
        offer_prevents=0.0 if month >= month_of(Name.OFFER_STOPS) else OFFER_PREVENTS,
        competitor=COMPETITOR_TAKES if month >= month_of(Name.COMPETITOR) else 0.0,
        fiber_upgrade=FIBER_WAVE if since_product in PRODUCT_WAVE else 0.0,
        tables=TABLES if since_product < 0 else {**TABLES, **dict.fromkeys(STREAMING, BUNDLE)},
        tables_are_new=since_product >= 0,
        reconsider={**RECONSIDERED, **dict.fromkeys(STREAMING, streaming)},
    )


def monthly_cents(traits: Mapping[str, Codes], loyalty: Floats) -> Keys:
    """The monthly bill of everybody, in cents. `loyalty`: what old agreements add or take off, in currency."""
    cents = 2000 * traits["phone_service"].astype(np.int64) + np.array([2500, 5000, 0])[traits["internet_service"]]
    cents += 500 * sum((traits[name] == 1).astype(np.int64) for name in ("multiple_lines", *ADD_ONS))
    cents += 1000 * sum((traits[name] == 1).astype(np.int64) for name in STREAMING)
    return np.asarray(cents + np.rint(100 * loyalty).astype(np.int64))


def score(traits: Mapping[str, Codes], tenure: Keys, cents: Keys, scores: Scores) -> Floats:
    """The logistic score of leaving within 90 days of everybody, from what a model can see."""
    protected = (traits["online_security"] == 1).astype(np.float64) + (traits["tech_support"] == 1)
    return np.asarray(
        scores.intercept
        + np.array(scores.contract)[traits["contract"]]
        + np.array(scores.internet)[traits["internet_service"]]
        + scores.charges * (cents - 6500) / 3000
        + scores.tenure * np.minimum(tenure, TENURE_MONTHS_MAX)
        + scores.electronic_check * (traits["payment_method"] == 0)
        + scores.paperless * traits["paperless_billing"]
        + scores.protected * protected
        + scores.senior * traits["senior_citizen"]
        + scores.dependents * traits["dependents"]
    )


def leaving_in_month(score_90_days: Floats, competitor: float) -> Floats:
    """The chance of leaving within one of the three months."""
    return np.asarray(1 - (1 - competitor) * staying_a_month(np.exp(score_90_days)))


def staying_a_month(odds_90_days: Floats) -> Floats:
    """The chance of staying through one of the three months, by the odds of leaving within all of them."""
    return np.asarray(1 / np.cbrt(1 + odds_90_days))
