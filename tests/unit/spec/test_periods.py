"""Calendar periods and durations."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from copml.spec.periods import Duration, Period, parse_duration, slots, window_at, windows

BERLIN = ZoneInfo("Europe/Berlin")


def at(text: str, zone: ZoneInfo = BERLIN) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


@pytest.mark.parametrize(
    ("text", "count", "unit"),
    [
        ("90d", 90, Period.DAY),
        ("12 hours", 12, Period.HOUR),
        ("3 months", 3, Period.MONTH),
        ("1 Month", 1, Period.MONTH),
        (" 2w ", 2, Period.WEEK),
        ("1q", 1, Period.QUARTER),
        ("10 years", 10, Period.YEAR),
    ],
)
def test_reads_durations(text: str, count: int, unit: Period) -> None:
    assert parse_duration(text) == Duration(count, unit)
    assert parse_duration(str(Duration(count, unit))) == Duration(count, unit)


@pytest.mark.parametrize(
    "text", ["", "90", "d", "0d", "-3d", "1.5d", "3 fortnights", "9999999d", "101 years", "90dd", "3  m o"]
)
def test_refuses_durations(text: str) -> None:
    with pytest.raises(ValueError, match=r"write a"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("start", "duration", "end"),
    [
        ("2026-01-31T12:00", "1m", "2026-02-28T12:00"),
        ("2028-01-31T12:00", "1m", "2028-02-29T12:00"),
        ("2026-03-28T12:00", "1d", "2026-03-29T12:00"),
        ("2026-10-24T12:00", "1d", "2026-10-25T12:00"),
        ("2026-11-15T00:00", "1q", "2027-02-15T00:00"),
        ("2028-02-29T00:00", "1y", "2029-02-28T00:00"),
    ],
)
def test_counts_on_the_calendar(start: str, duration: str, end: str) -> None:
    assert parse_duration(duration).after(at(start), BERLIN) == at(end)


def test_hours_are_real_hours_over_a_change_of_clocks() -> None:
    before = at("2026-03-29T00:30")
    assert (parse_duration("4h").after(before, BERLIN) - before.astimezone(UTC)).total_seconds() == 4 * 3600


@pytest.mark.parametrize(
    ("moment", "period", "start", "end"),
    [
        ("2026-03-17T10:20", Period.MONTH, "2026-03-01", "2026-04-01"),
        ("2026-03-17T10:20", Period.QUARTER, "2026-01-01", "2026-04-01"),
        ("2026-03-17T10:20", Period.YEAR, "2026-01-01", "2027-01-01"),
        ("2026-03-17T10:20", Period.WEEK, "2026-03-16", "2026-03-23"),
        ("2026-03-29T10:20", Period.DAY, "2026-03-29", "2026-03-30"),
        ("2026-03-01T00:00", Period.MONTH, "2026-03-01", "2026-04-01"),
    ],
)
def test_windows_hold_their_time(moment: str, period: Period, start: str, end: str) -> None:
    window = window_at(at(moment), period, BERLIN)
    assert (window.starts_at, window.ends_at) == (at(start), at(end))


def test_windows_and_slots_of_a_year() -> None:
    since, until = at("2026-01-01"), at("2027-01-01")
    assert [
        window.starts_at.astimezone(BERLIN).month for window in windows(Period.MONTH, BERLIN, since=since, until=until)
    ] == list(range(1, 13))
    assert len(list(slots(Period.MONTH, BERLIN, since=since, until=until))) == 13
    assert len(list(slots(Period.DAY, BERLIN, since=since, until=until))) == 366
    assert list(slots(Period.MONTH, BERLIN, since=at("2026-01-02"), until=at("2026-02-01"))) == [at("2026-02-01")]
    assert list(windows(Period.MONTH, BERLIN, since=at("2026-01-02"), until=at("2026-02-28"))) == []
