"""A year of the club by separate people: each has an account and a token, and does their part over HTTP only.

A server of its own runs beside; nobody but the clock and the club's deliveries touches the machine that it is on. The
loop is run by a service account. At the end the record says who did what.
"""

import csv
import json
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.upright import upright

from copml.access import AccountKind, Right
from copml.app import Workspace, init_project
from copml.client import Client
from copml.errors import ServerRefused
from copml.records import Action, Entry, Role
from copml.spec.variant import varied

pytestmark = pytest.mark.slow
PASSWORD = "four green apples fall"
FORBIDDEN, NOT_IN_ROLE, FOUR_EYES = "COPML-171", "COPML-091", "COPML-092"
BEGINS = datetime(2026, 6, 1, tzinfo=UTC)
OWNER, SECOND, AUTOMATION = "owner@club.example", "second@club.example", "automation@club.example"
PEOPLE = {
    "business": [OWNER, SECOND],
    "data": "data@club.example",
    "science": "science@club.example",
    "operations": ["operations@club.example", AUTOMATION],
    "review": "review@club.example",
    "audit": "audit@club.example",
}
PERSONS = (OWNER, SECOND, *(f"{role}@club.example" for role in ("data", "science", "operations", "review", "audit")))
EARNINGS = "net_value < 100000"
"""More than the club can gain in a month: the question whether to go on comes for sure."""


@dataclass
class Club:
    """The club's folder on the server's machine, the server, and a client for each account."""

    folder: Path
    history: Path
    url: str
    clients: dict[str, Client] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Client:
        return self.clients[name if "@" in name or name == "admin" else f"{name}@club.example"]

    def live(self, until: datetime) -> None:
        """Time passes: the club's systems write their tables, and the clock moves."""
        deliver(self.history, self.folder / "data", until)
        with Workspace.open(self.folder / ".copml") as workspace:
            workspace.move_clock(until)

    def work(self) -> dict[str, str]:
        """The automation lets the loop do what is due: how each task ended."""
        steps = {step.key: step.outcome for step in self[AUTOMATION].run("club")}
        assert "failed" not in steps.values(), steps
        return steps

    def entries(self, kind: str) -> list[dict[str, object]]:
        """What the ledger holds of a kind, as an auditor would read it from the state."""
        with Workspace.open(self.folder / ".copml") as workspace, workspace.stages.state.read() as reader:
            return [json.loads(item.record)["record"] for item in reader.find(Entry) if item.kind == kind]


def deliver(history: Path, data: Path, until: datetime) -> None:
    """What the club knows at a time."""
    (data / "members").mkdir(parents=True, exist_ok=True)
    for table in sorted((history / "members").glob("*.csv")):
        if table.stem <= f"{until:%Y-%m}":
            shutil.copy(table, data / "members" / table.name)
    for name, column in (("departures", "left_on"), ("calls", "called_on")):
        with (history / f"{name}.csv").open() as source, (data / f"{name}.csv").open("w") as target:
            rows = csv.DictReader(source)
            written = csv.DictWriter(target, rows.fieldnames or [])
            written.writeheader()
            written.writerows(row for row in rows if row[column] < f"{until:%Y-%m-%d}")


def refused(code: str) -> "pytest.RaisesExc[ServerRefused]":
    return pytest.RaisesExc(ServerRefused, check=lambda error: error.code == code)


@pytest.fixture(scope="module")
def club(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Club]:
    """A simulated workspace with the club's code and tables, no project yet, and a server on it."""
    folder = tmp_path_factory.mktemp("club")
    init_project(folder, "club", None)
    (folder / "club" / "data").rename(folder / "history")
    deliver(folder / "history", folder / "club" / "data", BEGINS)
    with Workspace.create(folder / "club" / ".copml", simulated_from=BEGINS):
        pass
    # The loop of `up` looks once, before there is a project: whatever is done is done because somebody asked.
    with upright(folder / "club", folder / "up.log", seconds=3600) as server, ExitStack() as stack:
        club = Club(folder / "club", folder / "history", server.url)
        with Client(server.url) as nobody:
            nobody.accept_invitation(server.invitation, PASSWORD)
            enter(club, "admin", stack)
            for name in PERSONS:
                nobody.accept_invitation(club["admin"].invite(name).invitation or "", PASSWORD)
                enter(club, name, stack)
        club["admin"].invite(AUTOMATION, kind=AccountKind.SERVICE)
        issued = club["admin"].issue_token(AUTOMATION, label="the loop", rights=[Right.READ, Right.RUN])
        club.clients[AUTOMATION] = stack.enter_context(Client(server.url, issued.secret))
        yield club


def enter(club: Club, name: str, stack: ExitStack) -> None:
    """Sign in, and act with a token from then on."""
    with Client(club.url) as nobody:
        secret = nobody.sign_in_for_token(name, PASSWORD).secret
    club.clients[name] = stack.enter_context(Client(club.url, secret))


def test_a_year_of_the_club(club: Club) -> None:
    the_first_model(club)
    a_batch_is_measured_and_people_judge(club)
    an_owner_changes_the_project_and_another_one_approves(club)
    the_owners_end_it(club)
    the_record_says_who_did_what(club)


