"""The log of a Delta table: what belongs to which version.

Invariant: an entry of the log is on the disk before it is visible, so no version is ever torn, and a version that
anybody built upon cannot vanish. Exactly one writer makes a version (a name can be taken once), and a transaction is in
the log at most once. deltalake reads the log and computes checkpoints; its own commits make no sync call, which is why
the entries are written here. Which files and columns are meant is for `store.lake`.
"""

import json
import shutil
import tempfile
import uuid
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import pyarrow as pa
from deltalake import DeltaTable, Schema
from deltalake.exceptions import DeltaError

from copml.errors import TableConflict, TableDamaged
from copml.store.durable import explained, make_folder, sync_folder, write_bytes, write_new
from copml.store.parquet import Part

CHECKPOINT_VERSIONS = 20
WIDTH = "copml.bytes"
Fields = list[dict[str, Any]]


def log_folder(folder: Path) -> Path:
    """Where the log of a table lies."""
    return folder / "_delta_log"


def entry_path(folder: Path, version: int) -> Path:
    """The entry of the log that makes a version."""
    return log_folder(folder) / f"{version:020d}.json"


def newest(folder: Path) -> int | None:
    """The newest version of a table; None when there is no table."""
    return max((int(path.stem) for path in log_folder(folder).glob("*.json")), default=None)


def open_table(folder: Path, version: int | None) -> DeltaTable | None:
    """The table at a version (the newest: None); None when there is none.

    Raises:
        TableDamaged: when the log cannot be read.
    """
    wanted = newest(folder) if version is None else version
    if wanted is None or not entry_path(folder, wanted).exists():
        return None
    try:
        return _opened(str(folder), wanted, entry_path(folder, wanted).stat().st_ino)
    except DeltaError as error:
        raise TableDamaged(str(folder), str(error)) from error


# A version never changes, and reading a log of hundreds of entries takes longer than most questions to the table. The
# entry's inode tells apart a table that was made anew in the same place.
@lru_cache(maxsize=64)
def _opened(folder: str, version: int, _inode: int) -> DeltaTable:
    return DeltaTable(folder, version=version)


def read_entry(folder: Path, version: int) -> list[dict[str, Any]]:
    """The actions of one version."""
    return [json.loads(line) for line in entry_path(folder, version).read_text("utf-8").splitlines() if line]


def find_transaction(folder: Path, table: DeltaTable, transaction: str) -> int | None:
    """The version that a transaction made, or None. Fast when it made none."""
    if table.transaction_version(transaction) is None:
        return None
    for version in range(table.version(), -1, -1):
        if any(action.get("txn", {}).get("appId") == transaction for action in read_entry(folder, version)):
            # Whoever made the entry may have been killed before its name was on the disk.
            make_folder(log_folder(folder))
            sync_folder(log_folder(folder))
            return version
    raise TableDamaged(str(folder), f"the entry of transaction {transaction} is gone from the log")


def fields_of(schema: pa.Schema) -> Fields:
    """The columns in Delta's words; the width of fixed-size binary columns goes into their metadata."""
    fields: Fields = json.loads(Schema.from_arrow(schema.remove_metadata()).to_json())["fields"]
    for field in fields:
        kind = schema.field(field["name"]).type
        field["nullable"] = True
        field["metadata"] = {WIDTH: kind.byte_width} if pa.types.is_fixed_size_binary(kind) else {}
    return fields


def held_fields(table: DeltaTable) -> Fields:
    """The columns of a table, in Delta's words."""
    fields: Fields = json.loads(table.schema().to_json())["fields"]
    return fields


def arrow_schema(table: DeltaTable) -> pa.Schema:
    """The columns of a table as they were written."""
    schema = pa.schema(table.schema().to_arrow())
    widths = {field["name"]: field["metadata"].get(WIDTH) for field in held_fields(table)}
    return pa.schema(
        [pa.field(item.name, pa.binary(int(widths[item.name])) if widths[item.name] else item.type) for item in schema]
    )


