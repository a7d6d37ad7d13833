"""Whether sources, outcome, classified columns and checks fit together.

Invariant: each check reads the sheet and yields problems in plain words; nothing is opened, nothing is connected to.
Whether the data are as the file says is for `data`.
"""

import codecs
import re
from collections.abc import Iterator

from copml.errors import Problem
from copml.spec.document import Path
from copml.spec.fields import nearest
from copml.spec.sheet import Sheet

_SOURCES = ("data", "sources")
_ENVIRONMENT_NAME = re.compile(r"^[A-Za-z_][A-Za-z0-9_]*$")
_CREDENTIALS = re.compile(r"://[^/@:]*:[^@]*@|[?&](password|pwd|token|secret)=", re.IGNORECASE)
# The engine that checks rows (RE2) runs in linear time and therefore has neither.
_LOOKS_AROUND = re.compile(r"\(\?<?[=!]|\\[1-9]|\(\?P=")


def named_sources(sheet: Sheet) -> Iterator[Problem]:
    """Outcome and treatment must come from a source that exists, and whose rows have a time."""
    sources = sheet.keys(*_SOURCES)
    if not sources:
        return
    for part in ("outcome", "treatment"):
        path = ("data", part, "source")
        name = sheet.text(*path)
        if name is None:
            continue
        if name not in sources:
            yield sheet.problem(path, f"there is no source `{name}`", nearest(name, list(sources)))
        elif (part == "treatment" or sheet.has("data", "outcome", "horizon")) and not _has(sheet, name, "event_at"):
            message = f"the source `{name}` does not say when something happened, so it cannot be told what came first"
            yield sheet.problem((*_SOURCES, name), message, "name the column under `event_at`", at_key=True)


def source_columns(sheet: Sheet) -> Iterator[Problem]:
    """Entity and times of a source are columns of their own; encodings and addresses can be used."""
    for name in sheet.keys(*_SOURCES):
        path = (*_SOURCES, name)
        entity = sheet.text(*path, "entity")
        for time in ("event_at", "known_at"):
            if entity is not None and sheet.text(*path, time) == entity:
                message = f"`{entity}` is the entity of this source, so it cannot be its time too"
                yield sheet.problem((*path, time), message, "name the column that holds the time, or take this out")
        encoding = sheet.text(*path, "encoding")
        if encoding is not None and not _is_encoding(encoding):
            yield sheet.problem((*path, "encoding"), f"{encoding!r} is no text encoding", "write utf-8 or latin-1, say")
        yield from _address(sheet, path)


def _address(sheet: Sheet, path: Path) -> Iterator[Problem]:
    url = sheet.text(*path, "url")
    if url is None:
        return
    if _CREDENTIALS.search(url):
        message = "credentials do not belong in a file that many people read"
        yield sheet.problem((*path, "url"), message, "put the address into an environment variable and name that")
    elif "://" not in url and not _ENVIRONMENT_NAME.match(url):
        message = f"{url!r} is neither an address nor the name of an environment variable"
        yield sheet.problem((*path, "url"), message, "write something like CRM_DATABASE_URL or sqlite:///crm.db")


def classified(sheet: Sheet) -> Iterator[Problem]:
    """What identifies a person is classified, and what fairness compares is too."""
    about_people = sheet.truth("regulatory", "affects_people")
    for name in sheet.keys(*_SOURCES):
        column = sheet.text(*_SOURCES, name, "entity")
        kind = sheet.text("data", "personal", column) if column is not None else None
        if column is None or kind == "identifier" or (kind is None and not about_people):
            continue
        what = f"is classified as {kind}" if kind else "is not classified"
        message = f"`{column}` says whom a row is about, and {what}"
        path = ("data", "personal", column) if kind else (*_SOURCES, name, "entity")
        yield sheet.problem(path, message, f"write `{column}: identifier` under `data.personal`")
    for item in sheet.items("risk", "fairness", "by"):
        column = sheet.text(*item)
        if column is not None and sheet.text("data", "personal", column) != "protected":
            message = f"groups of `{column}` are compared, and it is not classified as protected"
            yield sheet.problem(item, message, f"write `{column}: protected` under `data.personal`")


def column_checks(sheet: Sheet) -> Iterator[Problem]:
    """Checks must be possible to pass, and their patterns must be expressions."""
    for column in sheet.keys("data", "checks"):
        path = ("data", "checks", column)
        low, high = sheet.number(*path, "min"), sheet.number(*path, "max")
        if low is not None and high is not None and low > high:
            message = f"the smallest value {low:g} is above the largest {high:g}, so every row would fail"
            yield sheet.problem((*path, "min"), message, "turn them round")
        if sheet.has(*path, "values") and (low is not None or high is not None):
            message = "both a list of values and limits are given"
            yield sheet.problem((*path, "values"), message, "keep the values for a category, the limits for a number")
        pattern = sheet.text(*path, "pattern")
        reason = None if pattern is None else _pattern_fault(pattern)
        if reason is not None:
            yield sheet.problem(
                (*path, "pattern"),
                f"this is no regular expression that can be used: {reason}",
                "quote it, and escape what is meant literally with a backslash",
            )


def outcome_column(sheet: Sheet) -> Iterator[Problem]:
    """The column that holds the truth is not the one that says whom it is about."""
    source, column = sheet.text("data", "outcome", "source"), sheet.text("data", "outcome", "column")
    if source is not None and column is not None and sheet.text(*_SOURCES, source, "entity") == column:
        message = f"`{column}` says whom a row is about, so it cannot be the outcome"
        yield sheet.problem(("data", "outcome", "column"), message, "name the column that is to be predicted")


def _has(sheet: Sheet, source: str, key: str) -> bool:
    """Whether a source has a key; a source that is no mapping is reported elsewhere."""
    return not sheet.keys(*_SOURCES, source) or sheet.has(*_SOURCES, source, key)


def _is_encoding(name: str) -> bool:
    try:
        return bool(codecs.lookup(name)._is_text_encoding)
    except (LookupError, ValueError):
        return False


def _pattern_fault(pattern: str) -> str | None:
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        return str(error)
    return "it looks around or back" if _LOOKS_AROUND.search(pattern) else None
