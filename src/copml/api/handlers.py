"""Handlers of the web framework, made of the table of routes.

Invariant: a handler reads a request, asks the desk in a thread, and answers; nothing is decided here. What the
framework checks and documents are the types of the use case's signature.
"""

import hashlib
import inspect
from collections.abc import Callable
from typing import Annotated, Any, TypeVar

import anyio
import msgspec
from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import BodyKwarg, PathParameter, QueryParameter

from copml.accounts import Principal
from copml.api.desk import Answer, Caller, Desk, encoded
from copml.api.jobs import Job, Work
from copml.api.problems import MEDIA_TYPE, Problem
from copml.api.routes import Route
from copml.errors import RequestRefused

COOKIE = "copml_session"
JSON, HTML = "application/json", "text/html; charset=utf-8"
PAGE, PAGE_MAX = 100, 1_000
THREADS = 16
_LIMITER = anyio.CapacityLimiter(THREADS)
REFUSALS = {
    400: "The request is not as this page asks for.",
    401: "Nobody is signed in.",
    403: "Whoever signed in may not do this, or there is no such project.",
    404: "There is no such thing.",
    409: "It cannot be done as things stand.",
    410: "It is no longer there.",
    412: "Something else is in force by now.",
    413: "The request is too large.",
    422: "What was sent cannot be used; the document says why.",
    429: "Too many requests.",
    503: "The state of the workspace cannot be reached or written now.",
}
REFUSED = {
    status: ResponseSpec(data_container=Problem, description=text, media_type=MEDIA_TYPE)
    for status, text in REFUSALS.items()
}
Asked = Request[Any, Any, Any]
T = TypeVar("T")


def handler(route: Route) -> HTTPRouteHandler:
    """The handler of one route."""
    fields = _fields(route)
    body = _body(route, fields) if route.method != "GET" and fields else None

    async def answer(request: Asked, project: str, **given: Any) -> Response[Any]:
        data = given.pop("data", None)
        said = {item.name: getattr(data, item.name) for item in route.parameters} if data is not None else given
        page: dict[str, Any] = {name: said.pop(name) for name in ("limit", "after_item") if name in said}
        named = {item.name: request.path_params.get(item.name, said.get(item.name)) for item in route.parameters}
        desk: Desk = request.app.state.desk
        caller = caller_of(request)
        sent = await request.body() if route.method != "GET" else b""

        def work() -> Answer:
            principal = desk.may(caller, route.right, project)
            asked = f"{route.method} {request.url.path}\n".encode() + sent
            return desk.once(principal, caller, asked, lambda: _done(desk, route, principal, project, named, page))

        return respond(request, await in_thread(work), HTML if route.answers == "page" else JSON)

    answer.__name__ = route.name
    answer.__doc__ = inspect.getdoc(route.use_case)
    _sign(answer, route, fields, body)
    make = get if route.method == "GET" else post
    status = 202 if route.answers == "job" else 201 if route.method == "POST" else 200
    return make(
        route.path,
        name=route.name,
        operation_id=route.name,
        status_code=status,
        tags=[route.tag],
        summary=(inspect.getdoc(route.use_case) or "").splitlines()[0],
        description=f"Takes the right `{route.right}`.",
        responses=REFUSED,
        media_type="text/html" if route.answers == "page" else JSON,
    )(answer)


def caller_of(request: Asked) -> Caller:
    """What a request says of who sends it."""
    scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
    key = request.headers.get("idempotency-key", "")
    if len(key) > 200:
        raise RequestRefused("an idempotency key has at most 200 characters")
    return Caller(
        token=credentials.strip() if scheme.lower() == "bearer" else "",
        cookie=request.cookies.get(COOKIE, ""),
        csrf=request.headers.get("x-csrf-token", ""),
        changes=request.method not in ("GET", "HEAD"),
        idempotency_key=key,
    )


async def in_thread(work: Callable[[], T]) -> T:
    """Do what may wait for a disk without holding up other requests."""
    return await anyio.to_thread.run_sync(work, limiter=_LIMITER)


async def attend(request: Asked, work: Callable[[Desk, Caller], Answer]) -> Response[Any]:
    """Answer a request by what is worked out at the desk, in a thread, for whoever sends it."""
    desk: Desk = request.app.state.desk
    caller = caller_of(request)
    return respond(request, await in_thread(lambda: work(desk, caller)))


