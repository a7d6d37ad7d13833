"""Rows to measure on: outcome, probability, weight and entity, checked once.

Invariant: whoever holds a `Sample` holds finite numbers in range, of one length, at least one row. Rows whose outcome
has not matured must be left out by the caller: an unknown outcome is refused, never taken for a no.
"""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pyarrow as pa
from numpy.typing import ArrayLike, NDArray

from copml.errors import MetricInputWrong

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
    """Outcomes (0 or 1), probabilities (0..1), weights (≥ 0, not all 0), all of shape (rows,), and who the rows are of.

    A row is decided positively when its probability is at least `threshold`.
    """

    outcome: Floats
    probability: Floats
    weight: Floats
    threshold: float
    entity: pa.Array | None
    clusters: Clusters

    @classmethod
    def of(
        cls,
        outcome: ArrayLike,
        probability: ArrayLike,
        *,
        threshold: float,
        weight: ArrayLike | None = None,
        entity: Any = None,
    ) -> Self:
        """Check and keep the columns. `entity` is an array of any kind that Arrow reads; None: every row is its own.

        Raises:
            MetricInputWrong: for no rows, unequal lengths, or values that are missing or out of range.
        """
        truth = _column("outcome", outcome)
        rows = len(truth)
        _demand("outcome", bool(np.all((truth == 0) | (truth == 1))), "values other than 0 and 1", "0 or 1 in each row")
        chance = _column("probability", probability, rows)
        _demand("probability", bool(chance.min() >= 0 and chance.max() <= 1), _range(chance), "values from 0 to 1")
        heavy = np.ones(rows) if weight is None else _column("weight", weight, rows)
        _demand("weight", bool(heavy.min() >= 0 and heavy.max() > 0), _range(heavy), "values from 0, not all of them 0")
        who = None if entity is None else _entities(entity, rows)
        return cls(
            outcome=truth,
            probability=chance,
            weight=heavy,
            threshold=threshold,
            entity=who,
            clusters=clusters_of(who, rows),
        )

    @property
    def decided(self) -> Floats:
        """1 where the decision is positive, else 0."""
        return (self.probability >= self.threshold).astype(np.float64)


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
