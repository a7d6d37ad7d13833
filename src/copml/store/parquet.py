"""Stream record batches into Parquet files that are on the disk before anybody sees them.

Invariant: memory is bounded by one row group; a finished file is named by its transaction and the SHA-256 of its bytes,
so that the name alone proves the content, and the same transaction run again overwrites its own remains. Columns called
plain get no statistics. Making the files part of a table is for `store.delta`.
"""

import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from copml.digest import digest_file
from copml.records import Digest, FileDigest
from copml.store.durable import Draft, draft, publish

ROW_GROUP_ROWS = 131_072
FILE_ROWS_MAX = 64 * ROW_GROUP_ROWS
_NAME = re.compile(r"^[0-9a-f]{16}-\d{4}-([0-9a-f]{64})\.parquet$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A finished file and the statistics that a reader may skip it by (Delta's JSON)."""

    file: FileDigest
    statistics: str
    modified_ms: int


def write_parts(
    folder: Path,
    prefix: str,
    batches: Iterable[pa.RecordBatch],
    schema: pa.Schema,
    plain: frozenset[str],
) -> list[Part]:
    """Write batches as durable Parquet files in a folder; no rows, no file.

    Raises:
        DiskFull: when no space is left.
        WorkspaceReadOnly: when the folder cannot be written.
    """
    groups = _row_groups(batches, schema)
    parts: list[Part] = []
    group = next(groups, None)
    while group is not None:
        with draft(folder, prefix) as new:
            group = _fill(new, group, groups, schema, plain)
            parts.append(_finish(new, f"{prefix}-{len(parts):04d}", plain))
    return parts


def digest_by_name(path: Path) -> Digest:
    """The SHA-256 of a file of the lake: from its name, or, for a file that another tool wrote, from its bytes."""
    match = _NAME.match(path.name)
    return Digest(match[1] if match else digest_file(path))


def _row_groups(batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> Iterator[pa.Table]:
    waiting: list[pa.RecordBatch] = []
    rows = 0
    for batch in batches:
        waiting.append(batch)
        rows += batch.num_rows
        while rows >= ROW_GROUP_ROWS:
            table = pa.Table.from_batches(waiting, schema)
            yield table.slice(0, ROW_GROUP_ROWS)
            waiting = table.slice(ROW_GROUP_ROWS).to_batches()
            rows -= ROW_GROUP_ROWS
    if rows:
        yield pa.Table.from_batches(waiting, schema)


def _fill(
    new: Draft, group: pa.Table, groups: Iterator[pa.Table], schema: pa.Schema, plain: frozenset[str]
) -> pa.Table | None:
    """Write row groups until the file is large enough; returns the first group of the next file."""
    following: pa.Table | None = group
    described = [field.name for field in schema if field.name not in plain]
    settings = {"compression": "zstd", "write_statistics": described, "use_dictionary": list(_texts(schema))}
    with pq.ParquetWriter(new.file, schema, **settings) as writer:
        rows = 0
        while following is not None and rows < FILE_ROWS_MAX:
            writer.write_table(following, row_group_size=ROW_GROUP_ROWS)
            rows += following.num_rows
            following = next(groups, None)
    return following


def _texts(fields: Iterable[pa.Field], within: str = "") -> Iterator[str]:
    """Paths of the text columns: only they gain from a dictionary; for others it costs a third of the writing time."""
    for field in fields:
        if pa.types.is_struct(field.type):
            yield from _texts(field.type, f"{within}{field.name}.")
        elif pa.types.is_string(field.type) or pa.types.is_dictionary(field.type):
            yield within + field.name


def _finish(new: Draft, stem: str, plain: frozenset[str]) -> Part:
    new.file.flush()
    metadata = pq.read_metadata(new.path)
    digest = Digest(digest_file(new.path))
    path = new.path.with_name(f"{stem}-{digest}.parquet")
    publish(new, path)
    stat = path.stat()
    return Part(
        file=FileDigest(path=path.name, digest=digest, size=stat.st_size, rows=metadata.num_rows),
        statistics=json.dumps({"numRecords": metadata.num_rows, **_bounds(metadata, plain)}),
        modified_ms=stat.st_mtime_ns // 1_000_000,
    )


def _bounds(metadata: pq.FileMetaData, plain: frozenset[str]) -> Mapping[str, Mapping[str, object]]:
    low: dict[str, object] = {}
    high: dict[str, object] = {}
    for index in range(len(metadata.schema)):
        name = metadata.schema.column(index).path
        if name in plain or "." in name:
            continue
        found = [metadata.row_group(group).column(index).statistics for group in range(metadata.num_row_groups)]
        if not found or any(item is None or not item.has_min_max for item in found):
            continue
        least, most = _plain_json(min(item.min for item in found)), _plain_json(max(item.max for item in found))
        if least is not None and most is not None:
            low[name], high[name] = least, most
    return {"minValues": low, "maxValues": high}


def _plain_json(value: object) -> object:
    """A bound as Delta writes it; None for what is better left out: text, bytes, non-finite numbers."""
    match value:
        case datetime():
            return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        case date():
            return value.isoformat()
        case bool():
            return None
        case int():
            return value
        case float():
            return value if math.isfinite(value) else None
    return None
