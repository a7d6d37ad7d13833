"""YAML text as a tree of plain values, each with its line and column.

Invariant: what comes out has unique text keys, bounded depth and bounded size, and scalars as the YAML 1.2 core schema
reads them (`yes`, `no` and dates are text). Anchors, aliases, tags, directives and further documents are refused, so
the file says what it looks like. What the values mean is for `spec.project`.
"""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)
from ruamel.yaml.reader import ReaderError

from copml.errors import Problem

TEXT_BYTES_MAX = 1_000_000
DEPTH_MAX = 20
NODES_MAX = 5_000
PROBLEMS_MAX = 100

Scalar = str | int | float | bool | None
Path = tuple[str | int, ...]

_INTEGER = re.compile(r"^[-+]?[0-9]{1,18}$")
_FLOAT = re.compile(r"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]{1,4})?$")
_INDENTED_BY_TAB = re.compile(r"^ *\t", re.MULTILINE)
_UNREADABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_WORDS: dict[str, Scalar] = {"": None, "~": None, "null": None, "Null": None, "NULL": None}
_WORDS |= {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_CAUSES = {
    "mapping values are not allowed": "indent every key of a mapping alike, and put text that holds `: ` in quotes",
    "cannot start any token": "put text that starts with a special character in quotes",
    "expected ',' or": "close every bracket, and put commas between the items",
    "end of stream": "close every quote and bracket",
    "could not find expected ':'": "put `: ` between a key and its value",
    "expected <block end>": "indent every key of a mapping alike, and every item of a list",
}


@dataclass(frozen=True, slots=True)
class Node:
    """A value with the place where it is written; `keys` has the places of a mapping's keys. Places count from 1."""

    value: "Scalar | list[Node] | dict[str, Node]"
    line: int
    column: int
    keys: dict[str, tuple[int, int]]
    quoted: bool = False


class Unreadable(Exception):
    """What stops the reading of a document; carries the problems found until then."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(map(str, problems)))


def read_document(text: str) -> tuple[Node, list[Problem]]:
    """The tree of a document, and what is wrong with it that leaves a tree: duplicate keys, anchors, tags.

    Raises:
        Unreadable: when there is no tree: too large, too deep, empty, not a mapping, not YAML.
    """
    _refuse_unreadable(text)
    reader = _Reader()
    try:
        for event in YAML(typ="safe", pure=True).parse(text.removeprefix("\ufeff")):
            reader.take(event)
    except MarkedYAMLError as error:
        raise Unreadable([*reader.problems, _syntax_problem(error)]) from error
    except YAMLError as error:
        what = error.reason if isinstance(error, ReaderError) else str(error)
        raise Unreadable([_problem(1, 1, f"this is not YAML: {what}", "save the file as plain UTF-8 text")]) from error
    if reader.root is None:
        raise Unreadable([_problem(1, 1, "the file is empty", "`copml init NAME` writes a whole one")])
    if not isinstance(reader.root.value, dict):
        message = "the file is not a mapping of keys to values"
        raise Unreadable([_problem(reader.root.line, reader.root.column, message, "start with the line `copml: 1`")])
    return reader.root, reader.problems


def plain(node: Node) -> object:
    """The value without places: dicts, lists, scalars."""
    if isinstance(node.value, dict):
        return {key: plain(child) for key, child in node.value.items()}
    return [plain(child) for child in node.value] if isinstance(node.value, list) else node.value


def descend(node: Node, path: Sequence[str | int]) -> tuple[Node, tuple[int, int], Path]:
    """Follow a path as far as it exists: the node there, the place of its key (or its own), and the path taken."""
    place, taken = (node.line, node.column), list[str | int]()
    for step in path:
        if isinstance(node.value, dict) and step in node.value:
            place, node = node.keys[str(step)], node.value[str(step)]
        elif isinstance(node.value, list) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
            place = (node.line, node.column)
        else:
            continue
        taken.append(step)
    return node, place, tuple(taken)


def dotted(path: Sequence[str | int]) -> str:
    """A path as people write it: `monitoring.triggers[2].when`; list items count from 1."""
    text = "".join(f"[{step + 1}]" if isinstance(step, int) else f".{step}" for step in path)
    return text.removeprefix(".")


def walk(node: Node, path: Path = ()) -> Iterator[tuple[Path, Node]]:
    """Every node with its path, in the order of the text."""
    yield path, node
    if isinstance(node.value, dict):
        for key, child in node.value.items():
            yield from walk(child, (*path, key))
    elif isinstance(node.value, list):
        for index, child in enumerate(node.value):
            yield from walk(child, (*path, index))


def scalar(text: str) -> Scalar:
    """What an unquoted scalar means in the YAML 1.2 core schema, for decimal numbers.

    >>> [scalar(text) for text in ("5", "0.10", "yes", "true", "2026-01-01", "~")]
    [5, 0.1, 'yes', True, '2026-01-01', None]
    """
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.match(text):
        return int(text)
    number = float(text) if _FLOAT.match(text) else math.inf
    return number if math.isfinite(number) else text


def _refuse_unreadable(text: str) -> None:
    size = len(text.encode("utf-8", "replace"))
    if size > TEXT_BYTES_MAX:
        message = f"the file has {size:,} bytes, and at most {TEXT_BYTES_MAX:,} are read"
        raise Unreadable([_problem(1, 1, message, "name data files under `data.sources` instead of writing data here")])
    tabs = [_place(text, match.end() - 1) for match in islice(_INDENTED_BY_TAB.finditer(text), PROBLEMS_MAX)]
    if tabs:
        raise Unreadable([_problem(*tab, "a tab is used for indentation", "indent with spaces") for tab in tabs])
    strange = _UNREADABLE.search(text.removeprefix("\ufeff"))
    if strange is not None:
        message = f"the character U+{ord(strange[0]):04X} cannot stand in a text file"
        place = _place(text.removeprefix("\ufeff"), strange.start())
        raise Unreadable([_problem(*place, message, "save the file as plain UTF-8 text")])


def _place(text: str, at: int) -> tuple[int, int]:
    return text.count("\n", 0, at) + 1, at - (text.rfind("\n", 0, at) + 1) + 1


def _problem(line: int, column: int, message: str, hint: str) -> Problem:
    return Problem(line=line, column=column, where="", message=message, hint=hint)


def _syntax_problem(error: MarkedYAMLError) -> Problem:
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)
    what = " ".join(str(part) for part in (error.context, error.problem) if part)
    hint = next((hint for cause, hint in _CAUSES.items() if cause in what), "compare the line with the ones around it")
    return _problem(line, column, f"this is not YAML: {what}", hint)


class _Open:
    """A mapping or list that is being read."""

    def __init__(self, line: int, column: int, *, mapping: bool) -> None:
        self.line, self.column, self.mapping = line, column, mapping
        self.items: list[Node] = []
        self.entries: dict[str, Node] = {}
        self.keys: dict[str, tuple[int, int]] = {}
        self.key: Node | None = None

    @property
    def step(self) -> str | int:
        """Where in it the reading stands: a key, a position, or nothing while a key is read."""
        return len(self.items) if not self.mapping else str(self.key.value or "") if self.key is not None else ""

    def node(self) -> Node:
        return Node(self.entries if self.mapping else self.items, self.line, self.column, self.keys)


class _Reader:
    """Builds the tree from the parser's events, one at a time, so that depth and size are bounded while reading."""

    def __init__(self) -> None:
        self.root: Node | None = None
        self.problems: list[Problem] = []
        self.open: list[_Open] = []
        self.nodes = 0

    def take(self, event: Event) -> None:
        line, column = event.start_mark.line + 1, event.start_mark.column + 1
        if isinstance(event, DocumentStartEvent):
            self.document(event, line, column)
        elif isinstance(event, NodeEvent):
            self.plainly(event, line, column)
        if isinstance(event, ScalarEvent):
            quoted = event.style is not None
            self.add(Node(event.value if quoted else scalar(event.value), line, column, {}, quoted), event.value)
        elif isinstance(event, AliasEvent):
            self.add(Node(None, line, column, {}))
        elif isinstance(event, (MappingStartEvent, SequenceStartEvent)):
            self.start(_Open(line, column, mapping=isinstance(event, MappingStartEvent)))
        elif isinstance(event, (MappingEndEvent, SequenceEndEvent)):
            self.add(self.open.pop().node())

    def document(self, event: DocumentStartEvent, line: int, column: int) -> None:
        if self.root is not None:
            self.report(line, column, "a second document begins here", "keep one project to a file, without `---`")
        elif event.version is not None or event.tags:
            self.report(1, 1, "directives such as %YAML are not read", "take out the lines that start with %")

    def plainly(self, event: NodeEvent, line: int, column: int) -> None:
        """Anchors, aliases and tags are reported; they would let a value stand for something else."""
        if event.anchor is not None:
            sign = "*" if isinstance(event, AliasEvent) else "&"
            self.report(line, column, f"`{sign}{event.anchor}` is an anchor or alias", "write out the value")
        tag = getattr(event, "tag", None)
        if tag is not None:
            self.report(line, column, f"`{tag}` is a tag", "write the plain value, in quotes if it is text")

    def start(self, opened: _Open) -> None:
        if len(self.open) >= DEPTH_MAX:
            message = f"this is nested deeper than {DEPTH_MAX} levels"
            self.report(opened.line, opened.column, message, "nothing in a project file is: take some brackets out")
            raise Unreadable(self.problems)
        self.open.append(opened)

    def add(self, node: Node, text: str | None = None) -> None:
        """Put a finished node where it belongs; `text` is how a scalar is written, which is what a key is."""
        self.nodes += 1
        if self.nodes > NODES_MAX:
            self.report(node.line, node.column, f"the file has more than {NODES_MAX:,} values", "keep data out of it")
            raise Unreadable(self.problems)
        if not self.open:
            self.root = self.root or node
        elif not self.open[-1].mapping:
            self.open[-1].items.append(node)
        else:
            self.put(self.open[-1], node, text)

    def put(self, mapping: _Open, node: Node, text: str | None) -> None:
        if mapping.key is None:
            mapping.key = Node(text, node.line, node.column, {})
            if text is None:
                self.report(node.line, node.column, "a list or mapping cannot be a key", "write a plain name")
            return
        key = mapping.key
        if isinstance(key.value, str) and key.value in mapping.entries:
            first = mapping.keys[key.value][0]
            self.report(key.line, key.column, f"`{key.value}` is given twice, first in line {first}", "keep one")
        elif isinstance(key.value, str):
            mapping.entries[key.value], mapping.keys[key.value] = node, (key.line, key.column)
        mapping.key = None

    def report(self, line: int, column: int, message: str, hint: str) -> None:
        where = dotted([opened.step for opened in self.open if opened.step != ""])
        self.problems.append(Problem(line=line, column=column, where=where, message=message, hint=hint))
