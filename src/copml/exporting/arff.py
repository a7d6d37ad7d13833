"""ARFF, the format of OpenML's data sets: a header of typed attributes, then a line for each row.

Invariant: what a reader of ARFF gives back are the values that were written, missing ones included. Times are text of
ISO 8601, because readers differ about dates.
"""

import math
import re
from collections.abc import Mapping
from typing import BinaryIO

import pyarrow as pa
import pyarrow.compute as pc

MISSING = "?"
TRUTHS = ("false", "true")
# What a reader would take for structure, and the empty text, which it would take for nothing.
_NEEDS_QUOTES = re.compile(r"[\s'\"\\{},%\x00-\x1f]|^\?$|^$")
_ESCAPES = {"\\": "\\\\", "'": "\\'", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t", "%": "\\%"}


class ArffWriter:
    """Writes batches; `nominal` has every value of the text columns that are categories."""

    def __init__(
        self, file: BinaryIO, schema: pa.Schema, relation: str, nominal: Mapping[str, tuple[str, ...]]
    ) -> None:
        self._file = file
        lines = [f"@RELATION {quoted(relation)}", "", *(_attribute(field, nominal) for field in schema), "", "@DATA"]
        file.write(("\n".join(lines) + "\n").encode())

    def write_batch(self, batch: pa.RecordBatch) -> None:
        """Add a batch."""
        columns = [_cells(column) for column in batch.columns]
        self._file.write("".join(",".join(row) + "\n" for row in zip(*columns, strict=True)).encode())

    def close(self) -> None:
        """Nothing follows the rows."""


def quoted(text: str) -> str:
    r"""A text as ARFF has it, in quotes where it needs them.

    >>> quoted("month-to-month"), quoted("it's")
    ('month-to-month', "'it\\'s'")
    """
    if not _NEEDS_QUOTES.search(text):
        return text
    return "'" + "".join(_ESCAPES.get(char, char) for char in text) + "'"


def _attribute(field: pa.Field, nominal: Mapping[str, tuple[str, ...]]) -> str:
    return f"@ATTRIBUTE {quoted(field.name)} {_type(field, nominal)}"


def _type(field: pa.Field, nominal: Mapping[str, tuple[str, ...]]) -> str:
    if pa.types.is_boolean(field.type):
        return _set(TRUTHS)
    if field.name in nominal:
        return _set(nominal[field.name])
    return "NUMERIC" if _is_number(field.type) else "STRING"


def _set(values: tuple[str, ...]) -> str:
    return "{" + ",".join(quoted(value) for value in values) + "}"


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind))


def _cells(column: pa.Array) -> list[str]:
    if pa.types.is_boolean(column.type):
        return [MISSING if value is None else TRUTHS[value] for value in column.to_pylist()]
    if _is_number(column.type):
        return [MISSING if value is None or not math.isfinite(value) else repr(value) for value in column.to_pylist()]
    texts = pc.strftime(column, "%Y-%m-%dT%H:%M:%SZ") if pa.types.is_timestamp(column.type) else column
    return [MISSING if value is None else quoted(value) for value in texts.to_pylist()]
