"""The state database on every engine that may hold it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import make_url

from copml.store import State, migrate

SCHEMA = "copml_test"


@pytest.fixture(params=["sqlite", "postgresql"])
def state(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[State]:
    if request.param == "postgresql":
        yield request.getfixturevalue("served")
        return
    state = State.at(tmp_path / "state.db")
    migrate(state)
    yield state
    state.close()


@pytest.fixture
def served(postgres_database: str) -> Iterator[State]:
    """The state database in a schema of a PostgreSQL database."""
    state = State.on(make_url(postgres_database), SCHEMA)
    with state.write() as tx:
        tx.make_schema()
    migrate(state)
    yield state
    state.close()
