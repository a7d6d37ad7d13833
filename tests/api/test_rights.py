"""Every route as every role, in one's own project and in another, against the table of the docs."""

import re
from pathlib import Path
from typing import Any

import pytest
from tests.api.conftest import ROLES, Plane

from copml.api import ROUTES, Route

pytestmark = pytest.mark.slow
PAGE = Path(__file__).parents[2] / "docs" / "reference" / "permissions.md"
ROW = re.compile(r"^\| `(GET|POST|DELETE) (/projects/\S+)` \| (?P<cells>.*) \|$", re.MULTILINE)
WHO = (*ROLES, "administrator", "stranger")
BODIES: dict[str, dict[str, Any]] = {
    "run": {"part": "monitor"},
    "approve": {"subject": "v9", "reason": "x"},
    "reject": {"subject": "v9", "reason": "x"},
    "judge": {"dossier": "d", "choice": "continue", "reason": "x"},
    "decide": {"topic": "serving", "answer": "batch", "reason": " "},
    "retire": {"reason": " "},
    "acknowledge": {"incident": "none"},
    "delegate": {"role": "audit", "deputy": "x", "until": "2020-01-01T00:00:00Z", "reason": "x"},
    "end_delegation": {"delegation": "none"},
    "note": {"text": " "},
    "explore": {"table": "none"},
}


def documented() -> dict[tuple[str, str], set[str]]:
    """Which roles the page says may ask which route."""
    rows = {}
    for found in ROW.finditer(PAGE.read_text()):
        cells = [cell.strip() for cell in found["cells"].split("|")]
        if len(cells) != len(ROLES) + 1:
            continue  # a row of the other table
        rows[found[1], found[2]] = {role for role, cell in zip(ROLES, cells[1:], strict=True) if cell == "yes"}
    return rows


def asked(plane: Plane, route: Route, who: str | None, project: str) -> int:
    path = route.path.replace("{project:str}", project)
    extra: dict[str, Any] = {"params": {"subject": "EF-3"}} if route.name == "why" else {}
    if route.method != "GET":
        extra = {"json": BODIES.get(route.name, {})} if route.parameters else {}
    return int(plane.ask(route.method, path, who, **extra).status_code)


def test_the_page_has_every_route() -> None:
    there = {(route.method, route.path.replace(":str", "")) for route in ROUTES}
    assert there <= set(documented())


def test_every_route_is_open_to_the_roles_that_the_page_says_and_to_nobody_else(plane: Plane) -> None:
    table = documented()
    wrong = []
    for route in ROUTES:
        may = table[route.method, route.path.replace(":str", "")]
        for who in WHO:
            own, other = asked(plane, route, who, "club"), asked(plane, route, who, "other")
            nowhere = asked(plane, route, who, "no-such-project")
            if (own == 403) == (who in may) or other != 403 or nowhere != 403:
                wrong.append((route.name, who, own, other, nowhere))
            assert own < 500, (route.name, who)
        if asked(plane, route, None, "club") != 401:
            wrong.append((route.name, "nobody", 0, 0, 0))
    assert wrong == []
