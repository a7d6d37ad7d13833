"""Which columns a source's table has, and of which kinds: declared, held from earlier, or inferred once.

Invariant: a kind, once held by the table, never changes. A column that has no value yet has no kind and is left out
until it has one. Inference takes text for what it is only where every value agrees, and never takes an identifier such
as `007` for a number.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from copml.data import kinds
from copml.data.kinds import Kind
from copml.errors import ColumnMissing, ColumnUnusable
from copml.spec.project import Source

OWN = ("entity", "event_at", "known_at")
# More digits than a float64 holds, or a leading zero: an identifier, not a quantity.
_IDENTIFIER = r"^[-+]?(0\d.*|\d{16,})$"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The columns of the source's table beside its own three: their kinds, those not delivered, those that are new."""

    kinds: Mapping[str, Kind]
    missing: tuple[str, ...]
    extra: tuple[str, ...]

    @property
    def schema(self) -> pa.Schema:
        """The table's columns."""
        own = [("entity", pa.string()), ("event_at", kinds.TIME), ("known_at", kinds.TIME)]
        return pa.schema([*own, *((name, kinds.TYPES[kind]) for name, kind in self.kinds.items())])


def placing(spec: Source) -> set[str]:
    """The source's columns that become the table's own three."""
    return {name for name in (spec.entity, spec.event_at, spec.known_at) if name is not None}


def check_columns(place: str, found: Sequence[str], spec: Source) -> None:
    """See that rows can be placed, and that no other column takes the name of one of the table's own.

    Raises:
        ColumnMissing: when the entity's or the time's column is not there.
        ColumnUnusable: when another column is called `entity`, `event_at` or `known_at`.
    """
    for column in (spec.entity, spec.event_at, spec.known_at):
        if column is not None and column not in found:
            raise ColumnMissing(place, column, list(found))
    for column in found:
        if column.lower() in OWN and column not in placing(spec):
            raise ColumnUnusable(
                place, column, f"has a name that copml uses; rename it, or declare it as {column.lower()}"
            )


def held_kinds(schema: pa.Schema | None) -> dict[str, Kind]:
    """The kinds of a table's columns; of no table, none."""
    by_type = {kind: name for name, kind in kinds.TYPES.items()}
    return {} if schema is None else {item.name: by_type[item.type] for item in schema if item.name not in OWN}


def make_plan(
    spec: Source,
    delivered: Sequence[Sequence[str]],
    held: Mapping[str, Kind],
    inferred: Mapping[str, Kind],
    identifiers: Iterable[str],
) -> Plan:
    """The plan for a pass over files with the columns `delivered`.

    What the table holds goes first, then what is declared, then what was inferred; identifiers are always text.
    """
    found = list(dict.fromkeys(name for names in delivered for name in names if name not in placing(spec)))
    known: dict[str, Kind] = {**inferred, **spec.columns, **dict.fromkeys(identifiers, "text"), **held}
    declared = [name for name in spec.columns if name not in placing(spec) and name not in held and name not in found]
    new = [name for name in found if name in known and name not in held]
    return Plan(
        kinds={**held, **{name: known[name] for name in [*new, *declared]}},
        missing=tuple(name for name in [*held, *declared] if not all(name in names for names in delivered)),
        extra=tuple(new) if held else (),
    )


class Inference:
    """Narrows down, batch by batch, what kind of values columns hold."""

    def __init__(self, columns: Sequence[str]) -> None:
        self._possible: dict[str, list[Kind]] = {name: ["number", "boolean", "time", "text"] for name in columns}
        self._seen: set[str] = set()

    def look(self, batch: pa.RecordBatch) -> None:
        """Take the values of a batch into account."""
        for name in self._open & set(batch.schema.names):
            column = kinds.plain(batch.column(name)).drop_null().unique()
            if len(column):
                self._seen.add(name)
                fitting = _fitting(column)
                self._possible[name] = [kind for kind in self._possible[name] if kind in fitting] or ["text"]

    @property
    def _open(self) -> set[str]:
        """Columns that may still turn out to be of another kind: once text, always text."""
        return {name for name, possible in self._possible.items() if name not in self._seen or len(possible) > 1}

    @property
    def kinds(self) -> dict[str, Kind]:
        """The kind of each column that has a value."""
        return {name: possible[0] for name, possible in self._possible.items() if name in self._seen}


def _fitting(column: pa.Array) -> tuple[Kind, ...]:
    kind = column.type
    if pa.types.is_boolean(kind):
        return ("boolean", "text")
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return ("number", "text")
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        return ("time", "text")
    if not pa.types.is_string(kind):
        return ("text",)
    if _all(column, kinds.NUMBER, kinds.NOT_A_NUMBER, kinds.INFINITY):
        return ("text",) if pc.any(pc.match_substring_regex(column, _IDENTIFIER)).as_py() else ("number", "text")
    if _all(column, "(?i)^(true|false)$"):
        return ("boolean", "text")
    return ("time", "text") if _all(column, kinds.INSTANT) else ("text",)


def _all(column: pa.Array, *patterns: str) -> bool:
    return bool(pc.all(pc.match_substring_regex(column, "|".join(f"({pattern})" for pattern in patterns))).as_py())
