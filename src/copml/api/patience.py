"""How long a request may take to arrive.

Invariant: a body that has not arrived whole in time ends the request; a client that sends a byte now and then holds
nothing up.
"""

from typing import Any

import anyio
from litestar.exceptions import HTTPException
from litestar.types import ASGIApp, Receive, Scope, Send

SECONDS = 20.0


class Patience:
    """ASGI middleware that limits the time until a request's body is whole."""

    def __init__(self, app: ASGIApp, **_: Any) -> None:
        """`app`: what answers."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or end it with 408."""
        if str(scope["type"]) != "http":
            await self._app(scope, receive, send)
            return
        until = anyio.current_time() + SECONDS
        is_whole = False

        async def in_time() -> Any:
            nonlocal is_whole
            if is_whole:
                return await receive()
            with anyio.move_on_after(until - anyio.current_time()):
                message = await receive()
                is_whole = message["type"] != "http.request" or not message.get("more_body", False)
                return message
            raise HTTPException("the body did not arrive in time", status_code=408)

        await self._app(scope, in_time, send)
