"""People are told: by the loop and from the command line, on a real workspace, through real servers; whatever fails."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from urllib.parse import quote

import pytest
from tests.commands import copml as typed
from tests.commands import done, refused
from tests.mailroom import PASSWORD, USER, Inbox, Mailbox, free_port, mail_server, silent_server, web_server

from copml.access import NoteSubject
from copml.accounts import Principal
from copml.app import (
    Part,
    Workspace,
    acknowledge,
    apply,
    init_project,
    invite,
    issue_token,
    messages_to,
    note,
    preferences,
    run,
    set_preferences,
    try_telling,
    verify_ledger,
)
from copml.errors import IdentityAsserted, PreferenceWrong
from copml.operations import Step, View, keep
from copml.operations.messages import ATTEMPTS_MAX
from copml.records import (
    Cause,
    CauseStage,
    Entry,
    Incident,
    IncidentState,
    NoticeKind,
    Preference,
    Rhythm,
    Role,
)

NAME = "keep-customers"
START = datetime(2026, 3, 2, 9, tzinfo=UTC)
HOOK = "COPML_NOTIFY_HOOK"
LOOK = """
import sys
from pathlib import Path
from copml.app import Part, Workspace, run
with Workspace.open(Path(sys.argv[1])) as workspace:
    print([step.outcome for step in run(workspace, "keep-customers", Part.MONITOR)])
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    init_project(tmp_path, NAME, None)
    return tmp_path / NAME


@pytest.fixture
def workspace(folder: Path) -> Iterator[Workspace]:
    """A project with a simulated clock, whose people say that their messages are sent all the same."""
    with Workspace.create(folder / ".copml", simulated_from=START) as made:
        apply(made, folder / "copml.yaml", by="author@example.org")
        yield made


@pytest.fixture
def mailbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mailbox]:
    found = Mailbox()
    with mail_server(found) as port:
        monkeypatch.setenv("COPML_SMTP_URL", f"smtp://127.0.0.1:{port}?tls=none")
        monkeypatch.setenv("COPML_SMTP_FROM", "copml@example.org")
        yield found


def people(workspace: Workspace, role: Role) -> str:
    return seen(workspace).project.people.of(role)[0]


def seen(workspace: Workspace) -> View:
    view = workspace[NAME].view()
    assert view is not None
    return view


def wish(workspace: Workspace, role: Role, **changes: object) -> Preference:
    name = people(workspace, role)
    stated = {"email": name, "sends_simulated": True, **changes}
    return set_preferences(workspace, replace(preferences(workspace, name), **stated))  # type: ignore[arg-type]


def open_incident(workspace: Workspace, name: str, **changes: object) -> None:
    now = workspace.clock.now()
    made = Incident(
        project=NAME, id=name, what=f"Something broke: {name}.", cause_stage=CauseStage.SERVICE,
        cause=Cause.SERVICE, owner=Role.OPERATIONS, evidence={}, starts_at=now, opened_at=now,
        state=IncidentState.OPEN, closed_at=None, resolution="",
    )  # fmt: skip
    with workspace.stages.state.write() as tx:
        keep(tx, [replace(made, **changes)], now)  # type: ignore[arg-type]


def told(workspace: Workspace) -> list[Step]:
    """Let the loop tell people what is due now; nothing else of it."""
    return [step for step in run(workspace, NAME, Part.MONITOR) if step.key.startswith("notify/")]


def wait(workspace: Workspace, **time: float) -> None:
    workspace.move_clock(workspace.clock.now() + timedelta(**time))


