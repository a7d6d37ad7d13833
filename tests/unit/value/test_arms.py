"""The effect: intention to treat by cohort, whole cohorts only, and 95 % of intervals hold the truth."""

from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pytest
from tests.occasions import OCCASION

from copml.errors import MetricUndefined
from copml.metrics import difference, proportion
from copml.value import Episodes, effect

JANUARY, FEBRUARY = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)


def _episodes(control: tuple[int, int], treated: tuple[int, int], cohort: datetime, first: int = 0) -> pa.Table:
    """(outcomes, episodes) in each arm; entities count from `first`."""
    outcome = [int(place < events) for events, count in (control, treated) for place in range(count)]
    total = control[1] + treated[1]
    return pa.table(
        {
            "outcome": pa.array(outcome, pa.int8()),
            "control": [True] * control[1] + [False] * treated[1],
            "cohort": pa.array([cohort] * total, pa.timestamp("us", "UTC")),
            "entity": [f"{first + place:032x}" for place in range(total)],
        }
    )


def _unknown(episodes: pa.Table) -> pa.Table:
    """The same with the last outcome unknown."""
    outcome = [*episodes.column("outcome").to_pylist()[:-1], None]
    return episodes.set_column(0, "outcome", pa.array(outcome, pa.int8()))


def test_one_cohort_is_the_difference_of_its_arms() -> None:
    episodes = Episodes.matured(_episodes((30, 50), (100, 250), JANUARY))
    seen = effect(OCCASION, episodes)
    theirs = difference(proportion(30, 50), proportion(100, 250))
    assert (seen.metric, seen.segment, seen.n) == ("effect", "all", 300)
    assert (seen.value, seen.low, seen.high) == pytest.approx((theirs.value, theirs.low, theirs.high))
    assert seen.low > 0
    assert episodes.treated == 250


def test_where_more_is_better_a_gain_is_positive_as_well() -> None:
    episodes = Episodes.matured(_episodes((10, 50), (100, 250), JANUARY))
    lower, higher = effect(OCCASION, episodes, better="lower"), effect(OCCASION, episodes, better="higher")
    assert lower.value == pytest.approx(-0.2)
    assert (higher.value, higher.low, higher.high) == (-lower.value, -lower.high, -lower.low)


def test_pooled_over_cohorts_by_their_treated() -> None:
    january = _episodes((30, 50), (100, 250), JANUARY)
    february = _episodes((20, 50), (300, 750), FEBRUARY, first=1000)
    seen = effect(OCCASION, Episodes.matured(pa.concat_tables([january, february])), segment="pooled")
    assert seen.segment == "pooled"
    assert seen.value == pytest.approx((0.2 * 250 + 0.0 * 750) / 1000)
    assert seen.n == 1100


def test_a_cohort_waits_for_its_last_outcome() -> None:
    january = _episodes((30, 50), (100, 250), JANUARY)
    february = _unknown(_episodes((20, 50), (300, 750), FEBRUARY, first=1000))
    episodes = Episodes.matured(pa.concat_tables([january, february]))
    assert episodes.treated == 250
    assert effect(OCCASION, episodes).value == pytest.approx(0.2)
    assert episodes.of(JANUARY).treated == 250
    assert episodes.of(FEBRUARY).treated == 0
    with pytest.raises(MetricUndefined, match="no cohort has matured"):
        effect(OCCASION, episodes.of(FEBRUARY))


def test_without_both_arms_there_is_no_effect() -> None:
    with pytest.raises(MetricUndefined, match="both arms"):
        effect(OCCASION, Episodes.matured(_episodes((0, 0), (100, 250), JANUARY)))


def _programme(rng: np.random.Generator, prevented: float) -> pa.Table:
    """Three monthly cohorts out of 1,500 entities; a fifth is control for all of them, and many come back."""
    trait, control = rng.random(1500), rng.random(1500) < 0.2
    parts = []
    for month in (1, 2, 3):
        entity = np.flatnonzero(rng.random(1500) < 0.4)
        rate = np.clip(0.2 + 0.5 * trait[entity] - prevented * ~control[entity], 0, 1)
        parts.append(
            pa.table(
                {
                    "entity": entity,
                    "cohort": pa.array([datetime(2026, month, 1, tzinfo=UTC)] * len(entity), pa.timestamp("us", "UTC")),
                    "control": control[entity],
                    "outcome": (rng.random(len(entity)) < rate).astype(np.int8),
                }
            )
        )
    return pa.concat_tables(parts)


@pytest.mark.parametrize("prevented", [0.0, 0.15])
def test_coverage(prevented: float) -> None:
    rng = np.random.default_rng(21)
    seen = [effect(OCCASION, Episodes.matured(_programme(rng, prevented))) for _ in range(300)]
    assert 0.92 <= np.mean([item.low <= prevented <= item.high for item in seen]) <= 0.98
    assert np.mean([item.value for item in seen]) == pytest.approx(prevented, abs=0.01)
