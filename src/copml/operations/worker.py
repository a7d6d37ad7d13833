"""A worker of the loop: look, lease, perform, keep, look again.

Invariant: a worker holds at most one task, and keeps its lease alive while it performs. This is one of the three
places that catch everything: a task's failure is recorded with its reason and the loop goes on; a full disk or a lost
state database stops the worker, since every further task would fail too.
"""

import errno
import os
import shutil
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime

from copml.clock import Clock, SystemClock
from copml.errors import (
    CopmlError,
    DiskFull,
    LeaseLost,
    StateCorrupt,
    StateRefused,
    StateUnavailable,
    WorkspaceReadOnly,
)
from copml.notifying import can_mail
from copml.operations.actions import deliveries
from copml.operations.agenda import Task, due
from copml.operations.commit import complete, keep
from copml.operations.failures import failed, mended
from copml.operations.perform import perform
from copml.operations.stages import Stages
from copml.operations.view import View, load
from copml.records import TaskRecord
from copml.store import leases

HEARTBEAT_SECONDS = 20
NO_SPACE = (errno.ENOSPC, errno.EDQUOT)
STOPPING = (DiskFull, WorkspaceReadOnly, StateCorrupt, StateRefused, StateUnavailable)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What a worker did: a task it finished, or one that failed with a reason, or one whose time has not come."""

    key: str
    outcome: str
    detail: str = ""


def run_until_idle(stages: Stages, project: str, clock: Clock) -> Iterator[Step]:
    """Perform what is due, one task after the other, until nothing is.

    Tasks that other workers hold are waited for by the caller, who looks again.

    Raises:
        DiskFull, WorkspaceReadOnly, StateCorrupt, StateRefused, StateUnavailable: when no task could succeed.
    """
    postponed: frozenset[str] = frozenset()
    while True:
        view = look(stages, project, clock.now())
        tasks = due(view, postponed) if view is not None else []
        step = next((step for task in tasks if (step := _try(stages, task, view, clock)) is not None), None)
        if step is None:
            return
        if step.outcome == "not yet":
            postponed |= {step.key}
        yield step


def look(stages: Stages, project: str, now: datetime) -> View | None:
    """The project as it stands."""
    with stages.state.read() as reader:
        return load(reader, project, now, mail=can_mail(os.environ))


def perform_one(stages: Stages, task: Task, view: View, clock: Clock) -> Step | None:
    """Perform one task, whoever asked for it; None when somebody else holds it or it is done."""
    return _try(stages, task, view, clock)


def _try(stages: Stages, task: Task, view: View | None, clock: Clock) -> Step | None:
    assert view is not None
    wall = SystemClock()
    with stages.state.write() as tx:
        held = leases.lease(tx, view.name, task.key, task.stage, leases.worker_name(), wall.now())
    if held is None:
        return None
    try:
        with heartbeat(stages, held):
            kept = perform(task, view, stages)
        if not kept.failed:
            kept = replace(kept, records=(*kept.records, *mended(view, held)))
        if kept.not_before is not None:
            with stages.state.write() as tx:
                leases.release(tx, held)
                keep(tx, kept.records, clock.now())
            return Step(key=task.key, outcome="not yet", detail=f"again after {kept.not_before:%Y-%m-%d %H:%M} UTC")
        complete(stages.state, held, kept, at=clock.now(), wall=wall.now())
    except LeaseLost as error:
        return Step(key=task.key, outcome="lost", detail=str(error))
    except STOPPING:
        raise
    except CopmlError as error:
        return _failed(stages, view, held, f"{error.code} {error}", for_good=True)
    except Exception as error:  # the fence of the loop: the failure is recorded, the loop goes on
        if isinstance(error, OSError) and error.errno in NO_SPACE:
            raise DiskFull(str(stages.folder)) from error
        reason = f"{type(error).__name__}: {error}"
        return _failed(stages, view, held, f"{reason}\n{traceback.format_exc()}", for_good=False)
    shutil.rmtree(stages.staging(task.key), ignore_errors=True)
    return Step(key=task.key, outcome="failed" if kept.failed else "done", detail=kept.note)


def _failed(stages: Stages, view: View, held: TaskRecord, reason: str, *, for_good: bool) -> Step:
    with stages.state.write() as tx:
        leases.fail(tx, held, SystemClock().now(), reason, for_good=for_good)
        if for_good or held.attempts >= leases.ATTEMPTS_MAX:
            incident = failed(view, held, reason)
            keep(tx, (incident, *deliveries(view, incident)), view.now)
    return Step(key=held.key, outcome="failed", detail=reason)


@contextmanager
def heartbeat(stages: Stages, held: TaskRecord) -> Iterator[None]:
    """Keep a lease from running out while the block is worked on."""
    stop = threading.Event()

    def beat() -> None:
        while not stop.wait(HEARTBEAT_SECONDS):
            try:
                with stages.state.write() as tx:
                    leases.extend(tx, held, SystemClock().now())
            except StateUnavailable:
                continue  # a server may be back before the lease runs out
            except CopmlError:
                return  # the task itself meets the same, and says so

    thread = threading.Thread(target=beat, name="copml-heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
