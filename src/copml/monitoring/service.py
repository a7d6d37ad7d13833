"""Service: whether the batches that were due came, and came in time.

Invariant: a slot without a run counts as one that was missed, never as one that was not due. Probes of an endpoint will
stand beside this once there is one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from copml.monitoring.counted import counted
from copml.records import SEGMENT_ALL, Measurement, Occasion, ScoringRun


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceFound:
    """Measurements of a window, and the slots that were missed or late, in words."""

    measurements: tuple[Measurement, ...]
    failures: tuple[str, ...]


def service_measurements(occasion: Occasion, due: Sequence[datetime], runs: Sequence[ScoringRun]) -> ServiceFound:
    """`availability`: the share of the slots due in a window whose run came in time. Nothing due: nothing measured."""
    by_slot = {run.slot: run for run in runs}
    failures = tuple(words for slot in due if (words := _failure(slot, by_slot.get(slot))))
    if not due:
        return ServiceFound(measurements=(), failures=())
    seen = counted(1 - len(failures) / len(due), len(due))
    return ServiceFound(measurements=(occasion.measurement("availability", SEGMENT_ALL, seen),), failures=failures)


def _failure(slot: datetime, run: ScoringRun | None) -> str:
    if run is None:
        return f"the batch of {slot:%Y-%m-%d %H:%M} UTC was not scored"
    if not run.on_time:
        return f"the batch of {slot:%Y-%m-%d %H:%M} UTC was scored late, at {run.scored_at:%Y-%m-%d %H:%M} UTC"
    return ""
