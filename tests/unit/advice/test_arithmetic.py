"""The table of constants against what was measured, and the examples of the arithmetic."""

import doctest
import json
from importlib import import_module
from pathlib import Path

import pytest

from copml.advice.decay import Point, fall, is_sudden, trend
from copml.advice.governance import STAKES
from copml.advice.rates import BENCHMARKS
from copml.advice.retraining import _period
from copml.records import Stage
from copml.spec import REQUIREMENTS
from copml.spec.periods import Period

ROOT = Path(__file__).parents[3]
# Advice needs the order of magnitude, so that not every new run of a benchmark asks for a new table; this one does.
NOISE = 0.25


@pytest.mark.parametrize("stage", BENCHMARKS)
def test_the_table_holds_what_the_benchmarks_measured(stage: Stage) -> None:
    rate = BENCHMARKS[stage]
    measured = json.loads((ROOT / rate.source).read_text())["contestants"][rate.contestant]
    assert rate.rows_per_second == pytest.approx(measured["rows_per_second"], rel=NOISE)
    assert rate.peak_mb == pytest.approx(measured["peak_mb"], rel=NOISE)


@pytest.mark.parametrize("name", ["control", "decay", "rates", "redundancy", "replicas", "requirements"])
def test_examples_in_docstrings_hold(name: str) -> None:
    found = doctest.testmod(import_module(f"copml.advice.{name}"))
    assert found.attempted
    assert not found.failed


def test_every_requirement_has_its_stake() -> None:
    assert [*STAKES] == [*REQUIREMENTS]


@pytest.mark.parametrize(
    ("days", "every", "period"),
    [
        (0.1, Period.HOUR, Period.HOUR),
        (2, Period.HOUR, Period.DAY),
        (8, Period.DAY, Period.WEEK),
        (31, Period.WEEK, Period.MONTH),
        (5, Period.MONTH, Period.MONTH),
        (100, Period.MONTH, Period.QUARTER),
        (365.25, Period.QUARTER, Period.YEAR),
        (366, Period.DAY, None),
        (float("inf"), Period.DAY, None),
    ],
)
def test_the_longest_period_that_loses_no_more_is_taken(days: float, every: Period, period: Period | None) -> None:
    assert _period(days, every) is period


def test_windows_that_are_missing_keep_their_place() -> None:
    gap = [Point(at=at, value=0.9 - 0.01 * at, half=0.01) for at in (0, 1, 2, 9, 10)]
    assert trend(gap).slope == pytest.approx(-0.01)


def test_a_rise_is_no_loss_at_once() -> None:
    rise = [Point(at=at, value=0.7 if at < 5 else 0.8, half=0.01) for at in range(10)]
    assert fall(rise).by < 0
    assert not is_sudden(rise)
