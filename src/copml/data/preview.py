"""Where a project file does not fit the files that are there, told before anything is ingested.

Invariant: only the last file of each source is looked at; tables of databases are not asked, and what cannot be told is
no doubt.
"""

from collections.abc import Iterator
from pathlib import Path

from copml.data.arrivals import find_files, inspect
from copml.data.readers import header
from copml.errors import CopmlError
from copml.spec.fields import nearest
from copml.spec.project import Project, Source

TIMES = ("entity", "event_at", "known_at")


def doubts(project: Project, root: Path) -> tuple[str, ...]:
    """What seems wrong, each with its place in the project file."""
    columns: dict[str, list[str]] = {}
    found: list[str] = []
    for name, source in project.data.sources.items():
        try:
            columns[name] = _columns(source, root)
        except FileNotFoundError:
            found.append(f"data.sources.{name}.path: no file is there yet that {source.path} means")
        except CopmlError as error:
            found.append(f"data.sources.{name}: {error}")
        else:
            found += _placing(name, source, columns[name])
    if columns.keys() == project.data.sources.keys():
        found += _named(project, list(dict.fromkeys(column for names in columns.values() for column in names)))
    return tuple(found)


def _columns(source: Source, root: Path) -> list[str]:
    """The columns of a source's last file; none for a table of a database."""
    if source.path is None:
        return []
    names = find_files(root, source.path)
    if not names:
        raise FileNotFoundError(source.path)
    return list(header(inspect(root / names[-1], names[-1], source.encoding), source).names)


def _placing(name: str, source: Source, columns: list[str]) -> Iterator[str]:
    for key in TIMES:
        wanted = getattr(source, key)
        if columns and wanted is not None and wanted not in columns:
            yield f"data.sources.{name}.{key}: its files have no column {wanted}; {nearest(wanted, columns)}"


def _named(project: Project, columns: list[str]) -> Iterator[str]:
    data = project.data
    if any(source.path is None for source in data.sources.values()):
        return
    wanted = [("checks", column) for column in data.checks] + [("personal", column) for column in data.personal]
    if data.outcome.column is not None:
        wanted.append(("outcome.column", data.outcome.column))
    for place, column in wanted:
        if column not in columns:
            yield f"data.{place}: no source has a column {column}; {nearest(column, columns)}"
