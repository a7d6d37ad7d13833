"""Whether the server lives, whether it can do its work, and what it counts, for whoever runs it.

Invariant: tells nothing of a project beyond counts; living asks for nothing but the process.
"""

from typing import Any

from litestar import Response, get

from copml.api.desk import Answer, Caller, Desk, encoded
from copml.api.handlers import REFUSED, Asked, attend, in_thread
from copml.app import Symptom, examine
from copml.errors import CopmlError
from copml.records import Incident, TaskRecord, TaskState

TEXT = "text/plain; version=0.0.4; charset=utf-8"


@get("/livez", tags=["health"], operation_id="livez", media_type="text/plain")
async def livez() -> Response[str]:
    """The process answers."""
    return Response("ok\n", media_type="text/plain", headers={"Cache-Control": "no-store"})


@get("/readyz", tags=["health"], operation_id="readyz", media_type="text/plain", raises=[])
async def readyz(request: Asked) -> Response[str]:
    """The state of the workspace can be read; 503 with the reason when not."""
    desk: Desk = request.app.state.desk
    try:
        await in_thread(desk.workspace.projects)
    except CopmlError as error:
        return Response(f"{error.code}\n", status_code=503, media_type="text/plain")
    return Response("ok\n", media_type="text/plain", headers={"Cache-Control": "no-store"})


@get("/metrics", tags=["health"], operation_id="metrics", media_type="text/plain")
async def metrics(request: Asked) -> Response[str]:
    """Counts for Prometheus, in its text format: tasks by state, open incidents, entries of the ledger, jobs."""
    from prometheus_client import CollectorRegistry, Gauge, generate_latest

    desk: Desk = request.app.state.desk

    def work() -> bytes:
        registry = CollectorRegistry()
        tasks = Gauge("copml_tasks", "Tasks of the loop", ["project", "state"], registry=registry)
        open_ = Gauge("copml_incidents_open", "Incidents that nobody resolved", ["project"], registry=registry)
        jobs = Gauge("copml_jobs", "Jobs of this server", ["project", "state"], registry=registry)
        for project in desk.workspace.projects():
            with desk.workspace.stages.state.read() as reader:
                states = [item.state for item in reader.find(TaskRecord, project=project)]
                incidents = reader.find(Incident, project=project)
            for state in TaskState:
                tasks.labels(project, state.value).set(states.count(state))
            open_.labels(project).set(sum(item.closed_at is None for item in incidents))
            for job in desk.jobs.of(project):
                jobs.labels(project, job.state.value).inc()
        return generate_latest(registry)

    return Response((await in_thread(work)).decode(), media_type=TEXT)


@get("/doctor", tags=["health"], operation_id="doctor", responses=REFUSED)
async def diagnose(request: Asked) -> Response[list[Symptom]]:
    """What is wrong with this installation, and what to do; takes the right `manage`."""

    def work(desk: Desk, caller: Caller) -> Answer:
        desk.manager(caller)
        return Answer(status=200, body=encoded(examine(desk.workspace)))

    return await attend(request, work)


HANDLERS: list[Any] = [livez, readyz, metrics]
SIGNED_IN: list[Any] = [diagnose]
"""What takes a right, and so is below `/api/v1`."""
