"""What a hostile client tries: each is refused, and changes nothing."""

import logging
from typing import Any

import pytest
from tests.api.conftest import PASSWORD, Plane

from copml.api.assembly import BODY_MAX
from copml.api.handlers import COOKIE
from copml.app import Workspace

pytestmark = pytest.mark.slow
BUSINESS = {"name": "business@club.example", "password": PASSWORD}


def signed_in(plane: Plane, **headers: str) -> Any:
    return plane.http.post("/api/v1/session", json=BUSINESS, headers=headers)


def test_a_session_begins_with_a_cookie_of_its_own(plane: Plane) -> None:
    plane.http.cookies.set(COOKIE, "a-cookie-that-the-attacker-knows")
    answer = signed_in(plane)
    given = answer.headers["set-cookie"]
    assert answer.status_code == 201
    assert "a-cookie-that-the-attacker-knows" not in given
    assert all(word in given for word in ("HttpOnly", "SameSite=strict", "Path=/"))
    again = signed_in(plane).headers["set-cookie"]
    assert again.split(";")[0] != given.split(";")[0]


def test_a_browser_changes_nothing_without_the_secret_of_its_session(plane: Plane) -> None:
    csrf = signed_in(plane).json()["csrf"]
    note = {"text": "hello"}
    for headers in ({}, {"X-CSRF-Token": ""}, {"X-CSRF-Token": "wrong"}):
        assert plane.http.post("/api/v1/projects/club/notes", json=note, headers=headers).status_code == 403
    assert plane.http.get("/api/v1/projects/club/notes").json()["items"] == []
    sent = plane.http.post("/api/v1/projects/club/notes", json=note, headers={"X-CSRF-Token": csrf})
    assert sent.status_code == 201
    assert plane.http.delete("/api/v1/session").status_code == 403
    cookie = plane.http.cookies.get(COOKIE)
    assert plane.http.delete("/api/v1/session", headers={"X-CSRF-Token": csrf}).status_code == 204
    plane.http.cookies.set(COOKIE, str(cookie))
    assert plane.http.get("/api/v1/session").status_code == 401


def test_guessing_a_password_is_slowed_down_and_tells_nothing(plane: Plane) -> None:
    wrong = {"name": "data@club.example", "password": "not it"}
    answers = [plane.http.post("/api/v1/session", json=wrong) for _ in range(6)]
    assert [item.status_code for item in answers] == [401] * 5 + [429]
    assert int(answers[-1].headers["retry-after"]) > 0
    right = {"name": "data@club.example", "password": PASSWORD}
    assert plane.http.post("/api/v1/session", json=right).status_code == 429
    nobody = plane.http.post("/api/v1/session", json={"name": "nobody@club.example", "password": "not it"})
    assert nobody.json() == answers[0].json()


@pytest.mark.parametrize(
    "path",
    [
        "/projects/..%2f..%2fetc%2fpasswd/status",
        "/projects/%2e%2e/file",
        "/projects/club%00/status",
        "/projects/club/jobs/..%2f..%2fx",
        "/..%2f..%2f..%2fetc/passwd",
        "/projects/club/../../../livez",
    ],
)
def test_a_path_leads_nowhere_but_to_what_it_names(plane: Plane, path: str) -> None:
    answer = plane.ask("GET", path, "data")
    assert answer.status_code in (400, 403, 404)
    assert "root:" not in answer.text


@pytest.mark.parametrize("value", ["x\r\nSet-Cookie: a=b", "x\nX-Injected: 1"])
def test_nothing_that_is_sent_becomes_a_header(plane: Plane, value: str) -> None:
    answer = plane.ask("POST", "/projects/club/notes", "data", json={"text": value})
    assert answer.status_code == 201
    assert not {"set-cookie", "x-injected"} & {*answer.headers}
    why = plane.ask("GET", "/projects/club/reasons", "data", params={"subject": value})
    assert why.status_code < 500
    assert not {"set-cookie", "x-injected"} & {*why.headers}


def test_a_large_body_is_refused(plane: Plane) -> None:
    answer = plane.ask("POST", "/projects/problems", "data", json={"text": "x" * (BODY_MAX + 1)})
    assert answer.status_code == 413
    assert answer.json()["code"] == "COPML-181"


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", "application/json"),
        (b"{", "application/json"),
        (b"[]", "application/json"),
        (b'{"text": 7}', "application/json"),
        (b'{"text": "x", "by": "business@club.example"}', "application/json"),
        (b'{"text": "\\ud800"}', "application/json"),
        (b"text=x", "application/x-www-form-urlencoded"),
        (b"\xff\xfe", "text/plain"),
        (b"[" * 100_000, "application/json"),
    ],
)
def test_a_body_that_is_not_asked_for_is_refused_with_words(plane: Plane, body: bytes, kind: str) -> None:
    answer = plane.ask("POST", "/projects/club/notes", "data", content=body, headers={"Content-Type": kind})
    assert 400 <= answer.status_code < 500, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"]


@pytest.mark.parametrize("shown", ["", "x", "copml_", "copml_0000000000000000_" + "a" * 43, "Bearer", "\x7f" * 40])
def test_what_is_no_token_signs_nobody_in(plane: Plane, shown: str) -> None:
    for scheme in ("Bearer", "Basic", "bearer"):
        answer = plane.ask("GET", "/projects", headers={"Authorization": f"{scheme} {shown}"})
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, 'Bearer realm="copml"')


def test_a_token_cannot_make_a_wider_one(plane: Plane) -> None:
    narrow = plane.ask("POST", "/tokens", "business", json={"rights": ["read"], "projects": ["club"]}).json()["secret"]
    headers = {"Authorization": f"Bearer {narrow}"}
    wider = plane.ask("POST", "/tokens", json={"rights": ["decide"]}, headers=headers)
    assert (wider.status_code, wider.json()["code"]) == (422, "COPML-178")
    same = plane.ask("POST", "/tokens", json={}, headers=headers).json()["token"]
    assert (same["rights"], same["projects"]) == (["read"], ["club"])
    note = plane.ask("POST", "/projects/club/notes", json={"text": "x"}, headers=headers)
    assert note.status_code == 403
    assert plane.ask("GET", "/projects/other/status", headers=headers).status_code == 403


def test_no_secret_is_in_the_log(plane: Plane, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        signed_in(plane)
        issued = plane.ask("POST", "/tokens", "data", json={}).json()["secret"]
        plane.ask("GET", f"/projects?token={issued}", headers={"Authorization": f"Bearer {issued}"})
    ours = "\n".join(record.getMessage() for record in caplog.records if not record.name.startswith("httpx"))
    assert PASSWORD not in ours
    assert issued not in ours


def test_every_answer_tells_browsers_not_to_guess_or_frame(plane: Plane) -> None:
    for answer in (plane.ask("GET", "/projects", "data"), plane.ask("GET", "/projects"), plane.ask("GET", "/nope")):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_a_defect_tells_nothing_of_itself(plane: Plane, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: Workspace) -> list[str]:
        raise RuntimeError("the secret inside")

    monkeypatch.setattr(Workspace, "projects", broken)
    answer = plane.ask("GET", "/projects", "data")
    assert (answer.status_code, answer.json()["code"]) == (500, "COPML-000")
    assert "secret" not in answer.text
