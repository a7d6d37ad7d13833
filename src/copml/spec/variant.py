"""The text of a project file with some places changed: for playing another policy over the same data.

Invariant: what is not named stays as it is written, comments included; a place is made where there is none.
"""

from collections.abc import Mapping
from io import StringIO
from typing import Any

from ruamel.yaml import YAML

Place = tuple[str, ...]
REMOVED = object()
"""In place of a value: the key is taken out."""


def varied(text: str, changes: Mapping[Place, Any]) -> str:
    """The text with each place set to its value, or taken out where that is `REMOVED`. The text must be a mapping."""
    yaml = YAML()
    yaml.width = 10_000
    document = yaml.load(text)
    for place, value in changes.items():
        _set(document, place, value)
    written = StringIO()
    yaml.dump(document, written)
    return written.getvalue()


def _set(document: Any, place: Place, value: Any) -> None:
    *above, key = place
    for step in above:
        if step not in document:
            if value is REMOVED:
                return
            document[step] = {}
        document = document[step]
    if value is REMOVED:
        document.pop(key, None)
    else:
        document[key] = value
