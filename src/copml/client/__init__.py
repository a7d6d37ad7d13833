"""A client of a copml server: the use cases of a workspace that is elsewhere, with the types that they have here.

Invariant: a method asks one route and gives back what its use case would. A change is sent with a key, so that
sending it again after a lost answer changes nothing more.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from copml.client.credentials import Credentials as Credentials
    from copml.client.credentials import forget as forget
    from copml.client.credentials import keep as keep
    from copml.client.credentials import token_for as token_for
    from copml.client.remote import Client as Client

_NAMES = {
    "Client": "remote",
    "Credentials": "credentials",
    "forget": "credentials",
    "keep": "credentials",
    "token_for": "credentials",
}


def __getattr__(name: str) -> object:
    if name not in _NAMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_NAMES[name]}"), name)
