"""Who may act: accounts, tokens, sessions, and what they may do. The nouns of access that cross rooms.

Invariant: a record is a frozen value. Those that are entries of the ledger (`ledger/kinds.py`) hold no secret and
nothing that is derived from one; those that hold a digest of a secret are never entries, so that they can be removed.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from copml.records import Role


class Right(StrEnum):
    """What somebody may do; each route of the API and each use case that people decide by asks for one."""

    READ = "read"
    """See a project: verdicts, versions, figures, incidents, reports, the ledger."""
    READ_VALUES = "read-values"
    """See rows about entities: predictions with their inputs. Every such reading is an entry of the ledger."""
    NOTE = "note"
    """Write notes."""
    EXPLORE = "explore"
    """Explore data, log trials, backtest, sweep."""
    RUN = "run"
    """Let the loop do what is due, and try failed tasks again."""
    ACKNOWLEDGE = "acknowledge"
    """Say that one looks after an incident."""
    APPLY = "apply"
    """Propose a revision of the project file."""
    PROMOTE = "promote"
    """Carry a version to another workspace."""
    DECIDE = "decide"
    """Approve, reject, judge, choose, retire; the project file says in which role each is decided."""
    MANAGE = "manage"
    """Accounts and tokens of others, the state of the installation."""


class AccountKind(StrEnum):
    """Whether an account is a person's or a program's."""

    PERSON = "person"
    SERVICE = "service"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Somebody who may act. `name` is what the people of project files are called by, in lower case.

    In which roles a person is, and of which projects, says the revision in force of each project's file.
    """

    name: str
    kind: AccountKind
    administrator: bool
    active: bool
    changed_by: str
    changed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Password:
    """The Argon2id hash of an account's password."""

    account: str
    hash: str
    set_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """A secret, kept as its SHA-256, with which a person sets the password of their account, once."""

    digest: str
    account: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """What a program, or a person's command line, acts with. `projects`: the only ones it reaches; empty for all."""

    id: str
    account: str
    label: str
    rights: tuple[Right, ...]
    projects: tuple[str, ...]
    issued_by: str
    issued_at: datetime
    expires_at: datetime
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenSecret:
    """The SHA-256 of a token's secret."""

    id: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A browser that signed in. `digest`: SHA-256 of what its cookie holds; `csrf`: what changing requests repeat."""

    digest: str
    account: str
    csrf: str
    started_at: datetime
    seen_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Failures:
    """How often signing in to an account failed since it last succeeded."""

    account: str
    count: int
    last_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Delegation:
    """Somebody decides for somebody else in a role for a time."""

    project: str
    id: str
    role: Role
    absent: str
    deputy: str
    starts_at: datetime
    until: datetime
    reason: str
    made_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Somebody read rows about entities: `what`, in words, and how many."""

    project: str
    id: str
    by: str
    what: str
    rows: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptAnswer:
    """What a request with an idempotency key was answered: a repetition gets the same. `status` is 0 while it runs."""

    account: str
    key: str
    request: str
    status: int
    body: bytes
    at: datetime


class NoteSubject(StrEnum):
    """What a note is on."""

    PROJECT = "project"
    REVISION = "revision"
    VERSION = "version"
    INCIDENT = "incident"
    DOSSIER = "dossier"
    REQUIREMENT = "requirement"
    PREDICTION = "prediction"


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What somebody said on something; `mentions` are those whom it names with an @."""

    project: str
    id: str
    subject: NoteSubject
    subject_id: str
    by: str
    identity: str
    text: str
    mentions: tuple[str, ...]
    at: datetime


AccessRecord = (
    Account
    | Password
    | Invitation
    | Token
    | TokenSecret
    | Session
    | Failures
    | Delegation
    | Reading
    | KeptAnswer
    | Note
)
"""What is kept of access."""
