"""Rows to measure on: outcome, answer, weight and entity, checked once.

Invariant: whoever holds a `Sample` holds finite numbers in range, of one length, at least one row. Rows whose outcome
has not matured must be left out by the caller: an unknown outcome is refused, never taken for a no.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import pyarrow as pa
from numpy.typing import ArrayLike, NDArray

from copml.errors import MetricInputWrong
from copml.records import DecisionRule, ProblemKind

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Clusters:
    """Which rows belong together: `codes` of shape (rows,) in 0..`count` - 1, or None where each row stands alone."""

    codes: Codes | None
    count: int

    def total(self, rows: Floats) -> Floats:
        """Sums over the rows of each cluster, shape (count,)."""
        if self.codes is None:
            return rows
        return sums(self.codes, rows, self.count)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sample:
    """Outcomes and answers of one kind of problem, weights (≥ 0, not all 0), and who the rows are of.

    `outcome`, shape (rows,): 0 or 1; the number of the class; a number. `answer`, shape (rows,): a probability, a
    number or a score; for several classes their probabilities, shape (rows, classes). `decided`: 1 where the decision
    is yes, else 0.
    """

    rule: DecisionRule
    outcome: Floats
    answer: Floats
    decided: Floats
    weight: Floats
    entity: pa.Array | None
    clusters: Clusters

    @classmethod
    def of(
        cls,
        outcome: ArrayLike,
        answer: ArrayLike,
        *,
        rule: DecisionRule,
        weight: ArrayLike | None = None,
        entity: Any = None,
        decided: ArrayLike | None = None,
    ) -> Self:
        """Check and keep the columns. `entity` is an array of any kind that Arrow reads; None: every row is its own.

        `decided`: the decisions that were made; else those that the rule makes on these rows as one batch.

        Raises:
            MetricInputWrong: for no rows, unequal lengths, or values that are missing or out of range.
        """
        truth = _column("outcome", outcome)
        rows = len(truth)
        _OUTCOMES[rule.kind](truth, rule)
        given = _answer(answer, rows, rule)
        heavy = np.ones(rows) if weight is None else _column("weight", weight, rows)
        _demand("weight", bool(heavy.min() >= 0 and heavy.max() > 0), _range(heavy), "values from 0, not all of them 0")
        who = None if entity is None else _entities(entity, rows)
        return cls(
            rule=rule,
            outcome=truth,
            answer=given,
            decided=decide(given, rule) if decided is None else _column("decided", decided, rows),
            weight=heavy,
            entity=who,
            clusters=clusters_of(who, rows),
        )

    @property
    def named(self) -> Codes:
        """The number of the most probable class, the first of those that are equally probable; shape (rows,)."""
        return np.asarray(self.answer.argmax(axis=1), dtype=np.int64)

    def asked(self, outcome: Floats, answer: Floats, decided: Floats) -> "Sample":
        """A yes-or-no question on the same rows; all of shape (rows,)."""
        return replace(self, rule=DecisionRule(), outcome=outcome, answer=answer, decided=decided)


def decide(answer: Floats, rule: DecisionRule) -> Floats:
    """1 where the decision on an answer is yes, else 0; shape (rows,). A ranking's rows are taken as one batch.

    >>> decide(np.array([0.2, 0.7]), DecisionRule(threshold=0.5)).tolist()
    [0.0, 1.0]
    """
    if rule.top is not None:
        return _highest(answer, rule.top)
    if rule.threshold is not None:
        return (answer >= rule.threshold).astype(np.float64)
    if rule.act_on:
        return np.isin(answer.argmax(axis=1), [rule.classes.index(name) for name in rule.act_on]).astype(np.float64)
    return np.zeros(len(answer))


def spoken(answer: Floats, rule: DecisionRule) -> pa.Array:
    """What is said of each row in one word or number: the most probable class, or the answer itself."""
    if rule.kind is ProblemKind.MULTICLASS:
        return pa.array(rule.classes, pa.string()).take(pa.array(answer.argmax(axis=1)))
    return pa.array(answer)


def _highest(score: Floats, share: float) -> Floats:
    """The highest scores, as many as come nearest to the share; of equal scores the earlier rows."""
    chosen = np.argsort(-score, kind="stable")[: round(share * len(score))]
    decided = np.zeros(len(score))
    decided[chosen] = 1
    return decided


def sums(codes: Codes, rows: Floats, count: int) -> Floats:
    """Sums of the rows by their code in 0..count - 1, shape (count,)."""
    return np.asarray(np.bincount(codes, weights=rows, minlength=count), dtype=np.float64)


def clusters_of(entity: pa.Array | None, rows: int) -> Clusters:
    """Number the entities; rows that share an entity share a number."""
    if entity is None:
        return Clusters(codes=None, count=rows)
    encoded = entity.dictionary_encode()
    count = len(encoded.dictionary)
    codes = None if count == rows else encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    return Clusters(codes=codes, count=count)


def entities(entity: Any) -> pa.Array:
    """An Arrow array of entities from anything that Arrow reads."""
    array = entity if isinstance(entity, pa.Array | pa.ChunkedArray) else pa.array(entity)
    whole = array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array
    return whole.dictionary_decode() if isinstance(whole, pa.DictionaryArray) else whole


def _entities(entity: Any, rows: int) -> pa.Array:
    array = entities(entity)
    _demand("entity", len(array) == rows, f"{len(array)} rows", f"{rows} rows, as the outcome has")
    _demand("entity", array.null_count == 0, f"{array.null_count} missing values", "an entity in each row")
    return array


def _zero_or_one(truth: Floats, rule: DecisionRule) -> None:
    _demand("outcome", bool(np.all((truth == 0) | (truth == 1))), "values other than 0 and 1", "0 or 1 in each row")


def _class_number(truth: Floats, rule: DecisionRule) -> None:
    known = np.isin(truth, np.arange(len(rule.classes)))
    wanted = f"the number of one of the {len(rule.classes)} classes in each row"
    _demand("outcome", bool(known.all()), _range(truth), wanted)


def _any_number(truth: Floats, rule: DecisionRule) -> None:
    """Finite, which is checked of every column."""


_OUTCOMES: dict[ProblemKind, Callable[[Floats, DecisionRule], None]] = {
    ProblemKind.BINARY: _zero_or_one,
    ProblemKind.RANKING: _zero_or_one,
    ProblemKind.MULTICLASS: _class_number,
    ProblemKind.REGRESSION: _any_number,
}


def _answer(values: ArrayLike, rows: int, rule: DecisionRule) -> Floats:
    name = rule.answer_name
    if rule.kind is not ProblemKind.MULTICLASS:
        answer = _column(name, values, rows)
    else:
        answer = np.asarray(values, dtype=np.float64)
        wanted = (rows, len(rule.classes))
        _demand(name, answer.shape == wanted, f"the shape {answer.shape}", f"the shape {wanted}")
    if rule.kind in (ProblemKind.BINARY, ProblemKind.MULTICLASS):
        _demand(name, bool(answer.min() >= 0 and answer.max() <= 1), _range(answer), "values from 0 to 1")
    return answer


def _column(argument: str, values: ArrayLike, rows: int | None = None) -> Floats:
    column = np.asarray(values, dtype=np.float64)
    _demand(
        argument, column.ndim == 1 and column.size > 0, f"the shape {column.shape}", "one dimension and a row at least"
    )
    _demand(argument, rows is None or len(column) == rows, f"{len(column)} rows", f"{rows} rows, as the outcome has")
    missing = int(np.count_nonzero(~np.isfinite(column)))
    _demand(argument, missing == 0, f"{missing} missing or infinite values", "a finite number in each row")
    return column


def _range(column: Floats) -> str:
    return f"values from {column.min():g} to {column.max():g}"


def _demand(argument: str, holds: bool, seen: str, wanted: str) -> None:
    if not holds:
        raise MetricInputWrong(argument, seen, wanted)
