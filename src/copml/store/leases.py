"""Leases on tasks: who does what, and since when.

Invariant: a task is done once. A worker may commit only while it holds the newest fencing token; a lease runs out by
wall time, or at once when its worker was a process of this machine that is no longer there. A failed task is tried
again until its attempts are used up.
"""

import os
import socket
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import and_, update

from copml.errors import LeaseLost
from copml.records import Stage, TaskKey, TaskRecord, TaskState
from copml.store.state import Transaction
from copml.store.tables import MAPPINGS

LEASE_SECONDS = 60
ATTEMPTS_MAX = 3


def worker_name() -> str:
    """A name for this process that no other process has had: host, process id, start of the process."""
    return f"{socket.gethostname()}/{os.getpid()}/{_started(os.getpid())}"


def is_gone(worker: str) -> bool:
    """Whether a worker is a process of this machine that has ended."""
    host, process, started = worker.rsplit("/", 2)
    return host == socket.gethostname() and _started(int(process)) != started


def lease(tx: Transaction, project: str, key: TaskKey, stage: Stage, worker: str, now: datetime) -> TaskRecord | None:
    """Take a task, unless it is done, held by someone alive, or out of attempts. `now` is wall time."""
    held = tx.get(TaskRecord, project=project, key=key)
    until = now + timedelta(seconds=LEASE_SECONDS)
    if held is None:
        task = TaskRecord(
            project=project, key=key, stage=stage, state=TaskState.RUNNING, worker=worker, fence=1, leased_until=until,
            started_at=now, ended_at=None, attempts=1, error="",
        )  # fmt: skip
        tx.add(task)
        return task
    if not _free(held, now):
        return None
    task = replace(
        held, state=TaskState.RUNNING, worker=worker, fence=held.fence + 1, leased_until=until,
        started_at=now, ended_at=None, attempts=held.attempts + (held.state is TaskState.FAILED), error="",
    )  # fmt: skip
    tx.put(task)
    return task


def is_given_up(task: TaskRecord) -> bool:
    """Whether a task failed as often as it may."""
    return task.state is TaskState.FAILED and task.attempts >= ATTEMPTS_MAX


def release(tx: Transaction, task: TaskRecord) -> None:
    """Give a task back as if nobody had taken it: its time has not come.

    Raises:
        LeaseLost: when another worker has it by now.
    """
    _change(tx, task, state=TaskState.FAILED, attempts=task.attempts - 1)
    if task.fence == 1:
        tx.remove(TaskRecord, project=task.project, key=task.key)


def extend(tx: Transaction, task: TaskRecord, now: datetime) -> None:
    """Hold a task for longer.

    Raises:
        LeaseLost: when another worker has it by now.
    """
    _change(tx, task, leased_until=now + timedelta(seconds=LEASE_SECONDS))


def finish(tx: Transaction, task: TaskRecord, now: datetime) -> None:
    """Mark a task done, in the transaction that keeps its records.

    Raises:
        LeaseLost: when another worker has it by now; nothing of the transaction may be kept.
    """
    _change(tx, task, state=TaskState.DONE, ended_at=now)


def fail(tx: Transaction, task: TaskRecord, now: datetime, error: str, *, for_good: bool) -> None:
    """Mark a task failed, with the reason; for good where trying again would end the same way.

    Raises:
        LeaseLost: when another worker has it by now.
    """
    attempts = ATTEMPTS_MAX if for_good else task.attempts
    _change(tx, task, state=TaskState.FAILED, ended_at=now, error=error, attempts=attempts)


def _free(task: TaskRecord, now: datetime) -> bool:
    match task.state:
        case TaskState.DONE:
            return False
        case TaskState.FAILED:
            return task.attempts < ATTEMPTS_MAX
        case TaskState.RUNNING:
            return task.leased_until < now or is_gone(task.worker)


def _change(tx: Transaction, task: TaskRecord, **changes: object) -> None:
    mapping = MAPPINGS[TaskRecord]
    table = mapping.table
    new = mapping.row(replace(task, **changes))  # type: ignore[arg-type]
    mine = and_(table.c.project == task.project, table.c.key == task.key, table.c.fence == task.fence)
    running = table.c.state == TaskState.RUNNING.value
    values = {name: new[name] for name in changes}
    if tx.connection.execute(update(table).where(mine, running).values(values)).rowcount != 1:
        raise LeaseLost(task.key, task.worker)


def _started(process: int) -> str:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[19]
    except (FileNotFoundError, ProcessLookupError):
        return _started_elsewhere(process)


def _started_elsewhere(process: int) -> str:
    """Where there is no /proc: only whether the process lives can be told."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return "gone"
    except PermissionError:
        return "alive"
    return "alive"
