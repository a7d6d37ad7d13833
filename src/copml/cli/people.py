"""Commands on people: sign in to a server, accounts, tokens, notes, standing in for somebody.

Invariant: a secret is asked for without showing it, or read from standard input; it is never an argument, which other
processes could see.
"""

import sys
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from cyclopts import App

from copml.cli.output import say, say_item, say_whole, show_json, show_table
from copml.cli.place import HERE, Place

if TYPE_CHECKING:
    from copml.access import NoteSubject

accounts = App(name="accounts", help="Who may sign in.", group="People")
tokens = App(name="tokens", help="What programs and command lines act with.", group="People")
notes = App(name="notes", help="What people said, where it is about.", group="People")
deputies = App(name="deputies", help="Who decides for whom.", group="People")


def login(server: str, *, name: str | None = None, invitation: bool = False, days: int = 30) -> None:
    """Sign in to a server; its token is kept for later commands with --server.

    Args:
        server: Address of the server, such as https://copml.example.
        name: Name of the account; asked for unless given.
        invitation: You have an invitation and choose a password now.
        days: How long the token lasts.
    """
    from copml.client import Client, Credentials, keep

    with Client(server) as client:
        if invitation:
            secret, password = _secret("invitation: "), _secret("a password, 12 characters or more: ")
            name = client.accept_invitation(secret, password).name
        else:
            name = name or input("account: ")
            password = _secret("password: ")
        issued = client.sign_in_for_token(name, password, days=days)
    path = keep(Credentials(server=server, account=name, token=issued.secret))
    say(f"signed in to {server} as {name}, until {issued.token.expires_at:%Y-%m-%d}; the token is in {path}")


def logout(server: str) -> None:
    """Revoke the token of a server, and forget it.

    Args:
        server: Address of the server.
    """
    from copml.accounts import split_token
    from copml.client import Client, forget

    known = forget(server)
    if known is None:
        say(f"nobody is signed in to {server} from here")
        return
    parts = split_token(known.token)
    if parts is not None:
        with Client(server, known.token) as client:
            client.revoke_token(parts[0])
    say(f"signed out of {server}")


@accounts.command(name="list")
def list_accounts(*, place: Place = HERE) -> None:
    """List accounts."""
    if place.server is not None:
        with place.client() as client:
            found = tuple(client.accounts())
    else:
        from copml.app import accounts as accounts_of

        with place.open() as workspace:
            found = accounts_of(workspace)
    if place.json:
        show_json(found)
        return
    rows = [
        (
            item.name,
            item.kind,
            "yes" if item.administrator else "",
            "" if item.active else "may not act",
            item.changed_by,
        )
        for item in found
    ]
    show_table("accounts", ("name", "kind", "administrator", "state", "changed by"), rows)


@accounts.command
def invite(
    name: str, *, kind: Literal["person", "service"] = "person", administrator: bool = False, place: Place = HERE
) -> None:
    """Make an account, or invite its person anew; prints the invitation once.

    Args:
        name: As the people of project files are called, mostly an e-mail address.
        kind: Whether it is a person's or a program's.
        administrator: Whether it manages accounts.
    """
    if place.server is not None:
        with place.client() as client:
            made = client.invite(name, kind=kind, administrator=administrator)
    else:
        from copml.access import AccountKind
        from copml.app import invite as invite_account

        with place.open() as workspace:
            made = invite_account(
                workspace, name, by=place.who(None), kind=AccountKind(kind), administrator=administrator
            )
    if place.json:
        show_json(made)
    elif made.invitation is None:
        say(f"{made.account.name} is there; next: copml tokens issue --account {made.account.name}")
    else:
        say(f"{made.account.name} is invited until {made.expires_at:%Y-%m-%d}; this invitation is shown once:")
        say_whole(made.invitation)
        say("next: they run `copml login SERVER --invitation`")


@accounts.command
def change(name: str, *, active: bool | None = None, administrator: bool | None = None, place: Place = HERE) -> None:
    """Let an account act or not, administer or not; one that may not act loses its sessions and tokens.

    Args:
        name: Which account.
        active: Whether it may act.
        administrator: Whether it manages accounts.
    """
    if place.server is not None:
        with place.client() as client:
            changed = client.change_account(name, active=active, administrator=administrator)
    else:
        from copml.app import change_account

        with place.open() as workspace:
            changed = change_account(workspace, name, by=place.who(None), active=active, administrator=administrator)
    show_json(changed) if place.json else say(
        f"{changed.name} {'may act' if changed.active else 'may not act'}"
        + (" and administers" if changed.administrator else "")
    )


@tokens.command(name="list")
def list_tokens(*, account: str | None = None, place: Place = HERE) -> None:
    """List tokens of one's own, without their secrets.

    Args:
        account: Those of another account, for administrators.
    """
    with place.client() as client:
        found = client.tokens(account)
    if place.json:
        show_json(found)
        return
    rows = [
        (
            item.id,
            item.label,
            "revoked" if item.revoked_at else f"until {item.expires_at:%Y-%m-%d}",
            ", ".join(item.rights),
        )
        for item in found
    ]
    show_table("tokens", ("id", "label", "state", "rights"), rows)


