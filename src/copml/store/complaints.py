"""What a database says when it cannot, as an error that says what to do.

Invariant: pure; a complaint that is not known here is a defect of copml, and stays what it was. No message holds a
password: drivers leave it out of theirs.
"""

import sqlite3
from collections.abc import Callable

from sqlalchemy.exc import DatabaseError, DBAPIError, InterfaceError, OperationalError, ProgrammingError

from copml.errors import (
    CopmlError,
    DiskFull,
    StateAddressWrong,
    StateCorrupt,
    StateRefused,
    StateUnavailable,
    WorkspaceReadOnly,
)

_SAID_MAX = 400
_BY_CODE: dict[str, Callable[[str, str], CopmlError]] = {
    "25006": WorkspaceReadOnly,  # a standby, or set so
    "25P03": StateUnavailable,  # idle for too long within a transaction
    "42501": StateRefused,  # no right to this
    "42P01": StateCorrupt,  # no such table
    "53100": lambda place, _: DiskFull(place),
    "55P03": StateUnavailable,  # its turn did not come
    "57014": StateUnavailable,  # cancelled by a limit of the server
}
"""By PostgreSQL's codes: https://www.postgresql.org/docs/current/errcodes-appendix.html."""
_BY_CLASS: dict[str, Callable[[str, str], CopmlError]] = {
    "08": StateUnavailable,  # the connection
    "28": StateRefused,  # who is asking
    "3D": StateRefused,  # no such database
    "3F": StateCorrupt,  # no such schema
    "40": StateUnavailable,  # another transaction was in the way
    "53": StateUnavailable,  # the server's memory, connections
    "57": StateUnavailable,  # stopped by its operator
    "58": StateUnavailable,  # the server's system
    "XX": StateCorrupt,  # the server found its data damaged
}
_FOR_A_WHILE = ("starting up", "shutting down", "recovery", "too many", "connection slots", "terminating connection")


def complaint(error: DBAPIError, place: str) -> CopmlError | None:
    """The error for what a driver raised; None where it is a defect."""
    said = " ".join(str(error.orig).split())[:_SAID_MAX]
    return (_of_sqlite if isinstance(error.orig, sqlite3.Error) else _of_postgres)(error, said, place)


def _of_sqlite(error: DBAPIError, said: str, place: str) -> CopmlError | None:
    if type(error) is DatabaseError:
        # SQLite says so, without a class of its own, of a file that is no database or was damaged.
        return StateCorrupt(place, said)
    if not isinstance(error, OperationalError):
        return None
    if "full" in said and "disk" in said:
        return DiskFull(place)
    if "readonly" in said or "unable to open" in said:
        return WorkspaceReadOnly(place, said)
    return StateUnavailable(place, said)


def _of_postgres(error: DBAPIError, said: str, place: str) -> CopmlError | None:
    code = getattr(error.orig, "sqlstate", None)
    if code is None:
        return _of_connection(error, said, place)
    known = _BY_CODE.get(code) or _BY_CLASS.get(code[:2])
    return None if known is None else known(place, said)


def _of_connection(error: DBAPIError, said: str, place: str) -> CopmlError | None:
    """There is no code where no connection came about, or where it broke: only words."""
    if isinstance(error, ProgrammingError):
        return StateAddressWrong(place, said)
    if not isinstance(error, OperationalError | InterfaceError):
        return None
    answered = "FATAL:" in said or "no password supplied" in said
    if answered and not any(words in said for words in _FOR_A_WHILE):
        return StateRefused(place, said)
    return StateUnavailable(place, said)
