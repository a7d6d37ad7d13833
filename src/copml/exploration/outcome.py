"""Which rows have the event that is to be predicted.

Invariant: an outcome that is not known is neither yes nor no: such rows are left out of whatever is said of it. A
column of many numbers becomes a question of more or less than its median, and says so.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from copml.errors import ColumnUnknown, OutcomeUnclear
from copml.exploration.columns import Column
from copml.exploration.result import ColumnProfile, Question

Flags = NDArray[np.bool_]
VALUES_SHOWN = 12
_YES = frozenset({"yes", "y", "true", "t", "1", "1.0", "positive"})


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """`positive` and `known` of shape (rows,); `words` say which values count as the event."""

    column: str
    words: str
    positive: Flags
    known: Flags


def truth(question: Question, columns: dict[str, Column]) -> Truth | None:
    """The outcome of each row; None where none was asked for.

    Raises:
        ColumnUnknown: when there is no such column.
        OutcomeUnclear: when it does not follow which of its values is the event.
    """
    if question.outcome is None:
        return None
    if question.outcome not in columns:
        raise ColumnUnknown(question.name, question.outcome, list(columns))
    column = columns[question.outcome]
    positive = question.positive
    if positive is None:
        if column.profile.kind == "number" and column.profile.distinct > 2:
            return _above_median(column)
        positive = _likely(column)
    return _equal(column, positive)


def _equal(column: Column, positive: str) -> Truth:
    values, name = column.values, column.profile.name
    if column.profile.kind == "number":
        try:
            wanted = pa.scalar(float(positive))
        except ValueError:
            raise OutcomeUnclear(name, f"holds numbers, and {positive!r} is none", _few(column)) from None
        hits = pc.equal(values.cast(pa.float64(), safe=False), wanted)
    else:
        hits = pc.equal(pc.cast(values, pa.string()), positive)
    known = _flags(pc.is_valid(hits))
    if not pc.any(hits).as_py() and known.any():
        raise OutcomeUnclear(name, f"is never {positive!r}", _few(column))
    return Truth(name, f"{name} is {positive}", _flags(pc.fill_null(hits, False)), known)


def _above_median(column: Column) -> Truth:
    assert column.profile.limits is not None, "a column of several numbers has a median"
    median = column.profile.limits.median
    values = np.asarray(column.values.cast(pa.float64(), safe=False).to_numpy(), dtype=np.float64)
    known = np.isfinite(values)
    words = f"{column.profile.name} is above {median:g}, its median"
    return Truth(column.profile.name, words, known & (values > median), known)


def _likely(column: Column) -> str:
    """The value that reads like yes, or else the rarer of two."""
    seen = column.profile
    if seen.kind in ("empty", "other", "time") or seen.distinct > 2:
        raise OutcomeUnclear(seen.name, f"has {_values(seen)}", _few(column))
    counted = pc.value_counts(pc.cast(column.values.drop_null(), pa.string())).to_pylist()
    ranked = sorted(((item["counts"], item["values"]) for item in counted), key=lambda pair: (pair[0], pair[1]))
    return str(next((text for _, text in ranked if text.lower() in _YES), ranked[0][1]))


def _values(seen: ColumnProfile) -> str:
    return {"empty": "no value", "time": "times", "other": "values of no plain kind"}.get(
        seen.kind, f"{seen.distinct:,} different values"
    )


def _few(column: Column) -> list[str]:
    """Values to choose from, the most frequent first."""
    if column.profile.kind not in ("category", "number"):
        return []
    counted = pc.value_counts(column.values.drop_null())
    table = pa.table({"value": counted.field("values"), "count": counted.field("counts")})
    return [str(value) for value in table.sort_by([("count", "descending")])["value"][:VALUES_SHOWN].to_pylist()]


def _flags(column: pa.ChunkedArray) -> Flags:
    return np.asarray(column.to_numpy(), dtype=np.bool_)
