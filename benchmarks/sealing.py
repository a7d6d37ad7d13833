"""Sealing predictions: rows a second for the bytes of a row, its hashes, and the root; ids and pseudonyms beside it.

Rows are like those of telco churn: 19 features, 15 of them text. On one core; reading them from the disk is left out.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
from customers import customers

from copml.keys import Keys
from copml.predictions import encode, merkle_root, prediction_ids, predictions_schema

TITLE = "Sealing predictions"
UNIT = "rows"
COUNT = 200_000
BATCH = 65_536
SLOT = datetime(2026, 1, 1, tzinfo=UTC)


def predictions(keys: Keys, rows: int) -> list[pa.RecordBatch]:
    """Rows in ascending order of their ids, in batches."""
    random = np.random.default_rng(7)
    inputs = customers(rows, random)
    entities = keys.pseudonym("telco-churn", [f"{row:07d}" for row in range(rows)])
    probability = random.random(rows)
    decision = probability >= 0.5
    control = keys.draw("control", "telco-churn", "2026-01-01", entities) < 0.05
    table = pa.table(
        {
            "id": prediction_ids(keys.prediction_id_key, "score-2026-01", SLOT, entities),
            "entity": entities,
            "slot": pa.array([SLOT] * rows, pa.timestamp("us", tz="UTC")),
            "version": pa.array(["v1"] * rows),
            "probability": probability,
            "decision": decision,
            "control": control,
            "eligible": decision,
            "treat": decision & ~control,
            "rank": (-probability).argsort().argsort().astype(np.int32) + 1,
            "salt": pa.FixedSizeBinaryArray.from_buffers(
                pa.binary(32), rows, [None, pa.py_buffer(random.bytes(32 * rows))]
            ),
            "input": inputs.to_struct_array().combine_chunks(),
        },
        schema=predictions_schema(inputs.schema),
    )
    batches: list[pa.RecordBatch] = table.sort_by("id").combine_chunks().to_batches(BATCH)
    return batches


def prepare(folder: Path, count: int) -> None:
    """Keys, and rows in ascending order of their ids."""
    batches = predictions(Keys.create(folder / "keys"), count)
    with pa.OSFile(str(folder / "rows.arrow"), "wb") as file, pa.ipc.new_file(file, batches[0].schema) as writer:
        for batch in batches:
            writer.write_batch(batch)


def _rows(folder: Path) -> list[pa.RecordBatch]:
    with pa.OSFile(str(folder / "rows.arrow")) as file:
        batches: list[pa.RecordBatch] = pa.ipc.open_file(file).read_all().to_batches()
    return batches


def _bytes(folder: Path) -> Callable[[], object]:
    parts = [batch.slice(at, 8192) for batch in _rows(folder) for at in range(0, batch.num_rows, 8192)]
    return lambda: [encode(part) for part in parts]


def _root(folder: Path) -> Callable[[], object]:
    batches = _rows(folder)
    return lambda: merkle_root(batches)


def _named(work: Callable[[Keys, list[str]], object]) -> Callable[[Path], Callable[[], object]]:
    def contestant(folder: Path) -> Callable[[], object]:
        keys = Keys.open(folder / "keys")
        entities = [entity for batch in _rows(folder) for entity in batch.column("entity").to_pylist()]
        return lambda: work(keys, entities)

    return contestant


CONTESTANTS = {
    "bytes of rows": _bytes,
    "bytes, hashes and Merkle root": _root,
    "ids": _named(lambda keys, names: prediction_ids(keys.prediction_id_key, "score-2026-01", SLOT, names)),
    "pseudonyms": _named(lambda keys, names: keys.pseudonym("telco-churn", names)),
    "draws": _named(lambda keys, names: keys.draw("control", "telco-churn", "2026-01-01", names)),
}
RATIOS: dict[str, tuple[str, str]] = {}
