"""Explore a table: settle its columns, then look at each of them once.

Invariant: the result depends on the rows and on the question alone. Whatever a table holds, there is a result, unless
it has no rows or the question names what is not there.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import pyarrow as pa

from copml.errors import ColumnUnknown, TableUnusable
from copml.exploration.association import RATES_SHOWN, Base, Floats, widest_gaps
from copml.exploration.columns import Column, settle
from copml.exploration.drift import drift, reference_windows
from copml.exploration.findings import findings
from copml.exploration.missing import together
from copml.exploration.outcome import Truth, truth
from copml.exploration.result import Association, Drift, Exploration, Outcome, Question
from copml.exploration.windows import Windowed, cut
from copml.metrics import measure
from copml.records import DecisionRule

COLUMNS_MAX = 2_000

Progress = Callable[[str, int, int | None], None]


@dataclass(frozen=True, slots=True)
class _Looked:
    """What one pass over the columns gave."""

    associations: list[Association]
    counts: dict[str, Floats]
    drift: list[Drift]


def no_progress(_: str, __: int, ___: int | None) -> None:
    """Show nothing."""


def explore(table: pa.Table, question: Question, progress: Progress = no_progress) -> Exploration:
    """What is found in a table.

    Raises:
        TableUnusable: when it has no rows, no column, too many, or two of one name.
        ColumnUnknown: when the question names a column that is not there.
        OutcomeUnclear: when it does not follow which values of the outcome are the event.
    """
    _refuse(table, question)
    columns = _settled(table, question, progress)
    known, notes = truth(question, columns), list[str]()
    windowed = _windowed(columns, question, notes)
    entity = columns[question.entity].values if question.entity is not None else None
    base = Base.of(known, windowed, entity) if known is not None and known.known.any() else None
    reference = reference_windows(windowed) if windowed is not None else 0
    looked = _look(_inputs(columns, question, windowed), base, windowed, question, progress)
    result = Exploration(
        name=question.name,
        rows=table.num_rows,
        findings=(),
        columns=tuple(column.profile for column in columns.values()),
        outcome=_outcome(known, base),
        history=None if windowed is None else windowed.history,
        associations=_with_rates(looked.associations, columns, base),
        together=together([*columns.values()]),
        gaps=() if base is None else tuple(base.gap(columns[name]) for name in widest_gaps(looked.counts)),
        drift=tuple(sorted(looked.drift, key=lambda item: (-item.worst, item.column))),
        reference=reference,
        drift_limit=question.drift,
        notes=tuple([*_why_no_association(known, base, looked), *notes]),
    )
    return replace(result, findings=findings(result, looked.counts, question.entity))


def _refuse(table: pa.Table, question: Question) -> None:
    names = table.column_names
    if not names:
        raise TableUnusable(question.name, "it has no columns")
    if table.num_rows == 0:
        raise TableUnusable(question.name, "it has no rows")
    if len(names) > COLUMNS_MAX:
        raise TableUnusable(question.name, f"it has {len(names):,} columns, and at most {COLUMNS_MAX:,} are looked at")
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise TableUnusable(question.name, f"two of its columns are called {twice[0]!r}")
    for column in (question.entity, question.time):
        if column is not None and column not in names:
            raise ColumnUnknown(question.name, column, names)


def _settled(table: pa.Table, question: Question, progress: Progress) -> dict[str, Column]:
    columns: dict[str, Column] = {}
    for place, name in enumerate(table.column_names):
        if name not in question.aside:
            columns[name] = settle(name, table.column(name))
        progress("reading columns", place + 1, table.num_columns)
    return columns


def _windowed(columns: dict[str, Column], question: Question, notes: list[str]) -> Windowed | None:
    times = [name for name, column in columns.items() if column.profile.kind == "time" and name != question.outcome]
    chosen = question.time or (times[0] if len(times) == 1 else None)
    if chosen is None:
        which = f"name one of {', '.join(times[:5])}" if times else "no column holds times"
        notes.append(f"Nothing is said of change over time: {which}.")
        return None
    if columns[chosen].profile.kind != "time":
        raise TableUnusable(question.name, f"its column {chosen} holds no times that can be read")
    found = cut(columns[chosen], question.zone)
    if found is None:
        notes.append(f"Nothing is said of change over time: {chosen} has a single time.")
    elif (outside := int((found.places < 0).sum())) > 0:
        notes.append(f"{outside:,} rows have no usable {chosen}, and are in no window.")
    return found


def _inputs(columns: dict[str, Column], question: Question, windowed: Windowed | None) -> list[Column]:
    """Columns that may tell alone: not the outcome, the entity or the time; no identifiers, prose or constants."""
    own = {question.outcome, question.entity, windowed.history.column if windowed is not None else None}
    return [
        column
        for name, column in columns.items()
        if name not in own
        and column.profile.kind not in ("empty", "other")
        and not column.profile.is_key
        and not column.profile.is_prose
        and not (column.profile.is_constant and not column.profile.missing)
    ]


def _look(
    inputs: list[Column], base: Base | None, windowed: Windowed | None, question: Question, progress: Progress
) -> _Looked:
    looked = _Looked([], {}, [])
    for place, column in enumerate(inputs):
        if base is not None and (found := base.associate(column)) is not None:
            looked.associations.append(found[0])
            looked.counts[column.profile.name] = found[1]
        if windowed is not None and column.profile.kind != "time":
            at = reference_windows(windowed)
            looked.drift.append(drift(column, windowed, reference=at, threshold=question.drift))
        progress("comparing columns", place + 1, len(inputs))
    return looked


def _with_rates(found: list[Association], columns: dict[str, Column], base: Base | None) -> tuple[Association, ...]:
    ranked = sorted(found, key=lambda item: (-item.strength.value, item.column))
    if base is None:
        return ()
    shown = [replace(item, rates=base.rates(columns[item.column])) for item in ranked[:RATES_SHOWN]]
    return (*shown, *ranked[RATES_SHOWN:])


def _outcome(known: Truth | None, base: Base | None) -> Outcome | None:
    if known is None:
        return None
    share = None
    if base is not None:
        positive = base.separable.positive
        share = measure("positive_ratio", positive, positive * 0.0, rule=DecisionRule(), entity=base.entity)
    return Outcome(
        column=known.column,
        positive=known.words,
        share=share,
        positives=int(known.positive.sum()),
        unknown=int((~known.known).sum()),
    )


def _why_no_association(known: Truth | None, base: Base | None, looked: _Looked) -> list[str]:
    if known is None:
        return ["Nothing is said of an outcome: none was named."]
    if base is None:
        return [f"Nothing is said of the outcome: {known.column} is missing in every row."]
    if not looked.associations:
        return ["Nothing is said of associations: the outcome is the same in all rows, or there is nothing beside it."]
    return []
