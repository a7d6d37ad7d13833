"""The business's own table: who, how probable, what to do, in order of rank.

Invariant: it holds real identifiers, so only its owner may read it (mode 0600), and nobody ever sees half of it.
"""

import os
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from copml.metrics import spoken
from copml.scoring.assign import WORDS, Answers
from copml.store import explained, sync_file, sync_folder

OWNER_ONLY = 0o600
_WRITERS = {".csv": pyarrow.csv.write_csv, ".parquet": pq.write_table}


def output_name(slot: datetime, zone: ZoneInfo, kind: Literal["csv", "parquet"]) -> str:
    """`2026-02-01.csv` for a slot at midnight of the project's zone, `2026-02-01T1300+0100.csv` for another."""
    local = slot.astimezone(zone)
    at_midnight = (local.hour, local.minute) == (0, 0)
    return f"{local.strftime('%Y-%m-%d' if at_midnight else '%Y-%m-%dT%H%M%z')}.{kind}"


def output_table(entity_column: str, identifiers: pa.StringArray, answers: Answers) -> pa.Table:
    """One row for each entity, the highest score first; without decisions where none is ever yes.

    Of several classes each has its probability, in a column `probability of NAME`.
    """
    positions, rule = answers.positions, answers.rule
    columns = {entity_column: identifiers.take(pa.array(positions))}
    columns[rule.answer_name] = spoken(answers.answer[positions], rule)
    for place, name in enumerate(rule.classes):
        columns[f"probability of {name}"] = pa.array(answers.answer[positions, place])
    if rule.decides:
        words = pa.DictionaryArray.from_arrays(answers.arms.words()[positions], pa.array(WORDS, pa.string()))
        columns["decision"] = words.cast(pa.string())
    return pa.table({**columns, "rank": answers.rank[positions]})


def write_draft(table: pa.Table, path: Path) -> Path:
    """Write a table beside `path`, durably, under a name that is not yet the output's; the suffix says how.

    Raises:
        DiskFull: when no space is left.
        WorkspaceReadOnly: when the folder cannot be written.
    """
    discard_drafts(path)
    with explained(path.parent):
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            os.fchmod(handle, OWNER_ONLY)
            _WRITERS[path.suffix](table, file)
    draft = Path(name)
    sync_file(draft)
    return draft


def publish(draft: Path, path: Path) -> None:
    """Give the draft the output's name, in place of what was there."""
    draft.replace(path)
    sync_folder(path.parent)


def discard_drafts(path: Path) -> None:
    """Remove drafts of this output that were never published: they name people."""
    for draft in path.parent.glob(f".{path.name}.*.tmp"):
        draft.unlink(missing_ok=True)
