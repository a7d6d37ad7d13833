"""From a table to findings: what its columns hold, what goes with the outcome, what would leak it, what drifts.

Invariant: pure functions of a table and of what is asked about it; work grows with rows times columns, so that a
million rows of twenty columns take seconds. What is suspected is said as a question, never acted upon. Drawing it is
for `reporting`, reading a project's tables for `app`.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from copml.exploration.exploring import explore as explore
    from copml.exploration.likeness import Proxy as Proxy
    from copml.exploration.likeness import proxies as proxies
    from copml.exploration.likeness import remarks as remarks
    from copml.exploration.reading import read_rows as read_rows
    from copml.exploration.reading import thinned as thinned
    from copml.exploration.result import Association as Association
    from copml.exploration.result import ColumnProfile as ColumnProfile
    from copml.exploration.result import Concern as Concern
    from copml.exploration.result import Exploration as Exploration
    from copml.exploration.result import Question as Question

_NAMES = {
    "Association": "result",
    "ColumnProfile": "result",
    "Concern": "result",
    "Exploration": "result",
    "Proxy": "likeness",
    "Question": "result",
    "explore": "exploring",
    "proxies": "likeness",
    "read_rows": "reading",
    "remarks": "likeness",
    "thinned": "reading",
}


def __getattr__(name: str) -> object:
    if name not in _NAMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_NAMES[name]}"), name)
