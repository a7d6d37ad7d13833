"""Sources in databases: SQLite and a real PostgreSQL, read incrementally, in chunks, without credentials in words."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.places import Place, project

from copml.data import database
from copml.errors import ColumnMissing, SourceUnreachable
from copml.spec.project import Project

QUERY = "select id, day, x, note, ok from facts order by day, id"


def source(url: str, query: str = QUERY) -> Project:
    return project(sources={"rows": {"url": url, "query": query, "entity": "id", "event_at": "day"}})


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    name = (
        f"sqlite:///{tmp_path / 'facts.db'}" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    )
    run(name, "drop table if exists facts")
    run(name, "create table facts (id integer, day timestamp, x numeric(10, 2), note varchar(20), ok boolean)")
    yield name
    run(name, "drop table facts")


def run(url: str, sql: str) -> None:
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.execute(sa.text(sql))
    engine.dispose()


def test_a_table_is_read_incrementally(place: Place, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FACTS_URL", url)
    monkeypatch.setattr(database, "CHUNK_ROWS", 2)
    place.project = source("FACTS_URL")
    run(
        url,
        "insert into facts values (1, '2026-05-01 10:00:00', 1.50, 'é', true), (2, '2026-05-02', null, null, false)",
    )
    first = place.ingest()
    assert (first.ingest.rows_added, first.ingest.files[0].path, first.ingest.files[0].rows) == (2, "query", 2)
    got = [(row["entity"], row["event_at"], row["x"], row["note"], str(row["ok"])) for row in place.rows()]
    assert got[0][:4] == ("1", datetime(2026, 5, 1, 10, tzinfo=UTC), 1.5, "é")
    assert got[1][:4] == ("2", datetime(2026, 5, 2, tzinfo=UTC), None, None)
    assert place.ingest().ingest.state == "nothing new"
    run(url, "insert into facts values (3, '2026-05-03', 3, 'new', true)")
    run(url, "update facts set x = 7 where id = 1")
    second = place.ingest(now=datetime(2026, 7, 1, tzinfo=UTC)).ingest
    assert (second.rows_read, second.rows_added, second.rows_repeated) == (3, 2, 1)
    run(url, "update facts set x = 1.5 where id = 1")
    assert place.ingest(now=datetime(2026, 8, 1, tzinfo=UTC)).ingest.rows_added == 1


def test_an_empty_answer_is_empty(place: Place, url: str) -> None:
    place.project = source(url)
    assert place.ingest().ingest.state == "empty"
    assert place.ingest().ingest.state == "nothing new"


def test_a_query_without_the_entity(place: Place, url: str) -> None:
    place.project = source(url, "select day, x from facts")
    with pytest.raises(ColumnMissing, match="no column 'id'; it has day, x"):
        place.ingest()


def test_a_query_that_fails(place: Place, url: str) -> None:
    place.project = source(url, "select * from nowhere")
    with pytest.raises(SourceUnreachable, match="nowhere"):
        place.ingest()


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("NOT_SET_ANYWHERE", "the environment variable NOT_SET_ANYWHERE"),
        ("nonsense:", "its url is not usable"),
        ("nosuch://host/db", "its url is not usable"),
        ("sqlite:////no/such/folder/x.db", "unable to open database file"),
        ("postgresql+psycopg://u:SECRET@127.0.0.1:1/db?connect_timeout=2", "connection"),
    ],
)
def test_a_database_that_cannot_be_reached(place: Place, url: str, words: str) -> None:
    place.project = source(url)
    with pytest.raises(SourceUnreachable, match=words) as caught:
        place.ingest()
    assert "SECRET" not in str(caught.value)
