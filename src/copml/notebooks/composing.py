"""Make a module of tagged cells.

Cells of one tag, together, either define the function that the project names, and stay as they are; or they are its
body: `train(data, params, seed)` returns what they call `model`, `build(tables, as_of)` what they call `features`.

Invariant: the module compiles, every name in it is defined in it, and each of its lines knows the cell it came from.
"""

import ast
import builtins
import symtable
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from copml.errors import CellUnusable, NotebookUnusable
from copml.notebooks.cells import Cell, Tag
from copml.notebooks.sources import assigned, indented, parsed

BUILD = "build"
_OF_MODULES = frozenset({"__name__", "__file__", "__doc__", "__annotations__", "__spec__", "__package__"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """A function that the project names: its parameters, and what loose cells call its result."""

    name: str
    parameters: tuple[str, ...]
    result: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """The text of a module, the functions that it has, and the numbers of the cells by tag."""

    text: str
    functions: tuple[str, ...]
    cells: dict[str, tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of the module; `cell` and `number` are 0 for lines of our own."""

    text: str
    cell: int = 0
    number: int = 0


def compose(path: str, cells: Sequence[Cell], *, train: str) -> Module:
    """The module of a notebook's tagged cells, whose training function is called `train`.

    Raises:
        NotebookUnusable: when no cell is tagged `copml:train`.
        CellUnusable: when a tagged cell cannot become part of a module.
    """
    functions = {
        Tag.FEATURES: Function(name=BUILD, parameters=("tables", "as_of"), result="features"),
        Tag.TRAIN: Function(name=train, parameters=("data", "params", "seed"), result="model"),
    }
    by_tag = {tag: [cell for cell in cells if cell.tag is tag] for tag in Tag}
    if not by_tag[Tag.TRAIN]:
        raise NotebookUnusable(
            path, f"no cell has the tag {Tag.TRAIN}", f"tag the cells that fit the model {Tag.TRAIN}, in their metadata"
        )
    parts = [_head(path, by_tag)]
    parts += [_as_is(cell) for cell in by_tag[Tag.IMPORTS]]
    made = [tag for tag in functions if by_tag[tag]]
    parts += [_function(path, by_tag[tag], functions[tag]) for tag in made]
    lines = [line for part in parts for line in part]
    _check(path, lines, cells)
    text = "\n".join(line.text for line in lines).rstrip() + "\n"
    numbers = {tag.value: tuple(cell.number for cell in found) for tag, found in by_tag.items() if found}
    return Module(text=text, functions=tuple(functions[tag].name for tag in made), cells=numbers)


def _head(path: str, by_tag: dict[Tag, list[Cell]]) -> list[_Line]:
    name = "".join(char if char.isprintable() and char not in '"\\' else "_" for char in path)
    told = "; ".join(
        f"{tag.removeprefix('copml:')} {', '.join(str(cell.number) for cell in found)}"
        for tag, found in by_tag.items()
        if found
    )
    return [
        _Line(f'"""Made of {name} by `copml promote-notebook`: change the notebook and make it again.'),
        _Line(""),
        _Line(f"Cells, counted from the top: {told}."),
        _Line('"""'),
        _Line(""),
    ]


def _as_is(cell: Cell) -> list[_Line]:
    lines = enumerate(cell.source.rstrip().split("\n"), start=1)
    return [*(_Line(text, cell.number, number) for number, text in lines), _Line("")]


def _function(path: str, cells: Sequence[Cell], function: Function) -> list[_Line]:
    trees = [parsed(path, cell) for cell in cells]
    for cell, tree in zip(cells, trees, strict=True):
        defined = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == function.name]
        if defined:
            _check_parameters(path, cell, defined[-1], function)
            return [_Line(""), *(line for cell in cells for line in _as_is(cell))]
    if not any(function.result in assigned(tree) for tree in trees):
        reason = f"neither defines `{function.name}({', '.join(function.parameters)})` nor assigns `{function.result}`"
        remedy = f"call what it makes `{function.result}`, or tag the cell that does"
        raise CellUnusable(path, cells[-1].number, 1, reason, remedy)
    return _wrapped(path, cells, function)


def _check_parameters(path: str, cell: Cell, node: ast.FunctionDef, function: Function) -> None:
    arguments = node.args
    found = tuple(item.arg for item in (*arguments.posonlyargs, *arguments.args))
    if found[: len(function.parameters)] != function.parameters:
        wanted = f"{function.name}({', '.join(function.parameters)})"
        reason = f"`{function.name}` takes {', '.join(found) or 'nothing'}"
        raise CellUnusable(path, cell.number, node.lineno, reason, f"write `def {wanted}:`")


def _wrapped(path: str, cells: Sequence[Cell], function: Function) -> list[_Line]:
    """The cells as the body of a function."""
    lines = [_Line(""), _Line(f"def {function.name}({', '.join(function.parameters)}):")]
    body: list[ast.stmt] = []
    for cell in cells:
        tree = parsed(path, cell)
        body += tree.body
        texts = indented(cell.source.rstrip())
        lines += [_Line(text, cell.number, number) for number, text in enumerate(texts, start=1)]
    lines += [_Line(f"    return {function.result}"), _Line("")]
    _check_same(path, cells[0], lines, body)
    return lines


def _check_same(path: str, cell: Cell, lines: Sequence[_Line], body: list[ast.stmt]) -> None:
    """A body that says something else than the cells did is refused."""
    try:
        whole = ast.parse("\n".join(line.text for line in lines)).body[0]
    except SyntaxError as error:
        raise _at(path, lines, error.lineno or 1, f"it cannot stand in a function: {error.msg}") from error
    assert isinstance(whole, ast.FunctionDef), "what was wrapped is a function"
    same = [ast.dump(node) for node in whole.body[:-1]] == [ast.dump(node) for node in body]
    if not same:
        reason = "its lines cannot be set into a function without changing them"
        raise CellUnusable(path, cell.number, 1, reason, "define the function in the cell itself")


def _check(path: str, lines: Sequence[_Line], cells: Sequence[Cell]) -> None:
    for cell in cells:
        if cell.tag is not None:
            parsed(path, cell)
    source = "\n".join(line.text for line in lines) + "\n"
    try:
        compile(source, path, "exec", dont_inherit=True)
        tree = ast.parse(source)
        names = symtable.symtable(source, path, "exec")
    except (SyntaxError, ValueError) as error:
        number = getattr(error, "lineno", None) or 1
        raise _at(path, lines, number, f"it cannot stand in a module: {getattr(error, 'msg', error)}") from error
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names):
            raise _at(path, lines, node.lineno, f"`from {node.module} import *` hides which names there are")
    if unknown := _undefined(names):
        first = min(
            (node for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id in unknown),
            key=lambda node: (node.lineno, node.col_offset),
        )
        raise _at(path, lines, first.lineno, f"`{first.id}` is not defined in tagged cells", _where(first.id, cells))


