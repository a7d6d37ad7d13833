"""What is really so, where somebody knows: in a simulation.

Invariant: truth is shown beside what was measured and never mixed into it; a field that is not known is None.
"""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TruthMonth:
    """A month of the simulated world.

    Rates and accuracies are shares, `effect` is a difference of shares as it is measured (positive is good),
    `net_value` an amount in the project's currency, `event` what happened to the world.
    """

    starts_at: datetime
    churn_rate_without: float | None = None
    churn_rate: float | None = None
    effect: float | None = None
    accuracy_possible: float | None = None
    net_value: float | None = None
    event: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """The simulated world, month by month, oldest first."""

    months: tuple[TruthMonth, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NaiveMonth:
    """The same metric of two models in one month: retrained on all outcomes, and on untreated ones."""

    starts_at: datetime
    naive: float
    right: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Naive:
    """Naive retraining beside the right one, by a metric (`accuracy`, `roc_auc`) on customers without an offer."""

    metric: str
    months: tuple[NaiveMonth, ...]
