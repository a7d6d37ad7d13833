"""Conditions: what is read, what is refused and where, what is decided."""

import pytest

from copml.errors import ConditionInvalid
from copml.records import Interval
from copml.spec import Facts, parse_condition


def interval(value: float, low: float | None = None, high: float | None = None) -> Interval:
    return Interval(value=value, low=value if low is None else low, high=value if high is None else high, n=100)


FACTS = Facts(
    values={
        "accuracy.all": interval(0.68, 0.66, 0.72),
        "accuracy.control": interval(0.76, 0.71, 0.81),
        "majority_accuracy.all": interval(0.735),
        "majority_accuracy.control": interval(0.735),
        "roc_auc.all": interval(0.80, 0.78, 0.82),
        "churn_rate.all": interval(0.095, 0.085, 0.105),
        "drift.all": interval(2.0),
        "drift.fee": interval(0.0),
        "net_value.all": interval(-100.0, -400.0, 200.0),
        "recall.all": interval(float("nan"), float("nan"), float("nan")),
    },
    live={"roc_auc.all": interval(0.81, 0.79, 0.83)},
    constants={"baseline": 0.10, "target": 0.05},
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("accuracy.control < 0.75", False),
        ("accuracy.control >= 0.75", True),
        ("surely(accuracy.control < 0.75)", False),
        ("possibly(accuracy.control < 0.75)", True),
        ("surely(accuracy.control > 0.7)", True),
        ("surely(accuracy.control > 0.71)", False),
        ("surely(accuracy.control >= 0.71)", True),
        ("possibly(accuracy.control > 0.81)", False),
        ("possibly(accuracy.control >= 0.81)", True),
        ("accuracy <= 70%", True),
        ("accuracy == accuracy.all", True),
        ("accuracy != accuracy.all", False),
        ("surely(accuracy == 0.68)", False),
        ("possibly(accuracy == 0.70)", True),
        ("possibly(accuracy == 0.73)", False),
        ("surely(accuracy != 0.73)", True),
        ("possibly(accuracy != 0.68)", True),
        ("surely(drift == 2)", True),
        ("roc_auc >= live", False),
        ("roc_auc >= live - 0.01", True),
        ("live - 0.01 <= roc_auc", True),
        ("surely(roc_auc >= live - 0.01)", False),
        ("surely(roc_auc >= live - 0.06)", True),
        ("possibly(roc_auc > live)", True),
        ("churn_rate < baseline", True),
        ("surely(churn_rate < baseline)", False),
        ("churn_rate <= target + 4.5%", True),
        ("possibly(accuracy.all <= 0.70) and not surely(churn_rate < baseline)", True),
        ("better than majority", True),
        ("surely(better than majority)", False),
        ("drift", True),
        ("drift.fee", False),
        ("not drift.fee", True),
        ("drift > 2", False),
        ("net_value < 0", True),
        ("net_value < -100", False),
        ("0 > net_value", True),
        ("not (drift or net_value < 0)", False),
        ("not not drift", True),
        ("precision > 0.5", None),
        ("recall > 0.5", None),
        ("accuracy >= live", None),
        ("precision > 0.5 or drift", True),
        ("precision > 0.5 and drift.fee", False),
        ("precision > 0.5 and drift", None),
        ("not precision > 0.5", None),
        ("accuracy.control > 0.5 and accuracy.control < 0.9 or precision > 1", True),
    ],
)
def test_decides(text: str, expected: bool | None) -> None:
    assert parse_condition(text).evaluate(FACTS) is expected


def test_majority_falls_back_to_all_where_control_is_not_known() -> None:
    values = {key: value for key, value in FACTS.values.items() if key != "majority_accuracy.control"}
    assert parse_condition("better than majority").evaluate(Facts(values=values)) is False


def test_constants_are_unknown_until_given() -> None:
    assert parse_condition("churn_rate < baseline").evaluate(Facts(values=FACTS.values)) is None


