"""How large the company is, when its history begins, and its calendar.

Invariant: month 0 is January 2026; months before it are history without a programme. A month is a whole number
everywhere in the simulator, and becomes a date only in the files that it writes.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

FIRST_YEAR = 2026
ZONE = ZoneInfo("Europe/Berlin")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """`customers` at the start, the `seed` of all chance, `months` of programme, `history` months before month 0."""

    customers: int = 20_000
    seed: int = 7
    months: int = 30
    history: int = 6


def first_day(month: int) -> date:
    """The first day of a month."""
    return date(FIRST_YEAR + month // 12, month % 12 + 1, 1)


def slot(month: int) -> datetime:
    """The first of a month, 00:00 in Berlin, as UTC."""
    day = first_day(month)
    return datetime(day.year, day.month, day.day, tzinfo=ZONE).astimezone(UTC)


def label(month: int) -> str:
    """`2026-01` for month 0: the stem of the month's files."""
    return first_day(month).strftime("%Y-%m")
