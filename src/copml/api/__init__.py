"""The control plane over HTTP: what people and programs may ask of a workspace, as whom, and what it answers.

Invariant: a route calls one use case of `app` and decides nothing; who may is the table of rights (`accounts`), asked
before the use case is. Every error is a problem document (RFC 9457) with the code that the command line has.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from copml.api.assembly import application as application
    from copml.api.routes import ROUTES as ROUTES
    from copml.api.routes import Route as Route
    from copml.api.server import beside as beside
    from copml.api.server import serve as serve

_NAMES = {"ROUTES": "routes", "Route": "routes", "application": "assembly", "beside": "server", "serve": "server"}


def __getattr__(name: str) -> object:
    if name not in _NAMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_NAMES[name]}"), name)
