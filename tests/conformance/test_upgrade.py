"""A state database that an older or a newer copml wrote, on every engine that may hold it."""

import shutil
from pathlib import Path

import pytest
from sqlalchemy import inspect, update
from tests.conformance.test_state import scoring_run

from copml.errors import StateCorrupt, WorkspaceTooNew
from copml.records import ScoringRun
from copml.store import State, migrate, upgrade

NEXT = f"{int(upgrade.SCHEMA) + 1:04d}"
MIGRATION = f'''"""A schema to come."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "{NEXT}", "{upgrade.SCHEMA}"


def upgrade() -> None:
    op.add_column("scoring_run", sa.Column("later", sa.Text, nullable=True))
    op.create_table("to_come", sa.Column("id", sa.Text, primary_key=True))
'''


def next_copml(folder: Path, monkeypatch: pytest.MonkeyPatch, migration: str) -> None:
    """Be a copml with one migration more."""
    shutil.copytree(upgrade.MIGRATIONS, folder / "migrations")
    (folder / "migrations" / "versions" / f"{NEXT}_next.py").write_text(migration)
    monkeypatch.setattr(upgrade, "MIGRATIONS", folder / "migrations")
    monkeypatch.setattr(upgrade, "SCHEMA", NEXT)


def tables(state: State) -> dict[str, set[str]]:
    with state.read() as reader:
        found = inspect(reader.connection).get_multi_columns(schema=reader.schema)
    return {name: {column["name"] for column in columns} for (_, name), columns in found.items()}


def test_an_older_schema_is_brought_up_and_keeps_what_it_holds(
    state: State, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with state.write() as tx:
        tx.add(scoring_run())
    before = tables(state)
    next_copml(tmp_path, monkeypatch, MIGRATION)
    migrate(state, new=False)
    migrate(state, new=False)
    added = {"scoring_run": before["scoring_run"] | {"later"}, "to_come": {"id"}}
    assert tables(state) == before | added
    with state.read() as reader:
        assert reader.find(ScoringRun) == [scoring_run()]


def test_a_migration_that_fails_leaves_all_as_it_was(
    state: State, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = tables(state)
    next_copml(tmp_path, monkeypatch, f"{MIGRATION}    raise ZeroDivisionError\n")
    with pytest.raises(ZeroDivisionError):
        migrate(state, new=False)
    assert tables(state) == before


def test_a_newer_schema_is_refused_untouched(state: State) -> None:
    with state.write() as tx:
        tx.connection.execute(update(upgrade.VERSION).values(version_num="9999"))
    before = tables(state)
    with pytest.raises(WorkspaceTooNew, match="9999"):
        migrate(state)
    assert tables(state) == before


def test_a_database_without_tables_is_made_only_when_it_is_new(state: State) -> None:
    with state.write() as tx:
        for name in tables(state):
            tx.connection.exec_driver_sql(f"DROP TABLE {f'{tx.schema}.' if tx.schema else ''}{name}")
    with pytest.raises(StateCorrupt, match="no tables"):
        migrate(state, new=False)
    migrate(state)
    assert "scoring_run" in tables(state)
