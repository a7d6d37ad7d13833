"""A workspace that was damaged, locked or written by a newer copml: one clear error; once repaired, all goes on."""

import contextlib
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from tests.commands import copml, done, refused

from copml.store import State
from copml.store.upgrade import SCHEMA

AUTHOR = "author@example.org"
OWNER = "club-manager@example.org"


@pytest.fixture(scope="module")
def applied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project that has been applied and has not run, and a copy of its workspace."""
    folder = tmp_path_factory.mktemp("damage")
    done(folder, "init", "club")
    done(folder / "club", "apply", "--by", AUTHOR)
    shutil.copytree(folder / "club" / ".copml", folder / "untouched")
    return folder / "club"


@pytest.fixture
def club(applied: Path) -> Iterator[Path]:
    """The project, its workspace as it was; after the test it must run as if nothing had been."""
    workspace = applied / ".copml"
    shutil.rmtree(workspace)
    shutil.copytree(applied.parent / "untouched", workspace)
    yield applied
    done(applied, "run", "ingest")
    assert "all in order" in done(applied, "ledger", "verify").out


def garbage(path: Path) -> None:
    path.write_bytes(b"this is no database, whatever its name says\n" * 500)


def halved(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def emptied(path: Path) -> None:
    os.truncate(path, 0)


def stranger(path: Path) -> None:
    path.unlink()
    with contextlib.closing(sqlite3.connect(path)) as other:
        other.execute("create table x (y)")


def overwritten(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(os.urandom(path.stat().st_size - 4096))


@pytest.mark.parametrize("command", [("status",), ("run", "all"), ("check", "--json"), ("apply", "--by", AUTHOR)])
@pytest.mark.parametrize("damage", [garbage, halved, emptied, stranger, overwritten])
def test_a_damaged_state_database_is_said_and_can_be_restored(
    club: Path, damage: Callable[[Path], None], command: tuple[str, ...]
) -> None:
    state = club / ".copml" / "state.db"
    whole = state.read_bytes()
    for name in ("state.db-wal", "state.db-shm"):
        state.with_name(name).unlink(missing_ok=True)
    damage(state)
    assert "restore it from a backup" in refused(club, *command, code="COPML-028")
    state.write_bytes(whole)


def test_a_workspace_of_a_newer_version_is_left_alone(club: Path) -> None:
    state = State.at(club / ".copml" / "state.db")
    with state.write() as tx:
        tx.connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    for command in (("status",), ("run", "all"), ("apply", "--by", AUTHOR)):
        assert "upgrade copml" in refused(club, *command, code="COPML-002")
    with state.write() as tx:
        tx.connection.execute(text("UPDATE alembic_version SET version_num = :known"), {"known": SCHEMA})
    state.close()


def test_missing_keys_are_said(club: Path) -> None:
    keys = club / ".copml" / "keys"
    keys.rename(club / "elsewhere")
    refused(club, "run", "all", code="COPML-080")
    (club / "elsewhere").rename(keys)
    (keys / "vault.key").rename(club / "vault.key")
    assert "vault.key" in refused(club, "run", "all", code="COPML-080")
    (club / "vault.key").rename(keys / "vault.key")


@pytest.mark.parametrize("name", ["", "pseudonym.key"])
def test_keys_that_others_may_read_are_refused(club: Path, name: str) -> None:
    path = club / ".copml" / "keys" / name
    mode = path.stat().st_mode
    path.chmod(0o755 if path.is_dir() else 0o644)
    assert "chmod" in refused(club, "run", "all", code="COPML-082")
    path.chmod(mode)


def test_a_damaged_key_is_refused(club: Path) -> None:
    path = club / ".copml" / "keys" / "pseudonym.key"
    whole = path.read_text()
    path.write_text(whole.replace("a", "b"))
    refused(club, "run", "all", code="COPML-083")
    path.write_text(whole)


@pytest.fixture
def read_only(club: Path) -> Iterator[Path]:
    """The project with a workspace on a disk that was mounted read-only."""
    workspace = club / ".copml"
    shutil.copytree(workspace, club / "on-disk")
    if subprocess.run(["mount", "-t", "tmpfs", "tmpfs", str(workspace)], capture_output=True, check=False).returncode:
        shutil.rmtree(club / "on-disk")
        pytest.skip("mounting a disk is not permitted here")
    shutil.copytree(club / "on-disk", workspace, dirs_exist_ok=True)
    subprocess.run(["mount", "-o", "remount,ro", str(workspace)], check=True)
    try:
        yield club
    finally:
        subprocess.run(["umount", str(workspace)], check=True)
        shutil.rmtree(club / "on-disk")


def test_a_read_only_workspace_is_said(read_only: Path) -> None:
    for command in (("run", "all"), ("apply", "--by", AUTHOR), ("status",), ("report",)):
        assert "make it writable" in refused(read_only, *command, code="COPML-003")


def test_there_is_no_workspace_here(tmp_path: Path) -> None:
    assert "copml init" in refused(tmp_path, "status", code="COPML-001")
    (tmp_path / ".copml").mkdir()
    refused(tmp_path, "run", "all", code="COPML-001")


@pytest.mark.slow
@pytest.mark.parametrize(("files", "code"), [("lake/club/features/*.parquet", "COPML-024"), ("blobs/*/*", "COPML-056")])
def test_damage_to_rows_and_models_fails_its_task_until_it_is_repaired(club: Path, files: str, code: str) -> None:
    done(club, "run", "all")
    done(club, "approve", "v1", "--by", OWNER, "--reason", "good enough")
    whole = {path: path.read_bytes() for path in (club / ".copml").glob(files)}
    assert whole
    for path in whole:
        halved(path)
    answer = copml(club, "run", "all")
    assert answer.status == 4
    assert code in answer.out
    assert "failed" in done(club, "status").out
    for path, data in whole.items():
        path.write_bytes(data)
    assert "score/" in done(club, "retry").out
    assert "done     score" in done(club, "run", "all").out
    assert copml(club, "run", "all").out.startswith("nothing is due")
