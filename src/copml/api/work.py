"""Requests about jobs: which there are, how far they are, and what they say meanwhile.

Invariant: a stream of events ends with the job, and says something at least every quarter of a minute, so that nothing
in between takes it for dead.
"""

from collections.abc import AsyncIterator
from functools import partial
from typing import Any

from litestar import Response, get
from litestar.params import FromPath
from litestar.response import ServerSentEvent, ServerSentEventMessage

from copml.access import Right
from copml.api.desk import Answer, Desk, encoded
from copml.api.handlers import REFUSED, Asked, caller_of, in_thread, respond
from copml.api.jobs import Job

ALIVE_SECONDS = 15.0


@get("/projects/{project:str}/jobs", tags=["loop"], operation_id="jobs", responses=REFUSED)
async def list_jobs(request: Asked, project: FromPath[str]) -> Response[list[Job]]:
    """The jobs of a project since the server started."""
    desk: Desk = request.app.state.desk
    caller = caller_of(request)

    def work() -> Answer:
        desk.may(caller, Right.READ, project)
        return Answer(status=200, body=encoded(desk.jobs.of(project)))

    return respond(request, await in_thread(work))


@get("/projects/{project:str}/jobs/{job:str}", tags=["loop"], operation_id="job", responses=REFUSED)
async def one_job(request: Asked, project: FromPath[str], job: FromPath[str]) -> Response[Job]:
    """A job: how far it is, and what came of it."""
    desk: Desk = request.app.state.desk
    caller = caller_of(request)

    def work() -> Answer:
        desk.may(caller, Right.READ, project)
        return Answer(status=200, body=encoded(desk.jobs.get(project, job)))

    return respond(request, await in_thread(work))


@get(
    "/projects/{project:str}/jobs/{job:str}/events",
    tags=["loop"],
    operation_id="job_events",
    responses=REFUSED,
    media_type="text/event-stream",
)
async def events(request: Asked, project: FromPath[str], job: FromPath[str]) -> ServerSentEvent:
    """What a job says, as server-sent events: `progress`, then `done` or `failed`, each with the job as JSON."""
    desk: Desk = request.app.state.desk
    caller = caller_of(request)
    await in_thread(lambda: desk.may(caller, Right.READ, project))
    await in_thread(lambda: desk.jobs.get(project, job))

    async def told() -> AsyncIterator[ServerSentEventMessage]:
        seen = -1
        while True:
            found = await in_thread(partial(desk.jobs.wait, project, job, seen, ALIVE_SECONDS))
            if found.seen == seen:
                yield ServerSentEventMessage(comment="still there")
                continue
            seen = found.seen
            event = found.state.value if found.is_over else "progress"
            yield ServerSentEventMessage(event=event, id=str(seen), data=encoded(found).decode())
            if found.is_over:
                return

    return ServerSentEvent(told(), headers={"Cache-Control": "no-store"})


HANDLERS: list[Any] = [list_jobs, one_job, events]
