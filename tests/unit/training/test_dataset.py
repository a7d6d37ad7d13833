"""Which rows are learnt from: nothing treated, nothing unmatured, nothing of the holdout's outcomes."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from copml.errors import TrainingRowsUnusable
from copml.training import TrainingRows, make_dataset
from copml.training.content import table_digest
from copml.training.spans import occurs

HORIZON = timedelta(days=90)


def of(table: pa.Table, entity: int) -> dict[datetime, float]:
    rows = table.filter(pc.equal(table["entity"], f"{entity:032x}"))
    return dict(zip(rows["as_of"].to_pylist(), rows["weight"].to_pylist(), strict=True))


def learner(world: Any, number: int = 0) -> int:
    """The number of an entity that is not held out."""
    held = {int(name, 16) for name in make_dataset(world.rows(), world.policy).holdout["entity"].to_pylist()}
    return [entity for entity in range(300) if entity not in held][number]


def test_the_holdout_is_the_newest_time_of_a_third_and_shares_no_outcome(world: Any) -> None:
    made = make_dataset(world.rows(), world.policy)
    newest = world.months[-1]
    assert pc.unique(made.holdout["as_of"]).to_pylist() == [newest]
    assert 60 <= len(made.holdout) <= 120
    held = set(made.holdout["entity"].to_pylist())
    theirs = made.train.filter(pc.is_in(made.train["entity"], pa.array(list(held))))
    assert all(at + HORIZON <= newest for at in theirs["as_of"].to_pylist())
    assert set(theirs["as_of"].to_pylist()) == {world.months[0]}
    assert made.left_out == {"not matured": 0, "treated": 0, "shared with the holdout": 2 * len(held)}
    assert made.rows_effective == len(made.train) == 1200 - 3 * len(held)
    assert made.columns == ("x", "y", "plan")


def test_the_result_does_not_depend_on_the_order_of_the_rows(world: Any) -> None:
    rows = world.rows()
    order = pa.array(np.random.default_rng(1).permutation(len(rows.features)))
    shuffled = replace(rows, features=rows.features.take(order), labels=rows.labels.take(order))
    one, other = make_dataset(rows, world.policy), make_dataset(shuffled, world.policy)
    assert one.digest == other.digest
    assert one.train.equals(other.train)


def test_other_values_have_another_digest(world: Any) -> None:
    rows = world.rows()
    x = rows.features["x"].to_numpy().copy()
    x[17] = np.nextafter(x[17], 1)
    changed = replace(rows, features=rows.features.set_column(2, "x", pa.array(x)))
    assert make_dataset(rows, world.policy).digest != make_dataset(changed, world.policy).digest


def test_nothing_is_learnt_before_its_horizon_is_over(world: Any) -> None:
    rows = replace(world.rows(), now=world.months[2] + HORIZON)
    made = make_dataset(rows, world.policy)
    assert pc.max(made.holdout["as_of"]).as_py() == world.months[2]
    assert made.left_out["not matured"] == 300
    assert pc.max(made.train["as_of"]).as_py() == world.months[2]


BEFORE, IN, AFTER = timedelta(days=-60), timedelta(days=30), timedelta(days=91)


@pytest.mark.parametrize(
    ("shift", "is_left_out"),
    [
        (timedelta(days=-60), False),
        (timedelta(days=-60, microseconds=1), True),
        (timedelta(0), True),
        (HORIZON, True),
        (HORIZON + timedelta(microseconds=1), False),
    ],
)
def test_a_treatment_counts_from_cooldown_before_to_horizon_after(
    world: Any, shift: timedelta, is_left_out: bool
) -> None:
    entity = learner(world)
    for rows in (
        world.rows(treatments=world.events({entity: world.months[0] + shift})),
        world.rows(episodes=world.episodes({entity: world.months[0] + shift}, {})),
    ):
        made = make_dataset(rows, world.policy)
        assert (world.months[0] not in of(made.train, entity)) is is_left_out


def test_controls_stand_for_those_who_were_treated(world: Any) -> None:
    entity, other, both = (learner(world, number) for number in range(3))
    at = world.months[0] + IN
    rows = world.rows(episodes=world.episodes({both: at}, {entity: at}), treatments=world.events({both: at}))
    made = make_dataset(rows, world.policy)
    assert of(made.train, entity)[world.months[0]] == 10.0
    assert of(made.train, other)[world.months[0]] == 1.0
    assert set(of(made.train, both)) == {world.months[3]}
    assert made.left_out["treated"] == 3
    everyone = make_dataset(rows, replace(world.policy, on="all"))
    assert set(of(everyone.train, both).values()) == set(of(everyone.train, entity).values()) == {1.0}
    assert len(everyone.train) == len(made.train) + 3
    weights = made.train["weight"].to_numpy()
    assert made.rows_effective == pytest.approx(weights.sum() ** 2 / (weights**2).sum())
    assert made.rows_effective < len(made.train)


def test_the_holdout_keeps_the_treated_and_marks_them(world: Any) -> None:
    everyone = dict.fromkeys(range(0, 300, 2), world.months[-1] + IN)
    made = make_dataset(world.rows(treatments=world.events(everyone)), world.policy)
    marked = {int(row["entity"], 16): row["untreated"] for row in made.holdout.to_pylist()}
    assert all(mark is (entity not in everyone) for entity, mark in marked.items())
    assert set(marked.values()) == {True, False}


def test_without_time_the_split_keeps_the_share_of_each_outcome(world: Any) -> None:
    rows = world.rows()
    labels = rows.labels.set_column(3, "matures_at", pa.nulls(len(rows.labels), pa.timestamp("us", "UTC")))
    made = make_dataset(replace(rows, labels=labels), world.policy)
    assert len(made.holdout) == pytest.approx(0.3 * 1200, abs=1)
    train, holdout = (pc.mean(table["outcome"]).as_py() for table in (made.train, made.holdout))
    assert train == pytest.approx(holdout, abs=0.005)


def nothing_known(rows: TrainingRows) -> TrainingRows:
    return replace(rows, labels=rows.labels.set_column(2, "label", pa.array([np.nan] * len(rows.labels))))


def one_outcome(rows: TrainingRows) -> TrainingRows:
    return replace(rows, labels=rows.labels.set_column(2, "label", pa.array([0.0] * len(rows.labels))))


def taken_name(rows: TrainingRows) -> TrainingRows:
    return replace(rows, features=rows.features.rename_columns(["entity", "as_of", "weight", "y", "plan"]))


def few(rows: TrainingRows) -> TrainingRows:
    return replace(rows, features=rows.features.slice(0, 40), labels=rows.labels.slice(0, 40))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (nothing_known, "none of the 1200 rows has an outcome that is known yet; wait for the horizon to pass"),
        (one_outcome, "0 of .* rows have a positive outcome, and 5 of each are needed; check the outcome's source"),
        (taken_name, "a feature is called weight, which is copml's own; rename it"),
        (few, "rows are left, and 50 are needed; wait for more outcomes"),
        (
            lambda rows: replace(rows, features=rows.features.slice(0, 0), labels=rows.labels.slice(0, 0)),
            "none of the 0",
        ),
    ],
)
def test_rows_that_teach_nothing_are_refused(world: Any, change: Any, says: str) -> None:
    with pytest.raises(TrainingRowsUnusable, match=says):
        make_dataset(change(world.rows()), world.policy)


def test_an_empty_holdout_is_refused(world: Any) -> None:
    with pytest.raises(TrainingRowsUnusable, match="no row is left to evaluate on"):
        make_dataset(world.rows(), replace(world.policy, holdout=0.0))


NUMBERS = st.integers(0, 20)
EVENTS = st.lists(st.tuples(st.sampled_from("abc"), NUMBERS), max_size=12)
SPANS = st.lists(st.tuples(st.sampled_from("abcd"), NUMBERS, NUMBERS), max_size=12)


@given(EVENTS, SPANS)
def test_spans_against_brute_force(events: list[tuple[str, int]], spans: list[tuple[str, int, int]]) -> None:
    found = occurs(
        pa.chunked_array([[name for name, _ in events]], pa.string()),
        np.array([at for _, at in events], dtype=np.int64),
        pa.chunked_array([[name for name, _, _ in spans]], pa.string()),
        np.array([after for _, after, _ in spans], dtype=np.int64),
        np.array([until for _, _, until in spans], dtype=np.int64),
    )
    wanted = [any(name == own and after < at <= until for own, at in events) for name, after, until in spans]
    assert found.tolist() == wanted


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        (pa.array([1.0, None]), pa.array([1.0, 0.0]), False),
        (pa.array(["a", None]), pa.array(["a", ""]), False),
        (pa.array(["ab", "c"]), pa.array(["a", "bc"]), False),
        (pa.array([1, 2]), pa.array([1.0, 2.0]), False),
        (pa.array(["a", "b"]), pa.array(["a", "b"]).dictionary_encode(), True),
        (pa.array(["a", "b"]), pa.array(["a", "b"], pa.large_string()), True),
        (pa.array([True, None]), pa.array([True, False]), False),
        (pa.nulls(2), pa.nulls(2), True),
    ],
)
def test_table_digests(one: pa.Array, other: pa.Array, alike: bool) -> None:
    assert (table_digest({"t": pa.table({"a": one})}) == table_digest({"t": pa.table({"a": other})})) is alike
