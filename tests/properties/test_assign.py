"""Who is treated, whatever the probabilities, draws and earlier episodes are."""

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from copml.records import DecisionRule
from copml.scoring.assign import answer, assign

RULE = DecisionRule(threshold=0.5)

ROW = st.tuples(st.sampled_from([0.0, 0.2, 0.5, 0.7, 1.0]) | st.floats(0, 1), st.booleans(), st.booleans())


def columns(rows: list[tuple[float, bool, bool]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    probability, control, waiting = zip(*rows, strict=True)
    return np.array(probability), np.array(control), np.array(waiting)


@given(st.lists(ROW, min_size=1), st.floats(0, 1))
def test_treated_are_eligible_and_eligible_are_decided(rows: list[tuple[float, bool, bool]], threshold: float) -> None:
    probability, control, waiting = columns(rows)
    arms = assign(probability >= threshold, control=control, in_cooldown=waiting)
    assert not (arms.treat & ~arms.eligible).any()
    assert not (arms.eligible & ~arms.decision).any()
    assert not (arms.treat & control).any()
    assert not (arms.eligible & waiting).any()
    assert (arms.decision == (probability >= threshold)).all()
    assert (arms.treat | control | waiting | ~arms.decision).all(), "whoever is not treated has a reason"


@given(st.lists(ROW, min_size=1), st.floats(0, 1))
def test_the_draw_does_not_decide_who_starts_an_episode(rows: list[tuple[float, bool, bool]], threshold: float) -> None:
    probability, control, waiting = columns(rows)
    one = assign(probability >= threshold, control=control, in_cooldown=waiting)
    other = assign(probability >= threshold, control=~control, in_cooldown=waiting)
    assert (one.eligible == other.eligible).all()


@given(st.lists(ROW, min_size=1), st.floats(0, 1))
def test_each_row_has_the_word_of_its_arm(rows: list[tuple[float, bool, bool]], threshold: float) -> None:
    probability, control, waiting = columns(rows)
    arms = assign(probability >= threshold, control=control, in_cooldown=waiting)
    for row, word in enumerate(arms.words()):
        if not arms.decision[row]:
            assert word == 0
        elif waiting[row]:
            assert word == 1
        else:
            assert word == (2 if control[row] else 3)


@given(st.lists(st.sampled_from([0.1, 0.5, 0.5, 0.9]) | st.floats(0, 1), min_size=1), st.randoms())
def test_ranks_are_a_permutation_in_the_order_of_probability_then_entity(probability: list[float], random) -> None:
    entities = [f"e{number:04d}" for number in range(len(probability))]
    random.shuffle(entities)
    no = np.zeros(len(probability), dtype=bool)
    answers = answer(np.array(probability), pa.array(entities), rule=RULE, control=no, in_cooldown=no)
    assert sorted(answers.rank.tolist()) == list(range(1, len(probability) + 1))
    expected = sorted(range(len(probability)), key=lambda row: (-probability[row], entities[row]))
    assert answers.positions.tolist() == expected
    assert [answers.rank[row] for row in expected] == list(range(1, len(probability) + 1))


@given(st.lists(st.lists(st.floats(0, 1), min_size=3, max_size=3), min_size=1, max_size=20), st.integers(1, 5))
def test_an_entity_starts_one_episode_within_a_cooldown(slots: list[list[float]], cooldown: int) -> None:
    started: list[int | None] = [None, None, None]
    control = np.array([False, True, False])
    for slot, probability in enumerate(slots):
        waiting = np.array([at is not None and at > slot - cooldown for at in started])
        arms = assign(np.array(probability) >= 0.5, control=control, in_cooldown=waiting)
        for row in np.flatnonzero(arms.eligible):
            before = started[row]
            assert before is None or slot - before >= cooldown
            started[row] = slot
        due = np.array([at is None or slot - at >= cooldown for at in started]) & (np.array(probability) >= 0.5)
        assert all(started[row] == slot for row in np.flatnonzero(due)), "nobody who is due is passed over"
