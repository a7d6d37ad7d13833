"""Two hundred clients at once, for minutes: none is refused for being busy, and nothing that was said yes to is lost.

Each client has a token of its own and does at random what people and programs do: it reads, writes notes, sends a
request twice, changes the project file against the revision that it saw, issues and revokes tokens, runs the loop. The
loop runs beside. `COPML_CLIENTS` and `COPML_CLIENT_SECONDS` say how many and how long.
"""

import asyncio
import os
import random
import statistics
import sys
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.commands import done
from tests.upright import Upright, upright

from copml.accounts import Principal
from copml.app import (
    Workspace,
    accept_invitation,
    found_administrator,
    invite,
    issue_token,
    notes,
    revisions,
    verify_ledger,
)
from copml.records import RevisionState
from copml.spec.variant import varied

pytestmark = pytest.mark.faults
CLIENTS = int(os.environ.get("COPML_CLIENTS", "200"))
SECONDS = float(os.environ.get("COPML_CLIENT_SECONDS", "300"))
PASSWORD = "four green apples fall"
ROLES = ("business", "data", "science", "operations", "review", "audit")
WRITERS, APPLIERS, RUNNERS = ROLES[:5], ROLES[:4], ROLES[1:4]
READINGS = ("status", "versions", "incidents", "decisions", "delegations", "failures", "notes?limit=20", "file")
EDITED = "# edited: "
WAITING = "is still going on"


@dataclass(kw_only=True)
class Seen:
    """What all clients were answered."""

    statuses: Counter[tuple[str, int]] = field(default_factory=Counter)
    seconds: dict[str, list[float]] = field(default_factory=dict)
    troubles: list[str] = field(default_factory=list)
    notes: dict[str, str] = field(default_factory=dict)
    """Texts by the ids that were acknowledged."""
    revisions: list[tuple[int, int, str]] = field(default_factory=list)
    """Numbers that were acknowledged, the revision that each was written against, and its text."""

    def told(self, elapsed: float) -> str:
        """How busy it was, for whoever runs this by hand."""
        every = sorted(taken for found in self.seconds.values() for taken in found)
        lines = [
            f"{CLIENTS} clients, {elapsed:.0f} s: {len(every)} requests, {len(every) / elapsed:.0f}/s, "
            f"{len(self.notes)} notes, {len(self.revisions)} revisions"
        ]
        for name, found in {"all": every, **self.seconds}.items():
            statuses = {status: count for (what, status), count in sorted(self.statuses.items()) if what == name}
            longest = sorted(found)
            lines.append(
                f"{name:5} median {statistics.median(found):.3f} s, p99 {longest[int(0.99 * len(found))]:.3f} s, "
                f"longest {longest[-1]:.3f} s {statuses or ''}"
            )
        return "\n".join(lines)


