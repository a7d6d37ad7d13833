"""The answers of models on their way from the child to the parent: one column for each model.

Invariant: what is read is what was written, bit for bit: a number for each row, or one for each class.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

FILE = "answers.parquet"

Floats = NDArray[np.float64]


def write_answers(path: Path, answers: Mapping[str, Floats]) -> None:
    """Write arrays of shape (rows,) or (rows, classes), by name."""
    pq.write_table(pa.table({name: _column(answer) for name, answer in answers.items()}), path)


def read_answers(path: Path, name: str) -> Floats | None:
    """The array of that name; None where there is none."""
    if name not in pq.read_schema(path).names:
        return None
    column = pq.read_table(path, columns=[name])[name].combine_chunks()
    if not pa.types.is_fixed_size_list(column.type):
        return np.asarray(column.to_numpy(), dtype=np.float64)
    return np.asarray(column.flatten().to_numpy(), dtype=np.float64).reshape(len(column), column.type.list_size)


def _column(answer: Floats) -> pa.Array:
    if answer.ndim == 1:
        return pa.array(answer)
    return pa.FixedSizeListArray.from_arrays(pa.array(answer.ravel()), answer.shape[1])
