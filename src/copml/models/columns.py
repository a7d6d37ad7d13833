"""Feature columns as a model sees them, the same in training and in scoring.

Invariant: a column's type depends on what kind of column it is, never on which rows are in the table: numbers and
booleans are float64 with NaN for missing, text is pandas `str` with NaN for missing.
"""

import re
from collections.abc import Sequence
from typing import Any, TypeAlias

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from copml.errors import FeatureKindWrong, ModelColumnsMissing

_SPACES = re.compile(r"\s")
NUMBER, TEXT = "number", "text"

Rows: TypeAlias = pa.Table | pa.RecordBatch | pd.DataFrame
"""What a model takes: named columns of one length."""


def kinds(schema: pa.Schema) -> dict[str, str]:
    """`number` or `text` for each column.

    Raises:
        FeatureKindWrong: for a column that is neither.
    """
    return {field.name: _kind(field) for field in schema}


def arrow(rows: Rows, columns: tuple[str, ...]) -> pa.Table:
    """Those columns in that order.

    Raises:
        ModelColumnsMissing: when one is not there.
    """
    found = list(rows.columns) if isinstance(rows, pd.DataFrame) else rows.schema.names
    if missing := [name for name in columns if name not in found]:
        raise ModelColumnsMissing(missing, [str(name) for name in found])
    if isinstance(rows, pd.DataFrame):
        return pa.Table.from_pandas(rows[list(columns)], preserve_index=False)
    table = pa.Table.from_batches([rows]) if isinstance(rows, pa.RecordBatch) else rows
    return table.select(list(columns))


def to_frame(table: pa.Table) -> pd.DataFrame:
    """A table of feature columns as the DataFrame that `train` and scikit-learn get.

    Raises:
        FeatureKindWrong: for a column that is neither number, boolean nor text.
    """
    kind = kinds(table.schema)
    return pd.DataFrame({name: series(table.column(name), kind[name]) for name in table.column_names})


def series(column: pa.ChunkedArray | pa.Array, kind: str) -> pd.Series:
    """One column: float64 or `str`."""
    if kind == NUMBER:
        numbers = pc.cast(column, pa.float64(), safe=False)
        return pd.Series(
            numbers.to_numpy(zero_copy_only=False) if isinstance(numbers, pa.Array) else numbers.to_numpy()
        )
    return pd.Series(pc.cast(column, pa.large_string()).to_pandas(), dtype="str")


def _kind(field: pa.Field) -> str:
    kind = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return TEXT
    numeric = pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)
    if numeric or pa.types.is_boolean(kind) or pa.types.is_null(kind):
        return NUMBER
    raise FeatureKindWrong(field.name, str(field.type))


def matching(names: Sequence[str], columns: Sequence[str]) -> list[str]:
    """The columns of those names; LightGBM and ONNX converters write an underscore for a space.

    >>> matching(["monthly_charges", "age"], ["age", "monthly charges"])
    ['monthly charges', 'age']
    """
    written = {_SPACES.sub("_", name): name for name in columns}
    return [name if name in columns else written.get(name, name) for name in names]


def fitted_columns(model: Any, columns: Sequence[str]) -> list[str]:
    """The columns that an estimator was fitted on, which may be fewer than there are; all where it does not say."""
    names = getattr(model, "feature_names_in_", columns)
    return matching([str(name) for name in names], columns)