@dataclass(kw_only=True)
class Somebody:
    """One client: its connection, its token's role, and what it draws from."""

    http: httpx.AsyncClient
    token: str
    role: str
    rng: random.Random
    seen: Seen

    async def live(self, until: float) -> None:
        """Do one thing after another until the time is over."""
        acts: list[Any] = [self.read] * 8
        acts += [self.say, self.say, self.say_twice] if self.role in WRITERS else []
        acts += [self.edit, self.edit] if self.role in APPLIERS else []
        acts += [self.take_token]
        while time.monotonic() < until:
            # Running the loop is rare: jobs wait for one another, and their client for them.
            act = self.run if self.role in RUNNERS and self.rng.random() < 0.01 else self.rng.choice(acts)
            await act()

    async def read(self) -> None:
        await self.ask("read", "GET", f"/projects/club/{self.rng.choice(READINGS)}")

    async def say(self) -> None:
        answer = await self._said(uuid.uuid4().hex, uuid.uuid4().hex)
        self._keep_note(answer)

    async def say_twice(self) -> None:
        """The same request at the same time, and again later: one note, and one answer."""
        text, key = uuid.uuid4().hex, uuid.uuid4().hex
        both = await asyncio.gather(self._said(text, key), self._said(text, key))
        last = await self._said(text, key)
        self._keep_note(last)
        for answer in both:
            is_waiting = answer.status_code == 422 and WAITING in answer.text
            if not is_waiting and answer.content != last.content:
                self.seen.troubles.append(f"a repetition was answered {answer.text}, then {last.text}")

    async def edit(self) -> None:
        """Change the project file if nobody else did since it was read."""
        found = await self.ask("read", "GET", "/projects/club/file")
        against, text = found.json()["number"], found.json()["text"]
        text = f"{text.partition(EDITED)[0]}{EDITED}{uuid.uuid4().hex}\n"
        headers = {"If-Match": found.headers["ETag"], "Idempotency-Key": uuid.uuid4().hex}
        made = await self.ask("edit", "POST", "/projects/revisions", json={"text": text}, headers=headers)
        if made.status_code == 201:
            self.seen.revisions.append((made.json()["number"], against, text))
        elif made.status_code != 412:
            self.seen.troubles.append(made.text)

    async def take_token(self) -> None:
        """A token of one's own: it works, and once revoked no more."""
        issued = (await self.ask("token", "POST", "/tokens", json={"label": "short"})).json()
        mine = {"Authorization": f"Bearer {issued['secret']}"}
        works = await self.ask("token", "GET", "/session", headers=mine)
        await self.ask("token", "DELETE", f"/tokens/{issued['token']['id']}")
        ended = await self.ask("token", "GET", "/session", headers=mine)
        if (works.status_code, ended.status_code) != (200, 401):
            self.seen.troubles.append(f"a token: {works.text}, then revoked: {ended.text}")

    async def run(self) -> None:
        job = (await self.ask("run", "POST", "/projects/club/runs", json={"part": "monitor"})).json()
        while job["state"] in ("waiting", "running"):
            await asyncio.sleep(0.5)
            job = (await self.ask("run", "GET", f"/projects/club/jobs/{job['id']}")).json()
        if job["state"] != "done":
            self.seen.troubles.append(f"a job: {job['error']}")

    async def ask(self, what: str, method: str, path: str, **request: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token}", **request.pop("headers", {})}
        started = time.monotonic()
        answer = await self.http.request(method, f"/api/v1{path}", headers=headers, **request)
        self.seen.seconds.setdefault(what, []).append(time.monotonic() - started)
        self.seen.statuses[what, answer.status_code] += 1
        if answer.status_code >= 500 or "locked" in answer.text:
            self.seen.troubles.append(f"{method} {path}: {answer.status_code} {answer.text}")
        return answer

    async def _said(self, text: str, key: str) -> httpx.Response:
        return await self.ask(
            "note", "POST", "/projects/club/notes", json={"text": text}, headers={"Idempotency-Key": key}
        )

    def _keep_note(self, answer: httpx.Response) -> None:
        if answer.status_code == 201:
            self.seen.notes[answer.json()["id"]] = answer.json()["text"]
        else:
            self.seen.troubles.append(answer.text)


def begun(folder: Path) -> list[tuple[str, str]]:
    """A project with a trained candidate, and for each client a role and a token of an account in that role."""
    done(folder, "init", "club")
    file = folder / "club" / "copml.yaml"
    file.write_text(varied(file.read_text(), {("people", role): f"{role}@club.example" for role in ROLES}))
    done(folder / "club", "apply", "--by", "science@club.example")
    done(folder / "club", "run", "all")
    with Workspace.open(folder / "club" / ".copml") as workspace:
        found_administrator(workspace)
        accounts = {}
        for role in ROLES:
            invited = invite(workspace, f"{role}@club.example", by="admin")
            accounts[role] = Principal(account=accept_invitation(workspace, invited.invitation or "", PASSWORD))
        roles = [ROLES[number % len(ROLES)] for number in range(CLIENTS)]
        return [(role, issue_token(workspace, by=accounts[role]).secret) for role in roles]


async def lived(server: Upright, tokens: list[tuple[str, str]]) -> Seen:
    seen, until = Seen(), time.monotonic() + SECONDS
    limits = httpx.Limits(max_connections=2 * CLIENTS, max_keepalive_connections=2 * CLIENTS)
    async with httpx.AsyncClient(base_url=server.url, limits=limits, timeout=120) as http, asyncio.TaskGroup() as group:
        for number, (role, token) in enumerate(tokens):
            somebody = Somebody(http=http, token=token, role=role, rng=random.Random(number), seen=seen)
            group.create_task(somebody.live(until))
    return seen


def test_two_hundred_clients_for_minutes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tokens = begun(tmp_path)
    with upright(tmp_path / "club", tmp_path / "up.log") as server:
        started = time.monotonic()
        seen = asyncio.run(lived(server, tokens))
        told = seen.told(time.monotonic() - started)
    with capsys.disabled():
        sys.stdout.write(f"\n{told}\n")
    log = server.log.read_text()
    assert seen.troubles == [], f"{len(seen.troubles)} troubles"
    assert "locked" not in log
    assert "Traceback" not in log
    with Workspace.open(tmp_path / "club" / ".copml") as workspace:
        assert {item.id: item.text for item in notes(workspace, "club")} == seen.notes
        kept = revisions(workspace, "club")
        assert [item.number for item in kept] == list(range(1, len(kept) + 1))
        assert [item.state for item in kept[:-1]] == [RevisionState.SUPERSEDED] * (len(kept) - 1)
        chain = sorted(seen.revisions)
        assert chain == [(item.number, item.number - 1, item.text) for item in kept[1:]]
        assert verify_ledger(workspace).problems == ()
    assert seen.notes
    assert seen.revisions
