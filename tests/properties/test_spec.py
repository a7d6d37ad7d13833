"""Periods without gap or overlap, and texts that survive YAML."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from copml.errors import ProjectInvalid
from copml.spec import parse
from copml.spec.document import plain, read_document
from copml.spec.infer_text import quoted
from copml.spec.periods import Duration, Period, parse_duration, window_at

# No deadline: the machine may be busy, and what counts is what is true.
LAW = settings(max_examples=50, deadline=None)
ZONES = ("UTC", "Europe/Berlin", "America/Sao_Paulo", "Pacific/Apia", "Asia/Kathmandu")
zones = st.sampled_from([ZoneInfo(name) for name in ZONES])
times = st.datetimes(min_value=datetime(1990, 1, 1), max_value=datetime(2060, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
periods = st.sampled_from(list(Period))


@LAW
@given(times, periods, zones)
def test_a_time_is_in_its_window_and_the_next_begins_where_it_ends(
    at: datetime, period: Period, zone: ZoneInfo
) -> None:
    window = window_at(at, period, zone)
    assert window.starts_at <= at < window.ends_at
    after = window_at(window.ends_at, period, zone)
    assert after.starts_at == window.ends_at
    assert window_at(window.starts_at, period, zone) == window


@LAW
@given(times, st.integers(1, 400), st.sampled_from([Period.DAY, Period.WEEK, Period.MONTH, Period.YEAR]), zones)
def test_durations_move_forward_and_read_back(at: datetime, count: int, unit: Period, zone: ZoneInfo) -> None:
    duration = Duration(min(count, 90), unit)
    assert duration.after(at, zone) > at > duration.before(at, zone)
    assert parse_duration(str(duration)) == duration


@LAW
@given(st.text(max_size=40))
def test_quoted_text_reads_back(text: str) -> None:
    if not any("\ud800" <= char <= "\udfff" for char in text):
        node, problems = read_document(f"a: [{quoted(text)}]\n{quoted(text) if text else 'b'}: 1\n")
        assert problems == []
        value = plain(node)
        assert isinstance(value, dict)
        assert value["a"] == [text]
        assert text in value or not text


@LAW
@given(
    st.one_of(
        st.text(max_size=200), st.text(alphabet="copml: 1\n-[]{}'\"#&*!|>%@`,", max_size=200), st.binary(max_size=100)
    )
)
def test_any_text_is_refused_with_places(text: str | bytes) -> None:
    try:
        parse(text)
    except ProjectInvalid as error:
        problems = error.problems
    assert problems
    assert all(problem.line >= 1 and problem.column >= 1 and problem.hint for problem in problems)
