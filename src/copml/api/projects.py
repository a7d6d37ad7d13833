"""Requests about project files: which projects there are, what is wrong with a file, what it would change, apply it.

Invariant: a file is applied against the revision that its author saw, where they say which (`If-Match: "r3"`).
"""

import re
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, JSONBody

from copml.access import Right
from copml.api.desk import Answer, Caller, Desk, encoded
from copml.api.handlers import REFUSED, Asked, attend, caller_of, in_thread, respond
from copml.app import Plan, apply_text, plan_text, problems, revisions
from copml.errors import Forbidden, Problem, RequestRefused
from copml.records import Revision, Role
from copml.spec import json_schema, parse

_EXPECTED = re.compile(r'"?r(\d{1,9})"?')


class ProjectText(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The text of a project file."""

    text: str


class ProjectSeen(msgspec.Struct, frozen=True, kw_only=True):
    """A project, and the roles that one has in it."""

    name: str
    roles: list[Role]


@get("/projects", tags=["project file"], operation_id="projects", responses=REFUSED)
async def list_projects(request: Asked) -> Response[list[ProjectSeen]]:
    """The projects that one may read."""

    def work(desk: Desk, caller: Caller) -> Answer:
        found = desk.projects(desk.who(caller))
        return Answer(
            status=200,
            body=encoded([ProjectSeen(name=name, roles=sorted(roles)) for name, roles in found.items()]),
        )

    return await attend(request, work)


@post("/projects/problems", tags=["project file"], operation_id="problems", responses=REFUSED, status_code=200)
async def validate(request: Asked, data: JSONBody[ProjectText]) -> Response[list[Problem]]:
    """Everything that is wrong with a project file; no code of it is run."""

    def work(desk: Desk, caller: Caller) -> Answer:
        desk.who(caller)
        return Answer(status=200, body=encoded(problems(data.text)))

    return await attend(request, work)


@post("/projects/plans", tags=["project file"], operation_id="plan_text", responses=REFUSED, status_code=200)
async def plan(request: Asked, data: JSONBody[ProjectText]) -> Response[Plan]:
    """What applying a project file would change, and what of it weakens a requirement."""

    def work(desk: Desk, caller: Caller) -> Answer:
        project = parse(data.text).project
        principal = desk.who(caller)
        if project in desk.workspace.projects():
            principal = desk.may(caller, Right.READ, project)
        return Answer(status=200, body=encoded(plan_text(desk.workspace.acting(principal), data.text)))

    return await attend(request, work)


@post("/projects/revisions", tags=["project file"], operation_id="apply_text", responses=REFUSED)
async def apply(request: Asked, data: JSONBody[ProjectText]) -> Response[Revision]:
    """Register a project file as a revision; data and code stay where the project is on the server."""
    desk: Desk = request.app.state.desk
    caller = caller_of(request)
    expected = _expected(request.headers.get("if-match", ""))
    sent = await request.body()

    def work() -> Answer:
        principal = desk.who(caller)
        project = parse(data.text).project
        if not principal.reaches(project) or (principal.token and Right.APPLY not in principal.token.rights):
            raise Forbidden(principal.name, Right.APPLY.value, f"in project {project}")

        def register() -> Answer:
            made = apply_text(desk.workspace.acting(principal), data.text, by=principal.name, expected=expected)
            return Answer(status=201, body=encoded(made))

        return desk.once(principal, caller, b"apply\n" + sent, register)

    return respond(request, await in_thread(work))


@get(
    "/projects/{project:str}/file",
    tags=["project file"],
    operation_id="project_file",
    responses=REFUSED,
)
async def file(request: Asked, project: FromPath[str]) -> Response[Revision]:
    """The revision in force, with its text; its tag is what `If-Match` takes."""
    desk: Desk = request.app.state.desk
    caller = caller_of(request)

    def work() -> Revision:
        desk.may(caller, Right.READ, project)
        return next(item for item in revisions(desk.workspace, project) if item.state == "active")

    found = await in_thread(work)
    answer = respond(request, Answer(status=200, body=encoded(found)))
    answer.headers["ETag"] = f'"r{found.number}"'
    return answer


@get("/project-schema", tags=["project file"], operation_id="schema", responses=REFUSED)
async def schema(request: Asked) -> Response[dict[str, Any]]:
    """The JSON Schema of the project file, for editors."""
    desk: Desk = request.app.state.desk
    caller = caller_of(request)
    await in_thread(lambda: desk.who(caller))
    return respond(request, Answer(status=200, body=encoded(json_schema())))


def _expected(header: str) -> int | None:
    if not header or header.strip() == "*":
        return None
    found = _EXPECTED.fullmatch(header.strip())
    if found is None:
        raise RequestRefused(f'If-Match is the tag of a revision, such as "r3", and not {header[:40]!r}')
    return int(found[1])


HANDLERS: list[Any] = [list_projects, validate, plan, apply, file, schema]
