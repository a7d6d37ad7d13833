"""Which role may do what: the table of rights, and what somebody may do who acts with a token.

Invariant: a right comes from a role that the revision in force of the project gives to the account's name, or from
being an administrator, and nothing adds to it: a token only takes away. Auditors change nothing. Administrators manage
people, and read and decide nothing of a project by being administrators.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from copml.access import Account, AccountKind, Right, Token
from copml.records import Role

_SEE = frozenset({Right.READ})
_WORK = _SEE | {Right.NOTE, Right.ACKNOWLEDGE, Right.EXPLORE, Right.RUN, Right.APPLY}

RIGHTS: Mapping[Role, frozenset[Right]] = {
    Role.BUSINESS: _SEE | {Right.NOTE, Right.ACKNOWLEDGE, Right.APPLY, Right.DECIDE},
    Role.DATA: _WORK | {Right.READ_VALUES, Right.DECIDE},
    Role.SCIENCE: _WORK | {Right.READ_VALUES, Right.DECIDE},
    Role.OPERATIONS: _WORK | {Right.PROMOTE, Right.DECIDE},
    Role.REVIEW: _SEE | {Right.NOTE, Right.READ_VALUES, Right.DECIDE},
    Role.AUDIT: _SEE | {Right.READ_VALUES},
}
"""What each role may do in its project."""
OF_THE_WORKSPACE = frozenset({Right.MANAGE})
NOT_FOR_PROGRAMS = frozenset({Right.DECIDE, Right.MANAGE})
"""What a person does, whatever role a service account is named in (HO-2)."""


def roles_of(name: str, people: Mapping[Role, Iterable[str]]) -> frozenset[Role]:
    """The roles in which a project's file names an account."""
    return frozenset(role for role, names in people.items() if name in {item.lower() for item in names})


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Who acts: an account, and the token that it acts with; None in a session of its own."""

    account: Account
    token: Token | None = None

    @property
    def name(self) -> str:
        """The name of the account."""
        return self.account.name

    def may(self, right: Right, roles: Iterable[Role]) -> bool:
        """Whether it may do something in a project in which it has these roles."""
        return right in self._limited(frozenset().union(*(RIGHTS[role] for role in roles)))

    def may_manage(self) -> bool:
        """Whether it may manage the accounts of the workspace."""
        return self.account.administrator and Right.MANAGE in self._limited(OF_THE_WORKSPACE)

    def reaches(self, project: str) -> bool:
        """Whether its token, if it acts with one, is for this project."""
        return self.token is None or not self.token.projects or project in self.token.projects

    def _limited(self, rights: frozenset[Right]) -> frozenset[Right]:
        if self.account.kind is AccountKind.SERVICE:
            rights -= NOT_FOR_PROGRAMS
        return rights if self.token is None else rights & {*self.token.rights}
