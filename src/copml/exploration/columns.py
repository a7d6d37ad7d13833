"""What a column holds: its kind settled, words for missing values taken out, counted in bins.

Invariant: a column is settled by all of its values, never by the first. Text counts as numbers or dates only where
nearly all, or all, of it can be read so and no value looks like an identifier; a date that could be read in two ways
stays text. What cannot be read is missing, and counted.
"""

import re
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from copml.exploration.result import ColumnProfile, Kind, Limits
from copml.metrics import bin_codes, profile
from copml.records import Bins

NUMBER_RATIO = 0.95
"""From this share of readable values on, a column of text is one of numbers with wrong values in it."""
MISSING_WORDS = frozenset({"?", "na", "n/a", "#n/a", "nan", "null"})
_NUMBER = r"^[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$"
# More digits than a float64 holds, or a leading zero: an identifier, not a quantity.
_IDENTIFIER = r"^[-+]?(0\d.*|\d{16,})$"
_DATE = re.compile(r"^\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}([ T].*)?$")
_FORMS = tuple(
    f"{day}{time}"
    for day in ("%Y-%m-%d", "%Y/%m/%d", "%m/%d/%Y", "%d/%m/%Y", "%d.%m.%Y", "%d-%m-%Y")
    for time in ("", " %H:%M", " %H:%M:%S", "T%H:%M:%S")
)
_TIME = pa.timestamp("us", "UTC")

PROSE_RATIO, PROSE_SPACES, PROSE_ROWS = 0.5, 2, 1000
TAIL_RATIO = 0.01
# As for the edges of bins: more rows change a quantile by less than one can see.
ROWS_FOR_EDGES = 100_000
BINS_MAX = 20

Codes = NDArray[np.uint8]
Floats = NDArray[np.float64]
Counts = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """A settled column: its values, the bin of each row (the last: missing), and what is known of them."""

    values: pa.ChunkedArray
    codes: Codes
    profile: ColumnProfile


def settle(name: str, column: pa.ChunkedArray) -> Column:
    """Find out what kind of values a column holds, and count them."""
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    words = unread = 0
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type) or pa.types.is_string_view(column.type):
        column, words, unread = _read_text(column.cast(pa.string()))
    elif pa.types.is_timestamp(column.type) or pa.types.is_date(column.type):
        column = _times(column)
    elif pa.types.is_time(column.type) or pa.types.is_duration(column.type):
        column = _ticks(column)
    elif pa.types.is_floating(column.type):
        column = pc.if_else(pc.is_nan(column), None, column)
    bins = profile(pa.table({name: column}))[name]
    kind = _kind(column, bins)
    distinct = _distinct(column, kind, bins)
    finite = _finite(column) if kind == "number" else np.empty(0)
    return Column(
        values=column,
        codes=bin_codes(column, bins).astype(np.uint8),
        profile=ColumnProfile(
            name=name,
            kind=kind,
            rows=len(column),
            missing=bins.missing,
            distinct=distinct,
            bins=bins,
            words=words,
            unread=unread,
            limits=_limits(finite) if finite.size else None,
            histogram=_histogram(finite) if len(bins.counts) == BINS_MAX else (),
            is_prose=_is_prose(column, distinct),
        ),
    )


