"""Who may decide: that somebody is who they say, is in the role that is asked for or its deputy, and is not the maker.

Invariant: asked inside the transaction that keeps the decision. Where a workspace has accounts, a name alone decides
nothing. A deputy decides in their own name; what they made themselves stays closed to them.
"""

from collections.abc import Iterable

from copml.access import Account, Delegation
from copml.app.workspace import Workspace
from copml.errors import FourEyes, IdentityAsserted, NotDecidable, NotInRole
from copml.operations import View
from copml.records import Role
from copml.store import Reader


def demand_reason(reason: str) -> None:
    """Refuse a decision without a reason.

    Raises:
        NotDecidable: when it is blank.
    """
    if not reason.strip():
        raise NotDecidable("a decision needs a reason, which goes to the ledger; give one with `--reason`")


def demand_identity(workspace: Workspace, reader: Reader, by: str) -> None:
    """Refuse a name that nobody checked, in a workspace whose people have accounts.

    Raises:
        IdentityAsserted: when it is one.
    """
    if workspace.principal is None and reader.find(Account):
        raise IdentityAsserted(by)


def demand_role(reader: Reader, view: View, by: str, role: Role) -> None:
    """Refuse who is not in a role, nor the deputy of somebody who is.

    Raises:
        NotInRole: with those who are in it.
    """
    if not has_role(reader, view, by, role):
        raise NotInRole(by, role.value, list(view.project.people.of(role)))


def has_role(reader: Reader, view: View, by: str, role: Role) -> bool:
    """Whether somebody is in a role, or the deputy of somebody who is."""
    people = view.project.people.of(role)
    return _is_among(by, people) or _is_deputy(reader, view, by, role, people)


def demand_four_eyes(by: str, author: str, subject: str) -> None:
    """Refuse who made what they would decide on.

    Raises:
        FourEyes: when it is the same person.
    """
    if by.lower() == author.lower():
        raise FourEyes(by, subject)


def _is_among(name: str, people: Iterable[str]) -> bool:
    return name.lower() in {item.lower() for item in people}


def _is_deputy(reader: Reader, view: View, by: str, role: Role, people: Iterable[str]) -> bool:
    return any(
        item.deputy == by.lower() and item.starts_at <= view.now < item.until and _is_among(item.absent, people)
        for item in reader.find(Delegation, project=view.name, role=role)
    )
