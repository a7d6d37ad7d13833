"""Counting predictions with known outcomes by their probability."""

from dataclasses import replace

import pyarrow as pa
import pytest
from tests import factories

from copml.advice import curve

EVIDENCE = factories.history(15)


def table(*rows: tuple[float, bool, bool, int]) -> pa.Table:
    names = ("probability", "control", "treated", "outcome")
    return pa.table({name: [row[at] for row in rows] for at, name in enumerate(names)})


def test_only_untreated_control_entities_tell_what_happens_without_treatment() -> None:
    found = curve(
        EVIDENCE,
        table(
            (0.12, True, False, 1),
            (0.13, True, False, 0),
            (0.14, True, True, 1),
            (0.14, False, False, 1),
            (1.0, True, False, 1),
        ),
        2,
    )
    assert found is not None
    assert (found.held[2], found.held_events[2]) == (2, 1)
    assert (found.held[19], found.held_events[19]) == (1, 1)
    assert sum(found.held) == 3
    assert found.batches == 2


def test_who_was_treated_lately_is_not_treated_again() -> None:
    found = curve(EVIDENCE, table(*[(0.5, False, False, 0)] * 4), 2)
    positives = sum(run.positives for run in EVIDENCE.scoring_runs)
    episodes = sum(run.treated + run.control for run in EVIDENCE.scoring_runs)
    assert found is not None
    assert sum(found.scored) == pytest.approx(2 * episodes / positives)


def test_the_effect_is_that_of_a_year_where_there_is_one() -> None:
    pooled = factories.measurement("effect", "pooled", 12, 0.3, 0.01)
    rows = table((0.5, True, False, 0))
    with_pooled = replace(EVIDENCE, measurements=(*EVIDENCE.measurements, pooled))
    found, before = curve(with_pooled, rows, 1), curve(EVIDENCE, rows, 1)
    assert found is not None
    assert found.effect is not None
    assert found.effect.value == 0.3
    assert before is not None
    assert before.effect is not None
    assert before.effect.value != 0.3


@pytest.mark.parametrize("rows", [table(), table((1.2, True, False, 1)), table((-3.0, True, False, 0))])
def test_what_are_no_probabilities_make_no_curve(rows: pa.Table) -> None:
    assert curve(EVIDENCE, rows, 1) is None


def test_no_batch_makes_no_curve() -> None:
    assert curve(EVIDENCE, table((0.5, True, False, 1)), 0) is None