def _undefined(top: symtable.SymbolTable) -> set[str]:
    """Names that the module uses and nobody defines."""
    scopes = [*_scopes(top)]
    known = {item.get_name() for item in top.get_symbols() if item.is_assigned() or item.is_imported()}
    known |= {
        item.get_name()
        for scope in scopes
        for item in scope.get_symbols()
        if item.is_declared_global() and item.is_assigned()
    }
    known |= {*dir(builtins), *_OF_MODULES}
    used = {
        item.get_name()
        for scope in scopes
        for item in scope.get_symbols()
        if item.is_referenced() and (item.is_global() or scope is top)
    }
    return used - known


def _scopes(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    yield table
    for child in table.get_children():
        yield from _scopes(child)


def _where(name: str, cells: Sequence[Cell]) -> str:
    """What to do about a name: tag the cell that defines it, if there is one."""
    if name in ("display", "get_ipython"):
        return "it is there in notebooks only: move the line to a cell without a tag"
    for cell in cells:
        try:
            defines = name in assigned(ast.parse(cell.source))
        except (SyntaxError, ValueError):
            continue
        if defines and cell.tag is None:
            return f"cell {cell.number} defines it: tag that cell {Tag.IMPORTS}, or move the definition"
        if defines:
            return (
                f"cell {cell.number} defines it within a function: move the definition to a cell tagged {Tag.IMPORTS}"
            )
    return f"import or define it in a cell tagged {Tag.IMPORTS}"


def _at(path: str, lines: Sequence[_Line], number: int, reason: str, remedy: str = "") -> CellUnusable:
    """An error at a line of the module, told by the cell that it came from."""
    near = [line for line in lines[:number] if line.cell] or [line for line in lines if line.cell]
    line = near[-1]
    return CellUnusable(path, line.cell, line.number, reason, remedy or "change the cell")
