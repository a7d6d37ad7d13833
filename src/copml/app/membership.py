"""Use cases on accounts: invite, accept, change, list; the first administrator.

Invariant: every change of an account is an entry of the ledger, in the transaction that makes it; no secret ever is.
There is always an active administrator. Times of access are those of the machine, also in a simulated workspace.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from copml.access import Account, AccountKind, Invitation, Password, Session, Token
from copml.accounts import check_strength, digest_secret, hash_password, mint_secret
from copml.app.workspace import Workspace
from copml.clock import SystemClock
from copml.errors import AccountUnknown, AccountUnusable, InvitationRefused
from copml.operations import keep
from copml.store import Transaction

INVITATION_LASTS = timedelta(days=7)
FIRST_ADMINISTRATOR = "admin"
STARTED_BY = "the first start"
NAME = re.compile(r"[a-z0-9][a-z0-9._%+@-]{0,253}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Invited:
    """An account, and the secret with which its person sets the password; a program's account has none."""

    account: Account
    invitation: str | None
    expires_at: datetime | None


def found_administrator(workspace: Workspace, name: str = FIRST_ADMINISTRATOR) -> Invited | None:
    """The first account of a workspace that has none, an administrator's; None where there are accounts."""
    with workspace.stages.state.write() as tx:
        if tx.find(Account):
            return None
        return _invited(workspace, tx, named(name), AccountKind.PERSON, by=STARTED_BY, administrator=True)


def accounts(workspace: Workspace) -> tuple[Account, ...]:
    """Every account, by name."""
    with workspace.stages.state.read() as reader:
        return tuple(reader.find(Account))


def invite(
    workspace: Workspace,
    name: str,
    *,
    by: str,
    kind: AccountKind = AccountKind.PERSON,
    administrator: bool = False,
) -> Invited:
    """Make an account; or invite the person of one anew, whose password and sessions then end.

    Raises:
        AccountUnusable: when the name cannot be one, the account is of the other kind, or a program is to administer.
    """
    with workspace.stages.state.write() as tx:
        known = tx.get(Account, name=named(name))
        if known is not None and known.kind is not kind:
            raise AccountUnusable(name, f"it is that of a {known.kind}")
        if kind is AccountKind.SERVICE and administrator:
            raise AccountUnusable(name, "a program cannot be an administrator")
        if known is not None and not _others_administer(tx, known) and not administrator:
            raise AccountUnusable(name, "it is the only administrator")
        return _invited(workspace, tx, named(name), kind, by=by, administrator=administrator)


def accept_invitation(workspace: Workspace, secret: str, password: str) -> Account:
    """Set the password of the account that an invitation is for; the invitation is used up.

    Raises:
        InvitationRefused: when it was used, is over, or never was.
        PasswordRefused: when the password is guessed easily; the invitation stays.
    """
    now = SystemClock().now()
    with workspace.stages.state.write() as tx:
        invitation = tx.get(Invitation, digest=digest_secret(secret))
        account = None if invitation is None else tx.get(Account, name=invitation.account)
        if invitation is None or account is None or not account.active or invitation.expires_at <= now:
            raise InvitationRefused
        check_strength(password, account.name)
        tx.remove(Invitation, account=account.name)
        _end_sessions(tx, account.name)
        tx.put(Password(account=account.name, hash=hash_password(password), set_at=now))
    return account


def change_account(
    workspace: Workspace, name: str, *, by: str, active: bool | None = None, administrator: bool | None = None
) -> Account:
    """Let an account act or not, administer or not; one that may not act loses its sessions and tokens.

    Raises:
        AccountUnknown: when there is none.
        AccountUnusable: when nobody would administer, or a program would.
    """
    with workspace.stages.state.write() as tx:
        known = the_account(tx, name)
        changed = replace(
            known,
            active=known.active if active is None else active,
            administrator=known.administrator if administrator is None else administrator,
            changed_by=by,
            changed_at=SystemClock().now(),
        )
        if changed.administrator and changed.kind is AccountKind.SERVICE:
            raise AccountUnusable(name, "a program cannot be an administrator")
        if not (changed.active and changed.administrator) and not _others_administer(tx, known):
            raise AccountUnusable(known.name, "it is the only administrator; make another one first")
        ended: Iterable[Token] = ()
        if not changed.active:
            _end_sessions(tx, known.name)
            tx.remove(Invitation, account=known.name)
            ended = [replace(item, revoked_at=changed.changed_at) for item in live_tokens(tx, known.name)]
        keep(tx, (changed, *ended), workspace.clock.now())
    return changed


def the_account(tx: Transaction, name: str) -> Account:
    """The account of a name, however it is written.

    Raises:
        AccountUnknown: when there is none.
    """
    found = tx.get(Account, name=name.lower())
    if found is None:
        raise AccountUnknown(name)
    return found


def live_tokens(tx: Transaction, account: str) -> list[Token]:
    """The tokens of an account that were not revoked."""
    return [item for item in tx.find(Token, account=account) if item.revoked_at is None]


def named(name: str) -> str:
    """A name as accounts have it.

    Raises:
        AccountUnusable: when no account can be called that.
    """
    lowered = name.strip().lower()
    if NAME.fullmatch(lowered) is None:
        raise AccountUnusable(name, "a name has 1 to 254 letters, digits and the characters . _ % + @ -")
    return lowered


def _invited(
    workspace: Workspace, tx: Transaction, name: str, kind: AccountKind, *, by: str, administrator: bool
) -> Invited:
    now = SystemClock().now()
    account = Account(name=name, kind=kind, administrator=administrator, active=True, changed_by=by, changed_at=now)
    keep(tx, (account,), workspace.clock.now())
    if kind is AccountKind.SERVICE:
        return Invited(account=account, invitation=None, expires_at=None)
    secret, until = mint_secret(), now + INVITATION_LASTS
    tx.remove(Password, account=name)
    tx.remove(Invitation, account=name)
    _end_sessions(tx, name)
    tx.put(Invitation(digest=digest_secret(secret), account=name, expires_at=until))
    return Invited(account=account, invitation=secret, expires_at=until)


def _others_administer(tx: Transaction, account: Account) -> bool:
    """Whether there is an administrator left without this account; true as well if it is none."""
    if not (account.active and account.administrator):
        return True
    return any(item.name != account.name and item.active and item.administrator for item in tx.find(Account))


def _end_sessions(tx: Transaction, account: str) -> None:
    tx.remove(Session, account=account)
