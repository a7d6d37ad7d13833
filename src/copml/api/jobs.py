"""Work that takes longer than a request: it runs beside, says how far it is, and keeps what came of it.

Invariant: a job runs one use case as whoever asked for it, in a thread; the use case records what must last, a job only
tells. Jobs live as long as the server: what was not finished then is taken up by the loop or asked for again.
"""

import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from copml.clock import SystemClock
from copml.errors import CopmlError, JobUnknown

KEPT = 1_000
WORKERS = 2


class JobState(StrEnum):
    """Where a job is."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One piece of work. `seen` grows whenever something changes; `done` of `total` steps, where there is a total."""

    id: str
    project: str
    what: str
    by: str
    state: JobState
    asked_at: datetime
    ended_at: datetime | None = None
    step: str = ""
    done: int = 0
    total: int | None = None
    result: Any = None
    error_code: str = ""
    error: str = ""
    seen: int = 0

    @property
    def is_over(self) -> bool:
        """Whether nothing of it will change."""
        return self.state in (JobState.DONE, JobState.FAILED)


Work = Callable[[Callable[[str, int, int | None], None]], Any]
"""What a job does; it is handed what to tell its progress to."""


class Jobs:
    """The jobs of a server."""

    def __init__(self) -> None:
        """No job yet."""
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        self._changed = threading.Condition()
        self._pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="copml-job")

    def start(self, project: str, what: str, by: str, work: Work) -> Job:
        """Begin work as soon as a worker is free."""
        job = Job(
            id=secrets.token_hex(8),
            project=project,
            what=what,
            by=by,
            state=JobState.WAITING,
            asked_at=SystemClock().now(),
        )
        with self._changed:
            self._jobs[job.id] = job
            over = [name for name, item in self._jobs.items() if item.is_over]
            for name in over[: max(0, len(self._jobs) - KEPT)]:
                del self._jobs[name]
        self._pool.submit(self._run, job.id, work)
        return job

    def get(self, project: str, job: str) -> Job:
        """A job of a project.

        Raises:
            JobUnknown: when there is none of that name.
        """
        found = self._jobs.get(job)
        if found is None or found.project != project:
            raise JobUnknown(job)
        return found

    def of(self, project: str) -> tuple[Job, ...]:
        """Every job of a project, oldest first."""
        with self._changed:
            return tuple(item for item in self._jobs.values() if item.project == project)

    def wait(self, project: str, job: str, seen: int, seconds: float) -> Job:
        """A job once it has changed since it was seen, or after some seconds."""
        with self._changed:
            self._changed.wait_for(lambda: self.get(project, job).seen > seen, timeout=seconds)
            return self.get(project, job)

    def close(self) -> None:
        """Take no more work; what runs goes on to its end."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _run(self, name: str, work: Work) -> None:
        self._change(name, state=JobState.RUNNING)
        try:
            result = work(lambda step, done, total: self._change(name, step=step, done=done, total=total))
        except CopmlError as error:
            self._end(name, state=JobState.FAILED, error_code=error.code, error=str(error))
        except Exception as error:  # noqa: BLE001 - the fence of a job: a defect ends it, and not the server
            self._end(name, state=JobState.FAILED, error_code="COPML-000", error=f"{type(error).__name__}: {error}")
        else:
            self._end(name, state=JobState.DONE, result=result)

    def _end(self, name: str, **changes: Any) -> None:
        self._change(name, ended_at=SystemClock().now(), **changes)

    def _change(self, name: str, **changes: Any) -> None:
        with self._changed:
            job = self._jobs[name]
            self._jobs[name] = replace(job, seen=job.seen + 1, **changes)
            self._changed.notify_all()
