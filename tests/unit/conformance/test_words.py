"""Figures in words, and sums over windows."""

import doctest
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from tests.factories import measurement

from copml.conformance import words
from copml.conformance.pooled import mean, total

BERLIN = ZoneInfo("Europe/Berlin")


def test_examples_in_docstrings_hold() -> None:
    assert doctest.testmod(words).failed == 0


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (words.number(-0.4), "0"),
        (words.number(-1), "−1"),
        (words.share(0), "0 %"),
        (words.share(0.12345), "12.3 %"),
        (words.share(-0.05), "−5.0 %"),
        (words.points(0.1), "10.0 percentage points"),
        (words.money(999_999, "EUR"), "999,999 EUR"),
        (words.money(-2_500_000, "EUR"), "−2.50 million EUR"),
        (words.between(900_000, 1_100_000, lambda amount: words.money(amount, "EUR")),
         "between 900,000 EUR and 1.10 million EUR"),
        (words.between(-0.01, 0.02, words.points), "between −1.0 and 2.0 percentage points"),
        (words.count(0, "batch", "batches"), "no batches"),
        (words.listed([]), ""),
        (words.listed(["a"]), "a"),
        (words.listed(list("abcdefg")), "a, b, c, d, e and 2 more"),
        (words.span(timedelta(seconds=-5)), "less than a minute"),
        (words.span(timedelta(days=1)), "1 day"),
        (words.day(datetime(2026, 6, 30, 22, tzinfo=UTC), BERLIN), "1 July 2026"),
        (words.moment(datetime(2026, 6, 30, 22, tzinfo=UTC), BERLIN), "1 July 2026, 00:00"),
        (words.month(datetime(2025, 12, 31, 23, tzinfo=UTC), BERLIN), "January 2026"),
    ],
)  # fmt: skip
def test_figures_read_well(text: str, expected: str) -> None:
    assert text == expected


def test_sums_add_errors_in_quadrature() -> None:
    seen = total([measurement("net_value", "all", 0, 10, 3), measurement("net_value", "all", 1, 20, 4)])
    assert (seen.value, seen.low, seen.high) == (30, 25, 35)


def test_means_weigh_windows_by_their_entities() -> None:
    small, large = measurement("effect", "all", 0, 0.4, 0.1, n=100), measurement("effect", "all", 1, 0.1, 0.1, n=300)
    seen = mean([small, large])
    assert seen.value == pytest.approx(0.175)
    assert seen.high - seen.value == pytest.approx((0.025**2 + 0.075**2) ** 0.5)
    assert seen.n == 300


def test_a_single_window_keeps_its_interval() -> None:
    one = measurement("effect", "all", 0, 0.2, 0.1, n=0)
    seen = mean([one])
    assert [seen.value, seen.low, seen.high] == pytest.approx([one.value, one.low, one.high])