@pytest.mark.parametrize(
    ("text", "column", "fragment"),
    [
        ("", 1, "nothing does"),
        ("   ", 4, "nothing does"),
        ("accuracy", 1, "compared with nothing"),
        ("accuracy and drift", 1, "compared with nothing"),
        ("accuracy 0.7", 10, "cannot go on with `0.7`"),
        ("accuracy = 0.7", 10, "'=' has no meaning"),
        ("accuracy < 0.7 && drift", 16, "'&' has no meaning"),
        ("accuracy ≤ 0.7", 10, "'≤' has no meaning"),
        ("accuracy < 0.7 drift", 16, "cannot go on"),
        ("accuracy < ", 12, "nothing does"),
        ("accuracy < and", 12, "`and` does"),
        ("accuracy < live - live", 19, "a number must follow"),
        ("accuracy < 1e999", 12, "too large"),
        ("accuracy < 1e308 + 1e308", 12, "too large"),
        ("accuracy < 0.7 < 0.8", 16, "three quantities"),
        ("0.1 < 0.2", 1, "no metric"),
        ("live < baseline", 1, "no metric"),
        ("live.control < 1", 1, "takes no segment"),
        ("surely accuracy < 0.7", 8, "needs brackets"),
        ("surely(accuracy < 0.7", 22, "closing bracket"),
        ("surely(accuracy < 0.7 and drift)", 23, "takes one comparison"),
        ("surely(surely(drift))", 8, "`surely` does"),
        ("(accuracy < 0.7", 16, "closing bracket"),
        ("accuracy < 0.7)", 15, "cannot go on"),
        ("better", 7, "than majority"),
        ("better than live", 13, "than majority"),
        ("not", 4, "nothing does"),
        ("not " * 30 + "drift", 85, "nested deeper"),
        ("(" * 900, 22, "nested deeper"),
        ("a" * 1001, 1001, "1001 characters"),
        ("drift\x00", 6, "no meaning"),
    ],
)
def test_refuses_at_the_column(text: str, column: int, fragment: str) -> None:
    with pytest.raises(ConditionInvalid, match=r".") as caught:
        parse_condition(text)
    assert fragment in caught.value.message
    assert caught.value.column == column
    assert caught.value.hint


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("accuracy.control < 0.75", {("accuracy", "control")}),
        ("surely(churn_rate < baseline)", {("churn_rate", "all")}),
        ("roc_auc >= live - 0.01 and not drift.fee", {("roc_auc", "all"), ("drift", "fee")}),
        ("better than majority", {("accuracy", "all"), ("majority_accuracy", "all")}),
    ],
)
def test_names_the_metrics_it_reads(text: str, names: set[tuple[str, str]]) -> None:
    assert parse_condition(text).names == names


def test_says_what_was_seen() -> None:
    condition = parse_condition("surely(accuracy.control < live) or churn_rate < baseline or drift or drift > 3")
    assert condition.seen(FACTS) == (
        "accuracy.control is 0.76 (0.71 to 0.81); live accuracy.control is not known; "
        "churn_rate.all is 0.095 (0.085 to 0.105); baseline is 0.1; drift.all is 2"
    )
    assert condition.missing(FACTS) == {"live accuracy.control"}


@pytest.mark.parametrize("text", ["5%", "0.05", "5.0 %".replace(" ", ""), "5e-2", ".05", "500e-2%"])
def test_forms_of_a_number_mean_the_same(text: str) -> None:
    assert parse_condition(f"recall < {text}") == parse_condition("recall < 0.05")


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("accuracy.all<70%", "accuracy < 0.7"),
        ("roc_auc>=live-1%", "roc_auc >= live - 0.01"),
        ("not(drift or  drift.fee)and drift", "not (drift or drift.fee) and drift"),
        ("a < -1", "a < -1"),
    ],
)
def test_writes_itself_the_same_way(text: str, written: str) -> None:
    assert str(parse_condition(text)) == written
