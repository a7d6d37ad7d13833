"""The kinds of values that a column can have, and how values of any type become them.

Invariant: a value either becomes one of the column's kind, or null because it is blank, or is reported as wrong; none
is guessed. Times without a zone are times of the project's zone. Which kind a column has is for `data.columns`; what
values are allowed is for `data.checks`.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Literal
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Kind = Literal["number", "integer", "text", "boolean", "time"]
Mask = NDArray[np.bool_]
TIME = pa.timestamp("us", "UTC")
TYPES: dict[Kind, pa.DataType] = {
    "number": pa.float64(),
    "integer": pa.int64(),
    "text": pa.string(),
    "boolean": pa.bool_(),
    "time": TIME,
}
NUMBER = r"^[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$"
NOT_A_NUMBER = r"(?i)^[-+]?nan$"
INFINITY = r"(?i)^[-+]?inf(inity)?$"
INTEGER = r"^[-+]?\d{1,18}(\.0*)?$"
INSTANT = r"^\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}(:\d{2}([.,]\d{1,9})?)?( ?(Z|[-+]\d{2}(:?\d{2})?))?)?$"
TRUE, FALSE = ("true", "t", "yes", "y", "1"), ("false", "f", "no", "n", "0")
# Beyond this, float64 no longer tells neighbouring integers apart.
EXACT_MAX = 2.0**53


def convert(column: pa.Array, kind: Kind, zone: ZoneInfo) -> tuple[pa.Array, Mask]:
    """A column as values of a kind, and which rows have one that is no such value (null in the result).

    Blank text and NaN are null and not wrong; an infinite number is kept, for `data.checks` to refuse.
    """
    column = plain(column)
    values = _CONVERT[kind](column, zone)
    wrong = pc.and_(pc.is_valid(column), pc.is_null(values))
    if pa.types.is_floating(column.type):
        wrong = pc.and_(wrong, pc.invert(pc.fill_null(pc.is_nan(column), False)))
    elif pa.types.is_string(column.type) and kind in ("number", "integer"):
        wrong = pc.and_(wrong, pc.invert(pc.fill_null(pc.match_substring_regex(column, NOT_A_NUMBER), False)))
    return values, np.asarray(wrong.to_numpy(zero_copy_only=False), dtype=np.bool_)


def plain(column: pa.Array) -> pa.Array:
    """The column as one of Arrow's plain types; text is trimmed, and null where it is blank."""
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_large_string(column.type) or pa.types.is_string_view(column.type):
        column = column.cast(pa.string())
    if pa.types.is_string(column.type):
        trimmed = pc.utf8_trim_whitespace(column)
        return pc.if_else(pc.equal(trimmed, ""), None, trimmed)
    return column


def texts(column: pa.Array) -> pa.Array:
    """The column as text, whole numbers without a fraction."""
    column = plain(column)
    if pa.types.is_boolean(column.type):
        return pc.if_else(column, "true", "false")
    if pa.types.is_binary(column.type) or pa.types.is_fixed_size_binary(column.type):
        return pa.array([None if value is None else value.hex() for value in column.to_pylist()], pa.string())
    return column.cast(pa.string())


def _to_number(column: pa.Array, _: ZoneInfo) -> pa.Array:
    if pa.types.is_string(column.type):
        infinite = pc.fill_null(pc.match_substring_regex(column, INFINITY), False)
        numeric = pc.or_(infinite, pc.fill_null(pc.match_substring_regex(column, NUMBER), False))
        return pc.if_else(numeric, column, None).cast(pa.float64())
    if not _is_numeric(column.type):
        return pa.nulls(len(column), pa.float64())
    values = column.cast(pa.float64(), safe=False)
    return pc.if_else(pc.is_nan(values), None, values)


def _to_integer(column: pa.Array, zone: ZoneInfo) -> pa.Array:
    if pa.types.is_string(column.type):
        whole = pc.if_else(pc.match_substring_regex(column, INTEGER), column, None)
        return pc.replace_substring_regex(whole, r"^\+|\.0*$", "").cast(pa.int64())
    if pa.types.is_integer(column.type) and not pa.types.is_uint64(column.type):
        return column.cast(pa.int64())
    values = _to_number(column, zone)
    exact = pc.and_(pc.equal(pc.round(values), values), pc.less_equal(pc.abs(values), EXACT_MAX))
    return pc.if_else(exact, values, None).cast(pa.int64(), safe=False)


def _to_text(column: pa.Array, _: ZoneInfo) -> pa.Array:
    return texts(column)


def _to_boolean(column: pa.Array, _: ZoneInfo) -> pa.Array:
    if pa.types.is_boolean(column.type):
        return column
    words = pc.utf8_lower(texts(column))
    known = pc.is_in(words, pa.array([*TRUE, *FALSE]))
    return pc.if_else(known, pc.is_in(words, pa.array(TRUE)), None)


def _to_time(column: pa.Array, zone: ZoneInfo) -> pa.Array:
    kind = column.type
    if pa.types.is_string(kind):
        return _parse_times(column, zone)
    if pa.types.is_date(kind):
        return _in_zone(column.cast(pa.timestamp("us")), zone)
    if not pa.types.is_timestamp(kind):
        return pa.nulls(len(column), TIME)
    if kind.tz is not None:
        return column.cast(TIME, safe=False)
    return _in_zone(column.cast(pa.timestamp("us"), safe=False), zone)


def _parse_times(column: pa.Array, zone: ZoneInfo) -> pa.Array:
    """Fast for a column of one sound form; a distinct value at a time where forms are mixed or wrong."""
    try:
        return _in_zone(column.cast(pa.timestamp("us")), zone)
    except pa.ArrowInvalid:
        pass
    encoded = pc.if_else(pc.match_substring_regex(column, INSTANT), column, None).dictionary_encode()
    parsed = pa.array([parse_time(text, zone) for text in encoded.dictionary.to_pylist()], TIME)
    return parsed.take(encoded.indices)


def parse_time(text: str, zone: ZoneInfo) -> datetime | None:
    """A time of ISO 8601, UTC; None when it is none."""
    try:
        at = datetime.fromisoformat(re.sub(r" (?=[-+Z])", "", text.replace(",", ".")))
        return (at if at.tzinfo is not None else at.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _in_zone(local: pa.Array, zone: ZoneInfo) -> pa.Array:
    """Local times as UTC, as Python's `zoneinfo` reads them; one look-up per distinct time."""
    if zone.key == "UTC":
        return local.cast(TIME)
    encoded = local.dictionary_encode()
    zoned = [at.replace(tzinfo=zone).astimezone(UTC) for at in encoded.dictionary.to_pylist()]
    return pa.array(zoned, TIME).take(encoded.indices)


def _is_numeric(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_integer(kind)
        or pa.types.is_floating(kind)
        or pa.types.is_decimal(kind)
        or pa.types.is_boolean(kind)
    )


_CONVERT: dict[Kind, Callable[[pa.Array, ZoneInfo], pa.Array]] = {
    "number": _to_number,
    "integer": _to_integer,
    "text": _to_text,
    "boolean": _to_boolean,
    "time": _to_time,
}
