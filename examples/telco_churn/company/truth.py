"""What is really so, for everybody and every month: known to whoever made the world, and to nobody else.

Invariant: truth is a function of the world and of what was decided; it lies in the simulator's own folder, which no
project reads. Chances are the simulator's own, for the 90 days after the first of a month, with everybody's traits as
they stand on that day.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa

from .draws import Floats, Keys
from .files import Decided, identifiers, month_path, write_bytes, write_parquet
from .market import market
from .settings import Settings, first_day
from .traits import MONTH_TO_MONTH, ONE_YEAR
from .world import (
    NEVER,
    OFFER_DAYS,
    UNDELIVERED_RATIO,
    Happened,
    World,
    chance_of_leaving,
)

MONTHS_AHEAD = 3
DECIDED_FROM = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthTruth:
    """One month. Rates, chances and accuracies are shares; what depends on decisions is None where none were made.

    `accuracy_possible`: of a model that knows how the company's customers behave, but not the quality of their lines.
    `accuracy_untreated`, `accuracy_all`: of the decisions made, over everybody: without any offer (as in the control
    group), and with the offers of this month and before. `effect`: of intending an offer on the chance of leaving
    within 90 days, mean over those for whom it was intended; `departures_prevented` is minus its sum.
    """

    month: int
    customers: int
    customers_without: int
    departures: int
    departures_without: int
    churn_rate: float
    churn_rate_without: float
    leaving_chance: float
    accuracy_possible: float
    accuracy_untreated: float | None
    accuracy_all: float | None
    offers_intended: int
    offers_made: int
    kept: int
    effect: float | None
    departures_prevented: float

    def net_value(self, *, departure: float, offer: float, running: float) -> float:
        """What the month's decisions are worth, less what they cost.

        A `departure` costs the company, an `offer` and the month's `running` cost the project so much; each ≥ 0.
        """
        return self.departures_prevented * departure - self.offers_made * offer - running


class Chances:
    """Everybody's chance of leaving within the 90 days after the first of a month; arrays of shape (customers,)."""

    def __init__(self, world: World, month: int, settings: Settings) -> None:
        self._world, self._month = world, month
        contract = world.traits["contract"]
        signed = {**world.traits, "contract": np.where(contract == MONTH_TO_MONTH, ONE_YEAR, contract).astype(np.int8)}
        bound = replace(world, traits=signed)
        ahead = range(MONTHS_AHEAD)
        self._free = [chance_of_leaving(world, month, settings, ahead=count) for count in ahead]
        self._bound = [chance_of_leaving(bound, month, settings, ahead=count) for count in ahead]
        self.untreated = self._with(np.full(len(world), NEVER))
        self.as_it_stands = self._with(world.offered_on)
        delivered = self._with(np.full(len(world), _mean_offer_day(month)))
        self.offered = UNDELIVERED_RATIO * self.untreated + (1 - UNDELIVERED_RATIO) * delivered

    def _with(self, offered_on: Floats | Keys) -> Floats:
        """With an offer made on a day: who is kept signs for a year, and leaves as such people do."""
        free, bound = np.ones(len(self._world)), np.zeros(len(self._world))
        for ahead in range(MONTHS_AHEAD):
            then = self._month + ahead
            prevented = market(then).offer_prevents * _share_in_force(offered_on, then)
            signing = free * self._free[ahead] * prevented
            free = free * (1 - self._free[ahead])
            bound = bound * (1 - self._bound[ahead] * (1 - prevented)) + signing
        return np.asarray(1 - free - bound)


def month_truth(
    worlds: tuple[World, World], happened: tuple[Happened, Happened], decided: Decided, month: int, settings: Settings
) -> tuple[MonthTruth, Chances]:
    """The truth about a month, of the world and of the one without a programme, in this order."""
    world, without = worlds
    chances = Chances(world, month, settings)
    positive, treat = decided.positive, decided.treat
    as_it_was = np.where(treat, chances.offered, chances.as_it_stands)
    change = (chances.offered - chances.untreated)[treat]
    departures, departures_without = (int(past.left.sum()) for past in happened)
    truth = MonthTruth(
        month=month,
        customers=len(world),
        customers_without=len(without),
        departures=departures,
        departures_without=departures_without,
        churn_rate=departures / len(world),
        churn_rate_without=departures_without / len(without),
        leaving_chance=float(chances.untreated.mean()),
        accuracy_possible=_accuracy(_foreseeable(world, month, settings) >= DECIDED_FROM, chances.untreated),
        accuracy_untreated=_accuracy(positive, chances.untreated) if positive.any() else None,
        accuracy_all=_accuracy(positive, as_it_was) if positive.any() else None,
        offers_intended=int(treat.sum()),
        offers_made=int(happened[0].offered.sum()),
        kept=int(happened[0].kept.sum()),
        effect=float(change.mean()) if treat.any() else None,
        departures_prevented=float(0.0 - change.sum()),
    )
    return truth, chances


def save_truth(truth: MonthTruth, chances: Chances, world: World, folder: Path) -> None:
    """Write the truth about a month, and every customer's chances: `untreated`, `offered`."""
    everybody = {"untreated": chances.untreated, "offered": chances.offered}
    table = pa.table({"customer_id": identifiers(world.customer), **everybody})
    write_parquet(month_path(folder, "truth", truth.month, ".parquet"), table)
    write_bytes(month_path(folder, "truth", truth.month, ".json"), json.dumps(asdict(truth), indent=1).encode())


def load_truth(folder: Path) -> Iterator[MonthTruth]:
    """The truth about every month that is over, oldest first."""
    for path in sorted((folder / "truth").glob("*.json")):
        yield MonthTruth(**json.loads(path.read_text()))


def _accuracy(positive: np.ndarray, chance: Floats) -> float:
    return float(np.where(positive, chance, 1 - chance).mean())


def _foreseeable(world: World, month: int, settings: Settings) -> Floats:
    stays = np.ones(len(world))
    for ahead in range(MONTHS_AHEAD):
        stays = stays * (1 - chance_of_leaving(world, month, settings, ahead=ahead, seen_only=True))
    return np.asarray(1 - stays)


def _mean_offer_day(month: int) -> float:
    return first_day(month).toordinal() + 2.5


def _share_in_force(offered_on: Floats | Keys, month: int) -> Floats:
    """The share of the 27 days on which people leave in a month on which the offer is in force."""
    first = first_day(month).toordinal()
    days = np.minimum(first + 27, offered_on + OFFER_DAYS) - np.maximum(first, offered_on)
    return np.asarray(np.clip(days, 0, 27) / 27)
