"""When a person is told: at once or in a digest, and not in quiet hours (pure).

Invariant: quiet hours and digests are read off the clock on the person's wall. An hour that a clock change skips is
quiet for nobody, one that it repeats is quiet twice, and a digest goes out once a day all the same.
"""

import re
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from copml.records import Notice, Preference, Rhythm, Weekday

_QUIET = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")


def quiet_hours(text: str) -> tuple[time, time]:
    """The ends of quiet hours as people write them; the second may be on the next day.

    >>> quiet_hours("22:00-07:30")
    (datetime.time(22, 0), datetime.time(7, 30))

    Raises:
        ValueError: when the text is none.
    """
    match = _QUIET.fullmatch(text)
    if match is None or match[1] + match[2] == match[3] + match[4]:
        raise ValueError("write two different times of day, such as 22:00-07:00")
    return time(int(match[1]), int(match[2])), time(int(match[3]), int(match[4]))


def zone_of(preference: Preference, project: ZoneInfo) -> ZoneInfo:
    """The zone of a person's wall clock: their own, else the project's."""
    return ZoneInfo(preference.zone) if preference.zone else project


def is_quiet(preference: Preference, zone: ZoneInfo, at: datetime) -> bool:
    """Whether a time lies in quiet hours: their start does, their end does not."""
    if not preference.quiet:
        return False
    starts, ends = quiet_hours(preference.quiet)
    local = at.astimezone(zone).time()
    return starts <= local < ends if starts < ends else local >= starts or local < ends


def rhythm_of(preference: Preference, notice: Notice) -> Rhythm:
    """How soon a notice is told. What was escalated does not wait for a digest."""
    wanted = preference.rhythms.get(notice.kind, Rhythm.DAILY)
    return Rhythm.AT_ONCE if notice.step and wanted is not Rhythm.NEVER else wanted


def digest_at(preference: Preference, zone: ZoneInfo, since: datetime, rhythm: Rhythm) -> datetime:
    """The first digest, daily or weekly, at or after a time; UTC."""
    assert rhythm in (Rhythm.DAILY, Rhythm.WEEKLY), f"{rhythm} has no digest"
    day = since.astimezone(zone).date()
    if rhythm is Rhythm.WEEKLY:
        day += timedelta(days=(list(Weekday).index(preference.weekday) - day.weekday()) % 7)
    at = datetime.combine(day, time(preference.hour), zone).astimezone(UTC)
    if at < since:
        day += timedelta(days=7 if rhythm is Rhythm.WEEKLY else 1)
        at = datetime.combine(day, time(preference.hour), zone).astimezone(UTC)
    return at


def is_due(preference: Preference, zone: ZoneInfo, notice: Notice, now: datetime) -> bool:
    """Whether a notice is told now."""
    rhythm = rhythm_of(preference, notice)
    if rhythm is Rhythm.NEVER:
        return False
    if is_quiet(preference, zone, now) and not (notice.urgent and preference.urgent_breaks_quiet):
        return False
    return rhythm is Rhythm.AT_ONCE or digest_at(preference, zone, notice.since, rhythm) <= now
