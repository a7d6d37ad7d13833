"""Every request is a line that says who asked what and how it ended, and that no secret is in."""

import json
import logging
import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from tests.api.conftest import Plane

from copml.api import application
from copml.api.logs import JSON, VARIABLE, Lines, RequestLog


def asked(plane: Plane, *requests: httpx.Request) -> list[httpx.Response]:
    """What the application answers, below its log."""

    async def ask() -> list[httpx.Response]:
        transport = httpx.ASGITransport(RequestLog(application(plane.folder / ".copml")))
        async with httpx.AsyncClient(transport=transport, base_url="http://plane") as client:
            return [await client.send(request) for request in requests]

    return anyio.run(ask)


def request(path: str, token: str = "", **headers: str) -> httpx.Request:
    known = {"Authorization": f"Bearer {token}"} if token else {}
    return httpx.Request("GET", f"http://plane{path}", headers={**known, **headers})


def lines(caplog: pytest.LogCaptureFixture) -> list[Any]:
    return [json.loads(Lines().format(item)) for item in caplog.records if item.name.startswith("copml.")]


def test_a_line_says_who_asked_what_and_how_it_ended(plane: Plane, caplog: pytest.LogCaptureFixture) -> None:
    token = plane.tokens["science"]
    with caplog.at_level(logging.INFO):
        asked(plane, request("/api/v1/projects/club/status", token), request("/api/v1/projects/other/status", token))
        asked(plane, request("/api/v1/projects"), request(f"/there/is/none?token={token}"))
    own, other, nobody, nowhere = lines(caplog)
    assert (own["status"], own["account"], own["method"]) == (200, "science@club.example", "GET")
    assert own["route"] == "/api/v1/projects/{project}/status"
    assert own["milliseconds"] > 0
    assert (other["status"], other["account"]) == (403, "science@club.example")
    assert (nobody["status"], nobody["account"]) == (401, "")
    assert (nowhere["status"], nowhere["route"]) == (404, "")
    assert token not in json.dumps([own, other, nobody, nowhere])


@pytest.mark.parametrize("given", ["", "a b", "x" * 65, 'a"},{"level":"error'])
def test_an_id_of_a_request_that_is_not_plain_is_replaced(
    plane: Plane, caplog: pytest.LogCaptureFixture, given: str
) -> None:
    with caplog.at_level(logging.INFO):
        (answer,) = asked(plane, request("/livez", **{"X-Request-Id": given}))
    assert answer.headers["x-request-id"] == lines(caplog)[0]["request"] != given


def test_a_plain_id_is_kept(plane: Plane, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        (answer,) = asked(plane, request("/livez", **{"X-Request-Id": "from-the-proxy.7"}))
    assert answer.headers["x-request-id"] == lines(caplog)[0]["request"] == "from-the-proxy.7"


def test_what_else_is_logged_is_a_line_too() -> None:
    try:
        raise RuntimeError("two\nlines")
    except RuntimeError:
        record = logging.LogRecord("copml.api", logging.ERROR, "", 0, "a %s", ("defect",), sys.exc_info())
    text = Lines().format(record)
    assert "\n" not in text
    told = json.loads(text)
    assert (told["level"], told["message"]) == ("error", "a defect")
    assert "RuntimeError: two" in told["exception"]


@pytest.mark.parametrize(("asked_for", "is_written"), [(JSON, True), ("", False)])
def test_a_server_writes_them_where_it_is_asked_to(prepared: Path, asked_for: str, is_written: bool) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "copml.api.server", str(prepared / ".copml"), "127.0.0.1", str(port)]
    environment = {**os.environ, VARIABLE: asked_for}
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            try:
                assert httpx.get(f"http://127.0.0.1:{port}/livez", timeout=5).headers["x-request-id"]
                break
            except httpx.TransportError:
                time.sleep(0.2)
        process.terminate()
        _, told = process.communicate(timeout=60)
    found = [json.loads(line) for line in told.splitlines() if line.startswith("{")]
    assert any(item.get("route") == "/livez" and item["status"] == 200 for item in found) is is_written
