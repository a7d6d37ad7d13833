"""What in an exploration a person should look at, in plain sentences, the most urgent first.

Invariant: pure; a finding rests on the near end of an interval, so that few rows raise no suspicion. A suspicion of
leakage is a question: only people know when a value came to be.
"""

from collections.abc import Iterator
from math import sqrt

import numpy as np

from copml.conformance.words import count, listed, share
from copml.exploration.association import Floats
from copml.exploration.result import (
    Association,
    ColumnProfile,
    Concern,
    Drift,
    Exploration,
    Finding,
    Gap,
    History,
)
from copml.metrics import proportion
from copml.records import Interval

# A rule of thumb: few single inputs tell that much; what is known only afterwards often does.
SUSPECT_AREA = 0.9
# The share of one outcome among the rows that have a value at all.
FILLED_RATIO = 0.9
FILLED_ROWS_MIN = 30
GAP_RATIO = 0.05
CHANGE_AREA = 0.1
# In standard errors: dozens of columns and splits are tried, and noise should pass none of them.
CHANGE_ERRORS = 4.5
NOTHING_AREA = 0.55
# Both sides of a change hold at least this share of the rows and so many windows: a single odd window is no change.
SIDE_RATIO = 0.1
SIDE_WINDOWS_MIN = 2
UNREAD_SHOWN = 10
NAMES_SHOWN = 6
_WIDTH = 2 * 1.959963984540054


def findings(found: Exploration, counts: dict[str, Floats], entity: str | None) -> tuple[Finding, ...]:
    """Every finding. `counts`: rows by bin (the last: missing) and outcome, for each column; `entity`: whose rows."""
    filled = list(_filled_afterwards(found, counts))
    afterwards = {name for item in filled for name in item.columns}
    return (
        *(item for item in _tells_too_well(found) if item.columns[0] not in afterwards),
        *filled,
        *_changes(found),
        *(item for item in _gaps(found) if item.columns[0] not in afterwards),
        *_together(found),
        *_drifts(found),
        *_contents(found, entity),
    )


def _tells_too_well(found: Exploration) -> Iterator[Finding]:
    for item in found.associations:
        if item.strength.low >= SUSPECT_AREA:
            text = (
                f"`{item.column}` alone tells the outcome in {share(item.right.value)} of rows{_at_least(found)} "
                f"(strength {item.strength.value:.2f}, where 0.5 tells nothing): is it known only afterwards?"
            )
            yield Finding(concern=Concern.LEAKAGE, columns=(item.column,), text=text)


def _at_least(found: Exploration) -> str:
    """Beside what everybody gets right by naming the more frequent outcome, where that is most rows."""
    seen = found.outcome.share if found.outcome is not None else None
    most = max(seen.value, 1 - seen.value) if seen is not None else 0.0
    return f", where the more frequent outcome alone is right in {share(most)}" if most >= FILLED_RATIO else ""


def _filled_afterwards(found: Exploration, counts: dict[str, Floats]) -> Iterator[Finding]:
    if found.outcome is None or found.outcome.share is None:
        return
    for name, by_bin in counts.items():
        if not by_bin[-1].sum():
            continue
        negative, positive = by_bin[:-1].sum(axis=0)
        whole = positive + negative
        if whole < FILLED_ROWS_MIN:
            continue
        for events, base, words in (
            (positive, found.outcome.share.value, "have the event"),
            (negative, 1 - found.outcome.share.value, "do not have the event"),
        ):
            seen = proportion(int(events), int(whole))
            if seen.low >= max(FILLED_RATIO, (1 + base) / 2):
                text = (
                    f"`{name}` is filled in {count(int(whole), 'row')}, and {share(seen.value)} of those {words}, "
                    f"against {share(base)} of all: is it written down only afterwards?"
                )
                yield Finding(concern=Concern.LEAKAGE, columns=(name,), text=text)


def _changes(found: Exploration) -> Iterator[Finding]:
    if found.history is None:
        return
    for item in found.associations:
        if (text := _change(item, found.history)) is not None:
            yield Finding(concern=Concern.HISTORY, columns=(item.column,), text=text)


def _change(item: Association, history: History) -> str | None:
    """Where the association of a column is most different before and after, if it is there on one side only."""
    places = [place for place, seen in enumerate(item.by_window) if seen is not None]
    seen = [interval for interval in item.by_window if interval is not None]
    split = _split(seen)
    if split is None:
        return None
    before, after = seen[:split], seen[split:]
    since = history.windows[places[split]].starts_at
    when = f"{since:%Y-%m-%d %H:%M}" if history.every == "hour" else f"{since.date()}"
    first, second = (f"{_pooled(side)[0]:.2f}" for side in (before, after))
    if _tells_nothing(before):
        doubt = "was it filled in later, or defined anew?"
        return (
            f"`{item.column}` tells nothing of the outcome before {when} (strength {first}), and something after it "
            f"({second}): {doubt}"
        )
    if _tells_nothing(after):
        doubt = "did its meaning change, or is it no longer filled?"
        return f"`{item.column}` tells the outcome before {when} ({first}), and nothing after it ({second}): {doubt}"
    return None


