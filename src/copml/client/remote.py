"""The client: a workspace on a server, with a method for each use case that the server offers.

Invariant: methods are named as the use cases of `app` and take what those take, but for the name of whoever asks, which
the server knows. A test compares the two.
"""

# What comes off the wire is converted to the type that its route states, which only running code knows.
# mypy: disable-error-code="no-any-return"

import inspect
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import msgspec

from copml.client.connection import Connection
from copml.errors import ProjectUnknown, ServerRefused

if TYPE_CHECKING:
    import httpx

    from copml.access import Account, AccountKind, Delegation, Note, NoteSubject, Right, Token
    from copml.advice import Answered
    from copml.api import Route
    from copml.app import Invited, Issued, Plan, RecordedPrediction, Swept, Symptom
    from copml.app.evidence import Standing
    from copml.app.sources import DataState
    from copml.conformance import RequirementVerdict
    from copml.errors import Problem
    from copml.ledger import Verification
    from copml.operations import Step
    from copml.records import (
        Choice,
        Decision,
        Deployment,
        Dossier,
        Incident,
        Measurement,
        ModelVersion,
        Retirement,
        Revision,
        Role,
        ScoringRun,
        TaskRecord,
        Topic,
        Trial,
    )

Progress = Callable[[str, int, int | None], None]
PAGE = 1_000


