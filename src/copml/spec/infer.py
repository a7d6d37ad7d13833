"""A first project file from a table: what the data show is written down, what only people know is left open.

Invariant: the text is a project file that `parse` refuses with nothing but its open blanks, each with what to say
there. A guess (what is personal, what is the outcome) is marked as one. Reading the table is for `spec.infer_columns`.
"""

import json
import math
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from copml.spec.document import scalar
from copml.spec.infer_columns import ColumnFacts, read_columns
from copml.spec.project_file import FILL_IN
from copml.spec.wording import description

_DIRECT = {
    "email",
    "mail",
    "phone",
    "mobile",
    "telephone",
    "iban",
    "ssn",
    "passport",
    "surname",
    "firstname",
    "lastname",
}
_PERSONAL = {"name", "address", "street", "city", "birth", "birthday", "birthdate", "dob", "zip", "postcode", "ip"}
_PROTECTED = {"gender", "sex", "age", "senior", "race", "ethnic", "ethnicity", "religion", "nationality", "country"}
_PROTECTED |= {"disability", "disabled", "marital", "married", "orientation", "pregnant", "pregnancy"}
_OUTCOMES = {"churn", "churned", "left", "default", "defaulted", "fraud", "target", "label", "outcome", "response"}
_OUTCOMES |= {"class", "converted", "conversion", "cancelled", "canceled", "income", "survived", "y"}
_KEYS = {"id", "uuid", "guid", "key", "number", "no", "nr", "code"}
_YES = {"yes", "y", "true", "t", "1", "positive"}
# Older YAML reads these as true and false, and some editors do.
_SWITCHES = {"yes", "no", "on", "off", "y", "n"}
_PLAIN = re.compile(r"^[A-Za-z][A-Za-z0-9_/.-]*( [A-Za-z0-9_/.-]+)*$")
_TOKENS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Guesses:
    """What the columns of a table seem to mean. `outcomes` are candidates, the likeliest first, if one is likely."""

    columns: tuple[ColumnFacts, ...]
    entity: str | None
    event_at: str | None
    outcome: ColumnFacts | None
    outcomes: tuple[ColumnFacts, ...]
    personal: dict[str, str]

    @property
    def left_out(self) -> tuple[str, ...]:
        """Columns that must not become features: whom it is about, what is personal, what may be the outcome."""
        outcomes = [self.outcome] if self.outcome is not None else self.outcomes
        times = [column.name for column in self.columns if column.kind == "time"]
        return tuple(dict.fromkeys([*self.personal, *times, *(column.name for column in outcomes)]))


def infer_project(sample: Path, name: str, *, folder: Path | None = None) -> str:
    """The text of a project file for the table in a CSV file. Paths in it are relative to `folder`, if given.

    Raises:
        SampleUnusable: when nothing can be inferred from the file.
    """
    return guess_project(sample, name, folder=folder)[0]


def guess_project(sample: Path, name: str, *, folder: Path | None) -> tuple[str, str, tuple[str, ...]]:
    """The text of a project file, the name of its source, and the columns that must not become features.

    Raises:
        SampleUnusable: when nothing can be inferred from the file.
    """
    path = sample if folder is None else Path(os.path.relpath(sample, folder))
    guesses, source = guess(read_columns(sample)), source_name(sample)
    return project_text(guesses, name=name, path=path.as_posix(), source=source), source, guesses.left_out


def guess(columns: tuple[ColumnFacts, ...]) -> Guesses:
    """What the columns seem to mean. Pure."""
    entity = next((one.name for one in sorted(columns, key=_unlike_key) if one.is_key and _unlike_key(one) < 3), None)
    event_at = next((one.name for one in columns if one.kind == "time"), None)
    personal = {one.name: kind for one in columns if (kind := _personal(one)) and one.name != entity}
    two = tuple(one for one in columns if one.distinct == 2 and one.name not in personal and one.name != entity)
    named = [one for one in two if _tokens(one.name) & _OUTCOMES]
    return Guesses(
        columns=columns,
        entity=entity,
        event_at=event_at,
        outcome=named[0] if len(named) == 1 else None,
        outcomes=two,
        personal={**({entity: "identifier"} if entity is not None else {}), **personal},
    )


