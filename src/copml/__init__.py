"""copml keeps machine-learning models worth running after the proof of concept.

This is the door of the Python API: `copml.open(workspace)` gives the use cases that the command line has. Names
are resolved lazily, so that `import copml` costs nothing.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from copml.app import Workspace as Workspace
    from copml.app.workspace import open_workspace as open  # noqa: F401 - the name that users see

__version__ = "0.1.0"

_DOORS = {"open": "open_workspace", "Workspace": "Workspace"}


def __getattr__(name: str) -> object:
    if name not in _DOORS:
        raise AttributeError(f"module 'copml' has no attribute {name!r}")
    from copml import app

    return getattr(app, _DOORS[name])
