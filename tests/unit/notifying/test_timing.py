"""When people are told: laws of quiet hours and digests, and the days on which clocks change."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from copml.notifying import default_preference, is_due
from copml.notifying.timing import digest_at, is_quiet, quiet_hours
from copml.records import NoticeKind, Preference, Rhythm, Weekday

from .letters import AT, notice

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = st.sampled_from(
    [ZoneInfo(name) for name in ("UTC", "Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Asia/Kathmandu")]
)
TIMES = st.datetimes(datetime(2025, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - as Hypothesis asks for them
CLOCK = st.tuples(st.integers(0, 23), st.integers(0, 59)).map(lambda at: f"{at[0]:02}:{at[1]:02}")
DIGESTS = st.sampled_from([Rhythm.DAILY, Rhythm.WEEKLY])


def preference(**changes: object) -> Preference:
    return replace(default_preference("ds@telco.example", mail=True), **changes)  # type: ignore[arg-type]


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc, arg-type]


@given(ZONES, CLOCK, CLOCK, TIMES)
def test_a_time_is_either_in_the_quiet_hours_or_in_the_rest_of_the_day(
    zone: ZoneInfo, starts: str, ends: str, at: datetime
) -> None:
    assume(starts != ends)
    night, day = preference(quiet=f"{starts}-{ends}"), preference(quiet=f"{ends}-{starts}")
    assert is_quiet(night, zone, at) != is_quiet(day, zone, at)


@given(ZONES, CLOCK, CLOCK, TIMES)
def test_quiet_hours_end_within_a_day(zone: ZoneInfo, starts: str, ends: str, at: datetime) -> None:
    assume(starts != ends)
    quiet = preference(quiet=f"{starts}-{ends}")
    # A clock that is set back repeats an hour at most, and minutes are the finest that people can write.
    minutes = (at + timedelta(minutes=number) for number in range(25 * 60 + 1))
    assert not all(is_quiet(quiet, zone, minute) for minute in minutes)


@given(ZONES, st.integers(0, 23), st.sampled_from(list(Weekday)), DIGESTS, TIMES)
def test_a_digest_comes_soon_after_and_on_its_hour(
    zone: ZoneInfo, hour: int, weekday: Weekday, rhythm: Rhythm, since: datetime
) -> None:
    wanted = preference(hour=hour, weekday=weekday)
    at = digest_at(wanted, zone, since, rhythm)
    longest = timedelta(days=1 if rhythm is Rhythm.DAILY else 7, hours=1)
    assert since <= at <= since + longest
    assert digest_at(wanted, zone, at, rhythm) == at
    local = at.astimezone(zone)
    # An hour that the clock skips is made up for by the next.
    assert (local.hour - hour) % 24 in (0, 1)
    if rhythm is Rhythm.WEEKLY:
        assert local.weekday() == list(Weekday).index(weekday)


@given(ZONES, st.integers(0, 23), DIGESTS, TIMES, st.timedeltas(timedelta(0), timedelta(days=20)))
def test_what_came_up_later_is_not_told_earlier(
    zone: ZoneInfo, hour: int, rhythm: Rhythm, since: datetime, later: timedelta
) -> None:
    wanted = preference(hour=hour)
    assert digest_at(wanted, zone, since, rhythm) <= digest_at(wanted, zone, since + later, rhythm)


@given(ZONES, st.integers(0, 23), TIMES)
def test_there_is_one_digest_a_day(zone: ZoneInfo, hour: int, since: datetime) -> None:
    wanted = preference(hour=hour)
    found = [digest_at(wanted, zone, since, Rhythm.DAILY)]
    for _ in range(400):
        found.append(digest_at(wanted, zone, found[-1] + timedelta(microseconds=1), Rhythm.DAILY))
    days = [at.astimezone(zone).date() for at in found]
    assert days == [days[0] + timedelta(days=number) for number in range(len(days))]


def test_quiet_hours_begin_with_their_start_and_are_over_at_their_end() -> None:
    for text, starts, ends in (("22:00-07:00", 22, 7), ("12:00-13:00", 12, 13)):
        quiet, instant = preference(quiet=text), timedelta(microseconds=1)
        begin, end = (datetime(2026, 3, 3, hour, tzinfo=BERLIN) for hour in (starts, ends))
        assert [is_quiet(quiet, BERLIN, at) for at in (begin - instant, begin)] == [False, True]
        assert [is_quiet(quiet, BERLIN, at) for at in (end - instant, end)] == [True, False]


def test_the_hour_that_a_clock_skips_is_quiet_for_nobody() -> None:
    quiet = preference(quiet="02:00-03:00")
    night = [utc(2026, 3, 29, 0, 0) + timedelta(minutes=number) for number in range(180)]
    assert not any(is_quiet(quiet, BERLIN, at) for at in night)


def test_the_hour_that_a_clock_repeats_is_quiet_twice() -> None:
    quiet = preference(quiet="02:00-03:00")
    night = [utc(2026, 10, 24, 22, 0) + timedelta(minutes=number) for number in range(300)]
    assert sum(is_quiet(quiet, BERLIN, at) for at in night) == 120


def test_quiet_hours_over_a_clock_change_end_at_the_hour_on_the_wall() -> None:
    quiet = preference(quiet="22:00-07:00")
    assert is_quiet(quiet, BERLIN, utc(2026, 3, 29, 4, 59))
    assert not is_quiet(quiet, BERLIN, utc(2026, 3, 29, 5, 0))
    assert is_quiet(quiet, BERLIN, utc(2026, 10, 25, 5, 59))
    assert not is_quiet(quiet, BERLIN, utc(2026, 10, 25, 6, 0))


def test_a_digest_in_the_skipped_hour_goes_out_an_hour_later_and_in_the_repeated_one_once() -> None:
    at_two = preference(hour=2)
    assert digest_at(at_two, BERLIN, utc(2026, 3, 28, 12), Rhythm.DAILY) == utc(2026, 3, 29, 1)
    assert digest_at(at_two, BERLIN, utc(2026, 10, 24, 12), Rhythm.DAILY) == utc(2026, 10, 25, 0)
    assert digest_at(at_two, BERLIN, utc(2026, 10, 25, 0, 30), Rhythm.DAILY) == utc(2026, 10, 26, 1)


def test_what_is_urgent_breaks_quiet_hours_only_where_the_person_says_so() -> None:
    night = utc(2026, 3, 3, 1)
    still, woken = preference(quiet="22:00-07:00"), preference(quiet="22:00-07:00", urgent_breaks_quiet=True)
    assert not is_due(still, BERLIN, notice(urgent=True), night)
    assert is_due(woken, BERLIN, notice(urgent=True), night)
    assert not is_due(woken, BERLIN, notice(urgent=False), night)
    assert is_due(still, BERLIN, notice(urgent=True), utc(2026, 3, 3, 6))


def test_rhythms_by_default_and_never() -> None:
    usual = preference()
    approval = notice(kind=NoticeKind.APPROVAL)
    assert is_due(usual, BERLIN, notice(), AT)
    assert not is_due(usual, BERLIN, approval, AT)
    assert is_due(usual, BERLIN, approval, utc(2026, 3, 3, 7))
    never = preference(rhythms=dict.fromkeys(NoticeKind, Rhythm.NEVER))
    assert not is_due(never, BERLIN, notice(step=1, urgent=True), AT + timedelta(days=30))


def test_what_was_escalated_waits_for_no_digest() -> None:
    assert is_due(preference(), BERLIN, notice(kind=NoticeKind.APPROVAL, step=1), AT)


@pytest.mark.parametrize(
    "text", ["", "22-7", "22:00-22:00", "24:00-07:00", "22:60-07:00", "22:00–07:00", "22:00-07:00\n"]
)
def test_what_are_no_quiet_hours_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="two different times of day"):
        quiet_hours(text)
