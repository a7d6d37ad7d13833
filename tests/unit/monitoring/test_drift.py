"""Drift of a window: which columns count, which failed upstream, and what is measured of each."""

import numpy as np
import pyarrow as pa
import pytest
from tests.occasions import OCCASION, by_key

from copml.errors import ProfilesDiffer
from copml.metrics import profile
from copml.monitoring import drift_measurements
from copml.monitoring.drift import DriftFound
from copml.records import Profile

ROWS = 4000


def _table(seed: int, shift: float = 0.0, share: float = 0.5, rows: int = ROWS) -> dict[str, pa.Array]:
    rng = np.random.default_rng(seed)
    return {
        "charges": pa.array(rng.normal(70 + 20 * shift, 20, rows)),
        "tenure": pa.array(rng.integers(0, 72, rows)),
        "contract": pa.array(rng.choice(["monthly", "yearly"], rows, p=[share, 1 - share])),
        "probability": pa.array(rng.random(rows)),
    }


def _emptied(column: pa.Array, ratio: float) -> pa.Array:
    gone = np.arange(len(column)) < ratio * len(column)
    return pa.array([None if lost else value for lost, value in zip(gone, column.to_pylist(), strict=True)])


@pytest.fixture(scope="module")
def reference() -> Profile:
    return profile(pa.table(_table(1)))


def _found(reference: Profile, columns: dict[str, pa.Array], **tolerated: float) -> DriftFound:
    window = profile(pa.table(columns), reference)
    return drift_measurements(OCCASION, reference, window, threshold=0.2, tolerated=tolerated)


def test_a_calm_window(reference: Profile) -> None:
    found = _found(reference, _table(2))
    seen = by_key(found.measurements)
    assert (found.drifted, found.upstream) == ({}, {})
    assert (seen["drift.all"].value, seen["drift.all"].low, seen["drift.all"].high) == (0, 0, 0)
    assert seen["drift_max.all"].value < 0.05
    assert seen["missing_ratio.all"].value == 0
    assert seen.keys() == {
        *(f"psi.{name}" for name in reference),
        *(f"missing_ratio.{name}" for name in ("charges", "tenure", "contract", "all")),
        "drift.all",
        "drift_max.all",
    }
    assert all(interval.n == ROWS for interval in seen.values())


def test_columns_that_drifted_the_furthest_first(reference: Profile) -> None:
    found = _found(reference, _table(2, shift=0.8, share=0.9))
    seen = by_key(found.measurements)
    assert list(found.drifted) == ["contract", "charges"]
    assert seen["drift.all"].value == 2
    assert seen["drift_max.all"] == seen["psi.contract"] == found.drifted["contract"]
    assert seen["drift_max.all"].low > 0.2


def test_answers_that_drifted_are_measured_and_are_no_input(reference: Profile) -> None:
    found = _found(reference, _table(2) | {"probability": pa.array(np.full(ROWS, 0.9))})
    seen = by_key(found.measurements)
    assert seen["psi.probability"].value > 1
    assert seen["drift.all"].value == 0
    assert "missing_ratio.probability" not in seen


def test_an_upstream_failure_is_no_drift(reference: Profile) -> None:
    columns = _table(2)
    found = _found(reference, columns | {"charges": _emptied(columns["charges"], 0.4)})
    seen = by_key(found.measurements)
    assert found.upstream == {"charges": "40.0% missing, against 0.0% before and 0.0% that is tolerated"}
    assert found.drifted == {}
    assert seen["psi.charges"].value > 0.2
    assert seen["drift_max.all"].value < 0.05
    assert seen["missing_ratio.all"] == seen["missing_ratio.charges"]
    assert seen["missing_ratio.charges"].value == pytest.approx(0.4)


def test_a_column_that_is_gone_is_an_upstream_failure(reference: Profile) -> None:
    columns = _table(2)
    del columns["charges"]
    assert _found(reference, columns).upstream.keys() == {"charges"}


