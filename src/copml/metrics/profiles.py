"""Profiles: what a drift measure needs of a table, as counts that add up over windows, replicas and machines.

A number column has at most twenty bins. Their edges come from the reference and never move: halfway between values
where there are few of them, else quantiles. A category column keeps all its labels where they are at most fifty, else
the fifty most frequent of those that twenty rows or more have: the most frequent of thousands of rare labels are so by
chance, and would seem to fall in every later window. Texts too long to be labels count among the others. Booleans are
categories, times are numbers of seconds. Missing values and NaN are counted apart; infinities are in the outer bins.

Invariant: a profile like a reference has the reference's columns and bins, whatever the table holds: a column that is
gone is all missing, and what cannot be read as a number is missing. Comparing profiles is for `monitoring`.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from copml.errors import ProfilesDiffer
from copml.metrics.sample import Floats
from copml.records import Bins, Profile

Codes = NDArray[np.int32]

BINS_MAX = 20
LABELS_MAX = 50
# Chosen among many, a label of twenty rows is some 20 % too frequent at most, which moves an index by less than 0.05.
LABEL_ROWS_MIN = 20
# What is longer is prose and no label: kept, it would fill the state database with what people wrote.
LABEL_CHARS_MAX = 200
OTHER = "…"
NUMBER, CATEGORY = "number", "category"
# Edges need no more rows than this: the error of a 5 % quantile is below 0.1 % of the rows.
ROWS_FOR_EDGES = 100_000

_NUMBER = r"^\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*$"


def profile(table: pa.Table, like: Profile | None = None) -> Profile:
    """Count every column of a table, in the bins of `like` where it is given.

    Columns that hold neither numbers, texts, booleans nor times are counted as present or missing only.
    """
    if like is None:
        return {name: _first(table.column(name)) for name in table.column_names}
    return {name: _again(table, name, bins) for name, bins in like.items()}


def bin_codes(column: pa.ChunkedArray, bins: Bins) -> Codes:
    """The bin that each row of a column is in, shape (rows,); where the value is missing, the number of bins.

    Counted, these are the counts of `profile`: they are for whoever must know which rows a bin holds.
    """
    if bins.kind == NUMBER:
        values = _numbers(column)
        places = np.searchsorted(np.array(bins.edges), values, side="right")
        return np.where(np.isnan(values), len(bins.counts), places).astype(np.int32)
    return _label_codes(column, bins.labels)


def merge(a: Profile, b: Profile) -> Profile:
    """The profile of both tables together.

    Raises:
        ProfilesDiffer: when the columns or their bins are not the same.
    """
    if a.keys() != b.keys():
        raise ProfilesDiffer(", ".join(sorted(a.keys() ^ b.keys())), "only one of the two has it")
    return {name: _sum(name, bins, b[name]) for name, bins in a.items()}


def _sum(name: str, a: Bins, b: Bins) -> Bins:
    if (a.kind, a.edges, a.labels) != (b.kind, b.edges, b.labels):
        raise ProfilesDiffer(name, "their bins have other edges or labels")
    counts = tuple(one + other for one, other in zip(a.counts, b.counts, strict=True))
    return Bins(kind=a.kind, counts=counts, missing=a.missing + b.missing, edges=a.edges, labels=a.labels)


def _first(column: pa.ChunkedArray) -> Bins:
    kind = column.type
    if pa.types.is_null(kind) or _is_number(kind) or pa.types.is_temporal(kind):
        values = _numbers(column)
        return _count_numbers(values, _edges(values))
    return _count_labels(column, _labels(column))


def _again(table: pa.Table, name: str, like: Bins) -> Bins:
    column = table.column(name) if name in table.column_names else pa.chunked_array([pa.nulls(table.num_rows)])
    if like.kind == NUMBER:
        return _count_numbers(_numbers(column), np.array(like.edges))
    return _count_labels(column, like.labels)


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))


def _numbers(column: pa.ChunkedArray) -> Floats:
    """The column as float64, NaN where it is missing or no number."""
    kind = column.type
    if pa.types.is_timestamp(kind):
        ticks = {"s": 1, "ms": 1e3, "us": 1e6, "ns": 1e9}[kind.unit]
        return _floats(column.cast(pa.int64())) / ticks
    if pa.types.is_date(kind):
        return _floats(column.cast(pa.timestamp("s")).cast(pa.int64()))
    if pa.types.is_dictionary(kind):
        return _numbers(column.cast(kind.value_type))
    if _is_text(kind):
        column = pc.if_else(pc.match_substring_regex(column, _NUMBER), pc.utf8_trim_whitespace(column), None)
    elif not (pa.types.is_null(kind) or pa.types.is_boolean(kind) or _is_number(kind)):
        column = pa.chunked_array([pa.nulls(len(column))])
    return _floats(column.cast(pa.float64(), safe=False))


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _floats(column: pa.ChunkedArray) -> Floats:
    return np.asarray(column.to_numpy(), dtype=np.float64)


def _edges(values: Floats) -> Floats:
    stride = max(1, -(-len(values) // ROWS_FOR_EDGES))
    some = values[::stride]
    some = some[np.isfinite(some)]
    if some.size == 0:
        return np.empty(0)
    distinct = np.unique(some)
    if len(distinct) <= BINS_MAX:
        return np.unique(distinct[:-1] / 2 + distinct[1:] / 2)
    shares = np.arange(1, BINS_MAX) / BINS_MAX
    return np.unique(np.quantile(some, shares, method="higher"))


def _count_numbers(values: Floats, edges: Floats) -> Bins:
    """Bin k holds edges[k-1] ≤ value < edges[k]; the outer ones are open to infinity."""
    missing = np.isnan(values)
    gone = int(np.count_nonzero(missing))
    present = values[~missing] if gone else values
    counts = np.bincount(np.searchsorted(edges, present, side="right"), minlength=len(edges) + 1)
    return Bins(kind=NUMBER, counts=tuple(counts.tolist()), missing=gone, edges=tuple(edges.tolist()))


def _labels(column: pa.ChunkedArray) -> tuple[str, ...]:
    """The labels to be counted, the most frequent first, then by the alphabet, and `…`."""
    texts, counts = _text_counts(column)
    is_label = pc.and_(pc.not_equal(texts, OTHER), pc.less_equal(pc.utf8_length(texts), LABEL_CHARS_MAX))
    table = pa.table({"text": texts, "count": counts}).filter(is_label)
    if len(table) > LABELS_MAX:
        table = table.filter(pc.field("count") >= LABEL_ROWS_MIN)
    ranked = table.sort_by([("count", "descending"), ("text", "ascending")])
    return (*ranked.column("text").slice(0, LABELS_MAX).to_pylist(), OTHER)


def _count_labels(column: pa.ChunkedArray, labels: tuple[str, ...]) -> Bins:
    texts, counts = _text_counts(column)
    known = pa.array(labels[:-1], pa.string())
    places = pc.fill_null(pc.index_in(texts, value_set=known), len(known)).to_numpy(zero_copy_only=False)
    seen = np.zeros(len(labels), dtype=np.int64)
    np.add.at(seen, places, counts.to_numpy(zero_copy_only=False))
    present = int(seen.sum())
    return Bins(kind=CATEGORY, counts=tuple(seen.tolist()), missing=len(column) - present, labels=labels)


def _label_codes(column: pa.ChunkedArray, labels: tuple[str, ...]) -> Codes:
    kind = column.type
    if pa.types.is_nested(kind) or _is_bytes(kind):
        present = column.is_valid().to_numpy()
        return np.where(present, len(labels) - 1, len(labels)).astype(np.int32)
    if pa.types.is_floating(kind):
        column = pc.if_else(pc.is_nan(column), None, column)
    encoded = column.combine_chunks()
    if not pa.types.is_dictionary(kind):
        encoded = encoded.dictionary_encode()
    known = pa.array(labels[:-1], pa.string())
    found = pc.index_in(pc.cast(encoded.dictionary, pa.string()), value_set=known)
    # A value that is missing in the dictionary of its type is missing in the rows that refer to it.
    gone = encoded.dictionary.is_null().to_numpy(zero_copy_only=False)
    filled = pc.fill_null(found, len(known)).to_numpy(zero_copy_only=False)
    by_value = np.append(np.where(gone, len(labels), filled), len(labels)).astype(np.int32)
    places = pc.fill_null(encoded.indices, len(encoded.dictionary)).to_numpy(zero_copy_only=False)
    return np.asarray(by_value[places], dtype=np.int32)


def _text_counts(column: pa.ChunkedArray) -> tuple[pa.Array, pa.Array]:
    """Every present value as text, and how often it occurs."""
    kind = column.type
    if pa.types.is_nested(kind) or _is_bytes(kind):
        return pa.array([OTHER]), pa.array([len(column) - column.null_count])
    if pa.types.is_floating(kind):
        column = pc.if_else(pc.is_nan(column), None, column)
    counted = pc.value_counts(column.drop_null())
    return pc.cast(counted.field("values"), pa.string()), counted.field("counts")


def _is_bytes(kind: pa.DataType) -> bool:
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind))
