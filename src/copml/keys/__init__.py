"""The keys of a workspace: signatures, pseudonyms, draws, prediction ids, the vault.

Invariant: a key leaves this room only as what it makes; nothing here prints one, and none is ever overwritten. Who may
see what a key opens is for `app`; formats of what is signed are for `ledger` and `models`.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from copml.keys.keyring import Keys as Keys

_NAMES = {"Keys": "keyring"}


def __getattr__(name: str) -> object:
    if name not in _NAMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_NAMES[name]}"), name)
