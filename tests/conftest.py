"""A real PostgreSQL for whoever needs one: a server for the session, started when first asked for."""

import subprocess
from collections.abc import Iterator

import pytest
from tests.servers import Server, server


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Server]:
    """The server that tests share: it is not to be stopped."""
    with server() as running:
        yield running


@pytest.fixture(scope="session")
def postgres_url(postgres_server: Server) -> str:
    """The address of the server's first database."""
    return postgres_server.url.render_as_string(hide_password=False)


@pytest.fixture
def postgres_database(postgres_server: Server, request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of an empty database of the test's own; it sorts text as a language does, if the system has one."""
    name = f"test_{abs(hash(request.node.nodeid)):x}"
    postgres_server.run(f"create database {name} template template0 locale '{language()}'")
    yield postgres_server.url.set(database=name).render_as_string(hide_password=False)
    postgres_server.run(f"drop database {name} with (force)")


def language() -> str:
    """A locale of this system that sorts text otherwise than by code points; C.UTF-8 where there is none."""
    there = subprocess.run(["locale", "-a"], check=True, capture_output=True, text=True).stdout.split()
    return next((name for name in there if name.lower().endswith(("_us.utf8", "_gb.utf8", "_de.utf8"))), "C.UTF-8")