def the_first_model(club: Club) -> None:
    """The data scientist applies the project file, automation trains, and the business owner lets it go live."""
    text = varied(
        (club.folder / "copml.yaml").read_text(),
        {
            **{("people", role): names for role, names in PEOPLE.items()},
            ("monitoring", "commissioning"): 0,
            ("monitoring", "triggers"): [{"when": EARNINGS, "do": ["alert", "propose-retirement"]}],
        },
    )
    assert club["science"].problems(text) == []
    for name in ("admin", "audit", "review"):
        with refused(NOT_IN_ROLE):
            club[name].apply_text(text)
    assert club["science"].apply_text(text).applied_by == "science@club.example"
    with refused(FORBIDDEN):
        club["audit"].run("club")
    club.work()
    assert [item.state for item in club["science"].versions("club")] == ["candidate"]

    for name in (AUTOMATION, "admin", "audit"):
        with refused(FORBIDDEN):
            club[name].approve("club", "v1", reason="let it go live")
    for name in ("science", "data", "operations", "review"):
        with refused(NOT_IN_ROLE):
            club[name].approve("club", "v1", reason="let it go live")
    decision = club[OWNER].approve("club", "v1", reason="better than calling at random")
    assert (decision.by, decision.role, decision.identity) == (OWNER, Role.BUSINESS, "authenticated")
    assert "deploy/v1" in club.work()


def a_batch_is_measured_and_people_judge(club: Club) -> None:
    """Months later outcomes are known: an incident, which operations look after, and a dossier for the owners."""
    for month in (7, 8, 9):
        club.live(datetime(2026, month, 1, tzinfo=UTC))
        club.work()
    assert club["data"].data("club").sources
    assert club["audit"].scoring_runs("club")
    (incident,) = [item for item in club["operations"].incidents("club") if item.state == "open"]
    with refused(FORBIDDEN):
        club["review"].acknowledge("club", incident.id)
    assert "operations@club.example" in club["operations"].acknowledge("club", incident.id).resolution
    club["review"].note("club", f"@{OWNER} the coaches have no time", subject="incident", subject_id=incident.id)

    (dossier,) = [item for item in club[OWNER].dossiers("club") if not item.decided]
    assert dossier.action == Action.PROPOSE_RETIREMENT
    with refused(NOT_IN_ROLE):
        club["science"].judge("club", dossier.id, "continue", reason="I like it")
    judged = club[OWNER].judge("club", dossier.id, "continue", reason="a new season begins")
    assert (judged.by, judged.choice, judged.identity) == (OWNER, "continue", "authenticated")
    assert club["audit"].predictions("club", rows=5)


def an_owner_changes_the_project_and_another_one_approves(club: Club) -> None:
    """What an owner made, its model included, another one approves; one who is away has a deputy."""
    seen = club[OWNER].revisions("club")[-1]
    text = varied(seen.text, {("training", "params"): {"C": 0.5}})
    assert club[OWNER].apply_text(text, expected=seen.number).number == 2
    with refused("COPML-180"):
        club["science"].apply_text(seen.text, expected=seen.number)
    club[AUTOMATION].run("club", part="train")
    assert [(item.name, item.state) for item in club[OWNER].versions("club")][-1] == ("v2", "candidate")
    with refused(FOUR_EYES):
        club[OWNER].approve("club", "v2", reason="mine")
    now = datetime(2026, 9, 1, tzinfo=UTC)
    away = club[SECOND].delegate(
        "club", Role.BUSINESS, "science@club.example", until=now + timedelta(days=14), reason="on leave"
    )
    assert (away.absent, away.deputy, away.starts_at) == (SECOND, "science@club.example", now)
    decision = club["science"].approve("club", "v2", reason="in place of the second owner")
    assert (decision.by, decision.role) == ("science@club.example", Role.BUSINESS)
    assert "deploy/v2" in club.work()
    assert [item.version for item in club["audit"].deployments("club")] == ["v1", "v2"]

    club.live(datetime(2026, 10, 1, tzinfo=UTC))
    club.work()
    (dossier,) = [item for item in club[SECOND].dossiers("club") if not item.decided]
    with refused(NOT_IN_ROLE):  # the deputy's time is over
        club["science"].judge("club", dossier.id, "continue", reason="in place of the second owner")


def the_owners_end_it(club: Club) -> None:
    with refused(NOT_IN_ROLE):
        club["operations"].retire("club", reason="it is old")
    assert club[SECOND].retire("club", reason="the club closes").by == SECOND
    assert club.work() == {}
    assert club["audit"].report_page("club").startswith("<!doctype html>")


def the_record_says_who_did_what(club: Club) -> None:
    assert club["audit"].ledger("club").problems == ()
    decided = [(item["subject"], item["by"], item["identity"]) for item in club.entries("decision")]
    assert decided == [
        ("version", OWNER, "authenticated"),
        ("dossier", OWNER, "authenticated"),
        ("version", "science@club.example", "authenticated"),
    ]
    assert [item["applied_by"] for item in club.entries("revision") if item["state"] == "active"] == [
        "science@club.example",
        OWNER,
    ]
    assert [(item["by"], item["identity"]) for item in club.entries("note")] == [
        ("review@club.example", "authenticated")
    ]
    assert [item["by"] for item in club.entries("reading")] == ["audit@club.example"]
    assert [item["by"] for item in club.entries("retirement")] == [SECOND]
    assert {item["changed_by"] for item in club.entries("account")} == {"the first start", "admin"}
    tokens = {(item["account"], item["issued_by"]) for item in club.entries("token")}
    assert tokens == {(name, name) for name in ("admin", *PERSONS)} | {(AUTOMATION, "admin")}
    verdict = next(item for item in club["audit"].check("club") if item.id == "HO-2")
    assert verdict.verdict == "met", verdict.reason
