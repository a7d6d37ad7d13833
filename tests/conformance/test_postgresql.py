"""What can happen to a state database on a server: conflicts, lost connections, restarts, limits, refusals."""

from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event, Thread, Timer

import pytest
from sqlalchemy import URL, make_url
from tests.conformance.conftest import SCHEMA
from tests.conformance.test_state import scoring_run
from tests.servers import Server, server

from copml.errors import StateAddressWrong, StateRefused, StateUnavailable, WorkspaceReadOnly
from copml.records import ScoringRun
from copml.store import State, Transaction, engines, migrate

RAISE = "DO $$ BEGIN RAISE EXCEPTION 'provoked' USING ERRCODE = '{}'; END $$"
SERIALISATION_FAILURE, DEADLOCK = "40001", "40P01"
LOSE_CONNECTION = "SELECT pg_terminate_backend(pg_backend_pid())"


def runs(state: State) -> list[str]:
    with state.read() as reader:
        return [run.id for run in reader.find(ScoringRun)]


def reopened(served: State, url: str) -> State:
    """The same database, opened anew."""
    served.close()
    return State.on(make_url(url), SCHEMA)


@pytest.mark.parametrize(
    "statement", [RAISE.format(SERIALISATION_FAILURE), RAISE.format(DEADLOCK), LOSE_CONNECTION],
    ids=["serialisation failure", "deadlock", "connection lost"],
)  # fmt: skip
def test_work_that_the_database_ends_is_done_again_and_once(served: State, statement: str) -> None:
    tries: list[int] = []

    def work(tx: Transaction) -> None:
        tx.add(scoring_run())
        tries.append(len(tries))
        if len(tries) == 1:
            tx.connection.exec_driver_sql(statement)

    served.attempt(work)
    assert tries == [0, 1]
    assert runs(served) == ["a"]


def test_a_connection_lost_in_a_transaction_keeps_nothing_of_it_and_the_next_goes_on(served: State) -> None:
    def lose() -> None:
        with served.write() as tx:
            tx.add(scoring_run("lost"))
            tx.connection.exec_driver_sql(LOSE_CONNECTION)

    with pytest.raises(StateUnavailable, match="terminating connection"):
        lose()
    with served.write() as tx:
        tx.add(scoring_run("kept"))
    assert runs(served) == ["kept"]


@pytest.fixture
def own_server() -> Iterator[Server]:
    with server() as running:
        yield running


def test_a_server_that_restarts_is_waited_for(own_server: Server) -> None:
    state = State.on(own_server.url, SCHEMA)
    with state.write() as tx:
        tx.make_schema()
    migrate(state)
    with state.write() as tx:
        tx.add(scoring_run("before"))

    def restart_within() -> None:
        with state.write() as tx:
            tx.add(scoring_run("lost"))
            own_server.stop()
            tx.find(ScoringRun)

    with pytest.raises(StateUnavailable):
        restart_within()
    back = Timer(1.0, own_server.start)
    back.start()
    assert runs(state) == ["before"]
    back.join()
    with state.write() as tx:
        tx.add(scoring_run("then"))
    assert runs(state) == ["before", "then"]
    state.close()


def test_a_server_that_was_never_there_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("copml.store.state.time.sleep", pytest.fail)
    state = State.on(make_url("postgresql+psycopg://me@127.0.0.1:1/none?connect_timeout=2"), SCHEMA)
    with pytest.raises(StateUnavailable, match=r"127\.0\.0\.1:1/none.*Connection refused"), state.read():
        pass


def held_by_another(state: State, done: Event) -> Callable[[], None]:
    """Have another worker begin a transaction and say nothing more; returns what waits for its end."""
    begun, ended = Event(), []

    def hold() -> None:
        try:
            with state.write() as tx:
                tx.add(scoring_run("of the silent one"))
                begun.set()
                done.wait(30)
        except StateUnavailable as error:
            ended.append(str(error))

    thread = Thread(target=hold)
    thread.start()
    begun.wait(30)

    def join() -> None:
        done.set()
        thread.join()
        assert ended, "it cannot commit"

    return join


def test_a_worker_that_says_nothing_within_a_transaction_is_cut_off(
    served: State, postgres_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "IDLE_MS", 300)
    state = reopened(served, postgres_database)
    join = held_by_another(state, Event())
    with state.write() as tx:
        tx.add(scoring_run("of the next"))
    join()
    assert runs(state) == ["of the next"]
    state.close()


