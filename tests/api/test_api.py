"""The control plane: decisions by signed-in people, files, jobs, pages, keys, tags; and the client over all of it."""

import inspect
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.api.conftest import PASSWORD, Plane

from copml.access import KeptAnswer
from copml.api import ROUTES
from copml.app import Workspace
from copml.client import Client
from copml.clock import SystemClock
from copml.errors import ServerRefused
from copml.ledger.log import leaf
from copml.records import Decision, Entry
from copml.spec.variant import varied

pytestmark = pytest.mark.slow


class Within(httpx.BaseTransport):
    """Sends a client's requests to the application in this process."""

    def __init__(self, plane: Plane) -> None:
        self.plane = plane

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        sent = {name: value for name, value in request.headers.items() if name != "host"}
        found = self.plane.http.request(request.method, str(request.url), headers=sent, content=request.read())
        return httpx.Response(found.status_code, headers=found.headers, content=found.content)


def client(plane: Plane, who: str) -> Client:
    return Client("http://testserver.local", plane.tokens[who], transport=Within(plane))


def entries(plane: Plane, kind: str) -> list[dict[str, Any]]:
    with Workspace.open(plane.folder / ".copml") as workspace, workspace.stages.state.read() as reader:
        found = [item for item in reader.find(Entry) if item.kind == kind]
        assert all(leaf(item) for item in found)
        return [json.loads(item.record)["record"] for item in found]


def test_a_version_is_approved_by_a_signed_in_person_and_the_ledger_says_who(plane: Plane) -> None:
    with client(plane, "business") as business, client(plane, "science") as science:
        with pytest.raises(ServerRefused, match="science") as refused:
            science.approve("club", "v1", reason="I trained it")
        assert refused.value.code == "COPML-091"
        decision = business.approve("club", "v1", reason="good enough")
        assert isinstance(decision, Decision)
        assert (decision.by, decision.identity) == ("business@club.example", "authenticated")
        steps = science.run("club")
        assert "deploy/v1" in {step.key for step in steps}
        verdict = next(item for item in business.check("club") if item.id == "HO-2")
    assert verdict.verdict == "met", verdict.reason
    (kept,) = entries(plane, "decision")
    assert (kept["by"], kept["identity"]) == ("business@club.example", "authenticated")


def test_a_name_alone_decides_nothing_where_people_have_accounts(plane: Plane) -> None:
    from tests.commands import refused

    where = ["--project", "club", "--workspace", str(plane.folder / ".copml")]
    named = ["--reason", "x", "--by", "business@club.example"]
    refused(plane.folder / "club", "approve", "v1", *named, *where, code="COPML-179")


def test_the_client_has_a_method_for_each_route_with_its_parameters() -> None:
    for route in ROUTES:
        method = inspect.signature(getattr(Client, route.name)).parameters
        own = set(method) - {"self", "project", "progress"}
        assert own == {item.name for item in route.parameters}, route.name


def test_every_reading_route_gives_the_types_that_the_use_case_gives(plane: Plane) -> None:
    with client(plane, "operations") as asked, Workspace.open(plane.folder / ".copml") as workspace:
        for route in ROUTES:
            if route.method == "GET" and route.right == "read" and route.name not in ("why", "report_page", "advise"):
                there = asked.ask(route.name, "club")
                here = route.use_case(workspace, "club")
                if route.name not in ("status", "check"):  # both tell the time
                    assert list(there) == list(here) if route.answers == "list" else there == here, route.name
        assert "EF-3" in asked.why("club", "EF-3")
        assert asked.report_page("club").startswith("<!doctype html>")
        assert [item.advice.topic for item in asked.advise("club", "serving")] == ["serving"]


def test_a_file_is_applied_against_the_revision_that_its_author_saw(plane: Plane) -> None:
    file = plane.ask("GET", "/projects/club/file", "data")
    assert file.headers["etag"] == '"r1"'
    text = varied(file.json()["text"], {("business", "decision"): "A coach writes to members at risk"})
    with client(plane, "data") as data:
        plan = data.plan_text(text)
        assert (plan.revision, [item.path for item in plan.differences]) == (1, ["business.decision"])
        made = data.apply_text(text, expected=1)
        assert (made.number, made.applied_by, made.state) == (2, "data@club.example", "active")
        with pytest.raises(ServerRefused, match="r2 is in force") as moved:
            data.apply_text(file.json()["text"], expected=1)
        assert moved.value.code == "COPML-180"
    assert plane.ask("POST", "/projects/revisions", "business", json={"text": "copml: ["}).status_code == 422
    wrong = plane.ask("POST", "/projects/problems", "audit", json={"text": text.replace("copml: 1", "copml: 9")})
    assert wrong.json()[0]["line"] >= 1


