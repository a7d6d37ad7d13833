"""A digest of tables by what they hold.

Invariant: chunks, buffers, dictionary encoding and library releases do not enter; names, order of rows, types, missing
values and every value do.
"""

import hashlib
from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc


def table_digest(tables: Mapping[str, pa.Table]) -> str:
    """SHA-256 over named tables and their columns, in the order given."""
    state = hashlib.sha256()
    for name, table in tables.items():
        for column in table.column_names:
            kind, parts = _bytes(table.column(column))
            for part in (name.encode(), column.encode(), kind.encode(), *parts):
                state.update(len(part).to_bytes(8, "big"))
                state.update(part)
    return state.hexdigest()


def _bytes(column: pa.ChunkedArray) -> tuple[str, list[bytes]]:
    """Kind, presence of each row, values; text as lengths and UTF-8."""
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    present = pc.is_valid(column).to_numpy().tobytes()
    kind = column.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        text = pc.fill_null(column.cast(pa.large_string()), "")
        lengths = pc.binary_length(text).to_numpy().astype("<i8").tobytes()
        return "text", [present, lengths, "".join(text.to_pylist()).encode()]
    if pa.types.is_temporal(kind):
        column = column.cast(pa.timestamp("us", "UTC")).cast(pa.int64())
    if pa.types.is_boolean(kind) or pa.types.is_decimal(kind) or pa.types.is_null(kind):
        column = column.cast(pa.float64())
    zero = pa.scalar(0, column.type)
    values = pc.fill_null(column, zero).to_numpy()
    return str(kind), [present, values.astype(values.dtype.newbyteorder("<")).tobytes()]
