"""One suite for the state database, run on every engine that may hold it."""

import random
import string
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import inf
from pathlib import Path
from threading import Barrier, Thread

import pytest
from sqlalchemy import insert, text

from copml.errors import LeaseLost, RecordExists, StateUnavailable, WorkspaceReadOnly
from copml.records import (
    Bins,
    Choice,
    Digest,
    Entry,
    Interval,
    Measurement,
    Role,
    Run,
    ScoringRun,
    Stage,
    TaskKey,
    TaskRecord,
    TaskState,
    Topic,
    Trial,
    TrialState,
    VersionName,
)
from copml.spec.conditions import CONDITION_CHARS_MAX
from copml.store import LedgerTable, State, Transaction, leases, migrate, upgrade, vault
from copml.store.state import ATTEMPTS_MAX
from copml.store.tables import MAPPINGS, METADATA

SINCE_FIRST = (
    *("choice", "trial", "promotion"),
    *("account", "password", "invitation", "token", "token_secret", "session", "failures"),
    *("delegation", "reading", "kept_answer", "note"),
    *("preference", "message"),
)
"""The tables that later migrations made."""
NOW = datetime(2026, 3, 29, 1, 30, 0, 123456, tzinfo=UTC)


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


def choice() -> Choice:
    return Choice(
        project="p", id="c", topic=Topic.CONTROL_GROUP, chosen="5%", by="somebody", role=Role.BUSINESS,
        identity="asserted", reason="größer", advised="5%", advised_because="it sees it", figure="784", alternative="",
        at=NOW,
    )  # fmt: skip


def trial() -> Trial:
    return Trial(
        project="p", id="t", source="sweep", by="somebody", params={"word": "inf"}, seed=None, snapshots={},
        metrics={"lift.control": Interval(value=0.0, low=-inf, high=inf, n=1)}, state=TrialState.DONE, started_at=NOW,
        ended_at=None, note="",
    )  # fmt: skip


@pytest.mark.parametrize(
    "record",
    [scoring_run(), training_run(), choice(), trial()],
    ids=["nested", "optional", "of enumerations", "without limits"],
)
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


def test_texts_are_in_the_order_of_their_code_points(state: State) -> None:
    ids = ["ä", "a-b", "Z", "a_b", "B", "ab", "é", "A", "a b", "10", "9"]
    with state.write() as tx:
        tx.add(*map(scoring_run, ids))
    with state.read() as reader:
        assert [run.id for run in reader.find(ScoringRun)] == sorted(ids)


def test_a_text_loses_nothing_but_characters_that_no_text_has(state: State) -> None:
    with state.write() as tx:
        tx.add(replace(training_run(), reason="a\x00b 🙂 \u202e'\"\\%s {x} :y"))
    with state.read() as reader:
        assert [run.reason for run in reader.find(Run)] == ["a\ufffdb 🙂 \u202e'\"\\%s {x} :y"]


def test_a_key_may_be_as_long_as_a_condition(state: State) -> None:
    texts = [f"{number}{incompressible(CONDITION_CHARS_MAX - 1)}" for number in range(3)]
    with state.write() as tx:
        tx.add(*map(scoring_run, texts))
    with state.read() as reader:
        assert [run.id for run in reader.find(ScoringRun)] == sorted(texts)


def incompressible(length: int) -> str:
    return "".join(random.Random(7).choices(string.printable[:94], k=length))


def test_a_reader_sees_one_moment(state: State) -> None:
    with state.read() as reader:
        assert reader.find(ScoringRun) == []
        with state.write() as tx:
            tx.add(scoring_run(), training_run())
        assert reader.find(Run) == []
    with state.read() as reader:
        assert len(reader.find(Run)) == 1


def test_nothing_is_written_by_a_reader(state: State) -> None:
    with suppress(WorkspaceReadOnly), state.read() as reader:
        reader.connection.execute(insert(MAPPINGS[ScoringRun].table), [MAPPINGS[ScoringRun].row(scoring_run())])
        raise WorkspaceReadOnly("", "SQLite lets it, and rolls it back")
    with state.read() as reader:
        assert reader.find(ScoringRun) == []


def test_work_that_the_database_ends_too_often_is_given_up(state: State) -> None:
    tries: list[int] = []

    def work(tx: Transaction) -> None:
        tx.add(scoring_run())
        tries.append(len(tries))
        raise StateUnavailable(state.place, "another transaction was in the way")

    with pytest.raises(StateUnavailable, match="another transaction"):
        state.attempt(work)
    assert len(tries) == ATTEMPTS_MAX
    with state.read() as reader:
        assert reader.find(ScoringRun) == []


def test_of_many_workers_that_want_a_task_one_gets_it(state: State) -> None:
    start, got = Barrier(6), []

    def take(number: int) -> None:
        start.wait()
        with state.write() as tx:
            got.append(taken(tx, f"elsewhere/{number}/1", NOW))

    threads = [Thread(target=take, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    held = [task for task in got if task is not None]
    assert (len(got), len(held)) == (6, 1)
    with state.read() as reader:
        assert reader.find(TaskRecord) == held


def test_a_worker_that_was_taken_for_dead_cannot_commit(state: State) -> None:
    later = NOW + timedelta(seconds=leases.LEASE_SECONDS + 1)
    with state.write() as tx:
        slow = taken(tx, "elsewhere/1/2", NOW)
    with state.write() as tx:
        quick = taken(tx, "elsewhere/2/3", later)
    assert slow is not None
    assert quick is not None

    def finish_late(tx: Transaction) -> None:
        tx.add(scoring_run("of the slow one"))
        leases.finish(tx, slow, later)

    with pytest.raises(LeaseLost):
        state.attempt(finish_late)
    with state.write() as tx:
        leases.finish(tx, quick, later)
    with state.read() as reader:
        assert reader.find(ScoringRun) == []
        assert [(task.state, task.fence) for task in reader.find(TaskRecord)] == [(TaskState.DONE, 2)]


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
            columns = {item["name"]: item["nullable"] for item in made.get_columns(table.name, reader.schema)}
            assert columns == {column.name: bool(column.nullable) for column in table.columns}
            key = made.get_pk_constraint(table.name, reader.schema)["constrained_columns"]
            assert set(key) == {column.name for column in table.primary_key}


def test_a_database_of_an_older_copml_is_brought_up_to_date_and_keeps_its_rows(state: State) -> None:
    assert upgrade._KNOWN[-1] == upgrade.SCHEMA
    with state.write() as tx:
        tx.add(scoring_run())
        place = "" if tx.schema is None else f"{tx.schema}."
        for table in SINCE_FIRST:
            tx.connection.execute(text(f"DROP TABLE {place}{table}"))
        tx.connection.execute(text(f"UPDATE {place}alembic_version SET version_num = '0001'"))
    migrate(state, new=False)
    with state.read() as reader:
        assert reader.find(ScoringRun) == [scoring_run()]
        assert reader.find(Choice) == []
        assert all(reader.has_table(table) for table in SINCE_FIRST)


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
        tx.add(measured, replace(measured, pass_=1, value=0.7, high=inf))
    with state.read() as reader:
        assert [(item.value, item.high) for item in reader.find(Measurement)] == [(0.8, 0.85), (0.7, inf)]
