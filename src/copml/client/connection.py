"""Requests to a server: sent with a token, tried again where that is safe, answered with values or with our own errors.

Invariant: what is tried again is a reading, or carries the key of the attempt before. A token goes nowhere but to its
server: redirects are not followed.
"""

import time
import uuid
from collections.abc import Iterator, Mapping
from typing import Any

import httpx
import msgspec

from copml.errors import ServerRefused

PREFIX = "/api/v1"
ATTEMPTS, WAIT_SECONDS = 4, 0.5
TIMEOUT = httpx.Timeout(120.0, connect=10.0)
AGAIN = (502, 503, 504)


class Connection:
    """A connection to a server, as whoever has the token."""

    def __init__(self, server: str, token: str | None, transport: httpx.BaseTransport | None = None) -> None:
        """Nothing is sent yet. `transport`: how requests are sent, if not over the network."""
        self.server = server.rstrip("/")
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        try:
            self._http = httpx.Client(
                base_url=self.server + PREFIX, headers=headers, timeout=TIMEOUT, transport=transport
            )
        except (httpx.InvalidURL, ValueError) as error:
            raise ServerRefused(self.server, f"this is no address of a server: {error}") from error

    def get(self, path: str, **query: Any) -> bytes:
        """What is at an address.

        Raises:
            ServerRefused: when it cannot be had, with the server's code and words.
        """
        known = {key: value for key, value in query.items() if value is not None}
        return self._send("GET", path, params=known).content

    def post(self, path: str, body: Any, *, headers: Mapping[str, str] | None = None) -> bytes:
        """What a change is answered; raises as `get` does."""
        sent = {"Idempotency-Key": uuid.uuid4().hex, "Content-Type": "application/json", **(headers or {})}
        return self._send("POST", path, content=msgspec.json.encode(body, enc_hook=str), headers=sent).content

    def delete(self, path: str, *, headers: Mapping[str, str] | None = None) -> bytes:
        """What taking something away is answered; raises as `get` does."""
        return self._send("DELETE", path, headers=headers).content

    def events(self, path: str) -> Iterator[tuple[str, bytes]]:
        """Server-sent events: the kind and the data of each; raises as `get` does."""
        with self._http.stream("GET", path, timeout=httpx.Timeout(60.0)) as answer:
            if answer.is_error:
                answer.read()
                raise self._refused(answer)
            kind, data = "", b""
            for line in answer.iter_lines():
                name, _, value = line.partition(": ")
                if name == "event":
                    kind = value
                elif name == "data":
                    data = value.encode()
                elif not line and data:
                    yield kind, data
                    kind, data = "", b""

    def close(self) -> None:
        """Let go of the network."""
        self._http.close()

    def _send(self, method: str, path: str, **request: Any) -> httpx.Response:
        for attempt in range(1, ATTEMPTS + 1):
            is_last = attempt == ATTEMPTS or method == "DELETE"
            try:
                answer = self._http.request(method, path, **request)
            except httpx.TransportError as error:
                if is_last:
                    raise ServerRefused(self.server, f"it cannot be reached: {error}") from error
            else:
                if answer.status_code not in AGAIN or is_last:
                    if answer.is_error or answer.is_redirect:
                        raise self._refused(answer)
                    return answer
            time.sleep(WAIT_SECONDS * 2 ** (attempt - 1))
        raise AssertionError("the last attempt returns or raises")

    def _refused(self, answer: httpx.Response) -> ServerRefused:
        try:
            found = msgspec.json.decode(answer.content)
            return ServerRefused(self.server, str(found["detail"]), told=str(found["code"]))
        except (msgspec.DecodeError, KeyError, TypeError):
            return ServerRefused(self.server, f"it answered {answer.status_code}, and nothing that copml says")
