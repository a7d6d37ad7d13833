"""The web application of a workspace.

Invariant: what is not named here is not answered. Every answer carries headers that keep a browser from guessing,
framing or loading anything that is not ours.
"""

from pathlib import Path

from litestar import Litestar, Router
from litestar.config.app import AppConfig
from litestar.datastructures import MutableScopeHeaders, State
from litestar.openapi import OpenAPIConfig
from litestar.openapi.spec import Components, SecurityScheme
from litestar.types import Message, Scope

import copml
from copml.api import health, people, projects, work
from copml.api.desk import Desk
from copml.api.handlers import handler
from copml.api.jobs import Jobs
from copml.api.patience import Patience
from copml.api.problems import HANDLERS
from copml.api.routes import ROUTES
from copml.api.spans import Spans
from copml.app import Workspace

BODY_MAX = 2 << 20
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; img-src data:; style-src 'unsafe-inline'",
    "Cross-Origin-Resource-Policy": "same-origin",
}
PREFIX = "/api/v1"


def application(folder: Path) -> Litestar:
    """The application of the workspace in a folder.

    Raises:
        WorkspaceMissing: when the folder holds none.
    """
    desk = Desk(Workspace.open(folder), Jobs())

    async def close(_: Litestar) -> None:
        desk.jobs.close()
        desk.workspace.close()

    return Litestar(
        route_handlers=[
            Router(
                PREFIX,
                route_handlers=[
                    *people.HANDLERS,
                    *projects.HANDLERS,
                    *work.HANDLERS,
                    *health.SIGNED_IN,
                    *(handler(route) for route in ROUTES),
                ],
            ),
            *health.HANDLERS,
        ],
        state=State({"desk": desk}),
        exception_handlers=HANDLERS,
        request_max_body_size=BODY_MAX,
        before_send=[_guarded],
        logging_config=None,
        on_shutdown=[close],
        on_app_init=[_plain],
        middleware=[Patience],
        plugins=[Spans()],
        openapi_config=OpenAPIConfig(
            title="copml",
            version=copml.__version__,
            description="What people and programs may ask of a workspace of copml.",
            path=f"{PREFIX}/schema",
            create_examples=False,
            security=[{"token": []}],
            components=Components(security_schemes={"token": SecurityScheme(type="http", scheme="bearer")}),
        ),
    )


async def _guarded(message: Message, scope: Scope) -> None:
    """Add the headers to whatever is answered, refusals included."""
    if message["type"] == "http.response.start":
        headers = MutableScopeHeaders.from_message(message)
        for name, value in HEADERS.items():
            headers.setdefault(name, value)


def _plain(config: AppConfig) -> AppConfig:
    """Nothing of a defect goes to whoever asked."""
    config.debug = False
    return config
