"""What pydantic found, in plain words, at the line where it stands.

Invariant: every problem says what was seen and what would be right. A missing key is reported at its parent's line,
with the reason why it is asked for; an unknown key at its own, with the nearest known one.
"""

from collections.abc import Sequence
from typing import Any, get_args, get_origin

from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from copml.errors import Problem
from copml.spec.document import Node, Path, descend, dotted
from copml.spec.fields import nearest
from copml.spec.project import Part, Project

_MAPPING = ("a mapping of keys to values", "write its keys below it, indented")
_KINDS = {
    "string_type": ("text", "write text, in quotes if it looks like a number"),
    "int_type": ("a whole number", "write digits alone, without a unit"),
    "float_type": ("a number", "write digits with a point"),
    "bool_type": ("true or false", "write true or false, without quotes"),
    "tuple_type": ("a list", "write items in square brackets, or below it with dashes"),
    "dict_type": _MAPPING,
    "model_type": _MAPPING,
}
_LIMITS = {
    "greater_than_equal": ("too small", "at least", "ge"),
    "greater_than": ("too small", "more than", "gt"),
    "less_than_equal": ("too large", "at most", "le"),
}
_FOUND: dict[type, str] = {
    str: "text",
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    list: "a list",
    tuple: "a list",
    dict: "a mapping",
}
_PATTERNS = {
    "features": "write module:function, such as churn.features:build",
    "entry": "write module:function, such as churn.model:train",
    "project": "use 2 to 63 lower-case letters, digits and dashes, starting with a letter, such as telco-churn",
    "currency": "use the three capital letters of the currency's code, such as EUR",
    "name": "use lower-case letters, digits and underscores, starting with a letter, such as churn_rate",
    "sources": "use lower-case letters, digits and underscores, starting with a letter, such as customers",
    "source": "use the name of a source: lower-case letters, digits and underscores",
}


def shape_problem(root: Node, error: ErrorDetails) -> Problem:
    """One of pydantic's errors as a problem of the document."""
    loc = error["loc"]
    if error["type"] == "missing" or error["input"] is None:
        return _missing(root, loc)
    if error["type"] == "extra_forbidden":
        return _unknown(root, loc)
    node, place, taken = descend(root, loc)
    at_key = "[key]" in loc or isinstance(node.value, (dict, list))
    line, column = place if at_key else (node.line, node.column)
    message, hint = _words(error, taken)
    return Problem(line=line, column=column, where=dotted(taken), message=message, hint=hint)


def description(path: Sequence[str | int]) -> str:
    """What is to be said at a path, as the project's fields describe it; empty where they do not."""
    part = _part_at(path[:-1])
    field = _field(part, str(path[-1])) if part is not None else None
    return (field.description or "") if field is not None else ""


def _missing(root: Node, loc: Path) -> Problem:
    """A key that is not there, or has nothing after its colon."""
    _, (line, column), taken = descend(root, loc)
    message = f"`{loc[-1]}` is empty" if taken == loc else f"`{loc[-1]}` is missing"
    why = description(loc)
    hint = f"say {why}" if why else "give it a value or take it out"
    return Problem(
        line=line, column=column, where=dotted([step for step in loc if step != "[key]"]), message=message, hint=hint
    )


def _unknown(root: Node, loc: Path) -> Problem:
    _, (line, column), taken = descend(root, loc)
    part = _part_at(loc[:-1])
    known = [field.alias or name for name, field in part.model_fields.items()] if part is not None else []
    return Problem(
        line=line,
        column=column,
        where=dotted(taken),
        message=f"unknown key `{loc[-1]}`",
        hint=nearest(str(loc[-1]), known),
    )


def _words(error: ErrorDetails, path: Path) -> tuple[str, str]:
    """Message and hint for a value that is there and wrong."""
    kind, value, context = error["type"], error["input"], error.get("ctx", {})
    if kind == "value_error":
        message, _, hint = str(context["error"]).partition("; ")
        return message, hint
    if kind in _KINDS:
        wanted, hint = _KINDS[kind]
        return f"{_shown(value)} is {_FOUND.get(type(value), 'something else')}, and {wanted} is asked for", hint
    if kind in _LIMITS:
        verdict, words, limit = _LIMITS[kind]
        return f"{_shown(value)} is {verdict}", f"write {words} {context[limit]}"
    if kind == "literal_error":
        choices = [choice.strip("'") for choice in str(context["expected"]).replace(" or ", ", ").split(", ")]
        return f"{_shown(value)} cannot stand here", nearest(str(value), choices)
    if kind == "string_pattern_mismatch":
        return _mismatch(value, path)
    if kind in {"string_too_short", "too_short"}:
        return (
            f"{_shown(value)} is too short" if value else "it is empty"
        ), "say it in a few words, or name at least one"
    if kind in {"string_too_long", "too_long"}:
        return f"the text of {len(value)} characters is too long", f"use at most {context['max_length']}"
    return f"{_shown(value)} is not possible", f"{error['msg'][0].lower()}{error['msg'][1:]}"


def _mismatch(value: object, path: Path) -> tuple[str, str]:
    if not str(value).strip():
        return "it is blank", "write something, or take the key out"
    known = [str(step) for step in reversed(path) if step in _PATTERNS]
    return f"{_shown(value)} cannot stand here", _PATTERNS[known[0]] if known else "use printable characters"


def _shown(value: object) -> str:
    text = str(value).lower() if isinstance(value, bool) else repr(value)
    return text if len(text) <= 60 else f"{text[:60]}…"


def _part_at(path: Sequence[str | int]) -> type[Part] | None:
    """The part of the project that is described at a path."""
    part: type[Part] | None = Project
    named_freely = False
    for step in path:
        if named_freely or isinstance(step, int):
            named_freely = False
            continue
        field = _field(part, step) if part is not None else None
        part = _part_within(field.annotation) if field is not None else None
        named_freely = field is not None and get_origin(field.annotation) is dict
    return part


def _field(part: type[Part], key: str) -> FieldInfo | None:
    """The field of a key; `for` is a word of Python, so that field is `for_`."""
    return part.model_fields.get(key) or part.model_fields.get(f"{key}_")


def _part_within(annotation: Any) -> type[Part] | None:
    if isinstance(annotation, type) and issubclass(annotation, Part):
        return annotation
    return next((part for inner in get_args(annotation) if (part := _part_within(inner)) is not None), None)