def merged(table: str, held: Fields, new: Fields) -> Fields:
    """Held columns and those that are new, at the end; also within a struct.

    Raises:
        TableConflict: when a column is in both with different types.
    """
    by_name = {field["name"]: field for field in held}
    for field in new:
        before = by_name.get(field["name"])
        if before is None:
            by_name[field["name"]] = field
        elif _is_struct(before) and _is_struct(field):
            inner = merged(f"{table}.{field['name']}", before["type"]["fields"], field["type"]["fields"])
            by_name[field["name"]] = {**before, "type": {"type": "struct", "fields": inner}}
        elif before["type"] != field["type"]:
            raise TableConflict(table, field["name"], _name(before["type"]), _name(field["type"]))
    return list(by_name.values())


def _is_struct(field: Mapping[str, Any]) -> bool:
    return isinstance(field["type"], dict) and bool(field["type"].get("type") == "struct")


def _name(kind: object) -> str:
    return kind if isinstance(kind, str) else json.dumps(kind)


def actions(
    transaction: str,
    parts: Sequence[Part],
    removed: Sequence[str],
    partition: Mapping[str, str],
    declared: Mapping[str, Any] | None,
    now_ms: int,
) -> list[dict[str, Any]]:
    """The lines of an entry. `declared`: what `metadata` gives, for a new table or new columns.

    `now_ms` is wall time, in simulated workspaces too: other tools decide by it which files nobody reads any more.
    """
    lines: list[dict[str, Any]] = [{"commitInfo": {"timestamp": now_ms, "operation": "WRITE", "engineInfo": "copml"}}]
    if declared is not None:
        lines += [{"protocol": {"minReaderVersion": 1, "minWriterVersion": 2}}, {"metaData": dict(declared)}]
    lines.append({"txn": {"appId": transaction, "version": 1}})
    lines += [{"remove": {"path": path, "deletionTimestamp": now_ms, "dataChange": True}} for path in removed]
    return lines + [{"add": _add(part, partition)} for part in parts]


def metadata(fields: Fields, partition: Mapping[str, str], held: DeltaTable | None, name: str) -> dict[str, Any]:
    """What a table declares of itself; one that exists keeps its id. `name` makes the id of a new one."""
    return {
        "id": str(uuid.uuid5(uuid.NAMESPACE_URL, name) if held is None else held.metadata().id),
        "format": {"provider": "parquet", "options": {}},
        "schemaString": json.dumps({"type": "struct", "fields": fields}),
        "partitionColumns": sorted(partition),
        "configuration": {"delta.enableExpiredLogCleanup": "false"},
    }


def _add(part: Part, partition: Mapping[str, str]) -> dict[str, Any]:
    return {
        "path": part.file.path,
        "partitionValues": dict(partition),
        "size": part.file.size,
        "modificationTime": part.modified_ms,
        "dataChange": True,
        "stats": part.statistics,
    }


def commit(folder: Path, version: int, lines: Sequence[Mapping[str, Any]]) -> bool:
    """Make a version; False, and nothing done, when another writer made it first.

    Raises:
        DiskFull: when no space is left.
        WorkspaceReadOnly: when the folder cannot be written.
    """
    data = "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines).encode()
    return write_new(entry_path(folder, version), data)


def checkpoint(folder: Path, version: int) -> None:
    """Let later readers start at a version instead of at the first.

    deltalake computes it on a copy of the log, so that a torn checkpoint never lies in the real one.
    """
    log = log_folder(folder)
    with tempfile.TemporaryDirectory(prefix="copml-checkpoint-") as name, explained(Path(name)):
        copy = log_folder(Path(name))
        copy.mkdir()
        for path in _needed(log, version):
            shutil.copyfile(path, copy / path.name)
        DeltaTable(name, version=version).create_checkpoint()
        for made in sorted(copy.glob(f"{version:020d}.checkpoint*.parquet")):
            write_bytes(log / made.name, made.read_bytes())
        write_bytes(log / "_last_checkpoint", (copy / "_last_checkpoint").read_bytes())


def _needed(log: Path, version: int) -> list[Path]:
    """The newest checkpoint up to a version, and the entries from there to it."""
    past = sorted(path for path in log.glob("*.checkpoint*.parquet") if int(path.name[:20]) < version)
    since = int(past[-1].name[:20]) if past else 0
    last = [path for path in past if int(path.name[:20]) == since]
    return last + [path for path in sorted(log.glob("*.json")) if since <= int(path.name[:20]) <= version]
