"""How well one column tells two outcomes apart: against the metric of the ranking, and without gain from noise."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from copml.metrics import Separable, bin_codes, measure, profile
from copml.metrics.sample import Clusters
from copml.records import DecisionRule

ROWS = 4000


def rows(seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Outcomes, and the bins of a column that goes with them."""
    chance = np.random.default_rng(seed)
    bins = chance.integers(0, 6, ROWS)
    return chance.random(ROWS) < 0.1 + 0.12 * bins, bins.astype(np.int32)


def test_the_area_is_that_of_each_half_ranked_by_the_other() -> None:
    positive, bins = rows()
    separable = Separable.of(positive)
    found = separable.separation(bins, 6)
    areas, weights = [], []
    for half in (0, 1):
        mine, other = separable.half == half, separable.half != half
        mean = positive[other].mean()
        shares = np.array(
            [
                (positive[other & (bins == place)].sum() + mean) / ((other & (bins == place)).sum() + 1)
                for place in range(6)
            ]
        )
        areas.append(measure("roc_auc", positive[mine], shares[bins[mine]], rule=DecisionRule()).value)
        weights.append(positive[mine].sum() * (~positive[mine]).sum() / mine.sum())
    assert found.overall is not None
    assert found.overall.value == pytest.approx(np.average(areas, weights=weights), abs=1e-12)


def test_rows_that_stand_alone_have_the_interval_of_entities_of_one_row() -> None:
    positive, bins = rows()
    alone = Separable.of(positive)
    apart = replace(alone, clusters=(Clusters(codes=np.arange(ROWS), count=ROWS),))
    one, other = (side.separation(bins, 6) for side in (alone, apart))
    for first, second in ((one.overall, other.overall), (one.right, other.right)):
        assert first is not None
        assert second is not None
        assert [first.value, first.low, first.high] == pytest.approx([second.value, second.low, second.high], abs=1e-9)


def test_rows_of_one_entity_count_once() -> None:
    positive, bins = rows()
    separable = Separable.of(np.repeat(positive, 4), entity=np.repeat(np.arange(ROWS), 4))
    repeated = separable.separation(np.repeat(bins, 4), 6).overall
    single = Separable.of(positive).separation(bins, 6).overall
    assert repeated is not None
    assert single is not None
    assert repeated.n == ROWS
    assert repeated.high - repeated.low == pytest.approx(single.high - single.low, rel=0.05)
    assert (np.diff(separable.half.reshape(-1, 4)) == 0).all()


def test_many_labels_gain_nothing_from_noise() -> None:
    chance = np.random.default_rng(3)
    positive, bins = chance.random(ROWS) < 0.2, chance.integers(0, 50, ROWS).astype(np.int32)
    found = Separable.of(positive).separation(bins, 50).overall
    shares = np.bincount(bins, weights=positive, minlength=50) / np.bincount(bins, minlength=50)
    assert found is not None
    assert found.low <= 0.5 <= found.high
    assert measure("roc_auc", positive, shares[bins], rule=DecisionRule()).low > 0.52


def test_a_span_of_one_outcome_has_no_area() -> None:
    positive, bins = rows()
    positive[:100] = False
    found = Separable.of(positive, spans=(slice(0, 100), slice(100, ROWS), slice(ROWS, ROWS))).separation(bins, 6)
    assert [seen is None for seen in found.spans] == [True, False, True]


VALUES = st.one_of(
    st.lists(st.one_of(st.none(), st.floats(width=32), st.sampled_from([0.0, 1.0, 2.5])), min_size=1, max_size=60),
    st.lists(st.one_of(st.none(), st.sampled_from(["a", "b", "…", "", "c d"])), min_size=1, max_size=60),
    st.lists(st.one_of(st.none(), st.booleans()), min_size=1, max_size=60),
    st.lists(st.one_of(st.none(), st.binary(max_size=3)), min_size=1, max_size=20),
)


@given(VALUES)
def test_the_bins_of_rows_count_up_to_the_profile(values: list[object]) -> None:
    table = pa.table({"column": values})
    bins = profile(table)["column"]
    codes = bin_codes(table["column"], bins)
    counted = np.bincount(codes, minlength=len(bins.counts) + 1).tolist()
    assert counted == [*bins.counts, bins.missing]
