"""The truth that arrived: labels of predictions and training rows, events of a window, treatments.

An outcome event, once known, stands: a row of the same entity and `event_at` that comes later corrects what the event
says, not that it happened; one with another `event_at` is another event, and the first within the horizon counts.
Repeated rows are one event. What is unmatured is unknown, not negative.

Invariant: nothing that was learned after `known_by` is seen, and nothing depends on the order in which rows arrived.
"""

from collections.abc import Mapping
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

from copml.data import kinds
from copml.data.columns import OWN
from copml.data.point_in_time import as_of_join, times
from copml.data.request import source_table
from copml.errors import ColumnMissing, OutcomeNotNumeric
from copml.records import ProblemKind, Window
from copml.spec.project import Project
from copml.store import Lake

LABELS = ["entity", "as_of", "label", "outcome_at", "matures_at"]
Versions = Mapping[str, int]
"""Versions of the sources' tables to look at; the newest of those that are not named."""
EVENTS = pa.schema([("entity", pa.string()), ("event_at", kinds.TIME)])

_LABELS = """
with spine as (select *, row_number() over () as place from given),
first as (
    select spine.place, min(source.event_at) as outcome_at
    from spine join source
        on source.entity = spine.entity and source.event_at > spine.as_of and source.event_at <= spine.until
    where source.known_at <= $known_by
    group by spine.place
)
select spine.entity, spine.as_of,
    case when first.outcome_at is not null then 1.0 when spine.until <= $now then 0.0 else 'nan'::double end as label,
    first.outcome_at, spine.until as matures_at
from spine left join first using (place)
order by spine.place
"""
_VALUES = """
with spine as (select *, row_number() over () as place from given),
said as (
    select spine.place, source.event_at as outcome_at, source.value,
        row_number() over (partition by spine.place order by source.event_at, source.known_at desc, source.value) as nth
    from spine join source
        on source.entity = spine.entity and source.event_at > spine.as_of and source.event_at <= spine.until
    where source.known_at <= $known_by
)
select spine.entity, spine.as_of, said.value, said.outcome_at, spine.until as matures_at
from spine left join said on said.place = spine.place and said.nth = 1
order by spine.place
"""
_NEWEST = """
select entity, event_at, known_at, value from source where known_at <= $known_by
qualify row_number() over (partition by entity, event_at order by known_at desc, value) = 1
"""
_EVENTS = """
select entity, min(event_at) as event_at from source
where event_at >= $since and event_at < $until and known_at <= $known_by
group by entity order by entity
"""
_ALL_EVENTS = """
select distinct entity, event_at from source
where event_at >= $since and event_at < $until and known_at <= $known_by
order by entity, event_at
"""


def labels(
    lake: Lake,
    project: Project,
    *,
    entities: pa.Array,
    as_of: pa.Array,
    now: datetime,
    known_by: datetime | None = None,
    versions: Versions | None = None,
) -> pa.Table:
    """The outcome of each (entity, as_of), in the order given, by what was known by `known_by` (else: now).

    Columns: `entity`, `as_of`, `label`, `outcome_at` (the first event in (as_of, as_of + horizon]), `matures_at`
    (as_of + horizon); the times are null for an outcome that is a column of the entity. `label`, NaN while unknown:

    - an event: 1 where there was one; 0 where the horizon is over by `now` and there was none;
    - a column, of the entity or of that event: 1 where it has the positive value, 0 where it has another; of several
      classes the place of the value among them, of numbers the value. No value, or none of the classes, is unknown.
    """
    known = now if known_by is None else known_by
    if not project.data.outcome.is_timed:
        return _column_labels(lake, project, entities, as_of, known, versions)
    spine = pa.table({"entity": entities.cast(pa.string()), "as_of": as_of.cast(kinds.TIME)})
    spine = spine.append_column("until", _horizons(project, spine["as_of"]))
    if project.data.outcome.column is not None:
        return _value_labels(lake, project, spine, known, versions)
    source = _source(lake, project, project.data.outcome.source, versions)
    return lake.query(_LABELS, {"given": spine, "source": source}, {"now": now, "known_by": known})


def events_in(
    lake: Lake, project: Project, window: Window, *, known_by: datetime, versions: Versions | None = None
) -> pa.Table:
    """Entities with an outcome event in a window, and the first such event: `entity`, `event_at`, by entity.

    Where a column says what an event was, those that count as yes.
    """
    source = _source(lake, project, project.data.outcome.source, versions)
    if project.data.outcome.column is not None and isinstance(source, tuple):
        table, version = source
        source = _positive_events(lake, project, table, version, known_by)
    parameters = {"since": window.starts_at, "until": window.ends_at, "known_by": known_by}
    return lake.query(_EVENTS, {"source": source}, parameters)


def treatments(
    lake: Lake,
    project: Project,
    *,
    since: datetime,
    until: datetime,
    known_by: datetime,
    versions: Versions | None = None,
) -> pa.Table:
    """What was really done in [since, until): `entity`, `event_at`, each once; empty without a treatment source."""
    if project.data.treatment is None:
        return EVENTS.empty_table()
    source = _source(lake, project, project.data.treatment.source, versions)
    return lake.query(_ALL_EVENTS, {"source": source}, {"since": since, "until": until, "known_by": known_by})


