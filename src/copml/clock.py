"""Time. Only this file reads the clock.

Invariant: every time is UTC with a zone attached. Functions that decide get `now` as an argument; functions that act
get a `Clock`. A simulated clock only moves forward, and only in a workspace that says so in entry 0 of its ledger.
"""

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """What tells the time to the loop."""

    def now(self) -> datetime:
        """The time, UTC."""
        ...


class SystemClock:
    """The wall clock."""

    def now(self) -> datetime:
        """The time, UTC."""
        return datetime.now(UTC)


class SimulatedClock:
    """A clock that stands still until it is moved forward."""

    def __init__(self, at: datetime) -> None:
        self._at = at.astimezone(UTC)

    def now(self) -> datetime:
        """The simulated time, UTC."""
        return self._at

    def move_to(self, at: datetime) -> None:
        """Move forward. A time before the present one leaves the clock as it is."""
        self._at = max(self._at, at.astimezone(UTC))


class Stopwatch:
    """Measures elapsed wall seconds; unaffected by clock changes."""

    def __init__(self) -> None:
        self._started = time.perf_counter()

    @property
    def seconds(self) -> float:
        """Seconds since the stopwatch was made."""
        return time.perf_counter() - self._started