def _split(seen: list[Interval]) -> int | None:
    """How many windows come before the clearest change; None where there is none that noise could not make."""
    rows = np.cumsum([item.n for item in seen])
    found: list[tuple[float, int]] = []
    for split in range(SIDE_WINDOWS_MIN, len(seen) - SIDE_WINDOWS_MIN + 1):
        if not SIDE_RATIO <= rows[split - 1] / rows[-1] <= 1 - SIDE_RATIO:
            continue
        (before, error_before), (after, error_after) = _pooled(seen[:split]), _pooled(seen[split:])
        errors = abs(after - before) / sqrt(error_before**2 + error_after**2)
        if abs(after - before) >= CHANGE_AREA and errors >= CHANGE_ERRORS:
            found.append((errors, split))
    return max(found)[1] if found else None


def _tells_nothing(seen: list[Interval]) -> bool:
    """Whether no more than a few windows tell more than nothing, one way or the other."""
    away = [item for item in seen if abs(item.value - 0.5) > NOTHING_AREA - 0.5 and not item.low <= 0.5 <= item.high]
    return abs(_pooled(seen)[0] - 0.5) <= NOTHING_AREA - 0.5 and len(away) <= len(seen) / 5


def _pooled(seen: list[Interval]) -> tuple[float, float]:
    """The mean of independent windows, each by its precision, and its standard error."""
    errors = np.array([max((item.high - item.low) / _WIDTH, 1e-6) for item in seen])
    weight = 1 / errors**2
    return float(weight @ [item.value for item in seen] / weight.sum()), float(1 / sqrt(weight.sum()))


def _gaps(found: Exploration) -> Iterator[Finding]:
    for item in found.gaps:
        if _near(item.difference) >= GAP_RATIO:
            yield Finding(concern=Concern.MISSING, columns=(item.column,), text=_gap(item))


def _near(seen: Interval) -> float:
    """How far an interval keeps from nothing."""
    return max(0.0, seen.low, -seen.high)


def _gap(item: Gap) -> str:
    return (
        f"Where `{item.column}` is missing, {share(item.missing.value)} of rows have the event, against "
        f"{share(item.present.value)} where it is not: the gap itself says something. Do not fill it without a mark."
    )


def _together(found: Exploration) -> Iterator[Finding]:
    for item in found.together:
        names = listed([f"`{name}`" for name in item.columns], NAMES_SHOWN)
        yield Finding(
            concern=Concern.MISSING,
            columns=item.columns,
            text=f"{names} are missing together, in {share(item.ratio)} of rows: do they come from one place?",
        )


def _drifts(found: Exploration) -> Iterator[Finding]:
    for item in (item for item in found.drift if item.missing_jump):
        text = f"`{item.column}` is missing far more often in some windows than in the first ones: did a delivery fail?"
        yield Finding(concern=Concern.DRIFT, columns=(item.column,), text=text)
    moved = [item for item in found.drift if any(item.drifted) and not item.missing_jump]
    if moved:
        names = tuple(item.column for item in moved)
        yield Finding(concern=Concern.DRIFT, columns=names, text=_drift(moved, found))


def _drift(moved: list[Drift], found: Exploration) -> str:
    assert found.history is not None, "what drifts has a history"
    later = len(found.history.windows) - found.reference
    names = listed([f"`{item.column}`" for item in moved], NAMES_SHOWN)
    far = moved[0]
    head = "has" if len(moved) == 1 else "have"
    tail = f"{far.worst:.2f}" if len(moved) == 1 else f"{far.worst:.2f} for `{far.column}`"
    most = max(sum(item.drifted) for item in moved)
    return (
        f"{names} {head} drifted from the first part of the history, in up to {most} of {count(later, 'later window')} "
        f"(stability index up to {tail}): would a model of then still hold?"
    )


def _contents(found: Exploration, entity: str | None) -> Iterator[Finding]:
    own = {found.outcome.column if found.outcome else None, found.history.column if found.history else None, entity}
    inputs = [item for item in found.columns if item.name not in own]
    for columns, text in (
        ([item for item in inputs if item.kind == "empty"], "hold no value at all: leave them out."),
        (
            [item for item in inputs if item.is_constant and not item.missing],
            "have the same value in every row: leave them out.",
        ),
        (
            [item for item in inputs if item.is_key],
            "have a text of its own in each row, as an identifier does: no model learns from that.",
        ),
        (
            [item for item in inputs if item.is_prose],
            "have prose that hardly repeats: a model needs a vectoriser for it, and its drift is not measured.",
        ),
    ):
        if columns:
            yield _of_several(columns, text)
    for item in found.columns:
        if item.unread:
            text = (
                f"`{item.name}` holds numbers, and in {count(item.unread, 'row')} a text that is no number; "
                "those rows count as missing."
            )
            yield Finding(concern=Concern.CONTENT, columns=(item.name,), text=text)
    words = [item for item in found.columns if item.words]
    if words:
        yield _of_several(words, "use a word such as `?` or `n/a` for a missing value; it is counted as missing.")


def _of_several(columns: list[ColumnProfile], text: str) -> Finding:
    names = tuple(item.name for item in columns)
    shown = listed([f"`{name}`" for name in names], NAMES_SHOWN)
    if len(names) == 1:
        for many, one in (("hold ", "holds "), ("have ", "has "), ("use ", "uses "), ("leave them", "leave it")):
            text = text.replace(many, one)
    return Finding(concern=Concern.CONTENT, columns=names, text=f"{shown} {text}")
