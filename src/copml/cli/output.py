"""How commands print: tables that fit 80 columns, or JSON for machines.

Invariant: with `--json`, standard output holds one JSON document and nothing else, or a line of JSON for each thing
that happens where a command does not end; progress goes to standard error.
"""

import dataclasses
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from enum import Enum
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING

from copml.digest import instant

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console

    from copml.operations import Progress

WIDTH_MIN = 80


def console(*, to_stderr: bool = False) -> "Console":
    """A console on standard output or standard error; 80 columns where it is no terminal."""
    from rich.console import Console

    stream = sys.stderr if to_stderr else sys.stdout
    width = None if stream.isatty() else WIDTH_MIN
    return Console(stderr=to_stderr, width=width, highlight=False, emoji=False, soft_wrap=False)


def show_json(value: object) -> None:
    """Print a value as JSON."""
    json.dump(plain(value), sys.stdout, indent=2, ensure_ascii=False, sort_keys=False)
    sys.stdout.write("\n")


def show_line(value: object) -> None:
    """Print a value as one line of JSON, at once."""
    sys.stdout.write(json.dumps(plain(value), ensure_ascii=False) + "\n")
    sys.stdout.flush()


def plain(value: object) -> object:
    """A value of records, enums, times and paths, as JSON has it; a span of time is a number of seconds.

    An end of an interval without a limit is null: JSON has no number for it.
    """
    match value:
        case Enum():
            return value.value
        case float() if not isfinite(value):
            return None
        case datetime():
            return instant(value)
        case timedelta():
            return value.total_seconds()
        case Path():
            return str(value)
        case bytes():
            return value.hex()
        case Mapping():
            return {str(key): plain(item) for key, item in value.items()}
        case list() | tuple() | set() | frozenset():
            return [plain(item) for item in value]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    return value


def show_text(text: str) -> None:
    """Print a text that other programs read, as it is."""
    sys.stdout.write(text)


def show_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table; nothing in it is read as markup."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(Text(str(cell)) for cell in row))
    console().print(table)


def say(text: str, style: str = "") -> None:
    """Print a line of text."""
    console().print(text, style=style or None, markup=False)


def say_whole(text: str) -> None:
    """Print a line that is there to be copied, never broken, however long."""
    console().print(text, markup=False, soft_wrap=True)


def note(text: str) -> None:
    """Print a line for people on standard error."""
    console(to_stderr=True).print(text, markup=False)


def say_item(title: str, facts: str, text: str) -> None:
    """Print an item of a list: a name to copy, never broken; its facts beside it where they fit; a text below."""
    from rich.padding import Padding
    from rich.text import Text

    shown = console()
    line = f"{title}  {facts}"
    fits = len(line) <= shown.width
    say_whole(line if fits else title)
    below = text if fits else f"{facts}\n{text}"
    shown.print(Padding(Text(below), (0, 0, 0, 2)))


def shown_path(path: Path) -> Path:
    """A path as it is typed from here: relative where it lies below the folder that one is in."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


@contextmanager
def progress(*, enabled: bool) -> "Iterator[Progress]":
    """A progress bar on standard error for work that takes long."""
    if not enabled or not sys.stderr.isatty():
        yield lambda _what, _done, _total: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console(to_stderr=True), transient=True) as bar:
        task = bar.add_task("working", total=None)
        yield lambda what, done, total: bar.update(task, description=what, completed=done, total=total)
