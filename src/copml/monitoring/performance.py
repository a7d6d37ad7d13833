"""Performance: the model's metrics on the predictions of a window whose outcomes are known.

Measured twice: on all entities, and on those of the control group that nobody treated. A programme that works makes the
first worse (who was kept did not leave), so only the second tells whether the model is still right.

Invariant: a batch counts with all its predictions or not at all: the outcomes that are known first are not a fair
sample of all outcomes. An unknown outcome is never taken for a no.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from copml.errors import MetricInputWrong
from copml.metrics import Sample, measure_all
from copml.monitoring.counted import counted
from copml.records import SEGMENT_ALL, SEGMENT_CONTROL, DecisionRule, Measurement, Occasion, ProblemKind

DIAGNOSTIC: dict[ProblemKind, tuple[str, ...]] = {
    ProblemKind.BINARY: ("accuracy", "roc_auc", "calibration_error", "positive_ratio", "majority_accuracy"),
    ProblemKind.MULTICLASS: ("accuracy", "roc_auc_ovr", "calibration_error", "majority_accuracy"),
    ProblemKind.REGRESSION: ("mae", "naive_mae", "outcome_mean"),
    ProblemKind.RANKING: ("roc_auc", "average_precision", "positive_ratio"),
}
"""Measured whatever the project asks for: `monitoring.diagnosis` tells causes apart by them."""

_KEYS = ["entity", "slot"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PerformanceFound:
    """Measurements of a window; why some metrics have no value, by `metric.segment`; the rows that were measured."""

    measurements: tuple[Measurement, ...]
    undefined: Mapping[str, str]
    samples: Mapping[str, Sample]


def performance_measurements(
    occasion: Occasion, predictions: pa.Table, labels: pa.Table, *, metrics: Iterable[str], rule: DecisionRule
) -> PerformanceFound:
    """Measure the metrics on `all` and on `control`, and `matured_ratio`, the share of predictions that could be used.

    `predictions`: entity, slot, what was answered (`answer_columns`), decision, control (the entity's draw). `labels`:
    entity, slot, outcome (the number of a class; null while unknown), over (whether it is no longer waited for: an
    outcome that is unknown then stays so) and treated (whether the entity had any treatment within the horizon); at
    most one row for each prediction, none is an unknown outcome.

    Raises:
        MetricInputWrong: when labels repeat, or a column holds impossible values.
        MetricUnknown: for a metric that does not exist.
    """
    if predictions.num_rows == 0:
        return PerformanceFound(measurements=(), undefined={}, samples={})
    joined = _joined(predictions, labels, answer_columns(rule))
    matured = joined.filter(pc.and_(_matured(joined), pc.is_valid(joined["outcome"])))
    ratio = counted(matured.num_rows / joined.num_rows, joined.num_rows)
    measurements = [occasion.measurement("matured_ratio", SEGMENT_ALL, ratio)]
    samples = _samples(matured, rule)
    undefined: dict[str, str] = {}
    for segment, sample in samples.items():
        measured, reasons = measure_all(dict.fromkeys((*metrics, *DIAGNOSTIC[rule.kind])), sample)
        measurements += [occasion.measurement(name, segment, seen) for name, seen in measured.items()]
        undefined |= {f"{name}.{segment}": reason for name, reason in reasons.items()}
    return PerformanceFound(measurements=tuple(measurements), undefined=undefined, samples=samples)


def answer_columns(rule: DecisionRule) -> tuple[str, ...]:
    """The columns of predictions in which their answers stand."""
    return ("probabilities",) if rule.kind is ProblemKind.MULTICLASS else (rule.answer_name,)


def _joined(predictions: pa.Table, labels: pa.Table, answers: tuple[str, ...]) -> pa.Table:
    keys = pa.schema([predictions.schema.field(name) for name in _KEYS])
    labels = labels.select([*_KEYS, "outcome", "over", "treated"])
    for name in _KEYS:
        labels = labels.set_column(
            labels.column_names.index(name), name, labels.column(name).cast(keys.field(name).type)
        )
    # Lists cannot be joined, so their rows are fetched by their places.
    places = predictions.select(_KEYS).append_column("place", pa.array(np.arange(predictions.num_rows)))
    joined = places.join(labels, _KEYS, join_type="left outer")
    if joined.num_rows != predictions.num_rows:
        seen = f"{joined.num_rows} rows for {predictions.num_rows} predictions"
        raise MetricInputWrong("labels", seen, "one row at most for each prediction")
    # A join on several threads may give rows in any order, and sums of floats depend on it in their last digits.
    joined = joined.sort_by([("slot", "ascending"), ("entity", "ascending")])
    for name in (*answers, "decision", "control"):
        joined = joined.append_column(name, predictions[name].take(joined["place"]))
    return joined


def _matured(joined: pa.Table) -> pa.ChunkedArray:
    """True on the rows of the batches all of whose outcomes are known, or no longer waited for."""
    settled = pc.or_(pc.is_valid(joined["outcome"]), pc.fill_null(joined["over"], False))
    known = joined.append_column("settled", settled).group_by("slot").aggregate([("settled", "all")])
    whole = known.filter(known["settled_all"])
    return pc.is_in(joined.column("slot"), value_set=whole.column("slot").combine_chunks())


def _samples(matured: pa.Table, rule: DecisionRule) -> dict[str, Sample]:
    """The rows of each segment that has any."""
    untreated = pc.invert(pc.fill_null(matured.column("treated").cast(pa.bool_()), False))
    segments = {SEGMENT_ALL: matured, SEGMENT_CONTROL: matured.filter(pc.and_(matured.column("control"), untreated))}
    return {name: _sample(rows, rule) for name, rows in segments.items() if rows.num_rows}


def _sample(rows: pa.Table, rule: DecisionRule) -> Sample:
    outcome = rows["outcome"].cast(pa.float64()).to_numpy()
    decided = rows["decision"].cast(pa.float64()).to_numpy()
    return Sample.of(outcome, _answers(rows, rule), rule=rule, decided=decided, entity=rows["entity"])


def _answers(rows: pa.Table, rule: DecisionRule) -> NDArray[np.float64]:
    column = rows[answer_columns(rule)[0]].combine_chunks()
    if rule.kind is not ProblemKind.MULTICLASS:
        return np.asarray(column.to_numpy(), dtype=np.float64)
    return np.asarray(column.flatten().to_numpy(), dtype=np.float64).reshape(len(column), len(rule.classes))
