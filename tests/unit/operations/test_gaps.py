"""Inputs with gaps are told once, to whoever answers for data, until they are filled."""

from dataclasses import replace

from copml.operations.gaps import gap_records
from copml.operations.view import View
from copml.records import Cause, Delivery, Incident, IncidentState, Record, Role

from .views import month, view, window

EMPTY = "100.0% missing, against 2.0% before and 0.0% that is tolerated"


def of(records: tuple[Record, ...]) -> list[Incident]:
    return [item for item in records if isinstance(item, Incident)]


def after(number: int, *incidents: Incident) -> View:
    return view(month(number), incidents=incidents)


def test_a_column_that_came_empty_opens_one_incident_and_tells_its_owner() -> None:
    records = gap_records(after(2), window(1), {"charges": EMPTY})
    (incident,) = of(records)
    assert (incident.cause, incident.owner, incident.state) == (Cause.UPSTREAM_DATA, Role.DATA, IncidentState.OPEN)
    assert f"charges is {EMPTY}" in incident.what
    assert any(isinstance(item, Delivery) for item in records)
    assert gap_records(after(3, incident), window(2), {"charges": "90.0% missing"}) == ()


def test_other_gaps_go_on_as_another_incident_and_none_end_it() -> None:
    (first,) = of(gap_records(after(2), window(1), {"charges": EMPTY}))
    ended, second = of(gap_records(after(3, first), window(2), {"charges": EMPTY, "tenure": EMPTY}))
    assert (ended.id, ended.state) == (first.id, IncidentState.RESOLVED)
    assert second.id in ended.resolution
    (last,) = of(gap_records(after(4, ended, second), window(3), {}))
    assert (last.id, last.state) == (second.id, IncidentState.RESOLVED)


def test_what_the_source_tells_of_a_column_is_not_told_twice() -> None:
    (told,) = of(gap_records(after(2), window(1), {"charges": EMPTY}))
    source = replace(told, id="data-customers-1/2026-02-01", evidence={"column": "charges", "missing": "100.0%"})
    assert gap_records(after(2, source), window(1), {"charges": EMPTY}) == ()
    mended = replace(source, state=IncidentState.RESOLVED)
    assert len(of(gap_records(after(2, mended), window(1), {"charges": EMPTY}))) == 1
