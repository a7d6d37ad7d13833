"""Predict, in a process of its own: the pipeline may hold project code.

Invariant: each batch's answers are kept before the next batch's, parts that are there already are skipped, and no
key, identifier or salt comes into this process. What the answers mean is left to the parent.
"""

from datetime import datetime
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from copml.errors import AnswerWrong, FeatureInfinite
from copml.models import NUMBERS, Model, load
from copml.records import Digest
from copml.scoring.parts import Parts
from copml.scoring.rows import ENTITY, Rows, batches


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """What the parent asks for, as JSON. `pickle`: the signed digest of the model, if it is kept as a pickle."""

    model: str
    version: str
    columns: list[str]
    files: list[str]
    as_of: datetime | None
    parts: str
    pickle: Digest | None = None


def main(argument: object) -> int:
    """Predict every row that has no part yet; returns the number of batches.

    Raises:
        FeatureInfinite: when a number in the rows is infinite.
        AnswerWrong: when the model's answer is no probability, or no finite number, for each row.
    """
    work = msgspec.convert(argument, Work)
    rows = Rows(files=tuple(Path(file) for file in work.files), as_of=work.as_of)
    model, number = load(Path(work.model), work.pickle), 0
    parts = Parts(Path(work.parts), width=len(model.classes) or 1)
    for batch in batches(rows, [ENTITY, *work.columns]):
        if not parts.has(number, batch.num_rows):
            parts.write(number, predict(model, batch, work.columns, work.version))
        number += 1
    return number


def predict(model: Model, batch: pa.RecordBatch, columns: list[str], version: str) -> npt.NDArray[np.float64]:
    """Answers to one batch, shape (rows,) or (rows, classes): probabilities within 0..1, or finite numbers.

    Raises:
        FeatureInfinite: when a number in the batch is infinite.
        AnswerWrong: when the model's answer is something else.
    """
    _refuse_infinite(batch, columns)
    answer = np.asarray(model.predict(batch.select(columns)), dtype=np.float64)
    wanted = (batch.num_rows, *([len(model.classes)] if model.classes else []))
    if answer.shape != wanted:
        raise AnswerWrong(version, f"{answer.shape} numbers for {batch.num_rows} rows")
    fine = np.isfinite(answer) if model.kind in NUMBERS else (answer >= 0) & (answer <= 1)
    if not fine.all():
        raise AnswerWrong(version, f"{answer[~fine][0]} for {int((~fine).sum())} rows")
    return answer


def _refuse_infinite(batch: pa.RecordBatch, columns: list[str]) -> None:
    for name in columns:
        column = batch[name]
        if pa.types.is_floating(column.type) and pc.any(found := pc.is_inf(column)).as_py():
            entity = batch[ENTITY].filter(found)[0].as_py()
            raise FeatureInfinite(name, pc.sum(found).as_py(), entity)
