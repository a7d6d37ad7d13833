"""The KPI: who counts, and in which arm."""

from typing import Any

import pyarrow as pa
import pytest
from tests.occasions import OCCASION, by_key

from copml.value import kpi

PEOPLE = [f"{place:02}" for place in range(10)]


def test_all_arms_and_their_sizes() -> None:
    found = kpi(
        OCCASION,
        "churn_rate",
        PEOPLE,
        PEOPLE[:3],
        control=PEOPLE[:4],
        treated=pa.chunked_array([PEOPLE[2:3], PEOPLE[8:]]),
    )
    seen = by_key(found)
    assert {key: (item.value, item.n) for key, item in seen.items()} == {
        "churn_rate.all": (0.3, 10),
        "churn_rate.control": (0.75, 4),
        "churn_rate.treated": (1 / 3, 3),
        "control_ratio.all": (0.4, 10),
        "treated_ratio.all": (0.3, 10),
    }
    assert all(0 <= item.low < item.value < item.high <= 1 for item in seen.values())


@pytest.mark.parametrize(
    ("population", "events", "value"),
    [
        (PEOPLE, [], 0.0),
        (PEOPLE, PEOPLE, 1.0),
        (PEOPLE, ["00", "00", "00"], 0.1),
        (PEOPLE, ["00", "who left before the window began"], 0.1),
        (PEOPLE * 2, ["00"], 0.1),
        (pa.array(PEOPLE, pa.large_string()), pa.array(["00"]), 0.1),
    ],
)
def test_every_entity_counts_once(population: Any, events: Any, value: float) -> None:
    assert by_key(kpi(OCCASION, "churn_rate", population, events))["churn_rate.all"].value == value


def test_nobody_there_nothing_measured() -> None:
    assert kpi(OCCASION, "churn_rate", [], PEOPLE, control=PEOPLE) == ()


def test_an_arm_without_entities_has_a_size_and_no_kpi() -> None:
    seen = by_key(kpi(OCCASION, "churn_rate", PEOPLE, ["00"], control=["someone else"]))
    assert seen.keys() == {"churn_rate.all", "control_ratio.all"}
    assert seen["control_ratio.all"].value == 0
