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

from copml.errors import MetricInputWrong
from copml.metrics import Sample, measure_all
from copml.monitoring.counted import counted
from copml.records import SEGMENT_ALL, SEGMENT_CONTROL, Measurement, Occasion

DIAGNOSTIC = ("accuracy", "roc_auc", "calibration_error", "positive_ratio", "majority_accuracy")
"""Measured whatever the project asks for: `monitoring.diagnosis` tells causes apart by them."""

_KEYS = ["entity", "slot"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PerformanceFound:
    """Measurements of a window; why some metrics have no value, by `metric.segment`; the rows that were measured."""

    measurements: tuple[Measurement, ...]
    undefined: Mapping[str, str]
    samples: Mapping[str, Sample]


def performance_measurements(
    occasion: Occasion, predictions: pa.Table, labels: pa.Table, *, metrics: Iterable[str], threshold: float
) -> PerformanceFound:
    """Measure the metrics on `all` and on `control`, and `matured_ratio`, the share of predictions that could be used.

    `predictions`: entity, slot, probability, control (the entity's draw). `labels`: entity, slot, outcome (true or 1,
    false or 0, null while unknown) and treated (whether the entity had any treatment within the horizon); at most one
    row for each prediction, none is an unknown outcome.

    Raises:
        MetricInputWrong: when labels repeat, or a column holds impossible values.
        MetricUnknown: for a metric that does not exist.
    """
    if predictions.num_rows == 0:
        return PerformanceFound(measurements=(), undefined={}, samples={})
    joined = _joined(predictions, labels)
    matured = joined.filter(_matured(joined))
    ratio = counted(matured.num_rows / joined.num_rows, joined.num_rows)
    measurements = [occasion.measurement("matured_ratio", SEGMENT_ALL, ratio)]
    samples = _samples(matured, threshold)
    undefined: dict[str, str] = {}
    for segment, sample in samples.items():
        measured, reasons = measure_all(dict.fromkeys((*metrics, *DIAGNOSTIC)), sample)
        measurements += [occasion.measurement(name, segment, seen) for name, seen in measured.items()]
        undefined |= {f"{name}.{segment}": reason for name, reason in reasons.items()}
    return PerformanceFound(measurements=tuple(measurements), undefined=undefined, samples=samples)


def _joined(predictions: pa.Table, labels: pa.Table) -> pa.Table:
    keys = pa.schema([predictions.schema.field(name) for name in _KEYS])
    labels = labels.select([*_KEYS, "outcome", "treated"])
    for name in _KEYS:
        labels = labels.set_column(
            labels.column_names.index(name), name, labels.column(name).cast(keys.field(name).type)
        )
    joined = predictions.select([*_KEYS, "probability", "control"]).join(labels, _KEYS, join_type="left outer")
    if joined.num_rows != predictions.num_rows:
        seen = f"{joined.num_rows} rows for {predictions.num_rows} predictions"
        raise MetricInputWrong("labels", seen, "one row at most for each prediction")
    # A join on several threads may give rows in any order, and sums of floats depend on it in their last digits.
    return joined.sort_by([("slot", "ascending"), ("entity", "ascending")])


def _matured(joined: pa.Table) -> pa.ChunkedArray:
    """True on the rows of the batches all of whose outcomes are known."""
    known = joined.group_by("slot").aggregate([("outcome", "count"), ([], "count_all")])
    whole = known.filter(pc.equal(known.column("outcome_count"), known.column("count_all")))
    return pc.is_in(joined.column("slot"), value_set=whole.column("slot").combine_chunks())


def _samples(matured: pa.Table, threshold: float) -> dict[str, Sample]:
    """The rows of each segment that has any."""
    untreated = pc.invert(pc.fill_null(matured.column("treated").cast(pa.bool_()), False))
    segments = {SEGMENT_ALL: matured, SEGMENT_CONTROL: matured.filter(pc.and_(matured.column("control"), untreated))}
    return {name: _sample(rows, threshold) for name, rows in segments.items() if rows.num_rows}


def _sample(rows: pa.Table, threshold: float) -> Sample:
    outcome = rows.column("outcome").cast(pa.int8()).to_numpy()
    probability = np.asarray(rows.column("probability").to_numpy(), dtype=np.float64)
    return Sample.of(outcome, probability, threshold=threshold, entity=rows.column("entity"))