class Client:
    """A workspace on a server. Close it, or use it in a `with` block."""

    def __init__(
        self, server: str, token: str | None = None, *, transport: "httpx.BaseTransport | None" = None
    ) -> None:
        """`server`: such as `https://copml.example`. `token`: of whoever asks; `copml login` issues one."""
        self.connection = Connection(server, token, transport)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the network."""
        self.connection.close()

    # people

    def whoami(self) -> dict[str, Any]:
        """The account that asks, its roles by project, whether it manages people."""
        found: dict[str, Any] = msgspec.json.decode(self.connection.get("/session"))
        return found

    def sign_in_for_token(self, name: str, password: str, *, days: int = 30) -> "Issued":
        """Sign in with a password, issue a token of one's own for a command line, and end the session."""
        from copml.app import Issued

        own = Connection(self.connection.server, None)  # whatever token this client has is somebody else's
        try:
            standing = msgspec.json.decode(own.post("/session", {"name": name, "password": password}))
            changing = {"X-CSRF-Token": str(standing["csrf"])}
            sent = {"label": "command line", "days": days}
            issued: Issued = _decoded(own.post("/tokens", sent, headers=changing), Issued)
            own.delete("/session", headers=changing)
        finally:
            own.close()
        return issued

    def accept_invitation(self, invitation: str, password: str) -> "Account":
        """Set the password of the account that an invitation is for."""
        from copml.access import Account

        sent = {"invitation": invitation, "password": password}
        return _decoded(self.connection.post("/invitations/acceptances", sent), Account)

    def doctor(self) -> "list[Symptom]":
        """What is wrong with the server's installation, and what to do."""
        from copml.app import Symptom

        return _decoded(self.connection.get("/doctor"), list[Symptom])

    def accounts(self) -> "list[Account]":
        """Every account."""
        from copml.access import Account

        return _decoded(self.connection.get("/accounts"), list[Account])

    def invite(self, name: str, *, kind: "AccountKind | str" = "person", administrator: bool = False) -> "Invited":
        """Make an account, or invite its person anew."""
        from copml.app import Invited

        sent = {"name": name, "kind": kind, "administrator": administrator}
        return _decoded(self.connection.post("/accounts", sent), Invited)

    def change_account(self, name: str, *, active: bool | None = None, administrator: bool | None = None) -> "Account":
        """Let an account act or not, administer or not."""
        from copml.access import Account

        sent = {"active": active, "administrator": administrator}
        return _decoded(self.connection.post(f"/accounts/{_part(name)}/changes", sent), Account)

    def tokens(self, account: str | None = None) -> "list[Token]":
        """Tokens that were issued to oneself, or as an administrator to another account."""
        from copml.access import Token

        return _decoded(self.connection.get("/tokens", account=account), list[Token])

    def issue_token(
        self,
        account: str | None = None,
        *,
        label: str = "",
        rights: "list[Right] | None" = None,
        projects: list[str] | None = None,
        days: int = 30,
    ) -> "Issued":
        """Issue a token of one's own, or as an administrator one of a program."""
        from copml.app import Issued

        sent = {"account": account, "label": label, "rights": rights, "projects": projects or [], "days": days}
        return _decoded(self.connection.post("/tokens", sent), Issued)

    def revoke_token(self, token: str) -> "Token":
        """End a token."""
        from copml.access import Token

        return _decoded(self.connection.delete(f"/tokens/{_part(token)}"), Token)

    # project files

    def projects(self) -> list[str]:
        """The projects that one may read."""
        return [item["name"] for item in msgspec.json.decode(self.connection.get("/projects"))]

    def project(self, name: str | None) -> str:
        """The project that is meant: the named one, or the only one.

        Raises:
            ProjectUnknown: when none was named and there is not just one.
        """
        if name is not None:
            return name
        known = self.projects()
        if len(known) != 1:
            raise ProjectUnknown("", known)
        return known[0]

    def problems(self, text: str) -> "list[Problem]":
        """Everything that is wrong with a project file."""
        from copml.errors import Problem

        return _decoded(self.connection.post("/projects/problems", {"text": text}), list[Problem])

    def plan_text(self, text: str) -> "Plan":
        """What applying a project file would change."""
        from copml.app import Plan

        return _decoded(self.connection.post("/projects/plans", {"text": text}), Plan)

    def apply_text(self, text: str, *, expected: int | None = None) -> "Revision":
        """Register a project file as a revision; `expected`: the number of the one that it was written against."""
        from copml.records import Revision

        headers = {} if expected is None else {"If-Match": f'"r{expected}"'}
        return _decoded(self.connection.post("/projects/revisions", {"text": text}, headers=headers), Revision)

    def revisions(self, project: str) -> "list[Revision]":
        """Every revision, oldest first."""
        return self.ask("revisions", project)

    # evidence

    def status(self, project: str) -> "Standing":
        """Where a project stands."""
        return self.ask("status", project)

    def check(self, project: str) -> "tuple[RequirementVerdict, ...]":
        """A verdict for every requirement."""
        return self.ask("check", project)

    def why(self, project: str, subject: str) -> str:
        """Three plain sentences on a requirement or an incident."""
        return self.ask("why", project, subject=subject)

    def versions(self, project: str) -> "list[ModelVersion]":
        """Every model version, oldest first."""
        return self.ask("versions", project)

    def incidents(self, project: str) -> "list[Incident]":
        """Every incident, oldest first."""
        return self.ask("incidents", project)

    def deployments(self, project: str) -> "list[Deployment]":
        """Which version served when."""
        return self.ask("deployments", project)

    def decisions(self, project: str) -> "list[Decision]":
        """What people decided."""
        return self.ask("decisions", project)

    def dossiers(self, project: str) -> "list[Dossier]":
        """What people were asked to judge."""
        return self.ask("dossiers", project)

    def measurements(
        self, project: str, *, metric: str | None = None, segment: str | None = None
    ) -> "list[Measurement]":
        """What was measured."""
        return self.ask("measurements", project, metric=metric, segment=segment)

    def scoring_runs(self, project: str) -> "list[ScoringRun]":
        """Batches that were scored."""
        return self.ask("scoring_runs", project)

    def report_page(self, project: str) -> str:
        """The report, an HTML page."""
        return self.ask("report_page", project)

    def ledger(self, project: str) -> "Verification":
        """The ledger of the whole workspace, verified by the server."""
        return self.ask("ledger", project)

    def advise(self, project: str, topic: "Topic | str | None" = None) -> "tuple[Answered, ...]":
        """The answer on a topic, or on all, each with what people chose on it."""
        return self.ask("advise", project, topic=topic)

    # data

    def data(self, project: str) -> "DataState":
        """Sources, freshness, snapshots, quality."""
        return self.ask("data", project)

    def trials(self, project: str) -> "list[Trial]":
        """Trials that were logged."""
        return self.ask("trials", project)

    def predictions(
        self,
        project: str,
        *,
        entity: str | None = None,
        version: str | None = None,
        after: str | None = None,
        rows: int = 100,
    ) -> "tuple[RecordedPrediction, ...]":
        """Recorded predictions with their inputs; the server records that they were read."""
        return self.ask("predictions", project, entity=entity, version=version, after=after, rows=rows)

    def explore(self, project: str, *, table: str = "features", progress: Progress | None = None) -> tuple[str, ...]:
        """What a person should look at in a table."""
        return self.ask("explore", project, progress, table=table)

    def sweep(
        self,
        project: str,
        *,
        trials: int | None = None,
        seconds: float | None = None,
        progress: Progress | None = None,
    ) -> "Swept":
        """Search for better parameters."""
        return self.ask("sweep", project, progress, trials=trials, seconds=seconds)

    # the loop

    def run(self, project: str, *, part: str = "all", progress: Progress | None = None) -> "list[Step]":
        """Do what is due now, all of it or one part, and wait for the end of it."""
        return self.ask("run", project, progress, part=part)

    def failures(self, project: str) -> "list[TaskRecord]":
        """Tasks that failed and are not tried again unless somebody asks."""
        return self.ask("failures", project)

    def retry(self, project: str) -> list[str]:
        """Let failed tasks be tried again."""
        return self.ask("retry", project)

    # decisions

    def approve(self, project: str, subject: str, *, reason: str) -> "Decision":
        """Approve a version or a proposed revision."""
        return self.ask("approve", project, subject=subject, reason=reason)

    def reject(self, project: str, subject: str, *, reason: str) -> "Decision":
        """Reject a version or a proposed revision."""
        return self.ask("reject", project, subject=subject, reason=reason)

    def judge(self, project: str, dossier: str, choice: str, *, reason: str) -> "Decision":
        """Judge a dossier: `continue` or `retire`."""
        return self.ask("judge", project, dossier=dossier, choice=choice, reason=reason)

    def decide(self, project: str, topic: "Topic | str", answer: str, *, reason: str) -> "Choice":
        """Record what was chosen on a topic."""
        return self.ask("decide", project, topic=topic, answer=answer, reason=reason)

    def acknowledge(self, project: str, incident: str) -> "Incident":
        """Say that one looks after an incident."""
        return self.ask("acknowledge", project, incident=incident)

    def retire(self, project: str, *, reason: str) -> "Retirement":
        """Shut a project down cleanly."""
        return self.ask("retire", project, reason=reason)

    def delegations(self, project: str) -> "list[Delegation]":
        """Who stands in for whom."""
        return self.ask("delegations", project)

    def delegate(
        self,
        project: str,
        role: "Role | str",
        deputy: str,
        *,
        until: datetime,
        reason: str,
        starts_at: datetime | None = None,
    ) -> "Delegation":
        """Let somebody decide in one's role while one is away."""
        return self.ask("delegate", project, role=role, deputy=deputy, until=until, reason=reason, starts_at=starts_at)

    def end_delegation(self, project: str, delegation: str) -> "Delegation":
        """End a delegation early."""
        return self.ask("end_delegation", project, delegation=delegation)

    def notes(
        self, project: str, *, subject: "NoteSubject | str | None" = None, subject_id: str | None = None
    ) -> "list[Note]":
        """Notes of a project."""
        return self.ask("notes", project, subject=subject, subject_id=subject_id)

    def note(
        self, project: str, text: str, *, subject: "NoteSubject | str" = "project", subject_id: str = ""
    ) -> "Note":
        """Say something on a project or on something in it."""
        return self.ask("note", project, text=text, subject=subject, subject_id=subject_id)

    def ask(self, name: str, project: str, progress: Progress | None = None, /, **given: Any) -> Any:
        """Ask the route of a use case; what the use case returns.

        Raises:
            ServerRefused: when the server refuses, with its code and words.
        """
        route = _routes()[name]
        path, rest = _filled(route.path, {"project": project, **given})
        if route.method == "GET":
            if route.answers == "list":
                return self._listed(route, path, rest)
            answer = self.connection.get(path, **rest)
        else:
            answer = self.connection.post(path, {key: value for key, value in rest.items() if value is not None})
        if route.answers == "page":
            return answer.decode()
        if route.answers == "job":
            return self._finished(route, project, answer, progress)
        return _decoded(answer, route.returns)

    def _listed(self, route: "Route", path: str, query: dict[str, Any]) -> list[Any]:
        items: list[Any] = []
        after: int | None = 0
        while after is not None:
            page = msgspec.json.decode(self.connection.get(path, **query, limit=PAGE, after_item=after))
            items, after = items + page["items"], page["next"]
        return [*msgspec.convert(items, route.returns, strict=False)]

    def _finished(self, route: "Route", project: str, answer: bytes, progress: Progress | None) -> Any:
        """Wait for the end of a job, and give what came of it."""
        job: dict[str, Any] = msgspec.json.decode(answer)
        for _, data in self.connection.events(f"/projects/{_part(project)}/jobs/{job['id']}/events"):
            job = msgspec.json.decode(data)
            if progress is not None:
                progress(job["step"], job["done"], job["total"])
        if job["state"] != "done":
            raise ServerRefused(self.connection.server, job["error"], told=job["error_code"])
        return _converted(job["result"], route.returns)


@cache
def _routes() -> "Mapping[str, Route]":
    from copml.api import ROUTES

    return {route.name: route for route in ROUTES}


def _filled(path: str, given: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """An address with its parts filled in, and what is left."""
    rest = {key: value for key, value in given.items() if f"{{{key}:str}}" not in path}
    for key, value in given.items():
        path = path.replace(f"{{{key}:str}}", _part(str(value)))
    return path, rest


def _part(text: str) -> str:
    from urllib.parse import quote

    return quote(text, safe="")


def _decoded(body: bytes, kind: Any) -> Any:
    return _converted(msgspec.json.decode(body), kind)


def _converted(value: Any, kind: Any) -> Any:
    if inspect.isclass(kind) and kind is str:
        return value
    return msgspec.convert(value, kind, strict=False, dec_hook=_special)


def _special(kind: type, value: Any) -> Any:
    if issubclass(kind, Path):
        return Path(value)
    raise NotImplementedError
