"""Predict, in a process of its own: the pipeline may hold project code.

Invariant: each batch's probabilities are kept before the next batch's, parts that are there already are skipped, and no
key, identifier or salt comes into this process. What the probabilities mean is left to the parent.
"""

from datetime import datetime
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from copml.errors import FeatureInfinite, ProbabilityWrong
from copml.models import Model, load
from copml.scoring.parts import Parts
from copml.scoring.rows import ENTITY, Rows, batches


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """What the parent asks for, as JSON."""

    model: str
    version: str
    columns: list[str]
    files: list[str]
    as_of: datetime | None
    parts: str


def main(argument: object) -> int:
    """Predict every row that has no part yet; returns the number of batches.

    Raises:
        FeatureInfinite: when a number in the rows is infinite.
        ProbabilityWrong: when the model's answer is no probability for each row.
    """
    work = msgspec.convert(argument, Work)
    rows = Rows(files=tuple(Path(file) for file in work.files), as_of=work.as_of)
    model, parts, number = load(Path(work.model)), Parts(Path(work.parts)), 0
    for batch in batches(rows, [ENTITY, *work.columns]):
        if not parts.has(number, batch.num_rows):
            parts.write(number, predict(model, batch, work.columns, work.version))
        number += 1
    return number


def predict(model: Model, batch: pa.RecordBatch, columns: list[str], version: str) -> npt.NDArray[np.float64]:
    """Probabilities of one batch, shape (rows,), each within 0..1.

    Raises:
        FeatureInfinite: when a number in the batch is infinite.
        ProbabilityWrong: when the model's answer is no probability for each row.
    """
    _refuse_infinite(batch, columns)
    answer = np.asarray(model.predict(batch.select(columns)), dtype=np.float64)
    if answer.shape != (batch.num_rows,):
        raise ProbabilityWrong(version, f"{answer.shape} numbers for {batch.num_rows} rows")
    wrong = ~((answer >= 0) & (answer <= 1))
    if wrong.any():
        raise ProbabilityWrong(version, f"{answer[wrong][0]} for {int(wrong.sum())} rows")
    return answer


def _refuse_infinite(batch: pa.RecordBatch, columns: list[str]) -> None:
    for name in columns:
        column = batch[name]
        if pa.types.is_floating(column.type) and pc.any(found := pc.is_inf(column)).as_py():
            entity = batch[ENTITY].filter(found)[0].as_py()
            raise FeatureInfinite(name, pc.sum(found).as_py(), entity)
