"""Requests about people: sessions, invitations, tokens, accounts.

Invariant: a secret is in an answer once, and in no log and no address. A session's cookie cannot be read by scripts, is
sent to this site only, and is another one after every sign-in.
"""

from collections import OrderedDict
from datetime import datetime, timedelta
from typing import Any

import msgspec
from litestar import Response, delete, get, post
from litestar.datastructures import Cookie
from litestar.params import FromPath, FromQuery, JSONBody

from copml.access import Account, AccountKind, Right, Token
from copml.api.desk import Answer, Caller, Desk, encoded
from copml.api.handlers import COOKIE, REFUSED, Asked, attend, caller_of, in_thread, respond
from copml.app import (
    Invited,
    Issued,
    accept_invitation,
    accounts,
    change_account,
    invite,
    issue_token,
    revoke_token,
    sign_in,
    sign_out,
    tokens,
)
from copml.clock import SystemClock
from copml.errors import AccountUnknown, Forbidden, SignInLocked
from copml.records import Role

TRIES, TRIES_IN = 30, timedelta(minutes=1)
"""How often one address may try to sign in, and in which time."""
ADDRESSES_MAX = 10_000


class Credentials(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A name and its password."""

    name: str
    password: str


class Acceptance(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The secret of an invitation, and the password that is chosen."""

    invitation: str
    password: str


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """Who is signed in, and what they may do. A browser's changing requests repeat `csrf`."""

    account: Account
    projects: dict[str, list[Role]]
    may_manage: bool
    csrf: str = ""
    expires_at: datetime | None = None


class AccountWanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An account that is to be made, or whose person is to be invited anew."""

    name: str
    kind: AccountKind = AccountKind.PERSON
    administrator: bool = False


class AccountChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to be changed of an account."""

    active: bool | None = None
    administrator: bool | None = None


class TokenWanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A token that is to be issued; one's own unless a program is named, with all rights unless some are."""

    account: str | None = None
    label: str = ""
    rights: list[Right] | None = None
    projects: list[str] = []
    days: int = 30


class Tries:
    """How often addresses tried to sign in lately."""

    def __init__(self) -> None:
        """Nobody tried yet."""
        self._seen: OrderedDict[str, list[datetime]] = OrderedDict()

    def count(self, address: str) -> None:
        """Count a try.

        Raises:
            SignInLocked: when there were too many.
        """
        now = SystemClock().now()
        recent = [at for at in self._seen.pop(address, []) if now - at < TRIES_IN]
        self._seen[address] = [*recent, now][-TRIES:]
        while len(self._seen) > ADDRESSES_MAX:
            self._seen.popitem(last=False)
        if len(recent) >= TRIES:
            raise SignInLocked(int(TRIES_IN.total_seconds()))


_TRIES = Tries()


@post("/session", tags=["people"], operation_id="sign_in", responses=REFUSED)
async def begin(request: Asked, data: JSONBody[Credentials]) -> Response[Standing]:
    """Sign in with name and password; the answer sets the cookie of a session."""
    _TRIES.count(request.client.host if request.client else "")
    desk: Desk = request.app.state.desk
    begun = await in_thread(lambda: sign_in(desk.workspace, data.name, data.password))
    standing = Standing(
        account=begun.account,
        projects={},
        may_manage=begun.account.administrator,
        csrf=begun.csrf,
        expires_at=begun.expires_at,
    )
    answer = respond(request, Answer(status=201, body=encoded(standing)))
    seconds = int((begun.expires_at - SystemClock().now()).total_seconds())
    answer.cookies.append(_cookie(request, begun.cookie, seconds))
    return answer


@get("/session", tags=["people"], operation_id="session", responses=REFUSED)
async def standing(request: Asked) -> Response[Standing]:
    """Who is signed in, their roles, and what they may do."""

    def work(desk: Desk, caller: Caller) -> Answer:
        principal, session = desk.signed_in(caller)
        found = Standing(
            account=principal.account,
            projects={name: sorted(roles) for name, roles in desk.projects(principal).items()},
            may_manage=principal.may_manage(),
            csrf=session.csrf if session is not None else "",
            expires_at=session.expires_at
            if session is not None
            else principal.token.expires_at
            if principal.token is not None
            else None,
        )
        return Answer(status=200, body=encoded(found))

    return await attend(request, work)


@delete("/session", tags=["people"], operation_id="sign_out", responses=REFUSED, status_code=204)
async def end(request: Asked) -> Response[None]:
    """Sign out: the session ends, for whoever has its cookie."""
    desk: Desk = request.app.state.desk
    caller = caller_of(request)
    await in_thread(lambda: desk.who(caller))
    await in_thread(lambda: sign_out(desk.workspace, caller.cookie))
    return Response(None, status_code=204, cookies=[_cookie(request, "", 0)])


@post("/invitations/acceptances", tags=["people"], operation_id="accept_invitation", responses=REFUSED)
async def accept(request: Asked, data: JSONBody[Acceptance]) -> Response[Account]:
    """Set the password of the account that an invitation is for."""
    _TRIES.count(request.client.host if request.client else "")
    desk: Desk = request.app.state.desk
    found = await in_thread(lambda: accept_invitation(desk.workspace, data.invitation, data.password))
    return respond(request, Answer(status=201, body=encoded(found)))


@get("/tokens", tags=["people"], operation_id="tokens", responses=REFUSED)
async def list_tokens(request: Asked, account: FromQuery[str | None] = None) -> Response[list[Token]]:
    """One's own tokens, without their secrets; an administrator sees those of any account."""

    def work(desk: Desk, caller: Caller) -> Answer:
        principal = desk.who(caller)
        if account is not None and account.lower() != principal.name and not principal.may_manage():
            raise Forbidden(principal.name, Right.MANAGE.value, "in this workspace")
        return Answer(status=200, body=encoded(tokens(desk.workspace, account or principal.name)))

    return await attend(request, work)


@post("/tokens", tags=["people"], operation_id="issue_token", responses=REFUSED)
async def make_token(request: Asked, data: JSONBody[TokenWanted]) -> Response[Issued]:
    """Issue a token of one's own, or as an administrator one of a program. Its secret is in this answer only."""

    def work(desk: Desk, caller: Caller) -> Answer:
        principal = desk.who(caller)
        issued = issue_token(
            desk.workspace,
            data.account,
            by=principal,
            label=data.label,
            rights=data.rights,
            projects=data.projects,
            days=data.days,
        )
        return Answer(status=201, body=encoded(issued))

    return await attend(request, work)


@delete("/tokens/{token:str}", tags=["people"], operation_id="revoke_token", responses=REFUSED, status_code=200)
async def end_token(request: Asked, token: FromPath[str]) -> Response[Token]:
    """Revoke a token."""
    desk: Desk = request.app.state.desk
    caller = caller_of(request)
    found = await in_thread(lambda: revoke_token(desk.workspace, token, by=desk.who(caller)))
    return respond(request, Answer(status=200, body=encoded(found)))


@get("/accounts", tags=["people"], operation_id="accounts", responses=REFUSED)
async def list_accounts(request: Asked) -> Response[list[Account]]:
    """Every account; takes the right `manage`."""

    def work(desk: Desk, caller: Caller) -> Answer:
        desk.manager(caller)
        return Answer(status=200, body=encoded(accounts(desk.workspace)))

    return await attend(request, work)


@post("/accounts", tags=["people"], operation_id="invite", responses=REFUSED)
async def make_account(request: Asked, data: JSONBody[AccountWanted]) -> Response[Invited]:
    """Make an account, or invite its person anew. The invitation's secret is in this answer only."""

    def work(desk: Desk, caller: Caller) -> Answer:
        principal = desk.manager(caller)
        made = invite(desk.workspace, data.name, by=principal.name, kind=data.kind, administrator=data.administrator)
        return Answer(status=201, body=encoded(made))

    return await attend(request, work)


@post("/accounts/{name:str}/changes", tags=["people"], operation_id="change_account", responses=REFUSED)
async def alter_account(request: Asked, name: FromPath[str], data: JSONBody[AccountChange]) -> Response[Account]:
    """Let an account act or not, administer or not; takes the right `manage`."""

    def work(desk: Desk, caller: Caller) -> Answer:
        principal = desk.manager(caller)
        if name.lower() not in {item.name for item in accounts(desk.workspace)}:
            raise AccountUnknown(name)
        changed = change_account(
            desk.workspace, name, by=principal.name, active=data.active, administrator=data.administrator
        )
        return Answer(status=201, body=encoded(changed))

    return await attend(request, work)


def _cookie(request: Asked, value: str, seconds: int) -> Cookie:
    return Cookie(
        key=COOKIE,
        value=value,
        path="/",
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
        max_age=seconds,
    )


HANDLERS: list[Any] = [
    begin,
    standing,
    end,
    accept,
    list_tokens,
    make_token,
    end_token,
    list_accounts,
    make_account,
    alter_account,
]
