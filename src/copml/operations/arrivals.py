"""What the loop knows of predictions that are made elsewhere: what has arrived, and which windows are whole (pure).

Invariant: rows that arrived become predictions once, whichever pass brought them; a window is measured once the log has
been read after its end, because what of it is still to come is not known before.
"""

from collections.abc import Iterator

from copml.operations.view import View
from copml.records import Ingest, Window
from copml.spec.periods import window_at


def arrived(view: View) -> Iterator[Ingest]:
    """Passes over the log that brought rows, oldest first."""
    source = view.project.arrivals.source
    yield from (item for item in view.ingests if item.source == source and item.rows_added)


def windows_of(view: View, item: Ingest) -> list[Window]:
    """The monitoring windows that the rows of a pass lie in, or some between them."""
    assert item.event_at_min is not None, "a pass that brought rows knows their times"
    assert item.event_at_max is not None, "a pass that brought rows knows their times"
    every, zone = view.project.monitoring.every, view.project.tz
    found = [window_at(item.event_at_min, every, zone)]
    while found[-1].ends_at <= item.event_at_max:
        found.append(window_at(found[-1].ends_at, every, zone))
    return found


def is_whole(view: View, window: Window) -> bool:
    """Whether a window has predictions, is over, and the log was read since."""
    source = view.project.arrivals.source
    slot = window_at(window.ends_at, view.project.data.sources[source].every, view.project.tz).starts_at
    read = any(item.source == source and item.slot >= slot for item in view.ingests)
    return window.ends_at <= view.now and read and bool(view.scored_in(window))


def is_late(view: View, window: Window) -> bool:
    """Whether what arrives for a window now comes after the log's accepted delay; the past that came first does not."""
    delay = view.project.data.sources[view.project.arrivals.source].delay
    return bool(view.scoring_runs) and view.now > delay.after(window.ends_at, view.project.tz)
