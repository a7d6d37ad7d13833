"""A project whose sources are tables of a database, SQLite's or a real PostgreSQL's, up to a live model."""

import csv
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.commands import copml, done

pytestmark = pytest.mark.slow

OWNER = "club-manager@example.org"
SOURCES = {
    "{path: data/members/*.csv, entity": (
        "{url: CLUB_URL, query: select member_id, as_of, months, plan, fee, visits, gender from members, entity"
    ),
    "{path: data/departures.csv, entity": "{url: CLUB_URL, query: select member_id, left_on from departures, entity",
    "{path: data/calls.csv, entity": "{url: CLUB_URL, query: select member_id, called_on from calls, entity",
}


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "postgresql":
        return str(request.getfixturevalue("postgres_database"))
    return f"sqlite:///{tmp_path / 'club.db'}"


@pytest.fixture
def club(tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project that reads three tables; the address of the database is in the environment."""
    done(tmp_path, "init", "club")
    folder = tmp_path / "club"
    fill(url, "members", sorted((folder / "data" / "members").glob("*.csv")))
    fill(url, "departures", [folder / "data" / "departures.csv"])
    fill(url, "calls", [folder / "data" / "calls.csv"])
    text = (folder / "copml.yaml").read_text()
    for before, after in SOURCES.items():
        assert before in text
        text = text.replace(before, after.replace("query: select", "query: 'select").replace(", entity", "', entity"))
    (folder / "copml.yaml").write_text(text)
    monkeypatch.setenv("CLUB_URL", url)
    return folder


def fill(url: str, table: str, files: list[Path]) -> None:
    rows = [row for path in files for row in csv.DictReader(path.read_text().splitlines())]
    columns = {name: "numeric" if name in ("months", "fee", "visits") else "text" for name in rows[0]}
    run(url, f"create table {table} ({', '.join(f'{name} {kind}' for name, kind in columns.items())})")
    values = [{name: value or None for name, value in row.items()} for row in rows]
    typed = ", ".join(f"cast(:{name} as {kind})" for name, kind in columns.items())
    run(url, f"insert into {table} values ({typed})", values)


def run(url: str, sql: str, rows: list[dict[str, str | None]] | None = None) -> None:
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.execute(sa.text(sql), rows)
    engine.dispose()


def test_from_tables_to_a_live_model_and_on_with_what_is_new(club: Path, url: str) -> None:
    files = sum(len(path.read_text().splitlines()) - 1 for path in (club / "data" / "members").glob("*.csv"))
    done(club, "apply", "--by", "author@example.org")
    steps = {step["key"].split("/")[0]: step for step in done(club, "run", "all", "--json").json}
    assert steps["train"]["detail"].startswith("v1 is candidate")
    done(club, "approve", "v1", "--by", OWNER, "--reason", "good enough")
    assert "score" in {step["key"].split("/")[0] for step in done(club, "run", "all", "--json").json}
    assert rows_of(club, "members") == files

    run(url, "insert into departures values ('M00001', '2026-11-20')")
    run(url, "update departures set left_on = '2025-10-26' where member_id = 'M00002'")
    departures = rows_of(club, "departures")
    (step,) = (item for item in done(club, "run", "ingest", "--json").json if "departures" in item["key"])
    assert (step["outcome"], step["detail"]) == ("done", "2 rows")
    assert rows_of(club, "departures") == departures + 2


def test_a_database_that_does_not_answer_is_an_incident_until_it_does(
    club: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    done(club, "apply", "--by", "author@example.org")
    run(url, "alter table calls rename to moved")
    answer = copml(club, "run", "ingest", "--json")
    failed = [step for step in answer.json if step["outcome"] == "failed"]
    assert (answer.status, [step["key"].split("/")[1] for step in failed]) == (4, ["calls"])
    assert failed[0]["detail"].startswith("COPML-030")
    monkeypatch.setenv("CLUB_URL", "postgresql+psycopg://somebody:secret@127.0.0.1:1/none?connect_timeout=2")
    answer = copml(club, "run", "ingest", "--json")
    assert "secret" not in answer.out + copml(club, "incidents", "--json").out
    monkeypatch.delenv("CLUB_URL")
    assert "CLUB_URL" in copml(club, "run", "ingest", "--json").out

    monkeypatch.setenv("CLUB_URL", url)
    run(url, "alter table moved rename to calls")
    done(club, "retry")
    done(club, "run", "ingest")
    steps = done(club, "run", "ingest", "--json").json
    assert {(step["outcome"], step["detail"]) for step in steps if "calls" not in step["key"]} == {
        ("done", "nothing new")
    }
    assert rows_of(club, "calls") > 0
    assert [item for item in copml(club, "incidents", "--json").json if item["state"] != "resolved"] == []


def rows_of(club: Path, source: str) -> int:
    (found,) = (item for item in done(club, "data", "--json").json["sources"] if item["source"] == source)
    return int(found["rows"])
