"""Figures of a model on its holdout, on all rows and on the untreated alone (pure).

Invariant: candidate and live version are measured on the same rows; a figure that has no value on these rows is left
out, with the reason, and never made up.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from copml.metrics import METRICS, Sample, decide, measure_all
from copml.records import SEGMENT_ALL, SEGMENT_CONTROL, DecisionRule, Interval, ProblemKind
from copml.training.dataset import ENTITY, OUTCOME, UNTREATED, WEIGHT


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Intervals by `metric.segment`, and why others are missing."""

    values: dict[str, Interval]
    missing: dict[str, str]


def evaluate(holdout: pa.Table, answer: NDArray[np.float64], rule: DecisionRule) -> Figures:
    """Every metric, on `all` rows as they are and on `control`: untreated rows with their weights."""
    names = METRICS[rule.kind]
    decided = decide(answer, rule)
    untreated = holdout[UNTREATED].to_numpy()
    values: dict[str, Interval] = {}
    missing: dict[str, str] = {}
    for segment, kept in ((SEGMENT_ALL, np.ones_like(untreated)), (SEGMENT_CONTROL, untreated)):
        if not kept.any():
            missing |= {f"{name}.{segment}": "no row" for name in names}
            continue
        rows = holdout.filter(pa.array(kept))
        sample = Sample.of(
            codes(rows[OUTCOME], rule),
            answer[kept],
            rule=rule,
            decided=decided[kept],
            weight=rows[WEIGHT].to_numpy() if segment == SEGMENT_CONTROL else None,
            entity=rows[ENTITY],
        )
        measured, undefined = measure_all(names, sample)
        values |= {f"{name}.{segment}": value for name, value in measured.items()}
        missing |= {f"{name}.{segment}": reason for name, reason in undefined.items()}
    return Figures(values=values, missing=missing)


def codes(outcome: pa.ChunkedArray, rule: DecisionRule) -> NDArray[np.float64]:
    """Outcomes as numbers: of a class its place among the classes; shape (rows,)."""
    if rule.kind is ProblemKind.MULTICLASS:
        outcome = pc.index_in(outcome, value_set=pa.array(rule.classes, pa.string()))
    return np.asarray(outcome.cast(pa.float64()).to_numpy(), dtype=np.float64)
