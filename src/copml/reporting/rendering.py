"""Templates, filled.

Invariant: whatever comes from a project is escaped by the template; only drawings, whose texts the drawing escaped, and
the package's own style are put in as they are. An unknown name in a template is an error.
"""

import re
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from copml.records import Verdict
from copml.reporting.theme import INKS

SYMBOLS = {
    Verdict.MET: "✓",
    Verdict.AT_RISK: "▲",
    Verdict.BREACHED: "✕",
    Verdict.UNPROVEN: "?",
    Verdict.SWITCHED_OFF: "–",
}
"""A sign beside every verdict, so that it is read without its colour."""


# A figure and its sign or currency stay on one line.
_SPACED = re.compile(r"(\d|million) (%|[A-Z]{3}\b)")


def fill(template: str, **values: object) -> str:
    """A page from a template of this package."""
    return _SPACED.sub("\\1\u00a0\\2", _environment().get_template(template).render(**values))


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("copml.reporting"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {"INKS": INKS, "SYMBOLS": SYMBOLS, "Verdict": Verdict}
    environment.filters["kind"] = lambda verdict: str(verdict).replace(" ", "-")
    return environment