def _times(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Times in UTC; those without a zone are taken for UTC."""
    naive = column.cast(pa.timestamp("us", getattr(column.type, "tz", None)), safe=False)
    return naive.cast(pa.int64()).cast(_TIME)


def _ticks(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Times of day and spans of time as numbers of their units."""
    return column.cast(pa.int32() if column.type.bit_width == 32 else pa.int64()).cast(pa.float64())


def _read_text(column: pa.ChunkedArray) -> tuple[pa.ChunkedArray, int, int]:
    """The text as numbers, times or as it is; rows with a word for missing, and rows that could not be read.

    All is decided on distinct values, of which there are few in most columns.
    """
    encoded = column.combine_chunks().dictionary_encode()
    texts, rows = pc.utf8_trim_whitespace(encoded.dictionary), _rows(encoded)
    word = pc.is_in(pc.utf8_lower(texts), value_set=pa.array(sorted(MISSING_WORDS))).to_numpy(zero_copy_only=False)
    blank = pc.equal(texts, "").to_numpy(zero_copy_only=False)
    present = ~word & ~blank
    words = int(rows[word].sum())
    shown = pc.if_else(pa.array(present), texts, None)
    numbers, unread = _numbers(shown, rows, present)
    values = numbers if numbers is not None else _dates(shown)
    if values is None:
        values, unread = shown, 0
    return pa.chunked_array([values.take(encoded.indices)]), words, unread


def _rows(encoded: pa.DictionaryArray) -> Counts:
    """How many rows have each value of the dictionary."""
    counted = encoded.indices.drop_null().to_numpy(zero_copy_only=False)
    return np.bincount(counted, minlength=len(encoded.dictionary)).astype(np.int64)


def _numbers(texts: pa.Array, rows: Counts, present: Flags) -> tuple[pa.Array | None, int]:
    fits = pc.fill_null(pc.match_substring_regex(texts, _NUMBER), False).to_numpy(zero_copy_only=False)
    whole, readable = int(rows[present].sum()), int(rows[fits].sum())
    if not whole or readable < NUMBER_RATIO * whole:
        return None, 0
    if pc.any(pc.match_substring_regex(texts, _IDENTIFIER)).as_py():
        return None, 0
    plain = pc.replace_substring_regex(pc.if_else(pa.array(fits), texts, None), r"^\+", "")
    return plain.cast(pa.float64()), whole - readable


def _dates(texts: pa.Array) -> pa.Array | None:
    """The texts as times, where exactly one form reads all of them (or one writes the year first)."""
    present = texts.drop_null()
    if not len(present) or not all(_DATE.match(text) for text in present[:100].to_pylist()):
        return None
    reading = [form for form in _FORMS if not pc.any(pc.is_null(_parsed(present, form))).as_py()]
    return _parsed(texts, reading[0]) if len(reading) == 1 else None


def _parsed(texts: pa.Array, form: str) -> pa.Array:
    """Times; null where the form does not read the text, or reads 30 February as the first of March."""
    times = pc.strptime(texts, format=form, unit="s", error_is_null=True)
    again = pc.strftime(times, format=form)
    same = pc.equal(_unpadded(again), _unpadded(texts))
    return pc.if_else(pc.fill_null(same, False), times, None).cast(pa.int64()).cast(pa.timestamp("s")).cast(_TIME)


def _unpadded(texts: pa.Array) -> pa.Array:
    return pc.replace_substring_regex(texts, r"\b0+(\d)", r"\1")


def _kind(column: pa.ChunkedArray, bins: Bins) -> Kind:
    if sum(bins.counts) == 0:
        return "empty"
    if pa.types.is_timestamp(column.type):
        return "time"
    if bins.kind == "number":
        return "number"
    return "category" if pa.types.is_string(column.type) or pa.types.is_boolean(column.type) else "other"


def _distinct(column: pa.ChunkedArray, kind: Kind, bins: Bins) -> int:
    """Distinct values; of what cannot be compared, none is counted."""
    if kind in ("empty", "other"):
        return 0
    return int(pc.count_distinct(column).as_py())


def _is_prose(column: pa.ChunkedArray, distinct: int) -> bool:
    """Whether most texts stand in one row only, and have three words or more as people write them."""
    if not pa.types.is_string(column.type) or distinct <= PROSE_RATIO * (len(column) - column.null_count):
        return False
    some = column.drop_null()[:PROSE_ROWS]
    return bool(len(some)) and pc.mean(pc.count_substring(pc.utf8_trim_whitespace(some), " ")).as_py() >= PROSE_SPACES


def _finite(column: pa.ChunkedArray) -> Floats:
    values = np.asarray(column.cast(pa.float64(), safe=False).to_numpy(), dtype=np.float64)
    return values[np.isfinite(values)]


def _limits(finite: Floats) -> Limits:
    # Values themselves, and parts of a mean: neither a difference nor a sum of them need be a number.
    low, lower, median, upper, high = np.quantile(finite, (0, 0.25, 0.5, 0.75, 1), method="lower").tolist()
    mean = float((finite / finite.size).sum())
    return Limits(low=low, lower=lower, median=median, upper=upper, high=high, mean=mean)


def _histogram(finite: Floats) -> tuple[int, ...]:
    if not finite.size:
        return ()
    some = finite[:: -(-finite.size // ROWS_FOR_EDGES)]
    low, high = np.quantile(some, (TAIL_RATIO, 1 - TAIL_RATIO), method="lower").tolist()
    if not 0 < high - low < float("inf"):
        return ()
    return tuple(np.histogram(finite, bins=BINS_MAX, range=(low, high))[0].tolist())
