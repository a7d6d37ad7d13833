"""Ingest: what is added, repeated, corrected, quarantined; incremental and idempotent."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.places import Place, project

from copml.data import IngestResult, ingest, readers, staging

JUNE, JULY, AUGUST = (datetime(2026, month, 1, tzinfo=UTC) for month in (6, 7, 8))
DAY = datetime(2026, 5, 1, tzinfo=UTC)


def counts(result: IngestResult) -> tuple[int, int, int, int]:
    record = result.ingest
    assert record.rows_read == record.rows_added + record.rows_repeated + record.rows_quarantined
    return record.rows_read, record.rows_added, record.rows_repeated, record.rows_quarantined


def test_first_ingest_is_history(place: Place) -> None:
    place.file("1.csv", "id,day,x\na,2026-05-01,1\nb,2026-05-02,2\n")
    result = place.ingest()
    assert counts(result) == (2, 2, 0, 0)
    assert result.ingest.state == "new"
    assert result.ingest.history
    assert [(row["entity"], row["known_at"] == row["event_at"], row["x"]) for row in place.rows()] == [
        ("a", True, 1.0),
        ("b", True, 2.0),
    ]
    assert set(result.identifiers.values()) == {"a", "b"}
    assert result.snapshot is not None
    assert (result.snapshot.version, result.snapshot.rows, result.ingest.version) == (0, 2, 0)


def test_later_ingests_are_known_when_they_came(place: Place) -> None:
    place.file("1.csv", "id,day,x\na,2026-05-01,1\n")
    place.ingest()
    place.file("2.csv", "id,day,x\na,2026-05-02,1\n")
    result = place.ingest(now=JULY)
    assert not result.ingest.history
    assert [row["known_at"] for row in place.rows()] == [DAY, JULY]


def test_history_may_be_declined(place: Place) -> None:
    place.project = place_project(history="ingest")
    place.file("1.csv", "id,day,x\na,2026-05-01,1\n")
    assert not place.ingest().ingest.history
    assert place.rows()[0]["known_at"] == JUNE


def place_project(**changes: object) -> Any:
    return project(sources={"rows": {"path": "in/*.csv", "entity": "id", "event_at": "day", **changes}})


def test_a_file_is_read_once_under_whatever_name(place: Place) -> None:
    place.file("1.csv", "id,day,x\na,2026-05-01,1\n")
    place.ingest()
    place.file("copy.csv", "id,day,x\na,2026-05-01,1\n")
    assert place.ingest().ingest.state == "nothing new"
    assert len(place.rows()) == 1


def test_a_file_that_grew_brings_its_new_rows_only(place: Place) -> None:
    place.file("1.csv", "id,day,x\na,2026-05-01,1\n")
    place.ingest()
    place.file("1.csv", "id,day,x\na,2026-05-01,1\nb,2026-05-01,2\n")
    assert counts(place.ingest(now=JULY)) == (2, 1, 1, 0)
    assert [row["entity"] for row in place.rows()] == ["a", "b"]


def test_rows_repeated_in_a_file_and_over_files_are_one(place: Place) -> None:
    place.file("1.csv", "id,day,x\na,2026-05-01,1\na,2026-05-01,1\n")
    place.file("2.csv", "id,day,x\na,2026-05-01,1\nb,2026-05-01,\n")
    assert counts(place.ingest()) == (4, 2, 2, 0)
    place.file("3.csv", "id,day,x\nb,2026-05-01,\na,2026-05-01,1.0\n")
    assert counts(place.ingest(now=JULY)) == (2, 0, 2, 0)


def test_other_content_is_a_correction_known_later(place: Place) -> None:
    place.file("1.csv", "id,day,x\na,2026-05-01,1\n")
    place.ingest()
    place.file("2.csv", "id,day,x\na,2026-05-01,5\n")
    assert counts(place.ingest(now=JULY)) == (1, 1, 0, 0)
    assert sorted((row["known_at"], row["x"]) for row in place.rows()) == [(DAY, 1.0), (JULY, 5.0)]


def test_a_correction_at_the_same_moment_still_comes_later(place: Place) -> None:
    place.project = place_project(history="ingest")
    for number, value in enumerate((1, 2, 3)):
        place.file(f"{number}.csv", f"id,day,x\na,2026-05-01,{value}\n")
        place.ingest()
    known = sorted((row["known_at"], row["x"]) for row in place.rows())
    assert known == [(JUNE + timedelta(microseconds=number), number + 1.0) for number in range(3)]


def test_correcting_back_is_a_correction_where_files_are_deliveries(place: Place) -> None:
    for number, value in enumerate((1, 5, 1)):
        place.file(f"{number}.csv", f"id,day,x\na,2026-05-01,{value}\nb,2026-05-0{number + 1},0\n")
    place.ingest()
    assert len(place.rows()) == 4
    place.file("9.csv", "id,day,x\na,2026-05-01,5\n")
    assert counts(place.ingest(now=JULY)) == (1, 1, 0, 0)


def test_an_old_delivery_that_comes_again_changes_nothing(place: Place) -> None:
    place.file("1.csv", "id,day,x\na,2026-05-01,1\n")
    place.ingest()
    place.file("2.csv", "id,day,x\na,2026-05-01,5\n")
    place.ingest(now=JULY)
    place.file("1.csv", "id,day,x\na,2026-05-01,1\nc,2026-05-01,1\n")
    assert counts(place.ingest(now=AUGUST)) == (2, 1, 1, 0)


def test_a_file_replaced_as_a_whole_may_correct_back(place: Place) -> None:
    place.project = place_project(path="in/all.csv")
    for now, value in ((JUNE, 1), (JULY, 5), (AUGUST, 1)):
        place.file("all.csv", f"id,day,x\na,2026-05-01,{value}\n")
        assert counts(place.ingest(now=now)) == (1, 1, 0, 0)
    assert [row["x"] for row in sorted(place.rows(), key=lambda row: row["known_at"])] == [1, 5, 1]
    assert place.ingest(now=AUGUST).ingest.state == "nothing new"


def test_of_contradicting_rows_in_a_delivery_the_last_counts(place: Place) -> None:
    place.file("1.csv", "id,day,x\na,2026-05-01,1\na,2026-05-01,2\nb,2026-05-01,1\n")
    result = place.ingest()
    assert counts(result) == (3, 2, 0, 1)
    assert place.rows()[0]["x"] == 2
    (failed,) = place.quarantine()
    assert (failed["entity"], failed["file"], failed["row"]) == ("a", "in/1.csv", 2)
    assert "other content" in failed["reason"]


def test_declared_known_at_is_kept(place: Place) -> None:
    place.project = place_project(known_at="told")
    place.file("1.csv", "id,day,told,x\na,2026-05-01,2026-05-03,1\na,2026-05-01,2026-05-04,2\n")
    assert counts(place.ingest()) == (2, 2, 0, 0)
    assert [row["known_at"].day for row in place.rows()] == [3, 4]
    place.file("2.csv", "id,day,told,x\na,2026-05-01,2026-05-03,9\na,2026-05-01,2026-05-04,2\n")
    assert counts(place.ingest(now=JULY)) == (2, 1, 1, 0)
    assert (JULY, 9.0) in [(row["known_at"], row["x"]) for row in place.rows()]
    place.file("3.csv", "id,day,told,x\na,2026-05-01,2026-05-03,9\n")
    assert counts(place.ingest(now=AUGUST)) == (1, 0, 1, 0)


def test_rewritten_declared_times_stay_apart(place: Place) -> None:
    place.project = place_project(known_at="told")
    place.file("1.csv", "id,day,told,x\na,2026-05-01,2026-05-03,1\na,2026-05-01,2026-05-04,2\n")
    place.ingest()
    place.file("2.csv", "id,day,told,x\na,2026-05-01,2026-05-04,8\na,2026-05-01,2026-05-03,9\n")
    assert counts(place.ingest(now=JULY)) == (2, 2, 0, 0)
    late = [(row["known_at"], row["x"]) for row in place.rows() if row["known_at"] >= JULY]
    assert sorted(late) == [(JULY, 9.0), (JULY + timedelta(microseconds=1), 8.0)]


def test_a_source_without_times_is_true_since_ever(place: Place) -> None:
    place.project = place_project(path="in/all.csv", event_at=None)
    place.file("all.csv", "id,x\na,1\nb,2\n")
    assert counts(place.ingest()) == (2, 2, 0, 0)
    place.file("all.csv", "id,x\na,1\nb,3\n")
    assert counts(place.ingest(now=JULY)) == (2, 1, 1, 0)
    assert {row["event_at"].year for row in place.rows()} == {1970}
    assert [row["known_at"] for row in place.rows()].count(JULY) == 1


def test_local_times_are_of_the_projects_zone(place: Place) -> None:
    place.project = project(zone="Europe/Berlin")
    place.file("1.csv", "id,day,x\na,2026-05-01,1\nb,2026-05-01T12:00:00Z,1\nc,2026-01-01 10:00,1\n")
    place.ingest()
    times = {row["entity"]: row["event_at"].strftime("%m-%d %H:%M") for row in place.rows()}
    assert times == {"a": "04-30 22:00", "b": "05-01 12:00", "c": "01-01 09:00"}


def test_identifiers_never_reach_the_lake(place: Place) -> None:
    place.project = place.project.model_copy(
        update={"data": place.project.data.model_copy(update={"personal": {"mail": "identifier", "id": "identifier"}})}
    )
    secret = "SECRET"
    place.file(
        "1.csv", f"id,day,mail,x\n{secret}1,2026-05-01,{secret}@x,1\n{secret}2,never,{secret}@y,1\n{secret}3,1\n"
    )
    result = place.ingest()
    assert counts(result) == (3, 1, 0, 2)
    for path in (place.root / "ws" / "lake").rglob("*"):
        if path.is_file():
            assert secret.encode() not in path.read_bytes(), path
    assert secret not in str(place.rows()) + str(place.quarantine())
    assert set(result.identifiers.values()) == {"SECRET1", "SECRET2"}


def test_columns_may_come_and_go(place: Place) -> None:
    place.file("1.csv", "id,day,x,y\na,2026-05-01,1,u\n")
    place.ingest()
    place.file("2.csv", "z,day,id,x\n3,2026-05-02,a,2\n")
    result = place.ingest(now=JULY)
    assert (result.ingest.state, result.ingest.columns_missing, result.ingest.columns_extra) == (
        "changed",
        ("y",),
        ("z",),
    )
    assert [(row["x"], row["y"], row["z"]) for row in place.rows()] == [(1, "u", None), (2, None, 3)]
    assert result.findings[0].what == "columns have changed"
    assert result.ingest.missing_ratios == {"x": 0, "y": 1, "z": 0}


def test_reordered_columns_are_no_change(place: Place) -> None:
    place.file("1.csv", "id,day,x,y\na,2026-05-01,1,u\n")
    place.ingest()
    place.file("2.csv", "y,x,day,id\nu,1,2026-05-01,a\n")
    assert counts(place.ingest()) == (1, 0, 1, 0)


def test_a_column_without_values_waits_for_its_kind(place: Place) -> None:
    place.file("1.csv", "id,day,x,y\na,2026-05-01,1,\n")
    place.ingest()
    assert "y" not in place.rows()[0]
    place.file("2.csv", "id,day,x,y\nb,2026-05-01,1,7\n")
    place.ingest(now=JULY)
    assert [row["y"] for row in place.rows()] == [None, 7.0]


def test_header_only_is_empty_and_no_error(place: Place) -> None:
    place.file("1.csv", "id,day,x\n")
    result = place.ingest()
    assert (result.ingest.state, result.snapshot, result.ingest.version) == ("empty", None, None)
    assert [finding.what for finding in result.findings] == ["source is empty"]


@pytest.mark.parametrize(("days", "state"), [(1, "nothing new"), (3, "late")])
def test_late_is_after_the_delay(place: Place, days: int, state: str) -> None:
    request = place.request(now=JUNE)
    result = ingest(replace(request, now=JUNE + timedelta(days=days)))
    assert result.ingest.state == state
    assert [finding.what for finding in result.findings] == (["source is late"] if state == "late" else [])


def test_missing_values_above_the_tolerance_are_found(place: Place) -> None:
    place.project = project(checks={"x": {"missing": 0.3}})
    place.file("1.csv", "id,day,x\na,2026-05-01,\nb,2026-05-01,1\nc,2026-05-01,1\nd,2026-05-01,1\n")
    assert place.ingest().findings == ()
    place.file("2.csv", "id,day,x\na,2026-05-02,\nb,2026-05-02,1\n")
    result = place.ingest(now=JULY)
    assert counts(result) == (2, 2, 0, 0)
    assert [(item.what, item.evidence["missing"]) for item in result.findings] == [("values are missing", "50.0%")]


def test_a_second_empty_month_is_a_delivery_and_not_late(place: Place) -> None:
    """Where events are rare, months without one are alike in every byte."""
    for number in (1, 2, 3):
        place.file(f"{number}.csv", "id,day,x\n")
        assert (place.ingest().ingest.state, place.ingest().ingest.state) == ("empty", "nothing new")
    for number in (4, 5):
        place.file(f"{number}.csv", "id,day,x\n")
    assert [len(place.ingest().ingest.files), place.ingest().ingest.state] == [2, "nothing new"]


def test_the_same_file_twice_in_one_pass_is_read_once(place: Place) -> None:
    for name in ("1.csv", "2.csv"):
        place.file(name, "id,day,x\na,2026-05-01,1\n")
    result = place.ingest().ingest
    assert (result.rows_read, result.rows_repeated, [file.rows for file in result.files]) == (1, 0, [1, 0])
    assert place.ingest().ingest.state == "nothing new"


def test_a_column_that_arrives_empty_is_found_without_a_check(place: Place) -> None:
    place.file("1.csv", "id,day,x,y\na,2026-05-01,1,1\n")
    place.ingest()
    place.file("2.csv", "id,day,x,y\na,2026-05-02,,1\n")
    assert [finding.evidence["column"] for finding in place.ingest(now=JULY).findings] == ["x"]


def test_profiles_use_the_bins_of_the_first(place: Place) -> None:
    place.file("1.csv", "id,day,x\n" + "".join(f"{n},2026-05-01,{n}\n" for n in range(100)))
    first = place.ingest().ingest.profile
    place.file("2.csv", "id,day,x\n" + "".join(f"{n},2026-05-02,{n / 2}\n" for n in range(100)))
    second = place.ingest(now=JULY).ingest.profile
    assert first["x"].edges == second["x"].edges
    assert sum(second["x"].counts) == 100
    assert sum(second["x"].counts[:10]) > 90


def test_profiles_name_nobody(place: Place) -> None:
    place.project = project(personal={"mail": "identifier", "name": "personal", "sex": "protected"})
    place.file("1.csv", "id,day,mail,name,sex\na,2026-05-01,m,n,f\n")
    assert set(place.ingest().ingest.profile) == {"sex"}


def test_an_ingest_is_known_when_its_last_correction_is(place: Place) -> None:
    place.project = place_project(history="ingest")
    for number in (1, 2):
        place.file(f"{number}.csv", f"id,day,x\na,2026-05-01,{number}\n")
        known = place.ingest().ingest.known_at
    assert known == max(row["known_at"] for row in place.rows())


def test_what_has_not_happened_yet_is_known_all_the_same(place: Place) -> None:
    place.file("1.csv", "id,day,x\na,2027-05-01,1\n")
    place.ingest()
    assert place.rows()[0]["known_at"] == JUNE


def test_parquet_keeps_its_types(place: Place) -> None:
    place.project = place_project(path="in/*.parquet")
    table = pa.table(
        {
            "id": [1, 2, 3],
            "day": pa.array([datetime(2026, 5, 1), datetime(2026, 5, 2), None], pa.timestamp("ns")),  # noqa: DTZ001
            "n": pa.array([1.0, float("nan"), 2.0]),
            "k": pa.array([1, 2, 3], pa.int32()),
            "b": [True, False, None],
            "t": pa.array(["u", "", "w"]).dictionary_encode(),
        }
    )
    (place.root / "in").mkdir()
    pq.write_table(table, place.root / "in" / "1.parquet")
    assert counts(place.ingest()) == (3, 2, 0, 1)
    got = [{key: row[key] for key in ("entity", "n", "k", "b", "t")} for row in place.rows()]
    assert got == [
        {"entity": "1", "n": 1.0, "k": 1.0, "b": True, "t": "u"},
        {"entity": "2", "n": None, "k": 2.0, "b": False, "t": None},
    ]


def test_json_lines(place: Place) -> None:
    place.project = place_project(path="in/*.jsonl", columns={"k": "integer"})
    place.file(
        "1.jsonl", '{"id": 1, "day": "2026-05-01", "x": 1.5, "k": 3}\n{"x": "2", "day": "2026-05-01", "id": "2"}\n'
    )
    assert counts(place.ingest()) == (2, 2, 0, 0)
    assert [(row["entity"], row["x"], row["k"]) for row in place.rows()] == [("1", 1.5, 3), ("2", 2.0, None)]


def test_many_files_and_batches(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readers, "BATCH_ROWS", 7)
    monkeypatch.setattr(staging, "BATCH_ROWS", 5)
    for number in range(4):
        body = "".join(f"e{n},2026-05-0{number + 1},{n if n % 10 else 'bad'}\n" for n in range(50))
        place.file(f"{number}.csv", "id,day,x\n" + body)
    place.project = place_project(columns={"x": "number"})
    assert counts(place.ingest()) == (200, 180, 0, 20)
    assert sorted({row["row"] for row in place.quarantine()}) == [2, 12, 22, 32, 42]
    assert {row["file"] for row in place.quarantine()} == {f"in/{n}.csv" for n in range(4)}