def test_an_incident_is_mailed_once_and_the_ledger_knows_it(workspace: Workspace, mailbox: Mailbox) -> None:
    stated = wish(workspace, Role.OPERATIONS)
    open_incident(workspace, "first/1")
    open_incident(workspace, "second/1")
    assert [step.outcome for step in told(workspace)] == ["done", "done"]
    assert told(workspace) == []
    (mail,) = mailbox.mails
    assert mail["To"] == stated.email
    assert mail["Subject"] == "[copml keep-customers, simulated] 2 incidents"
    (message,) = seen(workspace).messages
    assert mail["Copml-Delivery"] == message.id
    assert (message.attempts, message.error) == (1, "")
    kinds = [entry.kind for entry in entries(workspace)]
    assert kinds.count("preference") == 1
    assert kinds.count("message") == 1
    assert verify_ledger(workspace).holds


def entries(workspace: Workspace) -> list[Entry]:
    with workspace.stages.state.read() as reader:
        return reader.find(Entry)


def test_a_digest_is_one_message_on_its_day_and_hour(workspace: Workspace, mailbox: Mailbox) -> None:
    weekly = dict.fromkeys(NoticeKind, Rhythm.WEEKLY)
    wish(workspace, Role.OPERATIONS, rhythms=weekly, zone="Europe/Berlin", hour=7)
    for day in range(5):
        open_incident(workspace, f"day-{day}/1")
        assert told(workspace) == []
        wait(workspace, days=1)
    workspace.move_clock(datetime(2026, 3, 9, 5, 59, tzinfo=UTC))
    assert told(workspace) == []
    workspace.move_clock(datetime(2026, 3, 9, 6, tzinfo=UTC))
    assert len(told(workspace)) == 2
    assert [mail["Subject"] for mail in mailbox.mails] == ["[copml keep-customers, simulated] 5 incidents"]


def test_what_nobody_takes_up_goes_on_once_for_each_step(folder: Path, workspace: Workspace, mailbox: Mailbox) -> None:
    path = folder / "copml.yaml"
    text = path.read_text()
    assert "\nmonitoring:\n" in text
    steps = "  alerts: {escalate: [{after: 4h, to: science}, {after: 1d, to: business}]}\n"
    path.write_text(text.replace("\nmonitoring:\n", f"\nmonitoring:\n{steps}"))
    assert apply(workspace, path, by="author@example.org").number == 2
    for role in (Role.OPERATIONS, Role.SCIENCE, Role.BUSINESS):
        wish(workspace, role)
    open_incident(workspace, "lonely/1")
    open_incident(workspace, "seen/1")
    told(workspace)
    acknowledge(workspace, NAME, "seen/1", by=people(workspace, Role.OPERATIONS))
    for _ in range(30):
        wait(workspace, hours=1)
        told(workspace)
    to = [people(workspace, role) for role in (Role.OPERATIONS, Role.SCIENCE, Role.BUSINESS)]
    assert [mail["To"] for mail in mailbox.mails] == to
    assert all("seen/1" not in body(mail) and "nobody has taken it up" in body(mail) for mail in mailbox.mails[1:])


def body(mail: object) -> str:
    plain = mail.get_body(("plain",))  # type: ignore[attr-defined]
    return str(plain.get_content())


def test_who_is_named_in_a_text_is_told(workspace: Workspace, mailbox: Mailbox) -> None:
    wish(workspace, Role.SCIENCE, rhythms=dict.fromkeys(NoticeKind, Rhythm.AT_ONCE))
    text = f"is this the new column of Jane Roe, @{people(workspace, Role.SCIENCE)}? @stranger@elsewhere.example"
    open_incident(workspace, "first/1", state=IncidentState.ACKNOWLEDGED)
    note(workspace, NAME, text, by="boss@example.org", subject=NoteSubject.INCIDENT, subject_id="first/1")
    assert len(told(workspace)) == 2
    (mail,) = mailbox.mails
    assert "boss@example.org named you in a note on incident first/1" in body(mail)
    assert "Jane Roe" not in body(mail)


