"""The kinds of value that a project file holds, each with the forms that people write: `5%`, `90d`, `monthly`.

Invariant: a field that accepts a human form turns it into one exact value, or says in plain words what would be right.
Which fields there are is for `spec.project`; numbers are finite, lists become tuples.
"""

import math
import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from difflib import get_close_matches
from enum import StrEnum
from typing import Annotated, Any, TypeVar

from pydantic import BeforeValidator, Field, PlainSerializer, WithJsonSchema

from copml.records import Action, ProblemKind, Role
from copml.spec.periods import Duration, Period, parse_duration

_PERCENT = re.compile(r"^\s*(\d{1,3}(?:\.\d{1,12})?)\s*%\s*$")
_ADVERBS = {"hourly": "hour", "daily": "day", "weekly": "week", "monthly": "month", "quarterly": "quarter"}
_ADVERBS |= {"yearly": "year", "annually": "year"}
_LIMIT = re.compile(r"^(\d{1,6})\s*(s|seconds?|min|minutes?|h|hours?|d|days?)$")
_LIMIT_UNITS = {"d": (86_400, "day"), "h": (3600, "hour"), "m": (60, "minute"), "s": (1, "second")}
_T = TypeVar("_T", bound=StrEnum)


def percent(text: str) -> float | None:
    """The share that `5%` or `99.9 %` means; None when the text is no percentage.

    >>> percent("99.9%")
    0.999
    """
    match = _PERCENT.match(text)
    return None if match is None else float(Decimal(match[1]) / 100)


def nearest(word: str, known: list[str]) -> str:
    """A hint that names the most similar known word, or else all of them."""
    close = get_close_matches(word[:80], known, n=1, cutoff=0.6)
    return f"did you mean `{close[0]}`?" if close else f"known here: {', '.join(known)}"


def _duration(value: object) -> object:
    if isinstance(value, Duration):
        return value
    if isinstance(value, str):
        return parse_duration(value)
    raise ValueError(f"{_shown(value)} is no duration; write a whole number and a unit, such as 90d or 3 months")


def _limit(value: object) -> object:
    return value if isinstance(value, timedelta) else parse_limit(value)


def parse_limit(value: object) -> timedelta:
    """A time limit as people write it.

    >>> parse_limit("10 min").total_seconds()
    600.0

    Raises:
        ValueError: when it is none; the text says what would be one.
    """
    match = _LIMIT.match(value.strip().lower()) if isinstance(value, str) else None
    if match is None or int(match[1]) == 0:
        raise ValueError(
            f"{_shown(value)} is no time limit; write a whole number and a unit, such as 90s, 10 min or 2h"
        )
    return timedelta(seconds=int(match[1]) * _LIMIT_UNITS[match[2][0]][0])


def limit_words(limit: timedelta) -> str:
    """A time limit as a person writes it: `1 hour`, `90 seconds`."""
    seconds = int(limit.total_seconds())
    size, unit = next(item for item in _LIMIT_UNITS.values() if seconds % item[0] == 0)
    return f"{seconds // size} {unit}{'' if seconds == size else 's'}"


def _number(value: object) -> object:
    if isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value):
        return float(value)
    raise ValueError(f"{_shown(value)} is no number; write digits with a point, such as 1000 or 0.05")


def _level(value: object) -> object:
    share = percent(value) if isinstance(value, str) else None
    return _number(value) if share is None else share


def _ratio(value: object) -> object:
    share = percent(value) if isinstance(value, str) else value
    if isinstance(share, bool) or not isinstance(share, (int, float)):
        raise ValueError(f"{_shown(value)} is no share; write it as 5% or 0.05")
    if not 0 <= share <= 1:
        raise ValueError(f"{_shown(value)} is outside 0 to 1 (0% to 100%); write a share such as 5% or 0.05")
    return float(share)


def _many(value: object) -> object:
    return tuple(value) if isinstance(value, list) else (value,) if isinstance(value, str) else value


def _listed(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


def _stated(value: object) -> object:
    return str(value).lower() if isinstance(value, (bool, int)) else value


def _values(value: object) -> object:
    return tuple(map(_stated, value)) if isinstance(value, list) else value


def _choice(kind: type[_T], what: str, aliases: dict[str, str]) -> Callable[[object], _T]:
    """A function that reads one word of an enumeration."""

    def read(value: object) -> _T:
        word = aliases.get(value, value) if isinstance(value, str) else value
        if isinstance(word, str) and word in set(kind):
            return kind(word)
        raise ValueError(f"{_shown(value)} is no {what}; {nearest(str(value), [str(one) for one in kind])}")

    return read


def _actions(value: object) -> object:
    read = _choice(Action, "action", {})
    return tuple(map(read, value)) if isinstance(value, (list, tuple)) else (read(value),)


def _shown(value: object) -> str:
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else f"{text[:60]}…"


_PERCENTAGE = {"type": "string", "pattern": r"^\s*\d{1,3}(\.\d{1,12})?\s*%\s*$"}
_WORDS = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]}
_ACTIONS = {"enum": [str(action) for action in Action]}

