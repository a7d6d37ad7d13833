"""The page of an exploration: findings first, then what they rest on.

Invariant: the page follows from its arguments alone; it shows the strongest and the worst where there is too much for a
page, and says how much is left out. What counts as a finding is for `exploration`.
"""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from copml.conformance.words import between, count, day, listed, moment, number, points, share
from copml.exploration import ColumnProfile, Exploration
from copml.records import Interval
from copml.reporting.drawing import Figure
from copml.reporting.exploration_charts import (
    drift_figure,
    missing_figure,
    rate_figures,
    strength_figure,
    strength_history_figure,
)
from copml.reporting.rendering import fill

FINDINGS_SHOWN = 12
CARDS_SHOWN = 60
LABELS_SHOWN = 4
BAR_HEIGHT = 46
GAPS_SHOWN = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One column on the page; `bars` are heights of its histogram, `described` says it in words."""

    name: str
    kind: str
    bars: tuple[float, ...]
    described: str
    facts: tuple[tuple[str, str], ...]


def explored(found: Exploration, *, at: datetime, zone: ZoneInfo, simulated: bool = False) -> str:
    """The page as self-contained HTML; `at`: when the table was looked at."""
    figures = {figure.id: figure for figure in _figures(found, zone)}
    cards = tuple(_card(item) for item in _interesting(found)[:CARDS_SHOWN])
    return fill(
        "explored.html.j2",
        found=found,
        title=f"{found.name}: exploration",
        simulated=simulated,
        as_of=moment(at, zone),
        zone=zone.key,
        headline=headline_explored(found),
        findings_title=findings_title(found),
        shown=found.findings[:FINDINGS_SHOWN],
        figures=figures,
        rates=[name for name in figures if name.startswith("rate-")],
        outcome_facts=_outcome_facts(found),
        history_facts=_history_facts(found, zone),
        gaps=[
            (item.column, _told(item.missing), _told(item.present), points(item.difference.value))
            for item in found.gaps[:GAPS_SHOWN]
        ],
        together=[(share(item.ratio), listed(list(item.columns), 40)) for item in found.together],
        cards=cards,
        columns_title=f"The {count(len(found.columns), 'column')}",
        columns_more=_unlisted(found, cards),
    )


def headline_explored(found: Exploration) -> str:
    """What was looked at, in a sentence."""
    parts = [f"{count(found.rows, 'row')} of {count(len(found.columns), 'column')}"]
    if found.history is not None:
        parts.append(f"over {count(len(found.history.windows), found.history.every)}")
    head = " ".join(parts)
    if found.outcome is None or found.outcome.share is None:
        return f"{head}."
    return f"{head}; in {share(found.outcome.share.value)} of rows {found.outcome.positive}."


def findings_title(found: Exploration) -> str:
    """How many findings there are."""
    amount = len(found.findings)
    return f"{count(amount, 'thing')} to look at" if amount else "Nothing stands out"


def _figures(found: Exploration, zone: ZoneInfo) -> list[Figure]:
    drawn = (
        strength_figure(found),
        *rate_figures(found),
        strength_history_figure(found, zone),
        drift_figure(found, zone),
        missing_figure(found),
    )
    return [figure for figure in drawn if figure is not None]


def _outcome_facts(found: Exploration) -> tuple[tuple[str, str], ...]:
    outcome = found.outcome
    if outcome is None:
        return ()
    facts = [("The event", outcome.positive)]
    if outcome.share is not None:
        facts.append(("Its share", f"{_told(outcome.share)}, {count(outcome.positives, 'row')}"))
    if outcome.unknown:
        facts.append(("Not known", f"{count(outcome.unknown, 'row')}, which are left out here"))
    return tuple(facts)


def _history_facts(found: Exploration, zone: ZoneInfo) -> tuple[tuple[str, str], ...]:
    history = found.history
    if history is None:
        return ()
    first, last = history.windows[0].starts_at, history.windows[-1].ends_at
    return (
        ("Times", f"{history.column}, from {day(first, zone)} to before {day(last, zone)}"),
        ("Windows", f"{count(len(history.windows), history.every)} of up to {count(max(history.rows), 'row')}"),
        ("Reference", f"the first {count(found.reference, history.every)}, which the others are compared with"),
    )


def _told(seen: Interval) -> str:
    return f"{share(seen.value)} ({between(seen.low, seen.high, share)})"


def _interesting(found: Exploration) -> list[ColumnProfile]:
    """Columns that findings name come first, then the strongest, then in the order of the table."""
    order: dict[str, None] = {}
    for name in [name for item in found.findings for name in item.columns]:
        order.setdefault(name)
    for item in found.associations:
        order.setdefault(item.column)
    by_name = {item.name: item for item in found.columns}
    return [by_name[name] for name in order] + [item for item in found.columns if item.name not in order]


def _card(item: ColumnProfile) -> Card:
    heights = _heights(item)
    return Card(
        name=item.name,
        kind=item.kind,
        bars=tuple(round(BAR_HEIGHT * height / max(heights), 1) for height in heights),
        described=f"Histogram of {item.name} in {count(len(heights), 'bin')}",
        facts=_facts(item),
    )


def _heights(item: ColumnProfile) -> tuple[int, ...]:
    """Rows of each bar; none where there is nothing to see."""
    if item.kind not in ("number", "category") or item.is_key or item.is_prose:
        return ()
    found = item.histogram or item.bins.counts
    # The last label stands for all others, of which there may be none.
    found = found[:-1] if item.bins.labels and not found[-1] else found
    return found if any(found) else ()


def _facts(item: ColumnProfile) -> tuple[tuple[str, str], ...]:
    facts = [("missing", share(item.missing_ratio) if item.missing else "nothing")]
    if item.kind in ("number", "category", "time"):
        facts.append(("values", f"{item.distinct:,} different"))
    if item.limits is not None:
        low, median, high = (_plain(value) for value in (item.limits.low, item.limits.median, item.limits.high))
        facts.append(("range", f"{low} to {high}, half below {median}"))
        facts.append(("mean", _plain(item.limits.mean)))
    if item.kind == "category" and not item.is_key and not item.is_prose:
        facts.append(("frequent", _frequent(item)))
    return tuple(facts)


def _plain(value: float) -> str:
    """A number with as many digits as it needs."""
    if value == int(value) and abs(value) < 1e12:
        return number(value)
    return number(value, 2) if 0.01 <= abs(value) < 1e9 else f"{value:.3g}".replace("-", "−")


def _frequent(item: ColumnProfile) -> str:
    rows = item.rows - item.missing
    labels = [
        f"{label} ({share(counted / rows)})"
        for label, counted in zip(item.bins.labels[:LABELS_SHOWN], item.bins.counts, strict=False)
        if counted and label != item.bins.labels[-1]
    ]
    return ", ".join(labels) or "none"


def _unlisted(found: Exploration, cards: tuple[Card, ...]) -> str:
    left = len(found.columns) - len(cards)
    return f"{count(left, 'more column')} are not drawn here; `--json` has all of them." if left else ""
