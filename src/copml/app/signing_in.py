"""Use cases of access: sign in and out, tokens, and who it is that sends a token or the cookie of a session.

Invariant: a secret is shown once, when it is made. A session begins with a cookie of its own, whatever the browser sent
before. What a token may do is no more than what whoever issued it could.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from copml.access import Account, AccountKind, Failures, Password, Right, Session, Token, TokenSecret
from copml.accounts import (
    NOT_FOR_PROGRAMS,
    Principal,
    counted,
    digest_secret,
    is_password,
    is_secret,
    locked_until,
    mint_secret,
    mint_token,
    split_token,
)
from copml.app.membership import the_account
from copml.app.workspace import Workspace
from copml.clock import SystemClock
from copml.errors import NotSignedIn, SignInLocked, SignInRefused, TokenUnusable
from copml.operations import keep
from copml.store import Reader

SESSION_LASTS, SESSION_IDLE = timedelta(hours=12), timedelta(hours=2)
SEEN_EVERY = timedelta(minutes=1)
"""How often it is written down that a session is in use."""
TOKEN_DAYS, TOKEN_DAYS_MAX = 30, 366
LABEL_MAX = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """A session that began: `cookie` is what its browser keeps, `csrf` what its changing requests repeat."""

    account: Account
    cookie: str
    csrf: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """A token, and its secret, which is shown this once."""

    token: Token
    secret: str


def sign_in(workspace: Workspace, name: str, password: str) -> SignedIn:
    """Begin a session.

    Raises:
        SignInRefused: when name and password do not belong together, or the account may not act.
        SignInLocked: when that happened too often.
    """
    now = SystemClock().now()
    with workspace.stages.state.read() as reader:
        account = reader.get(Account, name=name.lower())
        kept = reader.get(Password, account=name.lower())
        failures = reader.get(Failures, account=name.lower())
    before = 0 if failures is None else counted(failures.count, failures.last_at, now)
    if failures is not None and before and locked_until(before, failures.last_at) > now:
        raise SignInLocked(int((locked_until(before, failures.last_at) - now).total_seconds()) + 1)
    is_theirs = is_password(password, None if kept is None else kept.hash)
    if account is None or not account.active or not is_theirs:
        if account is not None:
            _count_failure(workspace, account.name, now)
        raise SignInRefused
    return _begin_session(workspace, account, now)


def begin_session(workspace: Workspace, name: str) -> SignedIn:
    """Begin a session for whom somebody else vouches for, such as an identity provider.

    Raises:
        AccountUnknown: when there is no such account.
        SignInRefused: when it may not act, or is a program's.
    """
    with workspace.stages.state.write() as tx:
        account = the_account(tx, name)
    if not account.active or account.kind is AccountKind.SERVICE:
        raise SignInRefused
    return _begin_session(workspace, account, SystemClock().now())


def sign_out(workspace: Workspace, cookie: str) -> None:
    """End a session."""
    with workspace.stages.state.write() as tx:
        tx.remove(Session, digest=digest_secret(cookie))


def who_has_cookie(workspace: Workspace, cookie: str) -> tuple[Principal, Session]:
    """Who sends the cookie of a session.

    Raises:
        NotSignedIn: when the session ended.
    """
    now = SystemClock().now()
    with workspace.stages.state.read() as reader:
        session = reader.get(Session, digest=digest_secret(cookie))
        account = None if session is None else reader.get(Account, name=session.account)
    if session is None or account is None or not account.active:
        raise NotSignedIn("the session is over")
    if session.expires_at <= now or session.seen_at + SESSION_IDLE <= now:
        raise NotSignedIn("the session ended because it was not used, or is old")
    if session.seen_at + SEEN_EVERY <= now:
        with workspace.stages.state.write() as tx:
            if tx.get(Session, digest=session.digest) is not None:
                tx.put(replace(session, seen_at=now))
    return Principal(account=account), session


def who_has_token(workspace: Workspace, shown: str) -> Principal:
    """Who sends a token.

    Raises:
        NotSignedIn: when it is no token, is over or was revoked, or its account may not act.
    """
    parts = split_token(shown)
    if parts is None:
        raise NotSignedIn("this is no token; one begins with copml_")
    with workspace.stages.state.read() as reader:
        token, kept = reader.get(Token, id=parts[0]), reader.get(TokenSecret, id=parts[0])
        account = None if token is None else reader.get(Account, name=token.account)
    if token is None or kept is None or account is None or not is_secret(parts[1], kept.digest):
        raise NotSignedIn("nobody has this token")
    if token.revoked_at is not None or not account.active:
        raise NotSignedIn("this token was revoked")
    if token.expires_at <= SystemClock().now():
        raise NotSignedIn(f"this token is over since {token.expires_at:%Y-%m-%d %H:%M} UTC")
    return Principal(account=account, token=token)


def issue_token(
    workspace: Workspace,
    account: str | None = None,
    *,
    by: Principal,
    label: str = "",
    rights: Iterable[Right] | None = None,
    projects: Iterable[str] = (),
    days: int = TOKEN_DAYS,
) -> Issued:
    """Issue a token of one's own, or as an administrator one of a program. `rights`: all that one has unless given.

    Raises:
        TokenUnusable: when it would be of another person, last too long, or be wider than what it is issued with.
        AccountUnknown: when there is no such account.
    """
    now, wanted = SystemClock().now(), frozenset(Right) if rights is None else frozenset(rights)
    within = tuple(sorted(set(projects)))
    if not 1 <= days <= TOKEN_DAYS_MAX:
        raise TokenUnusable(f"a token lasts 1 to {TOKEN_DAYS_MAX} days, not {days}")
    if len(label) > LABEL_MAX or not label.isprintable():
        raise TokenUnusable(f"a label has at most {LABEL_MAX} characters, all of them printable")
    with workspace.stages.state.write() as tx:
        owner = the_account(tx, account or by.name)
        if owner.name != by.name and not (owner.kind is AccountKind.SERVICE and by.may_manage()):
            raise TokenUnusable(f"{by.name} issues tokens of their own; an administrator those of programs as well")
        if not owner.active:
            raise TokenUnusable(f"{owner.name} may not act")
        if owner.kind is AccountKind.SERVICE:
            wanted -= NOT_FOR_PROGRAMS
        elif by.token is not None:
            wanted, within = _narrowed(by.token, wanted, within, asked=rights is not None)
        minted = mint_token()
        token = Token(
            id=minted.id,
            account=owner.name,
            label=label,
            rights=tuple(sorted(wanted)),
            projects=within,
            issued_by=by.name,
            issued_at=now,
            expires_at=now + timedelta(days=days),
            revoked_at=None,
        )
        keep(tx, (token,), workspace.clock.now())
        tx.put(TokenSecret(id=token.id, digest=minted.digest))
    return Issued(token=token, secret=minted.shown)


def tokens(workspace: Workspace, account: str | None = None) -> tuple[Token, ...]:
    """Tokens that were issued, of one account or of all; newest last."""
    with workspace.stages.state.read() as reader:
        found = reader.find(Token) if account is None else reader.find(Token, account=account.lower())
    return tuple(sorted(found, key=lambda item: (item.issued_at, item.id)))


def revoke_token(workspace: Workspace, token: str, *, by: Principal) -> Token:
    """End a token of one's own, or any as an administrator. One that ended before stays as it is.

    Raises:
        TokenUnusable: when there is none of that name among those.
    """
    with workspace.stages.state.write() as tx:
        found = tx.get(Token, id=token)
        if found is None or (found.account != by.name and not by.may_manage()):
            raise TokenUnusable(f"{by.name} has none that is called {token!r}")
        if found.revoked_at is not None:
            return found
        ended = replace(found, revoked_at=SystemClock().now())
        keep(tx, (ended,), workspace.clock.now())
        tx.remove(TokenSecret, id=token)
    return ended


def has_accounts(reader: Reader) -> bool:
    """Whether people have accounts here, so that names alone no longer do."""
    return bool(reader.find(Account))


def _narrowed(
    own: Token, wanted: frozenset[Right], within: tuple[str, ...], *, asked: bool
) -> tuple[frozenset[Right], tuple[str, ...]]:
    """What a token may be that is issued with another one: no more than that."""
    too_many = wanted - {*own.rights}
    if asked and too_many:
        raise TokenUnusable(f"the one it is issued with does not have {', '.join(sorted(too_many))}")
    if own.projects and not {*within} <= {*own.projects}:
        raise TokenUnusable(f"the one it is issued with reaches only {', '.join(own.projects)}")
    return wanted & {*own.rights}, within or own.projects


def _begin_session(workspace: Workspace, account: Account, now: datetime) -> SignedIn:
    cookie, csrf = mint_secret(), mint_secret()
    session = Session(
        digest=digest_secret(cookie),
        account=account.name,
        csrf=csrf,
        started_at=now,
        seen_at=now,
        expires_at=now + SESSION_LASTS,
    )
    with workspace.stages.state.write() as tx:
        tx.remove(Failures, account=account.name)
        for old in tx.find(Session, account=account.name):
            if old.expires_at <= now:
                tx.remove(Session, digest=old.digest)
        tx.put(session)
    return SignedIn(account=account, cookie=cookie, csrf=csrf, expires_at=session.expires_at)


def _count_failure(workspace: Workspace, account: str, now: datetime) -> None:
    with workspace.stages.state.write() as tx:
        kept = tx.get(Failures, account=account)
        before = 0 if kept is None else counted(kept.count, kept.last_at, now)
        tx.put(Failures(account=account, count=before + 1, last_at=now))
