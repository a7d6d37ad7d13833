"""What is found in tables that were made to hold it, and what is not found in tables that do not."""

from dataclasses import replace
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from copml.exploration import Concern, Exploration, Question, explore

ROWS = 6000
ASKED = Question(name="t", outcome="left", positive="yes")


def frame(seed: int = 5) -> pd.DataFrame:
    """Customers over 24 months, of whom a fifth leaves, more of them with few visits; nothing else goes with it."""
    chance = np.random.default_rng(seed)
    left = chance.random(ROWS) < 0.2
    return pd.DataFrame(
        {
            "as_of": pd.Timestamp("2024-01-01") + pd.to_timedelta(np.arange(ROWS) * 730 // ROWS, "D"),
            "visits": chance.poisson(np.where(left, 3, 5)),
            "colour": chance.choice(["red", "green", "blue"], ROWS),
            "left": np.where(left, "yes", "no"),
        }
    )


def found(rows: pd.DataFrame, asked: Question = ASKED) -> Exploration:
    return explore(pa.Table.from_pandas(rows, preserve_index=False), asked)


def about(result: Exploration, concern: Concern) -> list[tuple[str, ...]]:
    return [item.columns for item in result.findings if item.concern is concern]


def test_nothing_stands_out_where_nothing_is_wrong() -> None:
    result = found(frame())
    assert result.findings == ()
    assert [item.column for item in result.associations] == ["visits", "colour"]
    assert result.history is not None
    assert (result.history.every, len(result.history.windows)) == ("month", 24)
    assert result.outcome is not None
    assert result.outcome.share is not None
    assert result.outcome.share.low < 0.2 < result.outcome.share.high


def test_a_column_that_tells_too_well_is_asked_about() -> None:
    rows = frame()
    chance = np.random.default_rng(1)
    rows["refund"] = np.where(rows["left"] == "yes", 1.0, 0.0) * 100 + chance.normal(size=ROWS)
    result = found(rows)
    assert about(result, Concern.LEAKAGE) == [("refund",)]
    assert result.findings[0].text.startswith("`refund` alone tells the outcome in 99.2 % of rows")


def test_a_column_filled_only_after_the_outcome_is_asked_about_once() -> None:
    rows = frame()
    rows["reason"] = np.where(rows["left"] == "yes", "price", None)
    result = found(rows)
    assert about(result, Concern.LEAKAGE) == [("reason",)]
    assert about(result, Concern.MISSING) == []
    assert "100 % of those have the event" in result.findings[0].text


@pytest.mark.parametrize("early", [False, True], ids=["filled in later", "gone since"])
def test_an_association_on_one_side_of_a_time_is_found_with_that_time(early: bool) -> None:
    rows, chance = frame(), np.random.default_rng(2)
    side = (rows["as_of"] < "2025-01-01") == early
    rows["score"] = chance.normal(size=ROWS) + np.where(side & (rows["left"] == "yes"), 1.5, 0.0)
    result = found(rows)
    assert about(result, Concern.HISTORY) == [("score",)]
    assert "2025-01-01" in next(item.text for item in result.findings if item.concern is Concern.HISTORY)


def test_a_column_that_is_constant_within_each_window_tells_no_change() -> None:
    rows = frame()
    rows["month"] = rows["as_of"].dt.month
    assert about(found(rows), Concern.HISTORY) == []


def test_gaps_that_go_with_the_outcome_and_with_each_other_are_found() -> None:
    rows, chance = frame(), np.random.default_rng(3)
    gone = chance.random(ROWS) < np.where(rows["left"] == "yes", 0.4, 0.1)
    rows["calls"] = np.where(gone, np.nan, chance.integers(0, 9, ROWS))
    rows["minutes"] = np.where(gone, np.nan, chance.random(ROWS))
    result = found(rows)
    assert about(result, Concern.MISSING) == [("calls",), ("minutes",), ("calls", "minutes")]
    gap = next(item for item in result.gaps if item.column == "calls")
    assert gap.missing.low > gap.present.high
    assert result.together[0].ratio == pytest.approx(gone.mean())


def test_drift_is_found_from_the_window_on_in_which_it_begins() -> None:
    rows = frame()
    rows["price"] = np.random.default_rng(4).normal(size=ROWS) + np.where(rows["as_of"] >= "2025-07-01", 3, 0)
    result = found(rows)
    assert about(result, Concern.DRIFT) == [("price",)]
    price = result.drift[0]
    assert result.history is not None
    later = result.history.windows[result.reference :]
    begun = [
        window.starts_at.strftime("%Y-%m") for window, drifted in zip(later, price.drifted, strict=True) if drifted
    ]
    assert begun[0] == "2025-07"
    assert len(begun) == 6


def test_a_delivery_that_failed_is_no_drift_of_the_world() -> None:
    rows = frame()
    rows.loc[rows["as_of"] >= "2025-10-01", "visits"] = np.nan
    text = next(item.text for item in found(rows).findings if item.concern is Concern.DRIFT)
    assert "did a delivery fail" in text


def test_what_no_model_learns_from_is_named() -> None:
    rows = frame()
    rows["id"] = [f"C{number}" for number in range(ROWS)]
    rows["one"], rows["none"] = 1, None
    rows["amount"] = [
        "?" if number % 100 == 0 else "oops" if number % 101 == 0 else str(number) for number in range(ROWS)
    ]
    result = found(rows)
    assert about(result, Concern.CONTENT) == [("none",), ("one",), ("id",), ("amount",), ("amount",)]
    assert {item.column for item in result.associations} == {"visits", "colour", "amount"}


def test_prose_is_no_identifier_and_whose_rows_they_are_is_no_finding() -> None:
    rows = frame()
    rows["id"] = [f"C{number}" for number in range(ROWS)]
    rows["note"] = [f"the pump of hall {number} hums" for number in range(ROWS)]
    result = found(rows, replace(ASKED, entity="id"))
    (finding,) = [item for item in result.findings if item.concern is Concern.CONTENT]
    assert finding.text.startswith("`note` has prose")
    assert {item.column for item in result.associations} == {"visits", "colour"}


def test_what_is_right_in_most_rows_is_told_beside_what_is_right_without_it() -> None:
    rows = frame()
    rows["left"] = np.where(np.arange(ROWS) % 20 == 0, "yes", "no")
    rows["refund"] = (rows["left"] == "yes") * 100 + np.random.default_rng(1).normal(size=ROWS)
    (finding,) = [item for item in found(rows).findings if item.concern is Concern.LEAKAGE]
    assert "where the more frequent outcome alone is right in 95.0 %" in finding.text


def test_the_order_of_the_rows_does_not_matter_to_what_is_counted() -> None:
    rows = frame()
    asked = replace(ASKED, entity="who")
    rows["who"] = np.arange(ROWS) % 700
    one, other = found(rows, asked), found(rows.sample(frac=1, random_state=1), asked)
    assert [item.bins for item in one.columns] == [item.bins for item in other.columns]
    assert one.drift == other.drift
    assert one.together == other.together


def test_rows_without_an_outcome_are_neither_yes_nor_no() -> None:
    rows = frame()
    rows["left"] = rows["left"].where(rows.index % 2 == 0, None)
    result = found(rows)
    assert result.outcome is not None
    assert result.outcome.share is not None
    assert (result.outcome.unknown, result.outcome.share.n) == (ROWS // 2, ROWS // 2)


def test_windows_are_those_of_the_zone() -> None:
    rows = frame()
    rows["as_of"] = rows["as_of"].dt.tz_localize("Europe/Berlin")
    result = found(rows, replace(ASKED, zone=ZoneInfo("Europe/Berlin")))
    assert result.history is not None
    assert result.history.windows[0].starts_at.isoformat() == "2023-12-31T23:00:00+00:00"
