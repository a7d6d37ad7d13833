"""Figures as people read them: shares, money, intervals, times in the project's zone.

Invariant: every figure carries its unit, an interval is said in words ("between … and …"), and the same value is
written the same way in a verdict, in a report and in a terminal.
"""

import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

MILLION = 1_000_000
# A rate below this is shown with two digits, so that 0.4 % and 0.44 % differ.
SMALL_RATIO = 0.01


def number(value: float, digits: int = 0) -> str:
    """A number with thousands separated, and a true minus sign.

    >>> number(-1234.5, 1)
    '−1,234.5'
    """
    text = f"{abs(value):,.{digits}f}"
    return f"−{text}" if value < 0 and float(text.replace(",", "")) != 0 else text


def share(ratio: float) -> str:
    """A ratio as a percentage.

    >>> share(0.917), share(0.004), share(1.0)
    ('91.7 %', '0.40 %', '100 %')
    """
    if ratio in (0, 1):
        return f"{ratio:.0%}".replace("%", " %")
    return f"{number(ratio * 100, 2 if abs(ratio) < SMALL_RATIO else 1)} %"


def points(ratio: float) -> str:
    """A difference of two ratios, in percentage points.

    >>> points(-0.042)
    '−4.2 percentage points'
    """
    return f"{number(ratio * 100, 1)} percentage points"


def money(amount: float, currency: str) -> str:
    """An amount: whole units, or millions with two digits.

    >>> money(1_240_000, "EUR"), money(-312.4, "EUR")
    ('1.24 million EUR', '−312 EUR')
    """
    if abs(amount) >= MILLION:
        return f"{number(amount / MILLION, 2)} million {currency}"
    return f"{number(amount)} {currency}"


def between(low: float, high: float, form: Callable[[float], str]) -> str:
    """A 95 % interval in words.

    >>> between(0.03, 0.06, share)
    'between 3.0 and 6.0 %'
    """
    (first, _, unit), (_, _, other) = form(low).partition(" "), form(high).partition(" ")
    return f"between {first} and {form(high)}" if unit == other else f"between {form(low)} and {form(high)}"


def count(amount: int, noun: str, plural: str = "") -> str:
    """A number of things.

    >>> count(1, "run"), count(0, "run"), count(1200, "entry", "entries")
    ('1 run', 'no runs', '1,200 entries')
    """
    many = plural or f"{noun}s"
    return f"{amount:,} {noun if amount == 1 else many}" if amount else f"no {many}"


def listed(items: Sequence[str], most: int = 5) -> str:
    """A list in a sentence; what exceeds `most` is counted.

    >>> listed(["a", "b", "c"])
    'a, b and c'
    """
    shown = [*items[:most]]
    if len(items) > most:
        shown.append(f"{len(items) - most} more")
    return " and ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)


def day(at: datetime, zone: ZoneInfo) -> str:
    """The calendar day in a zone: `1 July 2026`."""
    local = at.astimezone(zone)
    return f"{local.day} {local:%B %Y}"


def month(at: datetime, zone: ZoneInfo) -> str:
    """The month in a zone: `July 2026`."""
    return f"{at.astimezone(zone):%B %Y}"


def moment(at: datetime, zone: ZoneInfo) -> str:
    """Day and minute in a zone: `1 July 2026, 06:00`."""
    return f"{day(at, zone)}, {at.astimezone(zone):%H:%M}"


def span(length: timedelta) -> str:
    """A length of time in its largest sensible unit.

    >>> span(timedelta(days=45)), span(timedelta(hours=5)), span(timedelta(minutes=1))
    ('45 days', '5 hours', '1 minute')
    """
    seconds = max(0, int(length.total_seconds()))
    for size, unit in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            return count(seconds // size, unit)
    return "less than a minute"


def sentences(text: str) -> list[str]:
    """The sentences of a text.

    >>> sentences("Accuracy is 0.7 now. Train again.")
    ['Accuracy is 0.7 now.', 'Train again.']
    """
    return re.split(r"(?<=[.!?])\s+(?=[A-Z])", text.strip())
