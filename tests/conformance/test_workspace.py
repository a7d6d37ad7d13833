"""A workspace whose state is in PostgreSQL: how it is made, what it remembers, what it refuses."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy import make_url
from tests.commands import done, refused

from copml.app import Workspace, verify_ledger
from copml.errors import (
    CopmlError,
    StateAddressWrong,
    StateCorrupt,
    StateDecided,
    StateForeign,
    StateRefused,
    StateUnavailable,
    WorkspaceTooNew,
)

SECRET = "Geheim-7"  # the servers of the tests ask for none, and so take any
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def url(postgres_database: str) -> str:
    """The address as a user would give it, without a password."""
    return postgres_database.replace("postgresql+psycopg", "postgresql").replace(":@", "@")


@pytest.fixture
def variable(url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of an environment variable that holds the address with a password."""
    monkeypatch.setenv("CHURN_STATE_URL", make_url(url).set(password=SECRET).render_as_string(hide_password=False))
    return "CHURN_STATE_URL"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / ".copml"


def ask(url: str, query: str) -> list[str]:
    engine = sa.create_engine(make_url(url).set(drivername="postgresql+psycopg"), poolclass=sa.NullPool)
    with engine.begin() as connection:
        result = connection.exec_driver_sql(query)
        return [row[0] for row in result] if result.returns_rows else []


def schemas(url: str) -> list[str]:
    return ask(url, "select nspname from pg_namespace where nspname !~ '^(pg_|public|information_)' order by 1")


def words_in(folder: Path) -> Iterator[bytes]:
    for path in folder.rglob("*"):
        yield str(path).encode() + (path.read_bytes() if path.is_file() else b"")


@pytest.mark.parametrize("reference", ["url", "variable"])
def test_it_is_made_with_a_schema_of_its_own_and_remembers_no_password(
    folder: Path, url: str, reference: str, request: pytest.FixtureRequest
) -> None:
    given = str(request.getfixturevalue(reference))
    with Workspace.create(folder, simulated_from=BEGIN, state=given) as made:
        made.move_clock(datetime(2026, 2, 1, tzinfo=UTC))
    kept = json.loads((folder / "state.json").read_text())
    assert (kept["url"], [kept["schema"]]) == (given, schemas(url))
    assert not (folder / "state.db").exists()
    assert not any(SECRET.encode() in words for words in words_in(folder))
    assert ask(url, "select count(*)::text from pg_tables where schemaname = 'public'") == ["0"]
    with Workspace.create(folder, state=given) as again:
        assert again.mark == made.mark
        assert again.clock.now() == datetime(2026, 2, 1, tzinfo=UTC)
        assert verify_ledger(again).problems == ()


def test_two_workspaces_share_a_database_and_know_nothing_of_each_other(tmp_path: Path, url: str) -> None:
    for name in ("one", "other"):
        Workspace.create(tmp_path / name, simulated_from=BEGIN, state=url).close()
    assert len(schemas(url)) == 2
    with Workspace.open(tmp_path / "one") as one, Workspace.open(tmp_path / "other") as other:
        one.move_clock(datetime(2026, 2, 1, tzinfo=UTC))
        assert other.clock.now() == BEGIN


def test_of_many_that_make_it_at_once_all_open_the_same(folder: Path, url: str) -> None:
    make = (
        "import sys, pathlib, copml; print(copml.Workspace.create(pathlib.Path(sys.argv[1]), state=sys.argv[2]).mark)"
    )
    command = [sys.executable, "-c", make, str(folder), url]
    makers = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(3)]
    marks = [maker.communicate(timeout=120)[0] for maker in makers]
    assert [maker.returncode for maker in makers] == [0, 0, 0]
    assert len(set(marks)) == 1
    assert len(schemas(url)) == 1
    assert [path.name for path in folder.parent.iterdir()] == [".copml"]


def test_a_schema_that_the_address_names_is_used_and_taken_once(tmp_path: Path, url: str) -> None:
    ask(url, "create schema prepared")
    named = f"{url}&schema=prepared"
    Workspace.create(tmp_path / "one", state=named).close()
    Workspace.open(tmp_path / "one").close()
    with pytest.raises(StateForeign, match=r"holds the state of a workspace already; name another `\?schema=`"):
        Workspace.create(tmp_path / "other", state=named)
    assert schemas(url) == ["prepared"]
    assert [path.name for path in tmp_path.iterdir()] == ["one"]
    Workspace.open(tmp_path / "one").close()


