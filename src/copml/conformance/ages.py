"""How old evidence may be.

Invariant: an age follows the project's own rhythm where it has one: two periods, so that one missed window already
shows, and one late window does not.
"""

from datetime import timedelta

from copml.conformance.evidence import Evidence
from copml.spec.periods import Duration, Period


def two_schedules(evidence: Evidence) -> timedelta:
    """Twice the period of scoring, and the longest delay of a source."""
    return _twice(evidence.project.deployment.schedule, evidence)


def two_windows(evidence: Evidence) -> timedelta:
    """Twice the period of monitoring, and the longest delay of a source."""
    return _twice(evidence.project.monitoring.every, evidence)


def two_trainings(evidence: Evidence) -> timedelta:
    """Twice the period of training, or two years where the project retrains on triggers only."""
    project = evidence.project
    return _twice((None if project.is_external else project.training.every) or Period.YEAR, evidence)


def a_month(evidence: Evidence) -> timedelta:
    """31 days, whatever the project's rhythm."""
    return timedelta(days=31)


def _twice(period: Period, evidence: Evidence) -> timedelta:
    delays = [source.delay.days for source in evidence.project.data.sources.values()]
    return timedelta(days=2 * Duration(1, period).days + max(delays))
