"""Who somebody is, and what they may do: passwords, tokens, lock-out, rights.

Invariant: functions of values; nothing is kept here. A secret is drawn at random, shown once and compared in constant
time; what is kept of it cannot be turned back. A right that the table of rights does not give is not there.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from copml.accounts.lockout import counted as counted
    from copml.accounts.lockout import locked_until as locked_until
    from copml.accounts.passwords import check_strength as check_strength
    from copml.accounts.passwords import hash_password as hash_password
    from copml.accounts.passwords import is_password as is_password
    from copml.accounts.rights import NOT_FOR_PROGRAMS as NOT_FOR_PROGRAMS
    from copml.accounts.rights import RIGHTS as RIGHTS
    from copml.accounts.rights import Principal as Principal
    from copml.accounts.rights import roles_of as roles_of
    from copml.accounts.secrets import Minted as Minted
    from copml.accounts.secrets import digest_secret as digest_secret
    from copml.accounts.secrets import is_secret as is_secret
    from copml.accounts.secrets import mint_secret as mint_secret
    from copml.accounts.secrets import mint_token as mint_token
    from copml.accounts.secrets import split_token as split_token

_NAMES = {
    "Minted": "secrets",
    "NOT_FOR_PROGRAMS": "rights",
    "Principal": "rights",
    "RIGHTS": "rights",
    "check_strength": "passwords",
    "counted": "lockout",
    "digest_secret": "secrets",
    "hash_password": "passwords",
    "is_password": "passwords",
    "is_secret": "secrets",
    "locked_until": "lockout",
    "mint_secret": "secrets",
    "mint_token": "secrets",
    "roles_of": "rights",
    "split_token": "secrets",
}


def __getattr__(name: str) -> object:
    if name not in _NAMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_NAMES[name]}"), name)
