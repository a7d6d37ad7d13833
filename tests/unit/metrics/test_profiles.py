"""Profiles: which bin a value falls in, what counts as missing, and that nothing is lost when columns change."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from copml.errors import ProfilesDiffer
from copml.metrics import merge, profile
from copml.records import Bins

INF, NAN = float("inf"), float("nan")


def _of(values: Any, kind: pa.DataType | None = None) -> Bins:
    return profile(pa.table({"x": pa.array(values, kind)}))["x"]


def _like(reference: Any, values: Any, kind: pa.DataType | None = None) -> Bins:
    return profile(pa.table({"x": pa.array(values, kind)}), {"x": _of(reference)})["x"]


@pytest.mark.parametrize(
    ("values", "edges", "counts", "missing"),
    [
        ([1, 2, 2, 4], (1.5, 3.0), (1, 2, 1), 0),
        ([0.5, None, 0.5], (), (2,), 1),
        ([0.0, NAN, 1.0, None], (0.5,), (1, 1), 2),
        ([0.0, 1.0, INF, -INF, INF], (0.5,), (2, 3), 0),
        ([INF, None], (), (1,), 1),
        ([None, None], (), (0,), 2),
        ([], (), (0,), 0),
        ([Decimal("1.5"), Decimal("2.5")], (2.0,), (1, 1), 0),
    ],
)
def test_numbers(values: Any, edges: tuple[float, ...], counts: tuple[int, ...], missing: int) -> None:
    assert _of(values) == Bins(kind="number", counts=counts, missing=missing, edges=edges)


def test_many_numbers_are_cut_at_quantiles() -> None:
    bins = _of(np.arange(1000.0))
    assert bins.counts == (50,) * 20
    assert bins.edges == tuple(np.arange(50.0, 1000.0, 50.0))


def test_edges_come_from_a_part_of_a_long_column_and_counts_from_all_of_it() -> None:
    bins = _of(np.arange(450_000.0))
    assert sum(bins.counts) == 450_000
    assert max(bins.counts) < 1.01 * min(bins.counts)


@pytest.mark.parametrize(
    ("values", "kind", "labels", "counts", "missing"),
    [
        (["b", "a", "b", None], None, ("b", "a", "…"), (2, 1, 0), 1),
        ([True, False, None, True], None, ("true", "false", "…"), (2, 1, 0), 1),
        (["b", "a"], pa.dictionary(pa.int8(), pa.string()), ("a", "b", "…"), (1, 1, 0), 0),
        (["b", "a"], pa.string_view(), ("a", "b", "…"), (1, 1, 0), 0),
        (["…", "a", "…"], None, ("a", "…"), (1, 2), 0),
        ([None, "", " "], pa.large_string(), ("", " ", "…"), (1, 1, 0), 1),
        ([[1], None], pa.list_(pa.int8()), ("…",), (1,), 1),
        ([b"x", None], pa.binary(), ("…",), (1,), 1),
    ],
)
def test_categories(
    values: Any, kind: pa.DataType, labels: tuple[str, ...], counts: tuple[int, ...], missing: int
) -> None:
    assert _of(values, kind) == Bins(kind="category", counts=counts, missing=missing, labels=labels)


def test_only_the_most_frequent_labels_are_kept() -> None:
    bins = _of([f"label {place:03}" for place in range(60) for _ in range(90 - place)])
    assert len(bins.labels) == 51
    assert bins.labels[:2] == ("label 000", "label 001")
    assert bins.counts[-1] == sum(range(31, 41))


def test_of_many_labels_those_of_a_few_rows_are_not_told_apart() -> None:
    bins = _of(["often"] * 20 + ["sometimes"] * 19 + [f"once {place}" for place in range(3000)])
    assert bins == Bins(kind="category", counts=(20, 3019), missing=0, labels=("often", "…"))


def test_prose_is_no_label() -> None:
    prose = "It began to hum after the night shift. " * 200
    assert _of([prose, prose, "short"]) == Bins(kind="category", counts=(1, 2), missing=0, labels=("short", "…"))


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC), None], pa.timestamp("us", "UTC")),
        ([date(2026, 1, 1), date(2026, 1, 2), None], pa.date32()),
    ],
)
def test_times_are_seconds(values: Any, kind: pa.DataType) -> None:
    noon = datetime(2026, 1, 1, 12, tzinfo=UTC).timestamp()
    assert _of(values, kind) == Bins(kind="number", counts=(1, 1), missing=1, edges=(noon,))


@pytest.mark.parametrize(
    ("reference", "values", "kind", "counts", "missing"),
    [
        ([1, 2, 3], [-INF, 1, 2.4, 9, INF, NAN, None], None, (2, 1, 2), 2),
        ([1, 2, 3], ["1", " 2.0 ", "3e0", "", "n/a", None, "nan"], None, (1, 1, 1), 4),
        ([1, 2, 3], ["1", "x"], pa.dictionary(pa.int8(), pa.string()), (1, 0, 0), 1),
        ([1, 2, 3], [True, False], None, (2, 0, 0), 0),
        ([1, 2, 3], [None, None], pa.null(), (0, 0, 0), 2),
        ([1, 2, 3], [[1], [2]], pa.list_(pa.int8()), (0, 0, 0), 2),
        (["a", "b"], ["a", "c", "…", None], None, (1, 0, 2), 1),
        (["1", "2"], [1, 2, 3], None, (1, 1, 1), 0),
        (["1", "2"], [1.0, NAN], None, (1, 0, 0), 1),
        ([True, False], ["true", "no"], None, (0, 1, 1), 0),
        (["a"], [None], pa.null(), (0, 0), 1),
    ],
)
def test_like_a_reference(
    reference: Any, values: Any, kind: pa.DataType, counts: tuple[int, ...], missing: int
) -> None:
    bins = _like(reference, values, kind)
    assert (bins.counts, bins.missing) == (counts, missing)


def test_a_column_that_is_gone_is_all_missing_and_a_new_one_is_left_out() -> None:
    reference = profile(pa.table({"x": [1, 2], "name": ["a", "b"]}))
    seen = profile(pa.table({"other": [1, 2, 3]}), reference)
    assert seen.keys() == reference.keys()
    assert [(sum(bins.counts), bins.missing) for bins in seen.values()] == [(0, 3), (0, 3)]


def test_profiles_with_other_bins_do_not_add_up() -> None:
    one, other = (profile(pa.table({"x": values})) for values in ([1, 2], [1, 3]))
    with pytest.raises(ProfilesDiffer, match="profiles of x cannot be put together"):
        merge(one, other)
    with pytest.raises(ProfilesDiffer, match="profiles of x, y"):
        merge(profile(pa.table({"x": [1]})), profile(pa.table({"y": [1]})))
