"""Whether a repair helped: one metric before and after, with the interval of the difference.

Invariant: positive means better, whichever direction is better for the metric itself.
"""

from copml.errors import MetricUndefined
from copml.metrics import METRICS, Sample, compare
from copml.records import SEGMENT_CONTROL, Interval, Measurement, Occasion


def helped(
    occasion: Occasion, metric: str, before: Sample, after: Sample, *, segment: str = SEGMENT_CONTROL
) -> Measurement:
    """`retrain_gain`: how much better the metric is after than before.

    The two are either two windows, or the old and the new version's probabilities for the same rows; with entities in
    both, rows of one entity are compared with each other. Surely helped: low > 0.

    Raises:
        MetricUnknown: for a metric that does not exist.
        MetricUndefined: where the metric has no value on one of the sides, or no direction that is better.
    """
    seen = compare(metric, before, after)
    better = METRICS[before.rule.kind][metric].better
    if better is None:
        raise MetricUndefined(f"the gain in {metric}", "neither more nor less of it is better")
    if better == "lower":
        seen = Interval(value=-seen.value, low=-seen.high, high=-seen.low, n=seen.n)
    return occasion.measurement("retrain_gain", segment, seen)
