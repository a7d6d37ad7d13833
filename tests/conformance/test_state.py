"""One suite for the state database, run on every engine that may hold it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread

import pytest

from copml.errors import LeaseLost, RecordExists, WorkspaceReadOnly, WorkspaceTooNew
from copml.records import (
    Bins,
    Digest,
    Entry,
    Interval,
    Measurement,
    Run,
    ScoringRun,
    Stage,
    TaskKey,
    TaskRecord,
    VersionName,
)
from copml.store import LedgerTable, State, Transaction, leases, migrate, vault
from copml.store.tables import METADATA

NOW = datetime(2026, 3, 29, 1, 30, 0, 123456, tzinfo=UTC)


@pytest.fixture(params=["sqlite", "postgresql"])
def state(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[State]:
    if request.param == "sqlite":
        state = State.at(tmp_path / "state.db")
    else:
        state = State(request.getfixturevalue("postgres_database"))
    migrate(state)
    yield state
    state.close()


def scoring_run(run_id: str = "a", **changes: object) -> ScoringRun:
    made = ScoringRun(
        project="p",
        id=run_id,
        slot=NOW,
        version=VersionName("v1"),
        deployment="d1",
        rows=3,
        positives=1,
        treated=1,
        control=0,
        table_version=2,
        digest=Digest("x"),
        output="",
        on_time=True,
        scored_at=NOW,
        profile={"größe": Bins(kind="number", counts=(1, 2), missing=0, edges=(1.5,))},
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def training_run() -> Run:
    return Run(
        project="p", id="r", cause="first", revision=1, succeeded=False, reason="it broke", entry="a:b",
        params={"C": 1.0, "deep": {"list": [1, "two", None]}}, seed=1, dataset=None, snapshots={"a": 1}, source=None,
        environment=None, log=None, rows_train=1, rows_holdout=1, rows_left_out=0, rows_effective=1.5,
        started_at=NOW, ended_at=NOW, version=None,
    )  # fmt: skip


@pytest.mark.parametrize("record", [scoring_run(), training_run()], ids=["nested", "optional"])
def test_a_record_comes_back_as_it_was(state: State, record: object) -> None:
    with state.write() as tx:
        tx.add(record)
    with state.read() as reader:
        assert reader.find(type(record)) == [record]


def test_a_key_is_given_once(state: State) -> None:
    with state.write() as tx:
        tx.add(scoring_run())
    with pytest.raises(RecordExists, match=r"project=p, id=a"), state.write() as tx:
        tx.add(scoring_run())


def test_put_takes_the_place_of_what_was_there(state: State) -> None:
    with state.write() as tx:
        tx.put(scoring_run())
        tx.put(scoring_run(rows=4))
    with state.read() as reader:
        assert [run.rows for run in reader.find(ScoringRun)] == [4]


def test_what_raises_leaves_nothing(state: State) -> None:
    def add_and_fail() -> None:
        with state.write() as tx:
            tx.add(scoring_run())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        add_and_fail()
    with state.read() as reader:
        assert reader.find(ScoringRun) == []


def test_records_come_in_the_order_of_their_keys_and_are_chosen_by_equality(state: State) -> None:
    with state.write() as tx:
        tx.add(scoring_run("b"), scoring_run("a", version=VersionName("v2")), scoring_run("c"))
    with state.read() as reader:
        assert [run.id for run in reader.find(ScoringRun)] == ["a", "b", "c"]
        assert [run.id for run in reader.find(ScoringRun, version="v1")] == ["b", "c"]
        assert reader.get(ScoringRun, project="p", id="nobody") is None


def test_writers_take_turns_and_none_is_lost(state: State) -> None:
    def add_ten(prefix: str) -> None:
        for number in range(10):
            with state.write() as tx:
                size = LedgerTable(tx).size()
                entry = Entry(index=size, kind="k", project=prefix, record=b"{}", salt=bytes(32), at=NOW)
                LedgerTable(tx).add([entry], {(0, size): bytes(32)})
                assert number >= 0

    threads = [Thread(target=add_ten, args=(name,)) for name in ("a", "b", "c")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with state.read() as reader:
        entries = list(LedgerTable(reader).entries(0, 30))
    assert [entry.index for entry in entries] == list(range(30))
    assert sorted(entry.project for entry in entries) == sorted("abc" * 10)


def taken(tx: Transaction, worker: str, now: datetime) -> TaskRecord | None:
    return leases.lease(tx, "p", TaskKey("score/1"), Stage.SCORE, worker, now)


def test_a_task_is_held_by_one_worker_until_its_lease_runs_out(state: State) -> None:
    later = NOW + timedelta(seconds=leases.LEASE_SECONDS + 1)
    with state.write() as tx:
        first = taken(tx, "elsewhere/1/2", NOW)
        assert first is not None
        assert taken(tx, "elsewhere/2/3", NOW) is None
        second = taken(tx, "elsewhere/2/3", later)
        assert second is not None
        assert second.fence == first.fence + 1
        with pytest.raises(LeaseLost, match="score/1"):
            leases.finish(tx, first, later)
        leases.finish(tx, second, later)
        assert taken(tx, "elsewhere/3/4", later + timedelta(days=1)) is None


def test_the_lease_of_a_process_that_is_gone_is_free_at_once(state: State) -> None:
    host = leases.worker_name().split("/")[0]
    with state.write() as tx:
        assert taken(tx, f"{host}/1/not-when-it-started", NOW) is not None
        assert taken(tx, leases.worker_name(), NOW) is not None
        assert taken(tx, "elsewhere/1/2", NOW) is None


def test_a_failed_task_is_tried_again_until_its_attempts_are_used_up(state: State) -> None:
    with state.write() as tx:
        for _ in range(leases.ATTEMPTS_MAX):
            held = taken(tx, "elsewhere/1/2", NOW)
            assert held is not None
            leases.fail(tx, held, NOW, "it broke", for_good=False)
        assert taken(tx, "elsewhere/1/2", NOW) is None
        assert leases.is_given_up(tx.find(TaskRecord)[0])


def test_a_task_given_back_counts_no_attempt(state: State) -> None:
    with state.write() as tx:
        for _ in range(leases.ATTEMPTS_MAX + 2):
            held = taken(tx, "elsewhere/1/2", NOW)
            assert held is not None
            leases.release(tx, held)
        assert tx.find(TaskRecord) == []


def test_the_vault_keeps_the_first_and_gives_back_what_it_knows(state: State) -> None:
    many = {f"{number:032x}": bytes([number % 256]) for number in range(1200)}
    with state.write() as tx:
        assert vault.keep_identifiers(tx, "p", many) == 1200
        assert vault.keep_identifiers(tx, "p", {f"{5:032x}": b"other", "f" * 32: b"new"}) == 1
    with state.read() as reader:
        assert vault.reveal_identifiers(reader, "p", [*many, "0" * 31 + "x"]) == many
        assert vault.reveal_identifiers(reader, "q", list(many)) == {}


def test_migrations_make_the_tables_that_the_records_have(state: State) -> None:
    from sqlalchemy import inspect

    with state.read() as reader:
        made = inspect(reader.connection)
        for table in METADATA.sorted_tables:
            columns = {column["name"]: column["nullable"] for column in made.get_columns(table.name)}
            assert columns == {column.name: bool(column.nullable) for column in table.columns}
            assert set(made.get_pk_constraint(table.name)["constrained_columns"]) == {c.name for c in table.primary_key}


def test_a_database_of_a_newer_copml_is_refused_untouched(state: State) -> None:
    from sqlalchemy import text

    with state.write() as tx:
        tx.connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(WorkspaceTooNew, match="9999"):
        migrate(state)


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(WorkspaceReadOnly, match="missing"):
        migrate(State.at(tmp_path / "missing" / "state.db"))


def test_measurements_keep_every_pass(state: State) -> None:
    interval = Interval(value=0.8, low=0.75, high=0.85, n=100)
    measured = Measurement(
        project="p", metric="accuracy", segment="control", starts_at=NOW, ends_at=NOW, value=interval.value,
        low=interval.low, high=interval.high, n=interval.n, version=None, measured_at=NOW, pass_=0,
    )  # fmt: skip
    with state.write() as tx:
        tx.add(measured, replace(measured, pass_=1, value=0.7))
    with state.read() as reader:
        assert [item.value for item in reader.find(Measurement)] == [0.8, 0.7]
