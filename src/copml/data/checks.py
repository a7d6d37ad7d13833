"""What every row must hold (pure): types, bounds, values, patterns.

Invariant: a row is marked at most once, with the first thing that is wrong with it; missing values are counted, and
fail a row only in the columns it cannot be placed without. What happens to marked rows is for `data.staging`.
"""

import re
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from copml.data.kinds import Mask, texts
from copml.spec.project import Check

# Before the first and after the last year that a business's own records can mean.
EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
LATEST = datetime(2200, 1, 1, tzinfo=UTC)


class Marks:
    """Which rows of a batch are wrong, and why."""

    def __init__(self, rows: int) -> None:
        self._codes: NDArray[np.int32] = np.zeros(rows, np.int32)
        self._reasons: list[tuple[str, str]] = []

    def mark(self, wrong: Mask, column: str, reason: str) -> None:
        """Mark rows that were not marked before."""
        fresh = wrong & (self._codes == 0)
        if fresh.any():
            self._reasons.append((column, reason))
            self._codes[fresh] = len(self._reasons)

    @property
    def good(self) -> Mask:
        """Rows without a mark."""
        return np.asarray(self._codes == 0)

    def columns_and_reasons(self) -> tuple[list[str], list[str]]:
        """Of the marked rows, in their order: the column, and what is wrong with it."""
        marked = [self._reasons[code - 1] for code in self._codes[self._codes > 0]]
        return [column for column, _ in marked], [reason for _, reason in marked]


def check_values(marks: Marks, column: str, values: pa.Array, check: Check | None) -> None:
    """Mark rows whose value is infinite, out of bounds, not among the values, or not of the pattern."""
    if pa.types.is_floating(values.type):
        marks.mark(_true(pc.is_inf(values)), column, "infinite")
    if check is None:
        return
    if pa.types.is_floating(values.type) or pa.types.is_integer(values.type):
        if check.min is not None:
            marks.mark(_true(pc.less(values, check.min)), column, f"below {check.min:g}")
        if check.max is not None:
            marks.mark(_true(pc.greater(values, check.max)), column, f"above {check.max:g}")
    if check.values is not None:
        known = pc.is_in(texts(values), value_set=pa.array(check.values, pa.string()))
        marks.mark(_true(pc.and_(pc.is_valid(values), pc.invert(known))), column, "not among the values")
    if check.pattern is not None:
        marks.mark(_unlike(texts(values), check.pattern), column, "not of the pattern")


def check_placed(marks: Marks, column: str, values: pa.Array) -> None:
    """Mark rows without a value that they cannot be placed without."""
    marks.mark(_true(pc.is_null(values)), column, "missing")


def check_time(marks: Marks, column: str, times: pa.Array) -> None:
    """Mark rows of a time that cannot be meant."""
    absurd = pc.or_(pc.less(times, pa.scalar(EARLIEST, times.type)), pc.greater(times, pa.scalar(LATEST, times.type)))
    marks.mark(_true(absurd), column, "absurd time")


def _unlike(values: pa.Array, pattern: str) -> Mask:
    """Rows whose whole text is not of the pattern; each distinct text is matched once."""
    encoded = values.dictionary_encode()
    expression = re.compile(pattern)
    unlike = [expression.fullmatch(text) is None for text in encoded.dictionary.to_pylist()]
    return _true(pa.array(unlike, pa.bool_()).take(encoded.indices))


def _true(mask: pa.Array) -> Mask:
    return np.asarray(pc.fill_null(mask, False).to_numpy(zero_copy_only=False), dtype=np.bool_)
