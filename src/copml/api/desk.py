"""What every request is answered with: the open workspace, who asks, what they may do, answers that were given before.

Invariant: all of it runs in a thread that may wait for a disk. A right is asked for before the use case is, and whether
a project exists is told only to those who may read it.
"""

import hashlib
import hmac
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import lru_cache
from typing import Any

import msgspec

from copml.access import KeptAnswer, Right, Session
from copml.accounts import Principal, roles_of
from copml.api.jobs import Jobs
from copml.api.logs import ASKING
from copml.app import Workspace, who_has_cookie, who_has_token
from copml.clock import SystemClock
from copml.errors import Forbidden, NotSignedIn, RecordExists, RequestRefused
from copml.records import Revision, RevisionState, Role
from copml.spec import parse

KEPT_FOR = timedelta(days=1)
ABANDONED_AFTER = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """What a request says of who sends it."""

    token: str = ""
    cookie: str = ""
    csrf: str = ""
    changes: bool = False
    idempotency_key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a request is answered: a status and the bytes of a JSON document."""

    status: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Desk:
    """The workspace of a server, and its jobs."""

    workspace: Workspace
    jobs: Jobs

    def who(self, caller: Caller) -> Principal:
        """Who sends a request.

        Raises:
            NotSignedIn: when nobody known does.
            Forbidden: when a browser's changing request does not repeat the secret of its session.
        """
        return self.signed_in(caller)[0]

    def signed_in(self, caller: Caller) -> tuple[Principal, Session | None]:
        """Who sends a request, and in which session; raises as `who` does."""
        principal, session = self._known(caller)
        if (asking := ASKING.get()) is not None:
            asking.account = principal.name
        return principal, session

    def _known(self, caller: Caller) -> tuple[Principal, Session | None]:
        if caller.token:
            return who_has_token(self.workspace, caller.token), None
        if not caller.cookie:
            raise NotSignedIn("the request has neither a token nor the cookie of a session")
        principal, session = who_has_cookie(self.workspace, caller.cookie)
        if caller.changes and not _same(caller.csrf, session.csrf):
            raise Forbidden(principal.name, "to change", "in this session: send its X-CSRF-Token")
        return principal, session

    def may(self, caller: Caller, right: Right, project: str) -> Principal:
        """Who sends a request that takes a right in a project.

        Raises:
            NotSignedIn: when nobody known does.
            Forbidden: when they may not, or there is no such project.
        """
        principal = self.who(caller)
        if not (principal.reaches(project) and principal.may(right, self.roles(principal.name, project))):
            raise Forbidden(principal.name, right.value, f"in project {project}")
        return principal

    def manager(self, caller: Caller) -> Principal:
        """Who sends a request that takes the right to manage; raises as `may` does."""
        principal = self.who(caller)
        if not principal.may_manage():
            raise Forbidden(principal.name, Right.MANAGE.value, "in this workspace")
        return principal

    def roles(self, name: str, project: str) -> frozenset[Role]:
        """In which roles the revision in force names an account; none where there is no such project."""
        with self.workspace.stages.state.read() as reader:
            found = reader.find(Revision, project=project, state=RevisionState.ACTIVE)
        if not found:
            return frozenset()
        people = _people(found[0].text)
        return roles_of(name, people)

    def projects(self, principal: Principal) -> dict[str, frozenset[Role]]:
        """The projects that somebody may read, and their roles in each."""
        found = {name: self.roles(principal.name, name) for name in self.workspace.projects()}
        return {
            name: roles for name, roles in found.items() if principal.reaches(name) and principal.may(Right.READ, roles)
        }

    def once(self, principal: Principal, caller: Caller, request: bytes, work: Callable[[], Answer]) -> Answer:
        """Do what a request asks for; one with an idempotency key once, and give a repetition the same answer.

        Raises:
            RequestRefused: when the key was used for something else, or what it was used for is still going on.
        """
        if not caller.idempotency_key:
            return work()
        now, state = SystemClock().now(), self.workspace.stages.state
        digest = hashlib.sha256(request).hexdigest()
        mine = KeptAnswer(
            account=principal.name, key=caller.idempotency_key, request=digest, status=0, body=b"", at=now
        )
        with state.write() as tx:
            tx.remove_before(KeptAnswer, "at", now - KEPT_FOR, account=principal.name)
            tx.remove_before(KeptAnswer, "at", now - ABANDONED_AFTER, account=principal.name, status=0)
            before = tx.get(KeptAnswer, account=principal.name, key=caller.idempotency_key)
            if before is None:
                with suppress(RecordExists):
                    tx.add(mine)
        if before is not None:
            return _repeated(before, digest)
        try:
            answer = work()
        except BaseException:
            with state.write() as tx:
                tx.remove(KeptAnswer, account=mine.account, key=mine.key)
            raise
        with state.write() as tx:
            tx.put(replace(mine, status=answer.status, body=answer.body))
        return answer


def encoded(value: Any) -> bytes:
    """A value of records as JSON."""
    return msgspec.json.encode(value, enc_hook=str)


def _repeated(before: KeptAnswer, digest: str) -> Answer:
    if before.request != digest:
        raise RequestRefused(f"the idempotency key {before.key!r} was used for another request; take a new one")
    if before.status == 0:
        raise RequestRefused(f"the request with the idempotency key {before.key!r} is still going on; ask again")
    return Answer(status=before.status, body=before.body)


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())


@lru_cache(maxsize=256)
def _people(text: str) -> dict[Role, tuple[str, ...]]:
    people = parse(text).people
    return {role: people.of(role) for role in Role}
