"""Calendar periods and durations: `90d`, `3 months`, `every: month`.

Invariant: windows are calendar periods in the project's zone, half-open, without gap or overlap, also over a change of
daylight saving time. Arithmetic on months keeps the day of the month, or takes the month's last day.
"""

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from copml.records import Window


class Period(StrEnum):
    """A calendar period; the names of `every`, `redraw` and `schedule`."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


_MONTHS = {Period.MONTH: 1, Period.QUARTER: 3, Period.YEAR: 12}
_SECONDS = {Period.HOUR: 3600, Period.DAY: 86400, Period.WEEK: 7 * 86400}
_UNITS = {"h": Period.HOUR, "d": Period.DAY, "w": Period.WEEK, "m": Period.MONTH, "q": Period.QUARTER, "y": Period.YEAR}
# Longer spans lead out of the calendar (year 9999), and nobody means them.
DAYS_MAX = 36_500
_DURATION = re.compile(r"^(\d{1,6})\s*(h|d|w|m|q|y|hours?|days?|weeks?|months?|quarters?|years?)$")


@dataclass(frozen=True, slots=True)
class Duration:
    """A number of calendar units, such as 90 days or 3 months."""

    count: int
    unit: Period

    def __str__(self) -> str:
        return f"{self.count} {self.unit}{'' if self.count == 1 else 's'}"

    def after(self, at: datetime, zone: ZoneInfo) -> datetime:
        """The time this long after `at`, counted on the calendar of the zone; UTC."""
        return _shift(at, self.count, self.unit, zone)

    def before(self, at: datetime, zone: ZoneInfo) -> datetime:
        """The time this long before `at`, counted on the calendar of the zone; UTC."""
        return _shift(at, -self.count, self.unit, zone)

    @property
    def days(self) -> float:
        """Days, with 30.4375 days to a month."""
        return self.count * (_MONTHS[self.unit] * 30.4375 if self.unit in _MONTHS else _SECONDS[self.unit] / 86400)


def parse_duration(text: str) -> Duration:
    """Read `90d`, `12 hours`, `3 months`.

    Raises:
        ValueError: when the text is no duration, or one of more than a hundred years.
    """
    match = _DURATION.match(text.strip().lower())
    if match is None or int(match[1]) == 0:
        raise ValueError(f"{text[:60]!r} is no duration; write a whole number and a unit, such as 90d, 12h or 3 months")
    duration = Duration(int(match[1]), _UNITS[match[2][0]])
    if duration.days > DAYS_MAX:
        raise ValueError(f"{text!r} is longer than {DAYS_MAX // 365} years; write a shorter duration")
    return duration


def window_at(at: datetime, period: Period, zone: ZoneInfo) -> Window:
    """The window that holds `at`."""
    start = _floor(at.astimezone(zone), period)
    return Window(starts_at=start.astimezone(UTC), ends_at=_shift(start, 1, period, zone))


def windows(period: Period, zone: ZoneInfo, *, since: datetime, until: datetime) -> Iterator[Window]:
    """Every window that starts at or after `since` and has ended by `until`, oldest first."""
    window = window_at(since, period, zone)
    if window.starts_at < since:
        window = window_at(window.ends_at, period, zone)
    while window.ends_at <= until:
        yield window
        window = window_at(window.ends_at, period, zone)


def slots(period: Period, zone: ZoneInfo, *, since: datetime, until: datetime) -> Iterator[datetime]:
    """Every start of a period with since ≤ start ≤ until, oldest first; UTC."""
    slot = window_at(since, period, zone).starts_at
    if slot < since:
        slot = _shift(slot, 1, period, zone)
    while slot <= until:
        yield slot
        slot = _shift(slot, 1, period, zone)


def _floor(local: datetime, period: Period) -> datetime:
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    match period:
        case Period.HOUR:
            return local.replace(minute=0, second=0, microsecond=0)
        case Period.DAY:
            return midnight
        case Period.WEEK:
            return midnight - timedelta(days=midnight.weekday())
        case Period.MONTH:
            return midnight.replace(day=1)
        case Period.QUARTER:
            return midnight.replace(day=1, month=3 * ((midnight.month - 1) // 3) + 1)
        case Period.YEAR:
            return midnight.replace(day=1, month=1)


def _shift(at: datetime, count: int, unit: Period, zone: ZoneInfo) -> datetime:
    if unit is Period.HOUR:
        return at.astimezone(UTC) + timedelta(hours=count)
    local = at.astimezone(zone)
    if unit in _MONTHS:
        months = local.year * 12 + local.month - 1 + count * _MONTHS[unit]
        year, month = divmod(months, 12)
        day = min(local.day, calendar.monthrange(year, month + 1)[1])
        moved = local.replace(year=year, month=month + 1, day=day, fold=0)
    else:
        moved = (local.replace(tzinfo=None) + timedelta(seconds=count * _SECONDS[unit])).replace(tzinfo=zone)
    return moved.astimezone(UTC)
