"""What a workspace keeps: tables of the lake, blobs, and the state database.

Invariant: what a function here reports as written survives a power cut, and writing the same thing again changes
nothing. SQL lives in this room only. What the rows mean is for the rooms above.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from copml.store.address import agree as agree
    from copml.store.address import forget_state as forget_state
    from copml.store.address import has_state as has_state
    from copml.store.address import new_state as new_state
    from copml.store.address import state_of as state_of
    from copml.store.blobs import Blobs as Blobs
    from copml.store.durable import append_line as append_line
    from copml.store.durable import draft as draft
    from copml.store.durable import explained as explained
    from copml.store.durable import make_folder as make_folder
    from copml.store.durable import publish as publish
    from copml.store.durable import sync_file as sync_file
    from copml.store.durable import sync_folder as sync_folder
    from copml.store.durable import write_bytes as write_bytes
    from copml.store.entries import LedgerTable as LedgerTable
    from copml.store.lake import Commit as Commit
    from copml.store.lake import Lake as Lake
    from copml.store.state import Reader as Reader
    from copml.store.state import State as State
    from copml.store.state import Transaction as Transaction
    from copml.store.upgrade import migrate as migrate

_NAMES = {
    "Blobs": "blobs",
    "Commit": "lake",
    "Lake": "lake",
    "LedgerTable": "entries",
    "Reader": "state",
    "State": "state",
    "Transaction": "state",
    "agree": "address",
    "append_line": "durable",
    "draft": "durable",
    "explained": "durable",
    "forget_state": "address",
    "has_state": "address",
    "make_folder": "durable",
    "migrate": "upgrade",
    "new_state": "address",
    "state_of": "address",
    "publish": "durable",
    "sync_file": "durable",
    "sync_folder": "durable",
    "write_bytes": "durable",
}


def __getattr__(name: str) -> object:
    if name not in _NAMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_NAMES[name]}"), name)
