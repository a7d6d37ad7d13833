"""People decide: revisions, versions, four eyes, incidents, retirement; on a real project, on real engines."""

import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.commands import done as typed

import copml
from copml.app import (
    Workspace,
    acknowledge,
    apply,
    approve,
    init_project,
    judge,
    plan,
    reject,
    retire,
    run,
    verify_ledger,
)
from copml.errors import FourEyes, NotDecidable, NotInRole
from copml.records import IncidentState, RevisionState, VersionState

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("people")
    init_project(made, "keep-customers", None)
    return made / "keep-customers"


@pytest.fixture(scope="module")
def workspace(folder: Path) -> Iterator[Workspace]:
    with Workspace.create(folder / ".copml") as opened:
        yield opened


def owner(folder: Path) -> str:
    from copml.spec import parse

    return parse((folder / "copml.yaml").read_text()).people.business[0]


def change(folder: Path, before: str, after: str) -> None:
    path = folder / "copml.yaml"
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after))


def steps(workspace: Workspace) -> list[str]:
    return [f"{step.outcome} {step.key} {step.detail}" for step in run(workspace, "keep-customers")]


def test_the_story_of_a_project(workspace: Workspace, folder: Path) -> None:
    boss = owner(folder)
    first = apply(workspace, folder / "copml.yaml", by="author@example.org")
    assert (first.number, first.state) == (1, RevisionState.ACTIVE)
    assert apply(workspace, folder / "copml.yaml", by="somebody else").number == 1
    assert "nothing to change: revision r1" in typed(folder, "apply").out

    done = steps(workspace)
    assert all(step.startswith("done") for step in done), done
    project = workspace["keep-customers"]
    candidate = project.versions()[0]
    assert candidate.state is VersionState.CANDIDATE, candidate.gates

    with pytest.raises(NotInRole, match="stranger"):
        approve(workspace, "keep-customers", "v1", by="stranger", reason="why not")
    with pytest.raises(NotDecidable, match=r"no version 'v9' \(there are v1\); what waits for somebody: v1"):
        approve(workspace, "keep-customers", "v9", by=boss, reason="why not")
    with pytest.raises(NotDecidable, match="r1 is already active"):
        approve(workspace, "keep-customers", "r1", by=boss, reason="why not")
    with pytest.raises(NotDecidable, match="needs a reason"):
        approve(workspace, "keep-customers", "v1", by=boss, reason="  ")
    approve(workspace, "keep-customers", "v1", by=boss, reason="better than guessing")
    with pytest.raises(NotDecidable, match="v1 is already approved"):
        reject(workspace, "keep-customers", "v1", by=boss, reason="too late")
    with pytest.raises(NotDecidable, match="no dossier 'nope'"):
        judge(workspace, "keep-customers", "nope", "continue", by=boss, reason="why not")

    done = steps(workspace)
    assert {step.split("/")[0] for step in done} >= {"done deploy", "done score", "done seal", "done monitor"}
    view = project.view()
    assert view is not None
    assert view.live is not None
    output = workspace.folder / "outputs" / view.scoring_runs[-1].output
    assert output.stat().st_size > 0
    assert "live since" in typed(folder, "versions").out
    assert [item["live"] for item in typed(folder, "versions", "--json").json] == [True]
    assert steps(workspace) == []
    assert len(project.check()) == 39
    assert verify_ledger(workspace).holds
    with copml.open(workspace.folder) as again:
        assert again["keep-customers"].versions() == project.versions()


def test_weakening_waits_for_somebody_else(workspace: Workspace, folder: Path) -> None:
    boss = owner(folder)
    change(folder, "objective: ", "objective: 50% # ")
    _, active, changed = plan(workspace, folder / "copml.yaml")
    assert active is not None
    assert [item.path for item in changed if item.weakens] == ["deployment.objective"]
    assert "somebody else must approve" in typed(folder, "plan").out
    proposed = apply(workspace, folder / "copml.yaml", by=boss)
    assert proposed.state is RevisionState.PROPOSED
    with pytest.raises(FourEyes, match=boss):
        approve(workspace, "keep-customers", "r2", by=boss, reason="mine")
    view = workspace["keep-customers"].view()
    assert view is not None
    assert view.revision.number == 1


def test_an_alert_reaches_a_webhook_with_an_id_that_stays(workspace: Workspace, folder: Path) -> None:
    received: list[tuple[str, dict[str, str]]] = []

    class Receiver(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            received.append((str(self.headers["Idempotency-Key"]), body))
            self.send_response(500 if len(received) == 1 else 200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None: ...

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        _deliver(workspace, f"http://127.0.0.1:{server.server_port}/alerts")
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    ids = {key for key, _ in received}
    assert len(received) == 2
    assert ids == {received[0][1]["id"]}
    assert received[1][1]["text"].startswith("Something broke.")


def _deliver(workspace: Workspace, sink: str) -> None:
    from dataclasses import replace

    from copml.operations import keep
    from copml.operations.actions import deliveries
    from copml.records import Cause, CauseStage, Incident, Role

    view = workspace["keep-customers"].view()
    assert view is not None
    incident = Incident(
        project=view.name, id="test/1", what="Something broke.", cause_stage=CauseStage.SERVICE, cause=Cause.SERVICE,
        owner=Role.OPERATIONS, evidence={}, starts_at=view.now, opened_at=view.now, state=IncidentState.OPEN,
        closed_at=None, resolution="",
    )  # fmt: skip
    sent = replace(deliveries(view, incident)[0], sink=sink)
    with workspace.stages.state.write() as tx:
        keep(tx, [incident, sent], view.now)
    for _ in range(2):
        steps(workspace)
    after = workspace["keep-customers"].view()
    assert after is not None
    kept = next(item for item in after.deliveries if item.id == sent.id)
    assert kept.attempts == 2
    assert kept.delivered_at is not None
    assert not kept.error
    assert typed(workspace.folder.parent, "incidents").out.startswith("test/1  open, since ")


def test_an_incident_is_acknowledged_and_the_project_retired(workspace: Workspace, folder: Path) -> None:
    boss = owner(folder)
    seen = acknowledge(workspace, "keep-customers", "test/1", by=boss)
    assert seen.state is IncidentState.ACKNOWLEDGED
    with pytest.raises(NotDecidable, match="test/1 is already acknowledged; what waits for somebody: nothing"):
        acknowledge(workspace, "keep-customers", "test/1", by=boss)
    with pytest.raises(NotInRole):
        retire(workspace, "keep-customers", by="stranger", reason="bored")
    ended = retire(workspace, "keep-customers", by=boss, reason="the product is gone")
    assert ended.freed == ("deployment d1 of v1",)
    assert steps(workspace) == []
    view = workspace["keep-customers"].view()
    assert view is not None
    assert view.live is None
    assert {version.state for version in view.versions} == {VersionState.RETIRED}
    with pytest.raises(NotDecidable):
        retire(workspace, "keep-customers", by=boss, reason="again")
    assert verify_ledger(workspace).holds
