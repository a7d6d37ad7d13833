"""Predictions with known outcomes, counted by probability.

Invariant: only control entities that nobody treated say what happens without the treatment.
"""

from typing import Any

import numpy as np

from copml.advice.facts import Curve
from copml.conformance import Evidence
from copml.conformance.evidence import Metric
from copml.conformance.figures import SEGMENT_POOLED, recent_effect
from copml.records import Interval

# Steps of five points: finer ones leave too few control entities in each.
BINS = 20


def curve(evidence: Evidence, rows: Any, batches: int) -> Curve | None:
    """Counts of an Arrow table with probability, control, treated, outcome.

    None where it is empty, and where a model answers with other numbers than probabilities.
    """
    if batches == 0 or rows.num_rows == 0:
        return None
    probability = rows["probability"].to_numpy()
    if not ((probability >= 0) & (probability <= 1)).all():
        return None
    untreated = rows["control"].to_numpy() & ~rows["treated"].to_numpy()
    bins = np.minimum((probability * BINS).astype(int), BINS - 1)
    events = rows["outcome"].to_numpy() > 0
    held, held_events = bins[untreated], bins[untreated & events]
    per_batch = _fresh(evidence) / batches
    return Curve(
        scored=tuple(float(amount) * per_batch for amount in np.bincount(bins, minlength=BINS)),
        held=tuple(int(amount) for amount in np.bincount(held, minlength=BINS)),
        held_events=tuple(int(amount) for amount in np.bincount(held_events, minlength=BINS)),
        batches=batches,
        effect=_effect(evidence),
    )


def _fresh(evidence: Evidence) -> float:
    """The share of positive decisions that start an episode: who was treated lately is not treated again."""
    positives = sum(run.positives for run in evidence.scoring_runs)
    return sum(run.treated + run.control for run in evidence.scoring_runs) / positives if positives else 1.0


def _effect(evidence: Evidence) -> Interval | None:
    """The effect over a year together, where it was measured; else that of the newest windows."""
    pooled = [item for item in evidence.series(Metric.EFFECT, SEGMENT_POOLED) if item.n]
    if pooled:
        last = pooled[-1]
        return Interval(value=last.value, low=last.low, high=last.high, n=last.n)
    recent = recent_effect(evidence)
    return recent.interval if recent is not None else None
