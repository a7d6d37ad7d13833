"""Cut a table into calendar windows.

Invariant: the shortest calendar period is taken that cuts the history into `WINDOWS_MAX` windows or fewer; each row is
in one window or in none (no time, or one that is no date of our days).
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from copml.exploration.columns import Column
from copml.exploration.result import History
from copml.records import Window
from copml.spec.periods import Period, window_at

WINDOWS_MAX = 36
_FIRST = datetime(1900, 1, 1, tzinfo=UTC)
_LAST = datetime(2200, 1, 1, tzinfo=UTC)

Places = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Windowed:
    """A history, and the window of each row, shape (rows,), -1 for none."""

    history: History
    places: Places


def cut(column: Column, zone: ZoneInfo) -> Windowed | None:
    """The windows of a column of times; None where fewer than two would come out."""
    micros = np.asarray(column.values.cast(pa.int64()).fill_null(np.iinfo(np.int64).min).to_numpy())
    usable = (micros >= _micros(_FIRST)) & (micros < _micros(_LAST))
    if not usable.any():
        return None
    first, last = (_moment(int(edge)) for edge in (micros[usable].min(), micros[usable].max()))
    every, windows = _windows(first, last, zone)
    edges = np.array([_micros(window.starts_at) for window in windows] + [_micros(windows[-1].ends_at)])
    places = np.searchsorted(edges, micros, side="right").astype(np.int64) - 1
    places[~usable | (places >= len(windows))] = -1
    rows = np.bincount(places[places >= 0], minlength=len(windows))
    if np.count_nonzero(rows) < 2:
        return None
    history = History(
        column=column.profile.name, every=every.value, windows=tuple(windows), rows=tuple(int(count) for count in rows)
    )
    return Windowed(history, places)


def _windows(first: datetime, last: datetime, zone: ZoneInfo) -> tuple[Period, list[Window]]:
    """Windows from the first to the last; of a history that is too long for years, the newest years."""
    for every in Period:
        found = _between(first, last, every, zone)
        if len(found) <= WINDOWS_MAX:
            return every, found
    years = _between(last.replace(year=last.year - WINDOWS_MAX + 1, day=1), last, Period.YEAR, zone)
    return Period.YEAR, years


def _between(first: datetime, last: datetime, every: Period, zone: ZoneInfo) -> list[Window]:
    """At most one window more than may be."""
    found = [window_at(first, every, zone)]
    while found[-1].ends_at <= last and len(found) <= WINDOWS_MAX:
        found.append(window_at(found[-1].ends_at, every, zone))
    return found


def _micros(at: datetime) -> int:
    return int(at.timestamp()) * 1_000_000


def _moment(micros: int) -> datetime:
    return datetime.fromtimestamp(micros / 1e6, tz=UTC)