def test_a_message_is_sent_again_with_its_id_until_it_is_taken(workspace: Workspace, mailbox: Mailbox) -> None:
    wish(workspace, Role.OPERATIONS, webhook=HOOK)
    mailbox.answers += ["451 later"] * 3
    with web_server(Inbox(answers=[500, 500])) as inbox, pytest.MonkeyPatch.context() as patched:
        patched.setenv(HOOK, inbox.url)
        open_incident(workspace, "first/1")
        outcomes = []
        for _ in range(10):
            outcomes += [step.outcome for step in told(workspace)]
            wait(workspace, minutes=2)
    assert sorted(outcomes) == [*["done"] * 3, *["not yet"] * 5]
    assert len(mailbox.mails) == 1
    assert len({post["id"] for post in inbox.bodies}) == 1
    assert len({content for _, content in inbox.posts}) == 1
    assert sorted(item.attempts for item in seen(workspace).messages) == [3, 4]
    assert all(item.delivered_at and not item.error for item in seen(workspace).messages)


def test_who_cannot_be_reached_is_an_incident_once_and_it_ends(
    folder: Path, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    wish(workspace, Role.OPERATIONS)
    secret = f"smtps://{quote(USER)}:{quote(PASSWORD, safe='')}@127.0.0.1:{free_port()}"
    monkeypatch.setenv("COPML_SMTP_URL", secret)
    monkeypatch.setenv("COPML_SMTP_FROM", "copml@example.org")
    open_incident(workspace, "first/1")
    outcomes = []
    for hours in [4] * 60 + [0]:
        outcomes += [step.outcome for step in told(workspace) if step.key.startswith("notify/send/")]
        wait(workspace, hours=hours)
    # The second message tells of the incident that the first one became, and fails as well; there is no third.
    assert outcomes == [*["not yet"] * (ATTEMPTS_MAX - 1), "failed"] * 2
    (unreached,) = [item for item in seen(workspace).incidents if item.id.startswith("unreached/")]
    assert unreached.state is IncidentState.OPEN
    assert "ConnectionRefusedError" in unreached.what
    assert sum(b'"id":"unreached/' in entry.record for entry in entries(workspace)) == 1
    everything = b"".join(path.read_bytes() for path in workspace.folder.rglob("*") if path.is_file())
    assert PASSWORD.encode() not in everything
    assert quote(PASSWORD, safe="").encode() not in everything

    found = Mailbox()
    with mail_server(found) as port:
        monkeypatch.setenv("COPML_SMTP_URL", f"smtp://127.0.0.1:{port}?tls=none")
        assert "notify/send/" in done(folder, "retry").out
        told(workspace)
    assert len(found.mails) == 2
    assert all(item.state is IncidentState.RESOLVED for item in seen(workspace).incidents if item.id == unreached.id)
    assert all(item.delivered_at for item in seen(workspace).messages)


def test_a_channel_that_hangs_or_fails_does_not_stop_the_loop(
    workspace: Workspace, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("copml.notifying.webhook.TIMEOUT_SECONDS", 0.3)
    wish(workspace, Role.OPERATIONS, webhook=HOOK, apprise="COPML_NOTIFY_NOT_SET")
    with silent_server() as port:
        monkeypatch.setenv(HOOK, f"http://127.0.0.1:{port}")
        open_incident(workspace, "first/1")
        outcomes = {step.outcome for step in run(workspace, NAME)}
    assert len(mailbox.mails) == 1
    assert outcomes >= {"done", "not yet"}
    assert seen(workspace).runs, "the loop went on to train"


@pytest.mark.parametrize("way", ["email", "webhook"])
def test_a_process_that_is_killed_between_sending_and_keeping_sends_again_with_the_same_id(
    way: str, workspace: Workspace, mailbox: Mailbox
) -> None:
    """The server kills the worker with SIGKILL as soon as it has the message, before it says that it took it."""
    started, worker = threading.Event(), []

    def kill() -> None:
        if worker and started.wait(60):
            os.kill(worker.pop().pid, signal.SIGKILL)

    mailbox.before_answer = kill
    with web_server(Inbox(before_answer=kill)) as inbox, pytest.MonkeyPatch.context() as patched:
        patched.setenv(HOOK, inbox.url)
        wish(workspace, Role.OPERATIONS, **({"webhook": HOOK, "email": None} if way == "webhook" else {}))
        open_incident(workspace, "first/1")
        process = subprocess.Popen([sys.executable, "-c", LOOK, str(workspace.folder)], stdout=subprocess.PIPE)
        worker.append(process)
        started.set()
        assert process.wait(120) == -signal.SIGKILL
        assert process.stdout is not None
        process.stdout.close()
        assert [item.delivered_at for item in seen(workspace).messages] == [None]
        assert [step.outcome for step in told(workspace)] == ["done"]
        assert told(workspace) == []
    ids = [mail["Message-ID"] for mail in mailbox.mails] + [post["id"] for post in inbox.bodies]
    assert len(ids) == 2
    assert len(set(ids)) == 1
    assert [item.delivered_at is not None for item in seen(workspace).messages] == [True]


def test_two_workers_tell_nobody_twice(workspace: Workspace, mailbox: Mailbox) -> None:
    wish(workspace, Role.OPERATIONS)
    for number in range(5):
        open_incident(workspace, f"number-{number}/1")
    command = [sys.executable, "-c", LOOK, str(workspace.folder)]
    workers = [subprocess.Popen(command, stdout=subprocess.DEVNULL) for _ in range(3)]
    assert [process.wait(120) for process in workers] == [0, 0, 0]
    assert [mail["Subject"] for mail in mailbox.mails] == ["[copml keep-customers, simulated] 5 incidents"]


def test_a_simulated_workspace_writes_mails_and_sends_none(workspace: Workspace, mailbox: Mailbox) -> None:
    wish(workspace, Role.OPERATIONS, sends_simulated=False)
    open_incident(workspace, "first/1")
    assert [step.outcome for step in told(workspace)] == ["done", "done"]
    assert mailbox.mails == []
    (path,) = (workspace.folder / "outbox").iterdir()
    mail = message_from_bytes(path.read_bytes(), policy=policy.default)
    assert mail["Subject"] == "[copml keep-customers, simulated] 1 incident"


def test_where_nobody_said_anything_addresses_are_mailed_if_there_is_a_server(folder: Path, mailbox: Mailbox) -> None:
    with Workspace.create(folder / ".copml") as real, pytest.MonkeyPatch.context() as patched:
        apply(real, folder / "copml.yaml", by="author@example.org")
        open_incident(real, "first/1")
        url = os.environ["COPML_SMTP_URL"]
        patched.delenv("COPML_SMTP_URL")
        assert told(real) == []
        patched.setenv("COPML_SMTP_URL", url)
        assert len(told(real)) == 2
        assert [mail["To"] for mail in mailbox.mails] == [people(real, Role.OPERATIONS)]
        assert mailbox.mails[0]["Subject"] == "[copml keep-customers] 1 incident"


def test_the_commands(folder: Path, workspace: Workspace, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    me = people(workspace, Role.OPERATIONS)
    monkeypatch.setenv("COPML_USER", me)
    assert "this is what holds for everybody" in done(folder, "notify", "show").out
    changes = ["--email", me, "--approval", "weekly", "--quiet", "22:00-07:00", "--zone", "Europe/Berlin"]
    told_so = done(folder, "notify", "set", *changes, "--urgent-breaks-quiet", "--webhook", HOOK).out
    assert "22:00-07:00, not for what is urgent" in " ".join(told_so.split())
    kept = done(folder, "notify", "show", "--json").json["preference"]
    assert kept["rhythms"] == {"incident": "at-once", "approval": "weekly", "dossier": "daily", "mention": "daily"}
    assert (kept["webhook"], kept["hour"], kept["weekday"]) == (HOOK, 8, "monday")
    assert done(folder, "notify", "set", "--webhook", "off", "--hour", "6", "--json").json["webhook"] is None
    again = preferences(workspace, me.upper())
    assert (again.hour, again.quiet, again.rhythms[NoticeKind.APPROVAL]) == (6, "22:00-07:00", Rhythm.WEEKLY)

    assert "written to" in " ".join(done(folder, "notify", "test").out.split())
    done(folder, "notify", "set", "--sends-simulated")
    assert "email to" in done(folder, "notify", "test").out
    assert "trial message" in body(mailbox.mails[0])
    assert messages_to(workspace, me) == ()
    monkeypatch.setenv("COPML_SMTP_URL", "")
    failed = typed(folder, "notify", "test", "--json")
    assert failed.status == 4
    assert failed.json[0]["error"].startswith("COPML-161: e-mail cannot be sent")


def test_the_last_messages_are_shown_with_what_became_of_them(
    folder: Path, workspace: Workspace, mailbox: Mailbox
) -> None:
    me = wish(workspace, Role.OPERATIONS).name
    open_incident(workspace, "first/1")
    told(workspace)
    mailbox.answers.append("554 no")
    open_incident(workspace, "second/1")
    told(workspace)
    shown = " ".join(done(folder, "notify", "show", "--by", me).out.split())
    assert "arrived" in shown
    messages = done(folder, "notify", "show", "--by", me, "--json").json["messages"]
    assert [item["error"] for item in messages] == ["", "the mail server refused it (554)"]


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (["set", "--webhook", "https://hooks.example/T0/secret"], "COPML-160"),
        (["set", "--quiet", "at night"], "COPML-160"),
        (["set", "--email", "no address"], "COPML-160"),
        (["set", "--zone", "Mars"], "COPML-160"),
        (["set", "--hour", "25"], "COPML-160"),
        (["test"], "COPML-163"),
    ],
)
def test_wishes_that_cannot_be_kept_to_are_refused_and_change_nothing(
    folder: Path, workspace: Workspace, options: list[str], code: str
) -> None:
    words = refused(folder, "notify", *options, "--by", "somebody", code=code)
    assert "hooks.example" not in words
    assert json.loads(done(folder, "notify", "show", "--by", "somebody", "--json").out)["messages"] == []
    assert preferences(workspace, "somebody").email is None


def test_with_accounts_preferences_are_one_s_own(folder: Path, workspace: Workspace, mailbox: Mailbox) -> None:
    account = invite(workspace, "coach@example.org", by="admin").account
    mine = preferences(workspace, account.name)
    with pytest.raises(IdentityAsserted):
        set_preferences(workspace, mine)
    with pytest.raises(IdentityAsserted):
        try_telling(workspace, account.name)
    signed_in = workspace.acting(Principal(account=account))
    with pytest.raises(PreferenceWrong, match="preferences are one's own"):
        set_preferences(signed_in, preferences(workspace, "somebody@else.example"))
    with pytest.raises(PreferenceWrong, match="preferences are one's own"):
        try_telling(signed_in, "somebody@else.example")
    kept = set_preferences(signed_in, replace(mine, hour=5, sends_simulated=True))
    assert preferences(workspace, account.name) == kept
    assert [item.error for item in try_telling(signed_in, account.name)] == [""]
    assert [mail["To"] for mail in mailbox.mails] == [account.name]
    assert refused(folder, "notify", "set", "--hour", "4", code="COPML-179")


def test_whoever_is_signed_in_sets_their_own_whatever_name_is_given(
    folder: Path, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = invite(workspace, "coach@example.org", by="admin").account
    issued = issue_token(workspace, by=Principal(account=account))
    monkeypatch.setenv("COPML_TOKEN", issued.secret)
    kept = done(folder, "notify", "set", "--hour", "4", "--by", "else@example.org", "--json").json
    assert (kept["name"], kept["hour"]) == (account.name, 4)
    assert preferences(workspace, "else@example.org").hour == 8