def test_somebody_new_in_a_role_waits_for_approval(plane: Plane) -> None:
    text = plane.ask("GET", "/projects/club/file", "data").json()["text"]
    people = {("people", "business"): ["business@club.example", "data@club.example"]}
    with client(plane, "data") as data, client(plane, "business") as business:
        made = data.apply_text(varied(text, people))
        assert made.state == "proposed"
        with pytest.raises(ServerRefused):
            data.approve("club", "r2", reason="I want it")
        business.approve("club", "r2", reason="she is my deputy")
        data.retire("club", reason="the club closes")


def test_a_new_project_is_applied_by_whoever_its_file_names(plane: Plane) -> None:
    text = plane.ask("GET", "/projects/club/file", "data").json()["text"]
    fresh = varied(text, {("project",): "fresh"})
    assert plane.ask("POST", "/projects/revisions", "stranger", json={"text": fresh}).status_code == 403
    assert plane.ask("POST", "/projects/revisions", "audit", json={"text": fresh}).status_code == 403
    assert plane.ask("POST", "/projects/revisions", "science", json={"text": fresh}).status_code == 201
    stolen = varied(text, {("people", "business"): "stranger@else.example"})
    assert plane.ask("POST", "/projects/revisions", "stranger", json={"text": stolen}).status_code == 403


def test_a_repeated_request_with_a_key_is_done_once(plane: Plane) -> None:
    for _ in range(3):
        answer = plane.ask(
            "POST", "/projects/club/notes", "data", json={"text": "late"}, headers={"Idempotency-Key": "k"}
        )
        assert answer.status_code == 201
    other = plane.ask("POST", "/projects/club/notes", "data", json={"text": "else"}, headers={"Idempotency-Key": "k"})
    assert (other.status_code, other.json()["code"]) == (422, "COPML-181")
    theirs = plane.ask("POST", "/projects/club/notes", "audit", json={"text": "x"}, headers={"Idempotency-Key": "k"})
    assert theirs.status_code == 403
    with client(plane, "data") as data:
        assert [item.text for item in data.notes("club")] == ["late"]


def test_answers_are_kept_for_a_day_and_what_never_ended_for_a_quarter_of_an_hour(plane: Plane) -> None:
    now = SystemClock().now()
    ages = {"old": (201, 25), "young": (201, 23), "abandoned": (0, 0.3), "going-on": (0, 0.2)}
    with Workspace.open(plane.folder / ".copml") as workspace, workspace.stages.state.write() as tx:
        for key, (status, hours) in ages.items():
            at = now - timedelta(hours=hours)
            tx.put(KeptAnswer(account="data@club.example", key=key, request="", status=status, body=b"", at=at))
        tx.put(KeptAnswer(account="else", key="old", request="", status=201, body=b"", at=now - timedelta(hours=25)))
    headers = {"Idempotency-Key": "new"}
    assert plane.ask("POST", "/projects/club/notes", "data", json={"text": "x"}, headers=headers).status_code == 201
    with Workspace.open(plane.folder / ".copml") as workspace, workspace.stages.state.read() as reader:
        kept = {(item.account, item.key) for item in reader.find(KeptAnswer)}
    assert kept == {("else", "old"), *(("data@club.example", key) for key in ("young", "going-on", "new"))}


def test_lists_come_in_pages_and_unchanged_answers_are_not_sent_again(plane: Plane) -> None:
    with client(plane, "data") as data:
        for number in range(5):
            data.note("club", f"note {number} for @Ann and @bob@club.example", subject="version", subject_id="v1")
        assert [item.mentions for item in data.notes("club")] == [("ann", "bob@club.example")] * 5
    first = plane.ask("GET", "/projects/club/notes", "audit", params={"limit": 2})
    assert (len(first.json()["items"]), first.json()["next"], first.json()["total"]) == (2, 2, 5)
    last = plane.ask("GET", "/projects/club/notes", "audit", params={"limit": 2, "after_item": 4})
    assert (len(last.json()["items"]), last.json()["next"]) == (1, None)
    tag = {"If-None-Match": first.headers["etag"]}
    again = plane.ask("GET", "/projects/club/notes", "audit", params={"limit": 2}, headers=tag)
    assert (again.status_code, again.content) == (304, b"")
    assert plane.ask("GET", "/projects/club/notes", "audit", params={"limit": 0}).status_code == 400


def test_reading_rows_about_people_is_an_entry_of_the_ledger(plane: Plane) -> None:
    with client(plane, "business") as business, client(plane, "science") as science:
        business.approve("club", "v1", reason="good enough")
        science.run("club")
    with client(plane, "audit") as audit:
        rows = audit.predictions("club", rows=7)
        more = audit.predictions("club", rows=7, after=rows[-1].id)
        one = audit.predictions("club", entity=rows[0].entity)
    assert len({item.id for item in (*rows, *more)}) == 14
    assert {item.entity for item in one} == {rows[0].entity}
    assert 0 <= rows[0].answer["probability"] <= 1
    assert rows[0].input
    readings = entries(plane, "reading")
    assert [(item["by"], item["rows"]) for item in readings] == [("audit@club.example", n) for n in (7, 7, len(one))]


