"""How fresh each source is (pure).

Invariant: a source is late only when its period and its delay are both over and nothing new has come since.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from copml.records import Ingest
from copml.spec.periods import window_at
from copml.spec.project import Project, Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Freshness:
    """A source: its newest event, when rows last came in, by when the next are expected, whether they are overdue.

    A source that never brought rows has neither time and is late. One whose rows have no times has no newest event.
    """

    source: str
    last_event_at: datetime | None
    last_known_at: datetime | None
    expected_by: datetime | None
    is_late: bool


def expected_by(spec: Source, slot: datetime, zone: ZoneInfo) -> datetime:
    """Until when the rows that are due at a slot may come in."""
    return spec.delay.after(slot, zone)


def freshness(project: Project, ingests: Iterable[Ingest], now: datetime) -> list[Freshness]:
    """The freshness of every source, in the order of the project file."""
    brought = [ingest for ingest in ingests if ingest.rows_added]
    return [
        _of_one(name, spec, [ingest for ingest in brought if ingest.source == name], project.tz, now)
        for name, spec in project.data.sources.items()
    ]


def _of_one(name: str, spec: Source, ingests: list[Ingest], zone: ZoneInfo, now: datetime) -> Freshness:
    if not ingests:
        return Freshness(source=name, last_event_at=None, last_known_at=None, expected_by=None, is_late=True)
    next_slot = window_at(max(ingest.slot for ingest in ingests), spec.every, zone).ends_at
    due = expected_by(spec, next_slot, zone)
    return Freshness(
        source=name,
        last_event_at=_newest(ingests) if spec.event_at is not None else None,
        last_known_at=max(ingest.known_at for ingest in ingests),
        expected_by=due,
        is_late=now > due,
    )


def _newest(ingests: Iterable[Ingest]) -> datetime | None:
    return max((ingest.event_at_max for ingest in ingests if ingest.event_at_max), default=None)
