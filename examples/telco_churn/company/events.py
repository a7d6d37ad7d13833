"""The named things that happen to the company.

Invariant: `EVENTS` is the only place that says when and what; the market reads its months from here, and so do the
README's table and the report. An event is never told to the project: it has to notice.
"""

from dataclasses import dataclass
from enum import StrEnum


class Name(StrEnum):
    """The events, by name."""

    PROGRAMME = "programme"
    PRICES = "price change"
    PRODUCT = "new product"
    OUTAGE = "upstream outage"
    OFFER_STOPS = "offer stops working"
    COMPETITOR = "competitor"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What happens in which month, what kind of thing that is for a model, and what is to be seen."""

    month: int
    name: Name
    what: str
    kind: str
    expect: str


EVENTS = (
    Event(
        month=0,
        name=Name.PROGRAMME,
        what="The retention programme starts: who is likely to leave gets an offer, 5 % are held out as control.",
        kind="intervention",
        expect="Churn falls. Accuracy on all falls with it, because offers keep people who were rightly expected to "
        "leave; accuracy on control does not.",
    ),
    Event(
        month=9,
        name=Name.PRICES,
        what="New prices: fibre and bundles become a bargain, small and old tariffs lose their discounts.",
        kind="concept shift",
        expect="The customers look the same, but now those who pay little leave. Accuracy on control falls surely "
        "below the trigger; a retrain brings it back once the months after the change have matured.",
    ),
    Event(
        month=14,
        name=Name.PRODUCT,
        what="A television bundle comes to the market; within two months most internet customers stream.",
        kind="covariate shift",
        expect="The share of customers who stream drifts (PSI above 0.25). Accuracy stays about what it was.",
    ),
    Event(
        month=16,
        name=Name.OUTAGE,
        what="The export of the customer table loses a column: tech_support arrives empty, in one file.",
        kind="upstream data",
        expect="An incident for the data owner. The predictions of this month are a little worse.",
    ),
    Event(
        month=18,
        name=Name.OFFER_STOPS,
        what="Everybody knows the offer by now, and nobody stays because of it.",
        kind="intervention",
        expect="The effect falls to about zero and churn rises; offers still cost money, so net value turns negative. "
        "Accuracy on all rises: nobody is kept who was expected to leave.",
    ),
    Event(
        month=20,
        name=Name.COMPETITOR,
        what="A competitor calls at every door, whoever lives behind it.",
        kind="nothing that a model can answer",
        expect="Churn far above its baseline, accuracy at or below 70 % on all and on control; retrained candidates "
        "fail their gate. Three months later the project goes to re-evaluation.",
    ),
)


def month_of(name: Name) -> int:
    """The month in which an event begins."""
    return next(event.month for event in EVENTS if event.name is name)