def _horizons(project: Project, as_of: pa.ChunkedArray) -> pa.ChunkedArray:
    """as_of + horizon on the project's calendar; one look-up per distinct time."""
    horizon = project.data.outcome.horizon
    assert horizon is not None, "an outcome that is no column has a horizon"
    encoded = as_of.combine_chunks().dictionary_encode()
    ends = [horizon.after(at, project.tz) for at in encoded.dictionary.to_pylist()]
    return pa.chunked_array([pa.array(ends, kinds.TIME).take(encoded.indices)])


def _source(lake: Lake, project: Project, source: str, versions: Versions | None) -> tuple[str, int | None] | pa.Table:
    """A source's table, or no rows where nothing came in yet."""
    table = source_table(project, source)
    if lake.version(table) is None:
        return pa.schema([(name, pa.string() if name == "entity" else kinds.TIME) for name in OWN]).empty_table()
    return table, (versions or {}).get(source)


def _positive_events(lake: Lake, project: Project, table: str, version: int | None, known_by: datetime) -> pa.Table:
    """The events that count as yes, by what was said of each last."""
    rows = lake.read(table, version=version, columns=[*OWN, _present(lake, table, project, version)])
    newest = lake.query(_NEWEST, {"source": rows.rename_columns([*OWN, "value"])}, {"known_by": known_by})
    return newest.filter(pc.equal(_labelled(project, newest["value"]), 1.0)).select(list(OWN))


def _value_labels(
    lake: Lake, project: Project, spine: pa.Table, known_by: datetime, versions: Versions | None
) -> pa.Table:
    """What the first event within the horizon says; of a corrected event, what was learned last."""
    outcome = project.data.outcome
    table = source_table(project, outcome.source)
    if lake.version(table) is None:
        unknown = pa.nulls(len(spine), pa.float64()).fill_null(float("nan"))
        times = pa.nulls(len(spine), kinds.TIME)
        return pa.table([spine["entity"], spine["as_of"], unknown, times, spine["until"]], names=LABELS)
    version = (versions or {}).get(outcome.source)
    column = _present(lake, table, project, version)
    source = lake.read(table, version=version, columns=[*OWN, column]).rename_columns([*OWN, "value"])
    found = lake.query(_VALUES, {"given": spine, "source": source}, {"known_by": known_by})
    return found.set_column(2, "label", _labelled(project, found["value"]))


def _column_labels(
    lake: Lake, project: Project, entities: pa.Array, as_of: pa.Array, known_by: datetime, versions: Versions | None
) -> pa.Table:
    outcome = project.data.outcome
    table = source_table(project, outcome.source)
    version = (versions or {}).get(outcome.source)
    column = _present(lake, table, project, version)
    rows = as_of_join(
        lake,
        table,
        entities=entities,
        as_of=as_of,
        known_by=times(known_by, len(entities)),
        version=version,
    )
    empty = pa.nulls(len(rows), kinds.TIME)
    columns = [rows["entity"], rows["as_of"], _labelled(project, rows[column]), empty, empty]
    return pa.table(columns, names=LABELS)


def _present(lake: Lake, table: str, project: Project, version: int | None) -> str:
    """The outcome's column, which must be in the table."""
    column, found = str(project.data.outcome.column), lake.schema(table, version).names
    if column not in found:
        raise ColumnMissing(f"source {project.data.outcome.source}", column, found)
    return column


def _labelled(project: Project, values: pa.ChunkedArray) -> pa.ChunkedArray:
    """The label that each value stands for; NaN where it stands for none."""
    outcome = project.data.outcome
    match outcome.kind:
        case ProblemKind.REGRESSION:
            label = _numbers(values, str(outcome.column))
        case ProblemKind.MULTICLASS:
            label = _places(values, outcome.classes or ())
        case _:
            label = _is_positive(values, str(outcome.positive)).cast(pa.float64())
    return pc.fill_null(pc.if_else(pc.is_null(values), None, label), float("nan"))


def _numbers(values: pa.ChunkedArray, column: str) -> pa.ChunkedArray:
    kind = values.type
    if not (pa.types.is_floating(kind) or pa.types.is_integer(kind) or pa.types.is_decimal(kind)):
        raise OutcomeNotNumeric(column, str(kind))
    numbers = pc.cast(values, pa.float64(), safe=False)
    return pc.if_else(pc.is_finite(numbers), numbers, None)


def _places(values: pa.ChunkedArray, classes: tuple[str, ...]) -> pa.ChunkedArray:
    """The place of each value among the classes, whatever the type of the column."""
    label = pa.chunked_array([pa.nulls(len(values), pa.float64())])
    for place, name in enumerate(classes):
        label = pc.if_else(pc.fill_null(_is_positive(values, name), False), float(place), label)
    return label


def _is_positive(values: pa.ChunkedArray, positive: str) -> pa.ChunkedArray:
    """Whether each value is the positive one, compared as a value of the column's type."""
    kind = values.type
    if pa.types.is_boolean(kind):
        return pc.equal(values, positive.lower() in kinds.TRUE)
    if pa.types.is_floating(kind) or pa.types.is_integer(kind):
        return pc.equal(values.cast(pa.float64()), float(positive))
    return pc.equal(values.cast(pa.string()), positive)
