"""How long signing in waits after it failed.

Invariant: the first failures cost nothing, each further one doubles the wait up to a limit, and nothing is locked for
ever: who can make others' sign-ins fail could else keep them out.
"""

from datetime import datetime, timedelta

FREE = 5
FIRST, LONGEST = timedelta(seconds=30), timedelta(minutes=30)
FORGOTTEN_AFTER = timedelta(days=1)


def locked_until(count: int, last_at: datetime) -> datetime:
    """When an account may be tried again after so many failures, the last of them then; the past if at once."""
    if count < FREE:
        return last_at
    doublings = min(count - FREE, 16)
    return last_at + min(FIRST * (1 << doublings), LONGEST)


def counted(count: int, last_at: datetime | None, now: datetime) -> int:
    """How many failures still count: none after a day without one."""
    return 0 if last_at is None or now - last_at > FORGOTTEN_AFTER else count
