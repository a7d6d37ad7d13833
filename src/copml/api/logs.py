"""What a server writes down of its requests: one JSON object a line, where that is asked for.

Invariant: no secret can be in it. Of a request it has the route's pattern and never the address as it was sent, no
header but the request's id, and no body.
"""

import json
import logging
import re
import secrets
import sys
import time
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from litestar.types import ASGIApp, Message, Receive, Scope, Send

from copml.clock import SystemClock
from copml.digest import instant

VARIABLE, JSON = "COPML_LOG", "json"
"""The variable of the environment that asks for it, and what it then holds."""
HEADER = b"x-request-id"
_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_LOG = logging.getLogger("copml.requests")


@dataclass(slots=True)
class Asking:
    """What becomes known of a request while it is answered."""

    account: str = ""
    status: int = 0


ASKING: ContextVar[Asking | None] = ContextVar("asking", default=None)
"""The request that is being answered; threads that work for it see the same one."""


class Lines(logging.Formatter):
    """A record as a line of JSON: its fields where it has some, else its message."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        fields = getattr(record, "fields", None)
        told: dict[str, object] = {"at": instant(SystemClock().now()), "level": record.levelname.lower()}
        told |= fields if isinstance(fields, dict) else {"event": record.name, "message": record.getMessage()}
        if record.exc_info is not None:
            told["exception"] = self.formatException(record.exc_info)
        return json.dumps(told, ensure_ascii=False)


def write_lines(environment: Mapping[str, str]) -> None:
    """Write what is logged to standard error as lines of JSON, where the environment asks for it."""
    if environment.get(VARIABLE, "").lower() != JSON:
        return
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Lines())
    logging.getLogger().handlers = [handler]
    _LOG.setLevel(logging.INFO)


class RequestLog:
    """ASGI middleware that gives every request an id, its answer the same, and writes down how it went."""

    def __init__(self, app: ASGIApp, **_: Any) -> None:
        """`app`: what answers."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request; an id that a proxy gave it is kept where it is plain."""
        if str(scope["type"]) != "http":
            await self._app(scope, receive, send)
            return
        asking, began = Asking(), time.perf_counter()
        given = dict(scope["headers"]).get(HEADER, b"")
        name: bytes = given if _ID.fullmatch(given) else secrets.token_hex(8).encode()

        async def named(message: Message) -> None:
            if message["type"] == "http.response.start":
                asking.status = message["status"]
                message["headers"] = [*message["headers"], (HEADER, name)]
            await send(message)

        before = ASKING.set(asking)
        try:
            await self._app(scope, receive, named)
        finally:
            ASKING.reset(before)
            _LOG.info("request", extra={"fields": _told(scope, asking, name, time.perf_counter() - began)})


def _told(scope: Scope, asking: Asking, name: bytes, seconds: float) -> dict[str, object]:
    client = scope.get("client")
    return {
        "event": "request",
        "request": name.decode(),
        "method": scope.get("method", ""),
        "route": scope.get("path_template") or "",
        "status": asking.status,
        "milliseconds": round(seconds * 1000, 1),
        "account": asking.account,
        "address": client[0] if client else "",
    }