def project_text(guesses: Guesses, *, name: str, path: str, source: str) -> str:
    """The project file. Pure."""
    package = name.replace("-", "_")
    blocks = (_head(guesses, name, path), _business(), _data(guesses, path, source), _rest(package))
    return "\n".join("\n".join(block) + "\n" for block in blocks)


def source_name(sample: Path) -> str:
    """A name for the source that a file is: lower-case letters, digits and underscores."""
    plain = re.sub(r"[^a-z0-9]+", "_", sample.stem.lower()).strip("_")
    return plain[:40] if plain[:1].isalpha() else f"table_{plain[:30]}".rstrip("_")


def quoted(text: str) -> str:
    """A text as YAML reads it back: plain where that is safe, else in quotes."""
    if _PLAIN.match(text) and scalar(text) == text and text.lower() not in _SWITCHES:
        return text
    escaped = json.dumps(text, ensure_ascii=False)
    return "".join(char if char.isprintable() else f"\\U{ord(char):08X}" for char in escaped)


def _head(guesses: Guesses, name: str, path: str) -> Iterator[str]:
    rows = guesses.columns[0].rows
    yield f"# Written by `copml init --from`, from {rows:,} rows and {len(guesses.columns)} columns of {quoted(path)}."
    yield f"# What the data cannot tell is marked {FILL_IN}; `copml validate` names each place until all are answered."
    yield "copml: 1"
    yield f"project: {name}"
    yield "zone: UTC"
    yield from _asked("", "people", ("business", "data", "science", "operations"))


def _business() -> Iterator[str]:
    yield "business:"
    yield from (f"  {key}: {_ask('business', key)}" for key in ("question", "decision"))
    yield from _asked("  ", "business.kpi", ("name", "baseline", "target", "better"))
    yield from _asked("  ", "business.value", ("currency", "kpi_unit"))
    yield "  control_group:  # with a record of treatments, named under data.treatment: share: 5%, and not none"
    yield f"    none: {_ask('business', 'control_group', 'none')}"


def _data(guesses: Guesses, path: str, source: str) -> Iterator[str]:
    yield "data:"
    yield "  sources:"
    yield f"    {source}:"
    yield f"      path: {quoted(path)}"
    yield f"      entity: {quoted(guesses.entity) if guesses.entity else _ask('data', 'sources', source, 'entity')}"
    if guesses.event_at is not None:
        yield f"      event_at: {quoted(guesses.event_at)}  # a guess: when did the row come to be?"
    blanks = [one.name for one in guesses.columns if one.kind == "number" and one.missing]
    if blanks:
        yield "      columns:  # numbers with blanks among them"
        yield from (f"        {quoted(name)}: number" for name in blanks)
    yield from _outcome(guesses, source)
    yield "  personal:  # guesses from names and values: look through all columns"
    yield from (f"    {quoted(name)}: {kind}" for name, kind in guesses.personal.items())
    yield "  checks:  # from what was seen, with room to grow"
    checked = (one for one in guesses.columns if one.name not in {guesses.entity, guesses.event_at})
    yield from (f"    {quoted(one.name)}: {{{rule}}}" for one in checked if (rule := _check(one)))


def _outcome(guesses: Guesses, source: str) -> Iterator[str]:
    yield "  outcome:"
    yield f"    source: {source}"
    if guesses.outcome is None:
        candidates = ", ".join(quoted(one.name) for one in guesses.outcomes) or "none seen"
        yield f"    column: {_ask('data', 'outcome', 'column')}  # columns of two values: {candidates}"
        yield f"    positive: {_ask('data', 'outcome', 'positive')}"
        return
    shares = ", ".join(f"{quoted(value)} {count / guesses.outcome.rows:.1%}" for value, count in guesses.outcome.values)
    yield f"    column: {quoted(guesses.outcome.name)}  # a guess from its name; values: {shares}"
    yield f"    positive: {quoted(_positive(guesses.outcome))}"


