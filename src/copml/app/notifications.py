"""Use cases around how people are told: preferences, a trial message.

Invariant: a preference is an entry of the ledger, and nobody's but the person's own. Where a channel
leads is shown by reference, never as a secret.
"""

import os
import secrets
from dataclasses import dataclass, replace
from datetime import datetime

from copml.app.authority import demand_identity
from copml.app.workspace import Workspace
from copml.clock import SystemClock
from copml.errors import NoWayToTell, PreferenceWrong
from copml.notifying import (
    NEVER_STATED,
    can_mail,
    check_preference,
    default_preference,
    send,
    ways,
    write_out,
)
from copml.operations import OUTBOX, keep
from copml.records import Channel, Message, Notice, NoticeKind, Preference
from copml.store import Reader

UTC = "UTC"
ID_BYTES = 16
TRIAL = "This is a trial message: somebody asked for it, and nothing is wrong"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """How one message went: `error` is empty where it was taken, `place` the file where it was written."""

    channel: Channel
    to: str
    id: str
    place: str
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Underway:
    """A message to a person in one project: since when, how often tried, when next, and why it did not arrive yet."""

    project: str
    id: str
    channel: Channel
    notices: int
    composed_at: datetime
    delivered_at: datetime | None
    next_at: datetime
    attempts: int
    error: str


def preferences(workspace: Workspace, name: str) -> Preference:
    """How a person is told: as they said, or as it is where nobody said anything (`changed_at` is 1970 then)."""
    with workspace.stages.state.read() as reader:
        stated = reader.get(Preference, name=name.lower())
    return default_preference(name, mail=can_mail(os.environ)) if stated is None else stated


def is_stated(preference: Preference) -> bool:
    """Whether a person said how they want to be told."""
    return preference.changed_at != NEVER_STATED


def set_preferences(workspace: Workspace, wanted: Preference) -> Preference:
    """Keep how a person wants to be told, in place of what they said before.

    Raises:
        PreferenceWrong: when a part of it could not be kept to, or it is of somebody else than who is signed in.
        IdentityAsserted: when nobody is signed in, in a workspace that has accounts.
    """
    stated = replace(wanted, name=wanted.name.lower(), changed_at=workspace.clock.now())
    check_preference(stated)
    with workspace.stages.state.write() as tx:
        _demand_own(workspace, tx, stated.name)
        keep(tx, (stated,), stated.changed_at)
    return stated


def messages_to(workspace: Workspace, name: str) -> tuple[Underway, ...]:
    """Messages to a person in all projects, oldest first."""
    with workspace.stages.state.read() as reader:
        found = reader.find(Message, person=name.lower())
    return tuple(_underway(item) for item in sorted(found, key=lambda item: (item.composed_at, item.id)))


def try_telling(workspace: Workspace, name: str) -> tuple[Told, ...]:
    """Send a trial message on every channel of a person, at once and whatever the hour; how it went on each.

    Raises:
        NoWayToTell: when they have no channel.
        PreferenceWrong, IdentityAsserted: when it is somebody else who asks.
    """
    with workspace.stages.state.read() as reader:
        _demand_own(workspace, reader, name.lower())
    preference = preferences(workspace, name)
    found = ways(preference)
    if not found:
        raise NoWayToTell(name)
    return tuple(_tried(workspace, _trial(workspace, preference, channel, to)) for channel, to in found)


def _demand_own(workspace: Workspace, reader: Reader, name: str) -> None:
    demand_identity(workspace, reader, name)
    if workspace.principal is not None and workspace.principal.name != name:
        raise PreferenceWrong("name", name, f"{workspace.principal.name} is signed in, and preferences are one's own")


def _tried(workspace: Workspace, message: Message) -> Told:
    place, error = "", ""
    if message.outbox:
        place = str(write_out(message, workspace.folder / OUTBOX))
    else:
        error = send(message, os.environ, wall=SystemClock().now())
    return Told(channel=message.channel, to=message.to, id=message.id, place=place, error=error)


def _trial(workspace: Workspace, preference: Preference, channel: Channel, to: str) -> Message:
    now = workspace.clock.now()
    notice = Notice(kind=NoticeKind.MENTION, subject="trial", text=TRIAL, since=now, step=0, urgent=False)
    return Message(
        project="",
        id=secrets.token_hex(ID_BYTES),
        person=preference.name,
        channel=channel,
        to=to,
        secret=preference.webhook_secret or "",
        outbox=workspace.mark.simulated and not preference.sends_simulated,
        simulated=workspace.mark.simulated,
        zone=preference.zone or UTC,
        notices=(notice,),
        composed_at=now,
        next_at=now,
        delivered_at=None,
        attempts=0,
        error="",
    )


def _underway(message: Message) -> Underway:
    return Underway(
        project=message.project,
        id=message.id,
        channel=message.channel,
        notices=len(message.notices),
        composed_at=message.composed_at,
        delivered_at=message.delivered_at,
        next_at=message.next_at,
        attempts=message.attempts,
        error=message.error,
    )
