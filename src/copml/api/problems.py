"""Errors as problem documents (RFC 9457): the code and the words that the command line has, and a status.

Invariant: whatever goes wrong is answered by one of these; what a defect says stays in the server's log.
"""

import logging
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException

from copml import errors
from copml.errors import CopmlError, ProjectInvalid

MEDIA_TYPE = "application/problem+json"
LOG = logging.getLogger("copml.api")
_STATUS: dict[type[CopmlError], int] = {
    errors.NotSignedIn: 401,
    errors.SignInRefused: 401,
    errors.Forbidden: 403,
    errors.NotInRole: 403,
    errors.FourEyes: 403,
    errors.IdentityAsserted: 403,
    errors.AccountUnknown: 404,
    errors.ProjectUnknown: 404,
    errors.JobUnknown: 404,
    errors.NotDecidable: 409,
    errors.AccountUnusable: 409,
    errors.SweepHeld: 409,
    errors.InvitationRefused: 410,
    errors.RevisionMoved: 412,
    errors.SignInLocked: 429,
    errors.StateUnavailable: 503,
    errors.DiskFull: 503,
    errors.WorkspaceReadOnly: 503,
}
"""The status of each error; 422 of all others."""
_CODES = {400: "COPML-181", 413: "COPML-181", 404: "COPML-181", 405: "COPML-181", 408: "COPML-181", 429: "COPML-181"}


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """What went wrong. `code` is in `docs/reference/errors.md`; `problems` are those of a project file."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    problems: list[dict[str, Any]] = []


def status_of(error: CopmlError) -> int:
    """The HTTP status of an error."""
    return next((status for kind, status in _STATUS.items() if isinstance(error, kind)), 422)


def from_copml(_: Request[Any, Any, Any], error: CopmlError) -> Response[bytes]:
    """What a use case refused."""
    headers = {"Retry-After": str(error.seconds)} if isinstance(error, errors.SignInLocked) else {}
    if isinstance(error, errors.NotSignedIn):
        headers["WWW-Authenticate"] = 'Bearer realm="copml"'
    found = (
        [
            {"line": item.line, "column": item.column, "where": item.where, "message": item.message, "hint": item.hint}
            for item in error.problems
        ]
        if isinstance(error, ProjectInvalid)
        else []
    )
    return answer(status_of(error), type(error).__name__, str(error), error.code, headers=headers, problems=found)


def from_http(_: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
    """What the framework refused: no such address, a body that is not what is asked for."""
    detail = error.detail
    if isinstance(error, ValidationException) and isinstance(error.extra, list):
        detail = "; ".join(_named(item) for item in error.extra) or detail
    code = _CODES.get(error.status_code, "COPML-181")
    headers = {key: value for key, value in (error.headers or {}).items() if key.lower() in ("allow", "retry-after")}
    return answer(error.status_code, "RequestRefused", detail, code, headers=headers)


def from_defect(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """A defect of ours."""
    LOG.exception("a defect, while answering %s %s", request.method, request.url.path, exc_info=error)
    return answer(500, "Defect", "a defect of copml; the server's log has it, please report it", "COPML-000")


def from_depth(_: Request[Any, Any, Any], __: RecursionError) -> Response[bytes]:
    """A body that is nested deeper than anything that is asked for."""
    return answer(400, "RequestRefused", "the body is nested too deep", "COPML-181")


def answer(
    status: int, title: str, detail: str, code: str, *, headers: dict[str, str] | None = None, **more: Any
) -> Response[bytes]:
    """A problem document."""
    body = Problem(type=f"urn:copml:error:{code}", title=title, status=status, detail=detail, code=code, **more)
    return Response(msgspec.json.encode(body), status_code=status, media_type=MEDIA_TYPE, headers=headers)


def _named(item: Any) -> str:
    if not isinstance(item, dict):
        return str(item)
    return f"{item.get('key', '')}: {item.get('message', '')}".strip(": ")


HANDLERS: dict[Any, Any] = {
    CopmlError: from_copml,
    HTTPException: from_http,
    RecursionError: from_depth,
    Exception: from_defect,
}
