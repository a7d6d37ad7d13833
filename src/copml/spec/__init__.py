"""The project file: text parsed once into a frozen value, with every problem and its line; conditions; revisions.

Invariant: whoever holds a `Project` from `parse` holds one that passed every check that needs nothing but the file.
Opening the sources that it names and importing the code that it names are left to the rooms above.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from copml.spec.condition_tree import Facts as Facts
    from copml.spec.conditions import parse_condition as parse_condition
    from copml.spec.infer_text import infer_project as infer_project
    from copml.spec.project import Project as Project
    from copml.spec.project_file import parse as parse
    from copml.spec.requirements import REQUIREMENTS as REQUIREMENTS
    from copml.spec.revision import Difference as Difference
    from copml.spec.revision import differences as differences
    from copml.spec.schema import json_schema as json_schema
    from copml.spec.skeleton import write_skeleton as write_skeleton

_NAMES = {
    "Difference": "revision",
    "Facts": "condition_tree",
    "Project": "project",
    "REQUIREMENTS": "requirements",
    "differences": "revision",
    "infer_project": "infer_text",
    "json_schema": "schema",
    "parse": "project_file",
    "parse_condition": "conditions",
    "write_skeleton": "skeleton",
}


def __getattr__(name: str) -> object:
    if name not in _NAMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_NAMES[name]}"), name)
