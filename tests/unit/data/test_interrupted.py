"""A kill between any two steps of an ingest: another attempt ends as an undisturbed one would have."""

import shutil
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.places import NOW, Place

from copml.data import ingest, intake, quarantine
from copml.store import Lake, delta, parquet

FIRST = "id,day,x\na,2026-05-01,1\nb,2026-05-01,2\nb,never,2\n"
SECOND = "id,day,x\na,2026-05-01,9\nc,2026-05-02,2\nd,never,2\na,2026-05-03,1\n"


class Killed(BaseException):
    """Stands for kill -9."""


def dies(real: Callable[..., Any], calls: int, *, after: bool) -> Callable[..., Any]:
    left = [calls]

    def call(*arguments: Any, **named: Any) -> Any:
        left[0] -= 1
        if left[0] == 0 and not after:
            raise Killed
        value = real(*arguments, **named)
        if left[0] == 0:
            raise Killed
        return value

    return call


@pytest.mark.parametrize(
    ("pass_", "where", "name", "calls", "after"),
    [
        (0, intake, "judge", 1, True),
        (1, intake, "quarantine", 1, True),
        (0, parquet, "_finish", 1, True),
        (1, parquet, "_finish", 2, True),
        (1, delta, "commit", 1, True),
        (1, delta, "commit", 2, False),
        (0, delta, "commit", 2, True),
        (1, delta, "commit", 2, True),
        (1, Lake, "write", 2, True),
    ],
)
def test_another_attempt_gives_the_same_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pass_: int, where: Any, name: str, calls: int, after: bool
) -> None:
    killed, calm = Place(tmp_path / "killed"), Place(tmp_path / "calm")
    for place in (killed, calm):
        place.root.mkdir()
        place.file("1.csv", FIRST)
        if pass_:
            place.ingest()
            place.file("2.csv", SECOND)
    with monkeypatch.context() as patch:
        patch.setattr(where, name, dies(getattr(where, name), calls, after=after))
        with suppress(Killed):
            killed.ingest()
    del killed.results[pass_:]
    assert killed.ingest() == calm.ingest()
    assert killed.rows() == calm.rows()
    assert killed.quarantine() == calm.quarantine()
    assert lake_files(killed) == lake_files(calm)


def lake_files(place: Place) -> list[str]:
    lake = place.root / "ws" / "lake"
    return sorted(str(path.relative_to(lake)) for path in lake.rglob("*") if path.is_file())


def test_a_later_attempt_says_when_the_rows_became_known(place: Place) -> None:
    place.file("1.csv", FIRST)
    place.ingest()
    place.file("2.csv", SECOND)
    request = place.request(now=NOW + timedelta(days=1))
    first = ingest(request)
    again = ingest(place.request(now=NOW + timedelta(days=2)))
    assert again.ingest.known_at == first.ingest.known_at
    assert (again.ingest.rows_added, again.ingest.version) == (first.ingest.rows_added, first.ingest.version)


def test_a_file_that_came_between_two_attempts_is_not_lost(place: Place) -> None:
    place.file("1.csv", FIRST)
    ingest(place.request())
    place.file("2.csv", SECOND)
    result = place.ingest()
    assert result.ingest.rows_read == 7
    assert (result.ingest.rows_added, result.ingest.rows_repeated, result.ingest.rows_quarantined) == (3, 3, 1)
    known = {(row["entity"], row["event_at"].day, row["x"]) for row in place.rows()}
    assert known == {("a", 1, 1.0), ("a", 1, 9.0), ("b", 1, 2.0), ("c", 2, 2.0), ("a", 3, 1.0)}
    assert len({(row["entity"], row["event_at"], row["known_at"]) for row in place.rows()}) == 5
    assert len(place.quarantine()) == 2


def test_staged_files_may_vanish_between_attempts(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.file("1.csv", FIRST)
    with monkeypatch.context() as patch:
        patch.setattr(quarantine, "base_version", dies(quarantine.base_version, 1, after=False))
        with pytest.raises(Killed):
            place.ingest()
    shutil.rmtree(place.root / "ws" / "staging")
    assert place.ingest(now=datetime(2026, 6, 1, tzinfo=UTC)).ingest.rows_added == 2