def test_a_deputy_decides_in_their_own_name_and_only_while_they_are_one(plane: Plane) -> None:
    with client(plane, "business") as business, client(plane, "operations") as deputy:
        with pytest.raises(ServerRefused) as before:
            deputy.approve("club", "v1", reason="in her place")
        assert before.value.code == "COPML-091"
        made = business.delegate(
            "club", "business", "operations@club.example", until=httpx_now(days=2), reason="two days away"
        )
        assert deputy.approve("club", "v1", reason="in her place").by == "operations@club.example"
        business.end_delegation("club", made.id)
        with pytest.raises(ServerRefused) as after:
            deputy.retire("club", reason="why not")
        assert after.value.code == "COPML-091"


def httpx_now(days: int) -> Any:
    from datetime import UTC, datetime, timedelta

    return datetime.now(UTC) + timedelta(days=days)


def test_as_many_people_approve_as_the_project_asks_for(plane: Plane) -> None:
    text = plane.ask("GET", "/projects/club/file", "data").json()["text"]
    two = {
        ("people", "business"): ["business@club.example", "operations@club.example"],
        ("deployment", "approval", "people"): 2,
    }
    with client(plane, "data") as data, client(plane, "business") as one, client(plane, "operations") as other:
        data.apply_text(varied(text, two))
        one.approve("club", "r2", reason="two pairs of eyes")
        one.approve("club", "v1", reason="fine")
        with pytest.raises(ServerRefused, match="1 more person must"):
            one.approve("club", "v1", reason="fine again")
        assert next(item for item in one.versions("club") if item.name == "v1").state == "candidate"
        other.approve("club", "v1", reason="fine too")
        assert next(item for item in one.versions("club") if item.name == "v1").state == "approved"


def test_a_job_says_how_far_it_is_and_ends(plane: Plane) -> None:
    job = plane.ask("POST", "/projects/club/runs", "data", json={"part": "ingest"})
    assert job.status_code == 202
    seen: list[tuple[str, int, int | None]] = []
    with client(plane, "data") as data:
        steps = data.run("club", part="ingest", progress=lambda *told: seen.append(told))
        assert all(step.outcome == "done" for step in steps)
    with plane.http.stream(
        "GET", f"/api/v1/projects/club/jobs/{job.json()['id']}/events",
        headers={"Authorization": f"Bearer {plane.tokens['audit']}"},
    ) as stream:  # fmt: skip
        assert "event: done" in "\n".join(stream.iter_lines())
    elsewhere = plane.ask("GET", f"/projects/club/jobs/{job.json()['id']}", "stranger")
    assert elsewhere.status_code == 403
    assert plane.ask("GET", "/projects/club/jobs/none", "data").status_code == 404


def test_the_description_has_every_address_and_is_open_api_3_1(plane: Plane) -> None:
    found = plane.ask("GET", "/schema/openapi.json").json()
    assert found["openapi"].startswith("3.1")
    assert {route.name for route in ROUTES} <= {
        item["operationId"] for methods in found["paths"].values() for item in methods.values()
    }


def test_an_administrator_manages_people_and_is_never_the_last_to_go(plane: Plane) -> None:
    with client(plane, "administrator") as admin, client(plane, "data") as data:
        with pytest.raises(ServerRefused):
            data.invite("eve@else.example")
        with pytest.raises(ServerRefused, match="only administrator"):
            admin.change_account("admin", administrator=False)
        made = admin.invite("New@Club.example")
        assert made.account.name == "new@club.example"
        assert made.invitation is not None
        admin.accept_invitation(made.invitation, PASSWORD)
        with pytest.raises(ServerRefused, match="was used"):
            admin.accept_invitation(made.invitation, PASSWORD)
        assert admin.change_account("data@club.example", active=False).active is False
        with pytest.raises(ServerRefused, match="revoked"):
            data.projects()
        bot = admin.issue_token("operations@club.example.bot", label="nightly", projects=["club"])
        assert "decide" not in bot.token.rights
        with pytest.raises(ServerRefused):
            admin.issue_token("science@club.example")
    assert not [item for item in entries(plane, "token") if "digest" in item or "secret" in item]
    secrets = [made.invitation, bot.secret, bot.secret.rpartition("_")[2], PASSWORD]
    whole = b"".join(path.read_bytes() for path in Path(plane.folder / ".copml").rglob("*") if path.is_file())
    assert not [secret for secret in secrets if secret.encode() in whole]


def test_the_doctor_answers_administrators_only(plane: Plane) -> None:
    assert plane.ask("GET", "/doctor", "science").status_code == 403
    assert plane.ask("GET", "/doctor").status_code == 401
    shown = plane.ask("GET", "/doctor", "administrator").json()
    assert {"Python", "ledger", "accounts"} <= {item["about"] for item in shown}
