"""The source of one cell: parsed, told apart from what only a notebook understands, set into a function.

Invariant: setting a cell into a function changes nothing of what it says: lines within a text of several lines stay as
they are.
"""

import ast
import io
import re
import token
import tokenize
from collections.abc import Iterator

from copml.errors import CellUnusable
from copml.notebooks.cells import Cell

INDENT = "    "
_NOTEBOOK_ONLY = re.compile(r"^\s*(%|!|\?)|\?\s*$|=\s*[%!]\w")
_OPENS = getattr(token, "FSTRING_START", None)
_CLOSES = getattr(token, "FSTRING_END", None)


def parsed(path: str, cell: Cell) -> ast.Module:
    """The tree of a cell.

    Raises:
        CellUnusable: when it does not parse, or holds magics or shell lines.
    """
    try:
        return ast.parse(cell.source)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise _unparsed(path, cell, error) from error


def _unparsed(path: str, cell: Cell, error: Exception) -> CellUnusable:
    for number, line in enumerate(cell.source.splitlines(), start=1):
        if _NOTEBOOK_ONLY.search(line):
            reason = f"`{line.strip()[:60]}` is a magic or a shell line, which only a notebook understands"
            return CellUnusable(path, cell.number, number, reason, "move it to a cell without a tag")
    line_number = getattr(error, "lineno", None) or 1
    reason = f"it is no Python: {getattr(error, 'msg', None) or error}"
    return CellUnusable(path, cell.number, line_number, reason, "correct it, and run the cell")


def indented(source: str) -> list[str]:
    """The lines of a source, one level deeper, but for those that continue a text."""
    kept = set(_within_texts(source))
    return [
        line if number in kept or not line.strip() else INDENT + line
        for number, line in enumerate(source.split("\n"), start=1)
    ]


def _within_texts(source: str) -> Iterator[int]:
    """Numbers of the lines that begin within a text of several lines."""
    opened: list[int] = []
    for item in tokenize.generate_tokens(io.StringIO(source).readline):
        if item.type == token.STRING:
            yield from range(item.start[0] + 1, item.end[0] + 1)
        elif item.type == _OPENS:
            opened.append(item.start[0])
        elif item.type == _CLOSES:
            yield from range(opened.pop() + 1, item.end[0] + 1)


def assigned(tree: ast.Module) -> set[str]:
    """Names that a cell gives a value at its own level: assignments, imports, functions, classes."""
    names: set[str] = set()
    for node in _own(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.alias):
            names.add((node.asname or node.name).split(".")[0])
    return names


def _own(node: ast.AST) -> Iterator[ast.AST]:
    """Nodes below one, without the insides of functions and classes."""
    for child in ast.iter_child_nodes(node):
        yield child
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            yield from _own(child)