def test_whoever_waits_too_long_for_a_turn_is_told(
    served: State, postgres_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "BUSY_MS", 200)
    state = reopened(served, postgres_database)
    with state.write() as tx:
        tx.add(scoring_run("of the first"))
        with pytest.raises(StateUnavailable, match="lock timeout"), state.write():
            pass
    assert runs(state) == ["of the first"]
    state.close()


def test_workspaces_in_one_database_do_not_wait_for_each_other(served: State, postgres_database: str) -> None:
    other = State.on(make_url(postgres_database), "another")
    with other.write() as tx:
        tx.make_schema()
    migrate(other)
    with served.write() as tx, other.write() as tx_of_other:
        tx.add(scoring_run("mine"))
        tx_of_other.add(scoring_run("theirs"))
    assert (runs(served), runs(other)) == (["mine"], ["theirs"])
    other.close()


@pytest.mark.parametrize(
    "setting", ["default_transaction_isolation = serializable", "default_transaction_read_only = on"]
)
def test_how_the_server_is_set_up_changes_nothing(served: State, postgres_database: str, setting: str) -> None:
    with served.write() as tx:
        tx.connection.exec_driver_sql(f"ALTER DATABASE {make_url(postgres_database).database} SET {setting}")
    state = reopened(served, postgres_database)
    with state.write() as tx:
        tx.add(scoring_run())
    assert runs(state) == ["a"]
    state.close()


def test_a_database_that_only_reads_says_so(served: State) -> None:
    def write() -> None:
        with served.write() as tx:
            tx.connection.exec_driver_sql("SET TRANSACTION READ ONLY")
            tx.add(scoring_run())

    with pytest.raises(WorkspaceReadOnly, match="read-only transaction"):
        write()


def refusal(url: URL) -> str:
    state = State.on(url, SCHEMA)
    with pytest.raises(StateRefused) as refused, state.write() as tx:
        tx.make_schema()
    state.close()
    return str(refused.value)


def test_a_database_or_a_role_that_is_not_there_is_named(postgres_database: str) -> None:
    url = make_url(postgres_database)
    assert 'database "nowhere" does not exist' in refusal(url.set(database="nowhere"))
    assert 'role "nobody" does not exist' in refusal(url.set(username="nobody"))


def test_a_role_without_rights_is_refused_and_can_be_given_a_schema(
    postgres_server: Server, postgres_database: str
) -> None:
    url = make_url(postgres_database).set(username="poor")
    postgres_server.run("drop role if exists poor", "create role poor login")
    assert "permission denied for database" in refusal(url)
    owner = State.on(make_url(postgres_database), SCHEMA)
    with owner.write() as tx:
        tx.connection.exec_driver_sql(f"CREATE SCHEMA {SCHEMA} AUTHORIZATION poor")
    owner.close()
    state = State.on(url, SCHEMA)
    with state.write() as tx:
        tx.make_schema()
    migrate(state)
    assert runs(state) == []
    state.close()


def test_a_setting_that_no_connection_has_is_named(postgres_database: str) -> None:
    state = State.on(make_url(postgres_database).update_query_dict({"sslmod": "require"}), SCHEMA)
    with pytest.raises(StateAddressWrong, match='invalid connection option "sslmod"'), state.read():
        pass


def answers(url: URL) -> bool:
    state = State.on(url, SCHEMA)
    with state.read() as reader:
        there = reader.has_table("workspace")
    state.close()
    return not there


@pytest.fixture
def guarded(own_server: Server) -> URL:
    """The address of a role that needs a password."""
    own_server.run("create role guarded login superuser password 'Geheim-7'")
    rules = Path(str(own_server.url.query["host"])) / "pg_hba.conf"
    rules.write_text(f"local all guarded scram-sha-256\n{rules.read_text()}")
    own_server.run("select pg_reload_conf()")
    return own_server.url.set(username="guarded")


def test_a_password_comes_from_the_environment_or_a_file_and_is_never_told(
    guarded: URL, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "no password supplied" in refusal(guarded)
    monkeypatch.setenv("PGPASSWORD", "Falsch-8")
    told = refusal(guarded)
    assert "password authentication failed" in told
    assert "Falsch-8" not in told
    monkeypatch.setenv("PGPASSWORD", "Geheim-7")
    assert answers(guarded)
    monkeypatch.delenv("PGPASSWORD")
    file = tmp_path / "pgpass"
    file.write_text("*:*:*:guarded:Geheim-7\n")
    file.chmod(0o600)
    monkeypatch.setenv("PGPASSFILE", str(file))
    assert answers(guarded)
