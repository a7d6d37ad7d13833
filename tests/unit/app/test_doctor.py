"""What is broken is found and named with what to do, and nothing that is broken ends the search."""

import os
import shutil
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.commands import copml, done

from copml.access import AccountKind
from copml.accounts import Principal
from copml.app import Symptom, Workspace, accounts, doctor, found_administrator, invite, issue_token, symptoms
from copml.records import Stage, TaskKey, TaskRecord, TaskState

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("doctor")
    done(folder, "init", "club")
    done(folder / "club", "apply", "--by", "author@example.org")
    return folder / "club"


@pytest.fixture
def club(prepared: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(prepared, tmp_path / "club"))


def found(club: Path) -> dict[str, Symptom]:
    return {item.about: item for item in doctor(club / ".copml")}


def test_of_a_new_workspace_it_says_what_is_still_to_do(club: Path) -> None:
    shown = found(club)
    assert {name for name, item in shown.items() if item.health == "wrong"} == set()
    assert "never ran" in shown["loop"].what
    assert "copml up" in shown["accounts"].do
    assert all(bool(item.do) == (item.health != "well") for item in shown.values())
    done(club, "run", "all")
    assert found(club)["loop"].health == "well"


def test_a_loop_that_nobody_runs_any_more_is_told(club: Path) -> None:
    done(club, "run", "all")
    old = (datetime.now(UTC) - timedelta(days=3)).timestamp()
    os.utime(club / ".copml" / "looked", (old, old))
    assert found(club)["loop"].health == "warning"


def test_without_a_workspace_it_still_looks_at_the_rest(tmp_path: Path) -> None:
    answer = copml(tmp_path, "doctor")
    assert answer.status == 1
    assert "COPML-001" in answer.out
    assert "Python" in answer.out


def test_keys_that_others_may_read_are_told(club: Path) -> None:
    (club / ".copml" / "keys").chmod(0o755)
    assert "workspace" in {name for name, item in found(club).items() if item.health == "wrong"}
    assert copml(club, "doctor").status == 1


def test_a_damaged_database_is_told_and_not_raised(club: Path) -> None:
    done(club, "run", "all")
    path = club / ".copml" / "state.db"
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    content = bytearray(path.read_bytes())
    content[len(content) // 3 : len(content) // 3 + 60_000] = b"\xff" * 60_000
    path.write_bytes(content)
    assert any(item.health == "wrong" for item in found(club).values())


def test_a_ledger_that_somebody_changed_is_told(club: Path) -> None:
    with sqlite3.connect(club / ".copml" / "state.db") as connection:
        connection.execute("UPDATE entry SET record = CAST(record || x'20' AS BLOB) WHERE \"index\" = 1")
    connection.close()
    shown = found(club)["ledger"]
    assert shown.health == "wrong"
    assert "backup" in shown.do


def test_sources_without_files_or_variables_are_told(club: Path) -> None:
    for path in (club / "data").rglob("*"):
        if path.is_file():
            path.unlink()
    shown = found(club)["club: sources"]
    assert shown.health == "warning"
    assert "no file is there yet" in shown.what


def test_people_of_the_project_file_without_account_and_ending_tokens_are_told(club: Path) -> None:
    with Workspace.open(club / ".copml") as workspace:
        found_administrator(workspace, "root@example.org")
        robot = invite(workspace, "robot", by="root@example.org", kind=AccountKind.SERVICE).account
        manager = Principal(account=next(item for item in accounts(workspace) if item.administrator))
        issue_token(workspace, robot.name, by=manager, label="nightly", days=3)
    shown = found(club)
    assert shown["accounts"].health == "well"
    assert "cannot act" in shown["club: people"].what
    assert "nightly of robot" in shown["tokens"].what


def test_the_json_is_a_list_of_symptoms(club: Path) -> None:
    shown = done(club, "doctor", "--json").json
    assert {"about", "health", "what", "do"} == set(shown[0])


def test_a_missing_and_an_old_package_are_named() -> None:
    shown = symptoms.packages(["a>=2", "B.c>=1", "d; python_version < '3'"], {"a": "1.0"})
    assert shown.health == "wrong"
    assert "a is 1.0, and >=2 is needed" in shown.what
    assert "B.c is missing" in shown.what
    assert len(shown.what.split("; ")) == 2
    assert symptoms.packages(["a>=2"], {"a": "2.1rc1"}).health == "well"


@pytest.mark.parametrize(("free", "health"), [(100 << 20, "wrong"), (1 << 30, "warning"), (50 << 30, "well")])
def test_room_on_the_disk(free: int, health: str) -> None:
    assert symptoms.space(free, 100 << 30).health == health


def test_old_pythons_and_a_clock_behind_the_record_are_told() -> None:
    assert symptoms.python((3, 9, 1)).health == "wrong"
    assert symptoms.python((3, 13, 0)).health == "well"
    assert symptoms.time(NOW + timedelta(hours=2), NOW).health == "wrong"
    assert symptoms.time(NOW, NOW).health == "well"


def test_tasks_that_were_given_up_are_named_with_the_reason() -> None:
    task = TaskRecord(
        project="club", key=TaskKey("ingest/members/x"), stage=Stage.INGEST, state=TaskState.FAILED, worker="w",
        fence=1, leased_until=NOW, started_at=NOW, ended_at=NOW, attempts=3, error="no route\nmore",
    )  # fmt: skip
    shown = symptoms.tasks("club", [task])
    assert (shown.health, "no route" in shown.what, "copml retry --project club" in shown.do) == ("wrong", True, True)
    assert symptoms.tasks("club", []).health == "well"
    assert symptoms.undelivered("club", ["refused"]).health == "warning"
    assert symptoms.members([]).health == "warning"