@pytest.mark.parametrize(
    ("missing", "tolerated", "failed"),
    [(0.4, 0.5, False), (0.4, 0.1, True), (0.01, 0.0, False), (0.03, 0.0, True), (0.12, 0.11, False)],
)
def test_what_is_tolerated_is_no_failure(reference: Profile, missing: float, tolerated: float, failed: bool) -> None:
    columns = _table(2)
    found = _found(reference, columns | {"charges": _emptied(columns["charges"], missing)}, charges=tolerated)
    assert ("charges" in found.upstream) == failed


def test_as_many_missing_as_in_training_is_no_failure() -> None:
    columns = _table(1)
    reference = profile(pa.table(columns | {"charges": _emptied(columns["charges"], 0.4)}))
    found = _found(reference, _table(2) | {"charges": _emptied(_table(2)["charges"], 0.41)})
    assert (found.upstream, found.drifted) == ({}, {})


def test_a_small_window_does_not_drift_by_being_small() -> None:
    reference = profile(pa.table(_table(1, rows=300)))
    seen = [_found(reference, _table(seed, rows=60)) for seed in range(20, 40)]
    assert max(by_key(item.measurements)["drift_max.all"].value for item in seen) > 0.3
    assert sum(len(item.drifted) for item in seen) == 0


def test_nothing_is_measured_without_rows(reference: Profile) -> None:
    assert _found(reference, _table(2, rows=0)) == DriftFound(measurements=(), drifted={}, upstream={})


def test_only_failures_leave_no_drift_to_measure(reference: Profile) -> None:
    found = _found(reference, {"other": pa.array([1] * 100)})
    assert found.upstream.keys() == {"charges", "tenure", "contract"}
    assert not {"drift.all", "drift_max.all"} & by_key(found.measurements).keys()


def test_profiles_must_fit(reference: Profile) -> None:
    with pytest.raises(ProfilesDiffer, match="charges"):
        drift_measurements(OCCASION, reference, {}, threshold=0.2)
    with pytest.raises(ProfilesDiffer, match="charges"):
        drift_measurements(OCCASION, reference, profile(pa.table(_table(2))), threshold=0.2)


@pytest.mark.parametrize(("rows", "shops"), [(500, 250), (1000, 700), (3000, 600), (3000, 6000)])
def test_rare_labels_that_come_and_go_are_no_drift(rows: int, shops: int) -> None:
    """The most frequent of many rare labels are so by chance, and rarer in the next window; some labels are new."""

    def shop(seed: int) -> dict[str, pa.Array]:
        rng = np.random.default_rng(seed)
        names = np.where(rng.random(rows) < 0.1, f"new in {seed}", "shop").astype(object)
        return {
            "shop": pa.array(
                [f"{name} {number}" for name, number in zip(names, rng.integers(0, shops, rows), strict=True)]
            )
        }

    reference = profile(pa.table(shop(1)))
    for seed in range(2, 12):
        found = _found(reference, shop(seed))
        assert (found.drifted, by_key(found.measurements)["psi.shop"].value < 0.1) == ({}, True)


def test_leaving_the_frequent_labels_is_drift() -> None:
    shops = [f"shop {place % 10}" for place in range(2000)] + [f"rare {place}" for place in range(2000)]
    reference = profile(pa.table({"shop": pa.array(shops)}))
    assert list(_found(reference, {"shop": pa.array([f"other {place}" for place in range(4000)])}).drifted) == ["shop"]


@pytest.mark.parametrize(("shift", "drifted"), [(0.0, []), (0.8, ["charges"])])
def test_gaps_that_were_filled_are_no_drift_of_what_fills_them(shift: float, drifted: list[str]) -> None:
    before = _table(1)
    reference = profile(pa.table(before | {"charges": _emptied(before["charges"], 0.6)}))
    found = _found(reference, _table(2, shift=shift))
    seen = by_key(found.measurements)
    assert (list(found.drifted), found.upstream) == (drifted, {})
    assert seen["psi.charges"].value > 0.2
    assert (seen["drift_max.all"].value > 0.2) is bool(drifted)


def test_values_where_there_were_none_are_no_drift() -> None:
    before = _table(1)
    reference = profile(pa.table(before | {"charges": pa.nulls(ROWS, pa.float64())}))
    found = _found(reference, _table(2))
    assert (found.drifted, found.upstream) == ({}, {})
    assert by_key(found.measurements)["drift_max.all"].value < 0.05