def _rest(package: str) -> Iterator[str]:
    yield f"features: {package}.features:build"
    yield "training:"
    yield f"  entry: {package}.model:train"
    yield "  on: all  # without a record of treatments; name one under data.treatment when there is"
    yield "  gates: [better than majority, roc_auc >= live - 0.02]"
    yield "deployment:"
    yield "  mode: batch"
    yield "  schedule: monthly"
    yield f"  objective: {_ask('deployment', 'objective')}"
    yield "  approval: {by: business, four_eyes: true}  # no version goes live without a person's word"
    yield "monitoring:"
    yield "  every: month"
    yield "  metrics: [accuracy, roc_auc, recall, calibration_error]"
    yield "  triggers:"
    yield "    - {when: drift, do: alert}"
    yield from _asked("", "regulatory", ("affects_people", "solely_automated", "lawful_basis"))
    yield "  explanation: shapley"
    yield from _asked("  ", "regulatory.keep", ("predictions", "evidence"))


def _asked(indent: str, part: str, keys: Iterable[str]) -> Iterator[str]:
    steps = part.split(".")
    yield f"{indent}{steps[-1]}:"
    yield from (f"{indent}  {key}: {_ask(*steps, key)}" for key in keys)


def _ask(*path: str) -> str:
    return json.dumps(f"{FILL_IN}: {description(path)}", ensure_ascii=False)


def _check(column: ColumnFacts) -> str:
    """What every value of a column has held so far, with room to grow; empty where nothing can be said."""
    parts: list[str] = []
    if column.low is not None and column.high is not None:
        parts += [f"min: {_below(column.low) + 0.0:g}", f"max: {_above(column.high):g}"]
    elif column.kind == "text" and column.values:
        parts.append("values: [" + ", ".join(quoted(value) for value, _ in sorted(column.values)) + "]")
    if not parts and not column.missing:
        return ""
    if column.missing:
        parts.append(f"missing: {min(100, math.ceil(200 * column.missing / column.rows))}%")
    return ", ".join(parts)


def _above(number: float) -> float:
    """The next 1, 2 or 5 times a power of ten at or above twice the number, at least 1; 0 for what is never above 0."""
    if number <= 0:
        return 0.0
    power = 10.0 ** math.floor(math.log10(2 * number))
    return max(1.0, next(step * power for step in (1, 2, 5, 10) if step * power >= 2 * number))


def _below(number: float) -> float:
    return -_above(-number)


def _positive(column: ColumnFacts) -> str:
    """The value that reads like yes, or else the rarer one."""
    return next((value for value, _ in column.values if value.lower() in _YES), column.values[-1][0])


def _personal(column: ColumnFacts) -> str | None:
    tokens = _tokens(column.name)
    if tokens & _PROTECTED:
        return "protected"
    if column.values:  # so few values tell nobody from the others
        return None
    if column.kind == "email" or tokens & _DIRECT:
        return "identifier"
    return "personal" if tokens & _PERSONAL else None


def _unlike_key(column: ColumnFacts) -> int:
    """How unlike the entity's key a column is: 0 and 1 by its name, 2 for a text, 3 for numbers and times."""
    tokens = _tokens(column.name)
    if tokens & {"id", "uuid", "guid"}:
        return 0
    if tokens & _KEYS:
        return 1
    return 2 if column.kind == "text" else 3


def _tokens(name: str) -> set[str]:
    """The words of a name: customerID and customer_id are customer and id."""
    return {token.lower() for token in _TOKENS.findall(name)}
