"""Use case `promote_notebook`: tagged cells of a notebook become a module of the project.

Invariant: a module is written only after it compiled, whole or not at all; a file with another content is not touched
unless that is asked for. Nothing of the notebook is run here: `copml validate` imports the module, in a child.
"""

import keyword
from dataclasses import dataclass
from pathlib import Path

from copml.errors import EntryInvalid, ModuleInTheWay
from copml.notebooks import compose, read_cells
from copml.spec.document import Unreadable, descend, read_document
from copml.store import write_bytes

PROJECT_FILE = "copml.yaml"
_PLACES = {"train": ("training", "entry"), "build": ("features",)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A line of the project file, as it is and as it should be."""

    file: Path
    line: int
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PromotedNotebook:
    """The module that was written, its functions by what they are for, the cells by tag, lines to change."""

    module: Path
    entries: dict[str, str]
    cells: dict[str, tuple[int, ...]]
    changes: tuple[Change, ...]


def promote_notebook(notebook: Path, entry: str, *, root: Path = Path(), replace: bool = False) -> PromotedNotebook:
    """Write the module of a notebook's tagged cells; `entry` is `package.module:function`, below `root`.

    Raises:
        EntryInvalid: when the entry does not name a module and a function.
        NotebookUnusable: when the file is no notebook, or has no cell for training.
        CellUnusable: when a tagged cell cannot become part of a module.
        ModuleInTheWay: when the file is there with another content, and `replace` is not set.
    """
    module, train = _read_entry(entry)
    composed = compose(notebook.name, read_cells(notebook), train=train)
    path = root.joinpath(*module).with_suffix(".py")
    data = composed.text.encode()
    if path.exists() and path.read_bytes() != data and not replace:
        raise ModuleInTheWay(str(path))
    for depth in range(1, len(module)):
        package = root.joinpath(*module[:depth], "__init__.py")
        if not package.exists():
            write_bytes(package, b"")
    write_bytes(path, data)
    dotted = ".".join(module)
    entries = {"train" if name == train else "build": f"{dotted}:{name}" for name in composed.functions}
    return PromotedNotebook(
        module=path, entries=entries, cells=composed.cells, changes=_changes(root / PROJECT_FILE, entries)
    )


def _read_entry(entry: str) -> tuple[list[str], str]:
    module, _, function = entry.partition(":")
    names = [*module.split("."), function]
    if not all(name.isidentifier() and not keyword.iskeyword(name) for name in names):
        raise EntryInvalid(entry, "it is not written as package.module:function, such as churn.model:train")
    return names[:-1], function


def _changes(file: Path, entries: dict[str, str]) -> tuple[Change, ...]:
    """Lines of the project file that name something else; none where there is no file that can be read."""
    try:
        text = file.read_text("utf-8")
        tree, _ = read_document(text)
    except (OSError, UnicodeDecodeError, Unreadable):
        return ()
    lines = text.splitlines()
    found = []
    for role, entry in entries.items():
        node, (line, _), taken = descend(tree, _PLACES[role])
        if taken == _PLACES[role] and isinstance(node.value, str) and node.value != entry:
            before = lines[line - 1]
            found.append(Change(file=file, line=line, before=before, after=before.replace(node.value, entry, 1)))
    return tuple(found)
