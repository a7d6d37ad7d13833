"""Tables of the state database: one per record, its columns derived from the record's fields.

Invariant: a record's key columns name it for ever; times are fixed-width UTC text, so that they sort as text on every
database; a text holds no NUL, which PostgreSQL does not take; whatever is no plain value is one JSON column. Migrations
create what stands here, and a test compares the two.
"""

import types
import typing
from dataclasses import dataclass, fields
from datetime import datetime
from enum import Enum
from functools import lru_cache
from math import isfinite

import msgspec
from sqlalchemy import BigInteger, Boolean, Column, Float, LargeBinary, MetaData, Table, Text

from copml import access, records
from copml.digest import instant

METADATA = MetaData()
READ_MAX = 20_000
_PLAIN = {str: Text, int: BigInteger, float: Float, bool: Boolean, bytes: LargeBinary}


Convert = typing.Callable[[typing.Any], object]


@dataclass(frozen=True, slots=True, eq=False)
class Mapping:
    """How one record type is kept: its table, its key, how each field is written and read.

    `converts`: by field, in the order of the columns, what makes its value of a column's; None for the value as it is.
    """

    record: type
    table: Table
    key: tuple[str, ...]
    json: frozenset[str]
    converts: dict[str, Convert | None]

    def row(self, record: object) -> dict[str, object]:
        """Column values of a record."""
        return {name: self._write(name, getattr(record, name)) for name in self.converts}

    def read(self, row: tuple[typing.Any, ...]) -> object:
        """The record that a row holds; its columns in the order of the table."""
        return _read(self, row)

    def _write(self, name: str, value: object) -> object:
        if name in self.json:
            return _json(value)
        if isinstance(value, datetime):
            return instant(value)
        if isinstance(value, Enum):
            return value.value
        return value.replace("\x00", "\ufffd") if isinstance(value, str) else value


def _json(value: object) -> str:
    text = msgspec.json.encode(value, order="sorted").decode()
    # A number without a limit would be written as null, and what is written must be read again.
    return (
        text
        if "null" not in text
        else msgspec.json.encode(_worded(msgspec.to_builtins(value)), order="sorted").decode()
    )


def _worded(value: object) -> object:
    """The same with words for the numbers that JSON does not have."""
    match value:
        case float() if not isfinite(value):
            return str(value)
        case dict():
            return {key: _worded(item) for key, item in value.items()}
        case list() | tuple():
            return [_worded(item) for item in value]
    return value


@lru_cache(maxsize=READ_MAX)
def _read(mapping: Mapping, row: tuple[typing.Any, ...]) -> object:
    """A worker looks at a project before each task, and all but a few of its records are as they were."""
    fields = zip(mapping.converts.items(), row, strict=True)
    return mapping.record(
        **{name: value if convert is None or value is None else convert(value) for (name, convert), value in fields}
    )


def _convert(kind: object, *, json: bool) -> Convert | None:
    if json:
        # Not strict, so that the words for what JSON has no number for are read as numbers.
        return msgspec.json.Decoder(kind, strict=False).decode
    if kind is datetime:
        return datetime.fromisoformat
    return kind if isinstance(kind, type) and issubclass(kind, Enum) else None


def _mapping(record: type, name: str, *key: str) -> Mapping:
    hints = typing.get_type_hints(record)
    columns: list[Column[object]] = []
    converts: dict[str, Convert | None] = {}
    json: set[str] = set()
    for field in fields(record):
        kind, optional = _required(hints[field.name])
        column = _column_type(kind)
        if column is None:
            json.add(field.name)
        converts[field.name] = _convert(hints[field.name] if column is None else kind, json=column is None)
        columns.append(
            Column(field.name, column or Text, primary_key=field.name in key, nullable=optional and column is not None)
        )
    return Mapping(record, Table(name, METADATA, *columns), key, frozenset(json), converts)


def _required(hint: object) -> tuple[object, bool]:
    hint = getattr(hint, "__supertype__", hint)
    if isinstance(hint, types.UnionType) and type(None) in hint.__args__ and len(hint.__args__) == 2:
        inner = next(kind for kind in hint.__args__ if kind is not type(None))
        return getattr(inner, "__supertype__", inner), True
    return hint, False


def _column_type(kind: object) -> type | None:
    if kind is datetime or (isinstance(kind, type) and issubclass(kind, Enum)):
        return Text
    return _PLAIN.get(kind) if isinstance(kind, type) else None


MAPPINGS: dict[type, Mapping] = {
    mapping.record: mapping
    for mapping in (
        _mapping(records.WorkspaceMark, "workspace", "id"),
        _mapping(records.SimulatedTime, "simulated_time", "id"),
        _mapping(records.Revision, "revision", "project", "number"),
        _mapping(records.TaskRecord, "task", "project", "key"),
        _mapping(records.Snapshot, "snapshot", "project", "table", "version"),
        _mapping(records.Ingest, "ingest", "project", "source", "slot"),
        _mapping(records.FeatureSet, "feature_set", "project", "as_of"),
        _mapping(records.Run, "run", "project", "id"),
        _mapping(records.ModelVersion, "model_version", "project", "name"),
        _mapping(records.Decision, "decision", "project", "id"),
        _mapping(records.Choice, "choice", "project", "id"),
        _mapping(records.Deployment, "deployment", "project", "id"),
        _mapping(records.ScoringRun, "scoring_run", "project", "id"),
        _mapping(records.Seal, "seal", "project", "scoring_run"),
        _mapping(records.Measurement, "measurement", "project", "metric", "segment", "starts_at", "pass_"),
        _mapping(records.Firing, "firing", "project", "trigger", "starts_at"),
        _mapping(records.Incident, "incident", "project", "id"),
        _mapping(records.Dossier, "dossier", "project", "id"),
        _mapping(records.Delivery, "delivery", "project", "id"),
        _mapping(records.Retirement, "retirement", "project"),
        _mapping(records.Trial, "trial", "project", "id"),
        _mapping(records.Promotion, "promotion", "project", "id"),
        _mapping(records.Preference, "preference", "name"),
        _mapping(records.Message, "message", "project", "id"),
        _mapping(records.Entry, "entry", "index"),
        _mapping(access.Account, "account", "name"),
        _mapping(access.Password, "password", "account"),
        _mapping(access.Invitation, "invitation", "digest"),
        _mapping(access.Token, "token", "id"),
        _mapping(access.TokenSecret, "token_secret", "id"),
        _mapping(access.Session, "session", "digest"),
        _mapping(access.Failures, "failures", "account"),
        _mapping(access.Delegation, "delegation", "project", "id"),
        _mapping(access.Reading, "reading", "project", "id"),
        _mapping(access.KeptAnswer, "kept_answer", "account", "key"),
        _mapping(access.Note, "note", "project", "id"),
    )
}

NODES = Table(
    "entry_node",
    METADATA,
    Column("level", BigInteger, primary_key=True, autoincrement=False),
    Column("index", BigInteger, primary_key=True, autoincrement=False),
    Column("hash", LargeBinary, nullable=False),
)
CHECKPOINTS = Table(
    "checkpoint",
    METADATA,
    Column("size", BigInteger, primary_key=True, autoincrement=False),
    Column("text", Text, nullable=False),
    Column("at", Text, nullable=False),
)
VAULT = Table(
    "vault",
    METADATA,
    Column("project", Text, primary_key=True),
    Column("pseudonym", Text, primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
)
