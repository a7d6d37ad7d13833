"""Money: what is earned, what it costs, and that both have the interval of the effect."""

import pytest
from tests.occasions import OCCASION, by_key

from copml.records import Interval
from copml.spec.periods import Period
from copml.spec.project import Running, Value
from copml.value import net_value, running_cost

PRICES = Value(
    currency="EUR", kpi_unit=400.0, treatment={"offer": -25.0}, running=Running(infrastructure=300.0, people=2000.0)
)
EFFECT = Interval(value=0.2, low=0.1, high=0.3, n=1000)


@pytest.mark.parametrize(
    ("per", "every", "cost"),
    [
        (Period.MONTH, Period.MONTH, 2300),
        (Period.MONTH, Period.QUARTER, 6900),
        (Period.MONTH, Period.YEAR, 27600),
        (Period.YEAR, Period.MONTH, 2300 / 12),
        (Period.WEEK, Period.DAY, 2300 / 7),
        (Period.MONTH, Period.WEEK, 2300 * 7 / 30.4375),
    ],
)
def test_running_cost_by_period(per: Period, every: Period, cost: float) -> None:
    running = Running(infrastructure=300.0, people=2000.0, per=per)
    assert running_cost(running, every) == pytest.approx(cost)


def test_value_cost_and_what_is_left() -> None:
    seen = by_key(net_value(OCCASION, EFFECT, 500, PRICES, running=2300.0))
    assert {key: (item.value, item.low, item.high) for key, item in seen.items()} == {
        "value.all": pytest.approx((40_000, 20_000, 60_000)),
        "cost.all": (14_800, 14_800, 14_800),
        "net_value.all": pytest.approx((25_200, 5_200, 45_200)),
        "return_on_investment.all": pytest.approx((25_200 / 14_800, 5_200 / 14_800, 45_200 / 14_800)),
    }
    assert seen["value.all"].n == 1000
    assert seen["cost.all"].n == 500


def test_harm_is_worth_less_than_nothing() -> None:
    seen = by_key(net_value(OCCASION, Interval(value=-0.1, low=-0.2, high=0.0, n=10), 100, PRICES, running=0.0))
    assert (seen["value.all"].low, seen["value.all"].value, seen["value.all"].high) == (-8000, -4000, 0)
    assert seen["net_value.all"].value == -6500


def test_nobody_treated_costs_what_runs() -> None:
    seen = by_key(net_value(OCCASION, EFFECT, 0, PRICES, running=2300.0, segment="cumulated"))
    assert seen["net_value.cumulated"].value == -2300
    assert seen["return_on_investment.cumulated"].value == -1


def test_without_cost_there_is_no_return() -> None:
    free = Value(currency="EUR", kpi_unit=400.0)
    assert by_key(net_value(OCCASION, EFFECT, 10, free, running=0.0)).keys() == {
        "value.all",
        "cost.all",
        "net_value.all",
    }
