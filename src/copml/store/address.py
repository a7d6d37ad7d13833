"""Where a workspace's state database is: a file in its folder, or a schema of a PostgreSQL database.

Invariant: a workspace remembers where its state is, and never a password. It is made whole or not at all, and a
database that is not its own is refused untouched: it has to begin with the workspace's own first entry of the ledger.
"""

import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from copml.errors import StateAddressWrong, StateCorrupt, StateDecided, StateForeign
from copml.store.durable import write_bytes
from copml.store.entries import LedgerTable
from copml.store.state import Reader, State, Transaction
from copml.store.tables import NODES
from copml.store.upgrade import VERSION, make_tables

EMBEDDED, ELSEWHERE = "state.db", "state.json"
DRIVER = "postgresql+psycopg"
_POSTGRES = (DRIVER, "postgresql", "postgres")
_SECRETS = {"password", "sslpassword"}
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SCHEMA = re.compile(r"(?!pg_)[a-z_][a-z0-9_]{0,62}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a state database is that is not in the workspace's folder, and whose it is.

    `url`: a URL without a password, or the name of the environment variable that holds one. `first_leaf`: the hash of
    the ledger's first entry, in hex; its salt makes it one of a kind.
    """

    url: str
    schema: str
    first_leaf: str = ""


def has_state(folder: Path) -> bool:
    """Whether a folder is a workspace: it holds the state, or says where it is."""
    return any((folder / name).is_file() for name in (EMBEDDED, ELSEWHERE))


def state_of(folder: Path) -> State:
    """The state database of the workspace in a folder.

    Raises:
        StateAddressWrong: when its address is none, or in an environment variable that is not set.
        StateForeign: when what is there is not the state of this workspace.
        StateUnavailable, StateRefused: when the server does not answer, or refuses.
    """
    address = _remembered(folder)
    if address is None:
        return State.at(folder / EMBEDDED)
    state = _opened(address)
    try:
        with state.read() as reader:
            found = _first_leaf(reader)
        if found != address.first_leaf:
            why = "it has no tables" if found is None else "its ledger begins with another entry"
            raise StateForeign(state.place, why)
    except BaseException:
        state.close()
        raise
    return state


@contextmanager
def new_state(folder: Path, reference: str | None) -> Iterator[Transaction]:
    """The transaction in which the state database of a new workspace is made; its tables are there.

    Raises:
        StateAddressWrong: when the reference is no PostgreSQL URL without a password, and names none.
        StateForeign: when the schema that the URL names holds tables already.
        StateUnavailable, StateRefused: when the server does not answer, or refuses.
    """
    address = None if reference is None else _new_address(reference)
    state = State.at(folder / EMBEDDED) if address is None else _opened(address)
    try:
        with state.write() as tx:
            tx.make_schema()
            if tx.has_table(VERSION.name):
                raise StateForeign(state.place, "it holds the state of a workspace already; name another `?schema=`")
            make_tables(tx)
            yield tx
            leaf = _first_leaf(tx)
    finally:
        state.close()
    if address is not None:
        _remember(folder, replace(address, first_leaf=str(leaf)))


def forget_state(folder: Path) -> None:
    """Take back the state of a workspace that is not to be; a schema that was there before us is left."""
    address = _remembered(folder)
    if address is None or _named(_url(address.url)) is not None:
        return
    state = _opened(address)
    with state.write() as tx:
        tx.drop_schema()
    state.close()


def agree(folder: Path, reference: str | None) -> None:
    """Demand that the workspace in a folder has its state where it is wanted.

    Raises:
        StateDecided: when it has it elsewhere.
    """
    kept = _remembered(folder)
    if reference is None or (kept is not None and kept.url == reference):
        return
    raise StateDecided(str(folder), EMBEDDED if kept is None else kept.url, _shown(reference))


def _new_address(reference: str) -> Address:
    schema = _named(_url(reference)) or f"copml_{secrets.token_hex(4)}"
    if not _SCHEMA.fullmatch(schema):
        raise StateAddressWrong(
            _shown(reference), f"its schema {schema[:80]!r} is not lower-case letters, digits and _"
        )
    return Address(url=reference, schema=schema)


def _opened(address: Address) -> State:
    url = _url(address.url)
    try:
        return State.on(url.difference_update_query(["schema"]).set(drivername=DRIVER), address.schema)
    except ImportError as error:
        reason = f"the driver for PostgreSQL is missing ({error}): python -m pip install 'copml[postgres]'"
        raise StateAddressWrong(_shown(address.url), reason) from error


def _url(reference: str) -> URL:
    """The URL that a reference is, or that the environment variable of its name holds."""
    text = os.environ.get(reference, "") if _VARIABLE.fullmatch(reference) else reference
    if not text:
        raise StateAddressWrong(_shown(reference), "there is no environment variable of this name")
    try:
        url = make_url(text)
    except (ArgumentError, ValueError) as error:
        raise StateAddressWrong(_shown(reference), "it is no URL") from error
    if url.drivername not in _POSTGRES:
        raise StateAddressWrong(_shown(reference), f"it is of {url.drivername}, and only PostgreSQL can hold the state")
    if text == reference and (url.password or _SECRETS & url.query.keys()):
        raise StateAddressWrong(_shown(reference), "it holds a password, and a workspace remembers none")
    return url


def _named(url: URL) -> str | None:
    """The schema that a URL names."""
    schema = url.query.get("schema")
    return schema if isinstance(schema, str) else None


def _shown(reference: str) -> str:
    """What may be shown of a reference: nothing that could be a password."""
    if _VARIABLE.fullmatch(reference):
        return reference
    return f"…{reference.partition('?')[0].rpartition('@')[2].rpartition('://')[2]}"


def _first_leaf(reader: Reader) -> str | None:
    if not reader.has_table(NODES.name):
        return None
    leaf = LedgerTable(reader).node(0, 0)
    return None if leaf is None else leaf.hex()


def _remembered(folder: Path) -> Address | None:
    path = folder / ELSEWHERE
    try:
        return msgspec.json.decode(path.read_bytes(), type=Address)
    except FileNotFoundError:
        return None
    except msgspec.DecodeError as error:
        raise StateCorrupt(str(path), str(error)) from error


def _remember(folder: Path, address: Address) -> None:
    write_bytes(folder / ELSEWHERE, msgspec.json.format(msgspec.json.encode(address), indent=2) + b"\n")