@pytest.mark.parametrize(
    ("reference", "error", "words"),
    [
        ("NOT_SET_ANYWHERE", StateAddressWrong, "NOT_SET_ANYWHERE is no address .* no environment variable"),
        (f"postgresql://me:{SECRET}@db.example/copml", StateAddressWrong, "db.example/copml .* holds a password"),
        (f"postgresql://db/copml?user=me&password={SECRET}", StateAddressWrong, "db/copml .* holds a password"),
        (f"postgresql://me:{SECRET}@@@:x:y/copml", StateAddressWrong, "is no URL"),
        (f"me:{SECRET}@db/copml", StateAddressWrong, "db/copml .* is no URL"),
        ("mysql://me@db/copml", StateAddressWrong, "it is of mysql, and only PostgreSQL"),
        ("sqlite:///state.db", StateAddressWrong, "it is of sqlite, and only PostgreSQL"),
        ("postgresql://me@db/copml?schema=pg_mine", StateAddressWrong, "its schema 'pg_mine'"),
        ("postgresql://me@db/copml?schema=a;drop", StateAddressWrong, "its schema 'a;drop'"),
        ("postgresql://me@127.0.0.1:1/copml?connect_timeout=2", StateUnavailable, "127.0.0.1:1/copml.*refused"),
        ("postgresql://me@nowhere.invalid/copml", StateUnavailable, "failed to resolve host"),
    ],
)  # fmt: skip
def test_an_address_that_cannot_be_used_makes_nothing(
    folder: Path, reference: str, error: type[CopmlError], words: str
) -> None:
    with pytest.raises(error, match=words) as raised:
        Workspace.create(folder, state=reference)
    assert SECRET not in str(raised.value)
    assert list(folder.parent.iterdir()) == []


def test_a_role_that_may_not_create_makes_nothing(
    folder: Path, url: str, postgres_server: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(url, "drop role if exists modest")
    ask(url, "create role modest login")
    with pytest.raises(StateRefused, match="permission denied for database"):
        Workspace.create(folder, state=str(make_url(url).set(username="modest")))
    assert list(folder.parent.iterdir()) == []
    ask(url, "create schema for_modest authorization modest")
    given = make_url(url).set(username="modest").update_query_dict({"schema": "for_modest"})
    Workspace.create(folder, state=str(given)).close()


def test_without_the_driver_the_way_to_it_is_named(folder: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(StateAddressWrong, match=r"python -m pip install 'copml\[postgres\]'"):
        Workspace.create(folder, state=url)
    assert list(folder.parent.iterdir()) == []


def test_what_breaks_off_while_it_is_made_leaves_nothing(
    folder: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(staged: Path, folder: Path) -> bool:
        raise KeyboardInterrupt

    monkeypatch.setattr("copml.app.workspace._moved", interrupted)
    with pytest.raises(KeyboardInterrupt):
        Workspace.create(folder, state=url)
    assert (list(folder.parent.iterdir()), schemas(url)) == ([], [])


def test_where_the_state_is_was_decided_when_it_was_made(tmp_path: Path, url: str) -> None:
    Workspace.create(tmp_path / "file").close()
    Workspace.create(tmp_path / "server", state=url).close()
    with pytest.raises(StateDecided, match=r"has its state in state\.db"):
        Workspace.create(tmp_path / "file", state=url)
    with pytest.raises(StateDecided, match="and cannot have it in …other/db"):
        Workspace.create(tmp_path / "server", state="postgresql://me@other/db")
    Workspace.create(tmp_path / "server").close()


def test_the_state_of_another_workspace_is_refused_untouched(
    tmp_path: Path, variable: str, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("mine", "theirs"):
        Workspace.create(tmp_path / name, state=variable).close()
    mine, theirs = (json.loads((tmp_path / name / "state.json").read_text()) for name in ("mine", "theirs"))
    (tmp_path / "mine" / "state.json").write_text(json.dumps(mine | {"schema": theirs["schema"]}))
    with pytest.raises(StateForeign, match="its ledger begins with another entry"):
        Workspace.open(tmp_path / "mine")
    (tmp_path / "mine" / "state.json").write_text(json.dumps(mine | {"schema": "none"}))
    with pytest.raises(StateForeign, match="it has no tables"):
        Workspace.open(tmp_path / "mine")
    (tmp_path / "mine" / "state.json").write_text(json.dumps(mine)[:-9])
    with pytest.raises(StateCorrupt, match=r"state\.json"):
        Workspace.open(tmp_path / "mine")
    (tmp_path / "mine" / "state.json").write_text(json.dumps(mine))
    Workspace.open(tmp_path / "mine").close()
    monkeypatch.delenv(variable)
    with pytest.raises(StateAddressWrong, match=variable):
        Workspace.open(tmp_path / "mine")


def test_the_state_of_a_newer_copml_is_refused(folder: Path, url: str) -> None:
    Workspace.create(folder, state=url).close()
    ask(url, f"update {schemas(url)[0]}.alembic_version set version_num = '9999'")
    with pytest.raises(WorkspaceTooNew, match="9999"):
        Workspace.open(folder)


def test_the_command_line_makes_it_by_option_or_variable_and_then_needs_neither(
    tmp_path: Path, variable: str, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    done(tmp_path, "init", "club")
    club = tmp_path / "club"
    words = refused(club, "apply", "--state", f"postgresql://me:{SECRET}@db/copml", code="COPML-110")
    assert SECRET not in words
    done(club, "apply", "--state", variable)
    assert "has its state in CHURN_STATE_URL" in refused(club, "apply", "--state", url, code="COPML-113")
    done(club, "status")
    done(club, "plan")
    assert not any(SECRET.encode() in words for words in words_in(club))
    shutil.rmtree(club / ".copml")
    monkeypatch.setenv("COPML_STATE", variable)
    done(club, "apply")
    assert json.loads((club / ".copml" / "state.json").read_text())["url"] == variable
    assert len(schemas(url)) == 2