Span = Annotated[
    Duration,
    BeforeValidator(_duration),
    PlainSerializer(str, return_type=str),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": r"^\d{1,6}\s*(h|d|w|m|q|y|hours?|days?|weeks?|months?|quarters?|years?)$",
            "examples": ["90d", "12 hours", "3 months"],
        }
    ),
]
"""A duration such as `90d` or `3 months`."""
TimeLimit = Annotated[
    timedelta,
    BeforeValidator(_limit),
    PlainSerializer(limit_words, return_type=str),
    WithJsonSchema({"type": "string", "pattern": _LIMIT.pattern, "examples": ["90s", "10 min", "2h"]}),
]
"""How long a program may run, such as `10 min` or `2h`."""
Ratio = Annotated[
    float,
    BeforeValidator(_ratio),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number", "minimum": 0, "maximum": 1},
                _PERCENTAGE,
            ],
            "examples": ["5%", 0.05],
        }
    ),
]
"""A share, as `5%` or `0.05`."""
Every = Annotated[
    Period,
    BeforeValidator(_choice(Period, "calendar period", _ADVERBS)),
    WithJsonSchema({"enum": [*(str(period) for period in Period), *_ADVERBS]}),
]
"""A calendar period, as `month` or `monthly`."""
Who = Annotated[
    Role, BeforeValidator(_choice(Role, "role", {})), WithJsonSchema({"enum": [str(role) for role in Role]})
]
"""A role of `people`."""
KindOf = Annotated[
    ProblemKind,
    BeforeValidator(_choice(ProblemKind, "kind of problem", {})),
    WithJsonSchema({"enum": [str(kind) for kind in ProblemKind]}),
]
"""A kind of problem."""
Actions = Annotated[
    tuple[Action, ...],
    BeforeValidator(_actions),
    WithJsonSchema({"anyOf": [_ACTIONS, {"type": "array", "items": _ACTIONS}]}),
]
"""One action or a list of actions."""
Text = Annotated[str, Field(min_length=3, max_length=2000, pattern=r"\S")]
Word = Annotated[str, Field(min_length=1, max_length=254, pattern=r"\S")]
Stated = Annotated[Word, BeforeValidator(_stated), WithJsonSchema({"type": ["string", "integer", "boolean"]})]
"""A value of a column as text; whole numbers, true and false may be written as such."""
Names = Annotated[tuple[Word, ...], BeforeValidator(_many), WithJsonSchema(_WORDS)]
"""One name or a list of names."""
Owners = Annotated[tuple[Word, ...], BeforeValidator(_many), Field(min_length=1), WithJsonSchema(_WORDS)]
"""One person or a list of people; at least one."""
Values = Annotated[
    tuple[str, ...],
    BeforeValidator(_values),
    Field(min_length=1),
    WithJsonSchema({"type": "array", "items": {"type": ["string", "integer", "boolean"]}, "minItems": 1}),
]
"""The allowed values of a column, as text; whole numbers, true and false may be written as such."""
Choices = Annotated[
    tuple[str | bool | int | float | None, ...],
    BeforeValidator(_listed),
    Field(min_length=1),
    WithJsonSchema(
        {
            "type": "array",
            "items": {"type": ["string", "boolean", "number", "null"]},
            "minItems": 1,
            "uniqueItems": True,
        }
    ),
]
"""The values of a parameter, of any plain type."""
Listed = BeforeValidator(_listed)
"""Marks a tuple that is written as a list."""
Number = Annotated[float, BeforeValidator(_number), WithJsonSchema({"type": "number"})]
Level = Annotated[float, BeforeValidator(_level), WithJsonSchema({"anyOf": [{"type": "number"}, _PERCENTAGE]})]
"""The height of a KPI: a number, or a percentage."""
Slug = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{1,62}$")]
"""A name with dashes: `telco-churn`."""
Identifier = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
"""A name with underscores, usable in queries: `churn_rate`."""
Column = Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f]{1,128}$")]
Entry = Annotated[str, Field(pattern=r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*$")]
"""Project code, as `module:function`."""
Params = dict[str, Any]
"""Whatever the project's `train` wants."""
