"""An occasion for tests."""

from datetime import UTC, datetime

from copml.records import Interval, Measurement, Occasion, VersionName, Window

JANUARY = Window(starts_at=datetime(2026, 1, 1, tzinfo=UTC), ends_at=datetime(2026, 2, 1, tzinfo=UTC))
OCCASION = Occasion(
    project="telco-churn",
    window=JANUARY,
    version=VersionName("v1"),
    measured_at=datetime(2026, 5, 2, tzinfo=UTC),
    pass_=1,
)


def by_key(measurements: tuple[Measurement, ...]) -> dict[str, Interval]:
    """Intervals by `metric.segment`; every measurement must be of the occasion, and none measured twice."""
    found = {}
    for item in measurements:
        assert (item.project, item.version, item.pass_) == ("telco-churn", "v1", 1)
        assert (item.starts_at, item.ends_at) == (JANUARY.starts_at, JANUARY.ends_at)
        key = f"{item.metric}.{item.segment}"
        assert key not in found
        found[key] = Interval(value=item.value, low=item.low, high=item.high, n=item.n)
    return found