def respond(request: Asked, answer: Answer, media_type: str = JSON) -> Response[Any]:
    """An answer as a response; one that whoever asks has already is not sent again."""
    headers = {"Cache-Control": "no-store"}
    if request.method == "GET":
        tag = f'"{hashlib.sha256(answer.body).hexdigest()[:32]}"'
        headers |= {"ETag": tag, "Cache-Control": "private, no-cache"}
        if tag in {item.strip() for item in request.headers.get("if-none-match", "").split(",")}:
            return Response(None, status_code=304, headers=headers)
    return Response(answer.body, status_code=answer.status, media_type=media_type, headers=headers)


def _done(
    desk: Desk, route: Route, principal: Principal, project: str, named: dict[str, Any], page: dict[str, Any]
) -> Answer:
    more = {"by": principal.name} if route.takes_name else {}
    workspace = desk.workspace.acting(principal)
    if route.answers == "job":

        def work(tell: Callable[[str, int, int | None], None]) -> Any:
            return route.use_case(workspace.showing(tell), project, **named, **more)

        return Answer(status=202, body=encoded(_started(desk, route, principal, project, work)))
    found = route.use_case(workspace, project, **named, **more)
    if route.answers == "page":
        return Answer(status=200, body=found.encode())
    if route.answers == "list":
        return Answer(status=200, body=encoded(paged(found, **page)))
    return Answer(status=201 if route.method == "POST" else 200, body=encoded(found))


def _started(desk: Desk, route: Route, principal: Principal, project: str, work: Work) -> Job:
    return desk.jobs.start(project, route.name, principal.name, work)


def paged(items: Any, limit: int = PAGE, after_item: int = 0) -> dict[str, Any]:
    """A page of a list: the items after so many, and where the next page begins; null on the last."""
    end = after_item + limit
    return {"items": items[after_item:end], "next": end if end < len(items) else None, "total": len(items)}


def _fields(route: Route) -> list[inspect.Parameter]:
    return [item for item in route.parameters if f"{{{item.name}:" not in route.path]


def _body(route: Route, fields: list[inspect.Parameter]) -> type[msgspec.Struct]:
    """The type of the body that a changing request has: unknown fields are refused."""
    known: list[Any] = [
        (item.name, item.annotation) if item.default is item.empty else (item.name, item.annotation, item.default)
        for item in sorted(fields, key=lambda item: item.default is not item.empty)
    ]
    return msgspec.defstruct(
        f"{route.name.title().replace('_', '')}Request", known, kw_only=True, frozen=True, forbid_unknown_fields=True
    )


def _sign(answer: Any, route: Route, fields: list[inspect.Parameter], body: type[msgspec.Struct] | None) -> None:
    """Give a handler the signature that its route asks for, from which the framework reads and documents requests."""
    keyword = inspect.Parameter.KEYWORD_ONLY
    parameters = [inspect.Parameter("request", keyword, annotation=Asked), _named("project", str)]
    parameters += [_named(item.name, item.annotation) for item in route.parameters if item not in fields]
    if body is not None:
        parameters.append(inspect.Parameter("data", keyword, annotation=Annotated[body, BodyKwarg()]))
    elif route.method == "GET":
        parameters += [
            item.replace(kind=keyword, annotation=Annotated[item.annotation, QueryParameter()]) for item in fields
        ]
    if route.answers == "list":
        limit = QueryParameter(ge=1, le=PAGE_MAX, description="how many items")
        after = QueryParameter(ge=0, le=2**53, description="after how many items the page begins")
        parameters += [
            inspect.Parameter("limit", keyword, annotation=Annotated[int, limit], default=PAGE),
            inspect.Parameter("after_item", keyword, annotation=Annotated[int, after], default=0),
        ]
    returned: Any = _answered(route)
    whole: Any = Response[returned]
    answer.__signature__ = inspect.Signature(parameters, return_annotation=whole)
    answer.__annotations__ = {item.name: item.annotation for item in parameters} | {"return": whole}


def _named(name: str, kind: Any) -> inspect.Parameter:
    """A part of the address."""
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=Annotated[kind, PathParameter()])


def _answered(route: Route) -> Any:
    if route.answers == "job":
        return Job
    if route.answers == "page":
        return str
    if route.answers == "list":
        return _page_of(route)
    return route.returns


def _page_of(route: Route) -> Any:
    (item,) = {kind for kind in route.returns.__args__ if kind is not Ellipsis}
    items: Any = list.__class_getitem__(item)
    return msgspec.defstruct(
        f"PageOf{route.name.title().replace('_', '')}",
        [("items", items), ("next", int | None), ("total", int)],
        kw_only=True,
    )
