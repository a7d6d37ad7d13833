"""Encode feature columns as the fitted pipeline does, but each distinct text once instead of once per row and batch.

Invariant: the matrix equals, bit for bit, what the pipeline's own column transformer gives: scikit-learn encodes the
distinct values, and only the copying to rows is ours. A transformer that is not known to treat its columns one by one
is called on the rows as they are.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from scipy.sparse import csr_array, issparse
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, TargetEncoder

from copml.models.columns import TEXT, series, to_frame

Floats = NDArray[np.float64]
KNOWN_MAX = 10_000
"""Distinct values that are remembered of a column; beyond, a column of names or notes starts afresh."""
_BY_COLUMN = (OneHotEncoder, OrdinalEncoder, SimpleImputer, TargetEncoder)


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoded:
    """Some columns of the matrix: `values` are their rows, or, with `codes`, its row codes[i] is that of row i."""

    values: Floats | csr_array
    codes: NDArray[np.intp] | None

    @classmethod
    def of(cls, matrix: Any) -> "Encoded":
        """Rows as a transformer gave them: dense, sparse, or a DataFrame."""
        if issparse(matrix):
            return cls(values=csr_array(matrix), codes=None)
        rows = np.asarray(matrix, dtype=np.float64)
        return cls(values=rows.reshape(-1, 1) if rows.ndim == 1 else rows, codes=None)

    def dense(self) -> Floats:
        """One dense row for each row of the table."""
        values = self.values if isinstance(self.values, np.ndarray) else self.values.toarray()
        return values if self.codes is None else values[self.codes]


@dataclass(slots=True)
class _Known:
    """The values of one column that were encoded before: `rows[number[value]]` is the encoding of a value."""

    number: dict[object, int]
    rows: Floats


@dataclass(slots=True)
class _Part:
    """One transformer with its input columns. `widths`, if it may be asked for distinct values: outputs by column."""

    transformer: Any
    columns: str | list[str]
    widths: list[int] | None
    known: list[_Known] = field(default_factory=list)


class ColumnEncoder:
    """The fitted column transformer of a pipeline, over Arrow tables."""

    def __init__(self, parts: list[_Part]) -> None:
        self._parts = parts

    @classmethod
    def of(cls, transformer: object, kind: dict[str, str]) -> "ColumnEncoder | None":
        """The encoder of a fitted transformer; None if it is none that names its columns."""
        if not isinstance(transformer, ColumnTransformer):
            return None
        used = _in_order(transformer)
        named = all(isinstance(columns, str) or _are_names(columns) for _, columns in used)
        return cls([_part(fitted, columns, kind) for fitted, columns in used]) if named else None

    def encode(self, table: pa.Table) -> Iterator[Encoded]:
        """The blocks of the matrix from left to right."""
        for part in self._parts:
            if part.widths is None:
                yield Encoded.of(part.transformer.transform(_select(table, part.columns)))
            else:
                yield from _distinct(part, part.widths, table)

    def matrix(self, table: pa.Table) -> Floats:
        """The whole matrix, shape (rows, features), dense."""
        blocks = [block.dense() for block in self.encode(table)]
        return np.hstack(blocks) if blocks else np.zeros((table.num_rows, 0))


def _in_order(transformer: ColumnTransformer) -> list[tuple[Any, Any]]:
    """Transformers that give columns, in the order of those."""
    slices = transformer.output_indices_
    used = [
        (slices[name].start, fitted, columns)
        for name, fitted, columns in transformer.transformers_
        if slices[name].stop > slices[name].start
    ]
    return [(fitted, columns) for _, fitted, columns in sorted(used, key=lambda part: part[0])]


def _are_names(columns: Any) -> bool:
    return isinstance(columns, list | np.ndarray | pd.Index) and all(isinstance(name, str) for name in columns)


def _part(transformer: Any, columns: Any, kind: dict[str, str]) -> _Part:
    if isinstance(columns, str):
        return _Part(transformer, columns, None)
    names = list(columns)
    is_text = all(kind.get(name) == TEXT for name in names)
    return _Part(transformer, names, _widths(transformer, len(names)) if is_text else None)


def _widths(transformer: Any, inputs: int) -> list[int] | None:
    """How many outputs each input column gives; None if that is not known, or columns are not treated one by one."""
    steps = [step for _, step in transformer.steps] if isinstance(transformer, Pipeline) else [transformer]
    if not all(isinstance(step, _BY_COLUMN) for step in steps):
        return None
    last = steps[-1]
    widths = (
        [_one_hot_width(last, column) for column in range(inputs)] if isinstance(last, OneHotEncoder) else [1] * inputs
    )
    # An imputer that drops empty columns or adds indicators breaks the order of inputs, and then the sum differs.
    adds = any(isinstance(step, SimpleImputer) and step.add_indicator for step in steps)
    return None if adds or len(last.get_feature_names_out()) != sum(widths) or last.n_features_in_ != inputs else widths


def _one_hot_width(encoder: OneHotEncoder, column: int) -> int:
    width = len(encoder.categories_[column])
    rare = getattr(encoder, "infrequent_categories_", None)
    if rare is not None and rare[column] is not None:
        width += 1 - len(rare[column])
    dropped = encoder.drop_idx_
    return width - int(dropped is not None and dropped[column] is not None)


def _distinct(part: _Part, widths: list[int], table: pa.Table) -> Iterator[Encoded]:
    codes, values = zip(*(_codes(table.column(name)) for name in part.columns), strict=True)
    _learn(part, widths, values)
    for own, occurring, known in zip(codes, values, part.known, strict=True):
        numbers = np.array([known.number[value] for value in occurring], dtype=np.intp)
        yield Encoded(values=known.rows, codes=numbers[own])


def _learn(part: _Part, widths: list[int], values: tuple[tuple[object, ...], ...]) -> None:
    """Encode the values of each column that are not known yet."""
    if not part.known or any(len(known.number) > KNOWN_MAX for known in part.known):
        part.known = [_Known({}, np.zeros((0, width))) for width in widths]
    new = [
        tuple(value for value in column if value not in known.number)
        for column, known in zip(values, part.known, strict=True)
    ]
    if not any(new):
        return
    padding = [column[0] for column in values]
    for known, column, rows in zip(part.known, new, _encode(part, widths, new, padding), strict=True):
        known.number |= {value: len(known.number) + place for place, value in enumerate(column)}
        known.rows = np.concatenate([known.rows, rows])


def _codes(column: pa.ChunkedArray) -> tuple[NDArray[np.intp], tuple[object, ...]]:
    """For each row the number of its value, and the distinct values that occur."""
    whole = column.unify_dictionaries().combine_chunks() if column.num_chunks != 1 else column.chunk(0)
    encoded = whole if isinstance(whole, pa.DictionaryArray) else pc.dictionary_encode(whole)
    size = len(encoded.dictionary)
    codes = encoded.indices.cast(pa.int64()).fill_null(size).to_numpy(zero_copy_only=False)
    occurs = np.flatnonzero(np.bincount(codes, minlength=size + 1))
    values = [*encoded.dictionary.to_pylist(), None]
    number = np.zeros(size + 1, dtype=np.intp)
    number[occurs] = np.arange(len(occurs))
    return number[codes], tuple(values[index] for index in occurs)


def _encode(part: _Part, widths: list[int], values: list[tuple[object, ...]], padding: list[object]) -> list[Floats]:
    """Rows of the matrix for values of each column; the shorter columns are filled up with one that occurs."""
    longest = max(len(column) for column in values)
    filled = {
        name: series(pa.array([*column, *[pad] * (longest - len(column))], pa.large_string()), TEXT)
        for name, column, pad in zip(part.columns, values, padding, strict=True)
    }
    matrix = Encoded.of(part.transformer.transform(pd.DataFrame(filled))).dense()
    blocks = np.split(matrix, np.cumsum(widths)[:-1], axis=1)
    return [np.ascontiguousarray(block[: len(column)]) for block, column in zip(blocks, values, strict=True)]


def _select(table: pa.Table, columns: str | list[str]) -> pd.DataFrame | pd.Series:
    if isinstance(columns, str):
        return to_frame(table.select([columns]))[columns]
    return to_frame(table.select(columns))