@tokens.command
def issue(
    *,
    account: str | None = None,
    label: str = "",
    right: tuple[str, ...] = (),
    only: tuple[str, ...] = (),
    days: int = 30,
    place: Place = HERE,
) -> None:
    """Issue a token; prints its secret once.

    Args:
        account: A program's account, for administrators; one's own unless given.
        label: What it is for.
        right: A right that it has; all that one has unless given. May be repeated.
        only: A project that it is for; all unless given. May be repeated.
        days: How long it lasts.
    """
    from copml.access import Right

    with place.client() as client:
        issued = client.issue_token(
            account, label=label, rights=[Right(item) for item in right] or None, projects=list(only), days=days
        )
    if place.json:
        show_json(issued)
        return
    say(f"token {issued.token.id}, until {issued.token.expires_at:%Y-%m-%d}; this is shown once:")
    say_whole(issued.secret)


@tokens.command
def revoke(token: str, *, place: Place = HERE) -> None:
    """End a token.

    Args:
        token: Its id; `copml tokens list` has it.
    """
    with place.client() as client:
        ended = client.revoke_token(token)
    show_json(ended) if place.json else say(f"token {ended.id} is revoked")


@notes.command(name="list")
def list_notes(*, on: str | None = None, place: Place = HERE) -> None:
    """List notes, oldest first.

    Args:
        on: Only those on this: `version:v3`, `incident:ID`, `requirement:EF-3`, `prediction:ID`.
    """
    from copml.app import notes as notes_of

    kind, name = _subject(on)
    found = place.ask(notes_of, kind, name)
    if place.json:
        show_json(found)
        return
    for item in found:
        about = f"{item.subject} {item.subject_id}".strip()
        say_item(item.by, f"on {about}, {item.at:%Y-%m-%d %H:%M} UTC, {item.identity}", item.text)
    if not found:
        say("nobody has said anything yet")


@notes.command
def add(text: str, *, on: str | None = None, by: str | None = None, place: Place = HERE) -> None:
    """Say something on the project, or on something in it; @name mentions somebody.

    Args:
        text: What is said.
        on: On what: `version:v3`, `incident:ID`, `requirement:EF-3`, `prediction:ID`.
        by: Who says it; the login name unless given; on a server, whoever signed in.
    """
    from copml.access import NoteSubject
    from copml.app import note

    kind, name = _subject(on)
    made = place.ask(note, text, by=place.who(by), subject=kind or NoteSubject.PROJECT, subject_id=name or "")
    show_json(made) if place.json else say(f"noted as {made.id}")


@deputies.command(name="list")
def list_deputies(*, place: Place = HERE) -> None:
    """List who stands in for whom, past and to come."""
    from copml.app import delegations

    found = place.ask(delegations)
    if place.json:
        show_json(found)
        return
    rows = [
        (
            item.id,
            item.role,
            item.absent,
            item.deputy,
            f"{item.starts_at:%Y-%m-%d}",
            f"{item.until:%Y-%m-%d}",
            item.reason,
        )
        for item in found
    ]
    show_table("deputies", ("id", "role", "for", "deputy", "from", "until", "why"), rows)


@deputies.command
def name(role: str, deputy: str, *, until: datetime, reason: str, by: str | None = None, place: Place = HERE) -> None:
    """Let somebody decide in your role while you are away.

    Args:
        role: Which role of yours.
        deputy: Who decides in your place.
        until: Until when, up to 90 days; a date, at its beginning in UTC.
        reason: Why; kept in the ledger.
        by: Who is away; the login name unless given; on a server, whoever signed in.
    """
    from datetime import UTC

    from copml.app import delegate
    from copml.records import Role

    end = until if until.tzinfo is not None else until.replace(tzinfo=UTC)
    made = place.ask(delegate, Role(role), deputy, by=place.who(by), until=end, reason=reason)
    show_json(made) if place.json else say(
        f"{made.deputy} decides as {made.role} until {made.until:%Y-%m-%d %H:%M} UTC"
    )


@deputies.command(name="end")
def end_deputy(delegation: str, *, by: str | None = None, place: Place = HERE) -> None:
    """End that somebody stands in.

    Args:
        delegation: Its id; `copml deputies list` has it.
        by: Who ends it; the login name unless given; on a server, whoever signed in.
    """
    from copml.app import end_delegation

    ended = place.ask(end_delegation, delegation, by=place.who(by))
    show_json(ended) if place.json else say(f"{ended.deputy} no longer decides for {ended.absent}")


def _subject(on: str | None) -> "tuple[NoteSubject | None, str | None]":
    from copml.access import NoteSubject
    from copml.errors import NotDecidable

    if on is None:
        return None, None
    kind, _, name = on.partition(":")
    if kind not in set(NoteSubject):
        raise NotDecidable(f"a note is on one of {', '.join(NoteSubject)}, written as `version:v3`, and not on {on!r}")
    return NoteSubject(kind), name


def _secret(prompt: str) -> str:
    """A secret that is typed unseen; or, where nobody types, the next line of standard input."""
    if sys.stdin.isatty():
        from getpass import getpass

        return getpass(prompt)
    return sys.stdin.readline().rstrip("\n")
