"""When outcomes are known (pure).

Invariant: a window is measured when the outcomes of all its predictions have matured and the outcome source has been
read since; it is measured a second and last time when late or corrected outcomes may have changed it.
"""

from datetime import datetime

from copml.operations.view import View
from copml.records import Window
from copml.spec.periods import window_at


def matures_at(view: View, window: Window) -> datetime | None:
    """When the last outcome of a window's predictions is known; None without predictions or horizon."""
    times = [view.matures_at(run.slot) for run in view.scored_in(window)]
    return max((at for at in times if at is not None), default=None)


def matured(view: View, window: Window) -> bool:
    """Whether the outcomes of a window can be measured now."""
    at = matures_at(view, window)
    return at is not None and at <= view.now and _read_since(view, at)


def second_look_at(view: View, window: Window) -> datetime:
    """When late and corrected outcomes of a window have been waited for long enough."""
    at = matures_at(view, window)
    assert at is not None, "only a matured window is looked at again"
    return view.project.data.outcome.corrections.after(at, view.project.tz)


def needs_second_look(view: View, window: Window) -> bool:
    """Whether outcomes of a window, or predictions that were made elsewhere, arrived after it was first measured."""
    at = matures_at(view, window)
    first = view.latest("matured_ratio", window)
    if at is None or first is None or first.pass_ > 0:
        return False
    if any(run.scored_at > first.measured_at for run in view.scored_in(window)):
        return True
    return any(
        ingest.source == view.project.data.outcome.source
        and ingest.known_at > first.measured_at
        and ingest.event_at_min is not None
        and ingest.event_at_min <= at
        for ingest in view.ingests
    )


def _read_since(view: View, at: datetime) -> bool:
    outcome = view.project.data.outcome.source
    every = view.project.data.sources[outcome].every
    slot = window_at(at, every, view.project.tz).starts_at
    return any(ingest.source == outcome and ingest.slot >= slot for ingest in view.ingests)
