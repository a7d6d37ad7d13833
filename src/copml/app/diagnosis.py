"""Use case: what is wrong with this installation, and what to do about it.

Invariant: changes nothing, and ends in an answer whatever is broken: a part that cannot be looked at is a symptom too.
"""

import os
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from importlib import metadata
from pathlib import Path

from copml.access import Account, Token
from copml.app import symptoms
from copml.app.ledger import verify_ledger
from copml.app.loop import LOOKED, failures
from copml.app.symptoms import Symptom, normal, refused, well, wrong
from copml.app.workspace import Workspace
from copml.clock import SystemClock
from copml.data import doubts
from copml.errors import CopmlError
from copml.notifying import can_mail, smtp
from copml.records import Message, Revision, RevisionState, Role
from copml.spec import parse
from copml.spec.project import Project
from copml.store import LedgerTable

VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]*")
_EXTRA = re.compile(r"\bextra\s*==")


def doctor(folder: Path) -> tuple[Symptom, ...]:
    """Look at the installation and at the workspace in a folder; also where the workspace cannot be opened."""
    found = list(_installation())
    try:
        workspace = Workspace.open(folder)
    except CopmlError as error:
        return (*found, refused("workspace", error))
    try:
        return (*found, *_workspace(workspace))
    finally:
        workspace.stages.state.close()


def examine(workspace: Workspace) -> tuple[Symptom, ...]:
    """Look at the installation and at an open workspace."""
    return (*_installation(), *_workspace(workspace))


def _installation() -> Iterator[Symptom]:
    yield symptoms.python(sys.version_info[:3])
    yield from _guarded("packages", _packages)
    if can_mail(os.environ):
        yield from _guarded("mail", _mail)


def _packages() -> Iterator[Symptom]:
    there = {normal(item.metadata["Name"]): item.version for item in metadata.distributions() if item.metadata["Name"]}
    wanted = [text for text in metadata.requires("copml") or [] if not _EXTRA.search(text)]
    yield symptoms.packages(wanted, there)


def _mail() -> Iterator[Symptom]:
    server = smtp(os.environ)
    yield well("mail", f"it is handed in at {server.host}, port {server.port} ({server.security})")


def _workspace(workspace: Workspace) -> Iterator[Symptom]:
    yield from _guarded("disk", partial(_disk, workspace.folder))
    yield from _guarded("state database", partial(_state, workspace))
    yield from _guarded("ledger", partial(_ledger, workspace))
    yield from _guarded("clock", partial(_time, workspace))
    yield from _guarded("accounts", partial(_access, workspace))
    for project in _projects(workspace):
        yield from _guarded(project, partial(_project, workspace, project))


def _guarded(about: str, look: Callable[[], Iterator[Symptom]]) -> list[Symptom]:
    """What a look shows; where it ends in an error, that."""
    found: list[Symptom] = []
    try:
        found.extend(look())
    except CopmlError as error:
        found.append(refused(about, error))
    except Exception as error:  # noqa: BLE001 - whatever is broken is what was asked for
        what = f"{type(error).__name__}: {error}"
        found.append(wrong(about, what, "report it: this is no error that copml knows"))
    return found


def _disk(folder: Path) -> Iterator[Symptom]:
    usage = shutil.disk_usage(folder)
    yield symptoms.space(usage.free, usage.total)
    if not os.access(folder, os.W_OK):
        yield wrong("workspace", f"{folder} cannot be written to", "give whoever runs copml the right to write to it")
    else:
        yield well("workspace", str(folder))


def _state(workspace: Workspace) -> Iterator[Symptom]:
    with workspace.stages.state.read() as reader:
        damage = reader.damage()
    if damage:
        yield wrong("state database", damage[0], "stop the loop, keep a copy of the file, and bring back a backup")
    else:
        yield well("state database", workspace.stages.state.place)


def _ledger(workspace: Workspace) -> Iterator[Symptom]:
    yield symptoms.ledger(verify_ledger(workspace))


def _time(workspace: Workspace) -> Iterator[Symptom]:
    if workspace.mark.simulated:
        yield well("clock", f"simulated: it stands at {workspace.clock.now():%Y-%m-%d %H:%M} UTC")
        return
    now = SystemClock().now()
    with workspace.stages.state.read() as reader:
        table = LedgerTable(reader)
        size = table.size()
        newest = max((entry.at for entry in table.entries(size - 1, size)), default=None)
    yield symptoms.time(newest, now)
    looked = workspace.folder / LOOKED
    yield symptoms.loop(datetime.fromtimestamp(looked.stat().st_mtime, UTC) if looked.exists() else None, now)


def _access(workspace: Workspace) -> Iterator[Symptom]:
    with workspace.stages.state.read() as reader:
        accounts, tokens = reader.find(Account), reader.find(Token)
    if accounts or not workspace.mark.simulated:
        yield symptoms.members(accounts)
    if (ending := symptoms.ending(tokens, SystemClock().now())) is not None:
        yield ending


def _projects(workspace: Workspace) -> list[str]:
    try:
        return workspace.projects()
    except CopmlError:
        return []


def _project(workspace: Workspace, name: str) -> Iterator[Symptom]:
    with workspace.stages.state.read() as reader:
        active = reader.find(Revision, project=name, state=RevisionState.ACTIVE)
        accounts = reader.find(Account)
        waiting = [item for item in reader.find(Message, project=name) if item.delivered_at is None and item.error]
    yield symptoms.tasks(name, failures(workspace, name))
    yield symptoms.undelivered(name, [item.error.splitlines()[0] for item in waiting])
    if not active:
        do = "approve the revision that waits: `copml status` names it"
        yield symptoms.warning(f"{name}: project file", "no revision is in force", do)
        return
    project = parse(active[0].text)
    yield symptoms.sources(name, [*doubts(project, workspace.stages.root(active[0])), *_unset(project)])
    people = {person for role in Role for person in project.people.of(role)}
    if (strangers := symptoms.strangers(name, people, accounts)) is not None:
        yield strangers


def _unset(project: Project) -> list[str]:
    """Sources whose address is in a variable that this process does not have."""
    wanted = {name: source.url for name, source in project.data.sources.items()}
    return [
        f"data.sources.{name}.url: the variable {url} is not set"
        for name, url in wanted.items()
        if url is not None and VARIABLE.fullmatch(url) and url not in os.environ
    ]
