"""What happened, as numbered marks that every chart over time shares.

Invariant: an event has the same number in every chart and in the list; marks are in the order of time.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from copml.conformance import Evidence
from copml.records import Action
from copml.reporting.truth import Truth

WORDS = {Action.REEVALUATE: "re-evaluation", Action.PROPOSE_RETIREMENT: "retirement", Action.REVIEW: "review"}
WORLD_WORDS = {"programme": "The programme starts", "competitor": "A competitor enters the market"}
"""What an event of the simulated world is called where its own name says too little."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A mark: its number from 1, when, what, and which kind (`world`, `model`, `people`)."""

    number: int
    at: datetime
    what: str
    kind: str


def events(evidence: Evidence, truth: Truth | None) -> tuple[Event, ...]:
    """Everything that is worth a mark, oldest first."""
    found = sorted((*_world(truth), *_models(evidence), *_people(evidence)), key=lambda item: item[0])
    numbered = enumerate(found, start=1)
    return tuple(Event(number=number, at=at, what=what, kind=kind) for number, (at, what, kind) in numbered)


def _world(truth: Truth | None) -> Iterator[tuple[datetime, str, str]]:
    for item in truth.months if truth is not None else ():
        if item.event:
            yield item.starts_at, WORLD_WORDS.get(item.event, item.event[:1].upper() + item.event[1:]), "world"


def _models(evidence: Evidence) -> Iterator[tuple[datetime, str, str]]:
    for item in evidence.live_deployments:
        yield item.from_at, f"{item.version} goes live", "model"


def _people(evidence: Evidence) -> Iterator[tuple[datetime, str, str]]:
    for item in evidence.dossiers:
        yield item.opened_at, f"People are asked to judge: {WORDS.get(item.action, item.action)}", "people"
    if evidence.retirement is not None:
        yield evidence.retirement.at, "The project is retired", "people"
