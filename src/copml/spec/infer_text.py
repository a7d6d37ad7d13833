"""A first project file from a table: what the data show is written down, what only people know is left open.

Invariant: the text is a project file that `parse` refuses with nothing but its open blanks, each with what to say
there. A guess (what is personal, what is the outcome) is marked as one. Guessing is for `spec.infer`.
"""

import json
import math
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from copml.records import ProblemKind
from copml.spec.document import scalar
from copml.spec.infer import Guesses, guess, positive_value
from copml.spec.infer_columns import ColumnFacts, read_columns
from copml.spec.project_file import FILL_IN
from copml.spec.vocabulary import METRICS_DEFAULT
from copml.spec.wording import description

# Older YAML reads these as true and false, and some editors do.
_SWITCHES = {"yes", "no", "on", "off", "y", "n"}
_PLAIN = re.compile(r"^[A-Za-z][A-Za-z0-9_/.-]*( [A-Za-z0-9_/.-]+)*$")
_GATES = {
    ProblemKind.BINARY: "better than majority, roc_auc >= live - 0.02",
    ProblemKind.MULTICLASS: "better than majority, balanced_accuracy >= live - 0.02",
    ProblemKind.REGRESSION: "mae < naive_mae",
}
_SHOWN = 12
Remarks = Mapping[str, tuple[str, ...]]
"""By column, what is worth saying of it beside its line, such as which column tells it as well."""


def infer_project(sample: Path, name: str, *, folder: Path | None = None) -> str:
    """The text of a project file for the table in a file. Paths in it are relative to `folder`, if given.

    Raises:
        SampleUnusable: when nothing can be inferred from the file.
    """
    return guess_project(sample, name, folder=folder)[0]


def guess_project(
    sample: Path, name: str, *, folder: Path | None, remarks: Remarks | None = None
) -> tuple[str, str, Guesses]:
    """The text of a project file, the name of its source, and what its columns seem to mean.

    Raises:
        SampleUnusable: when nothing can be inferred from the file.
    """
    guesses, source = guess(read_columns(sample)), source_name(sample)
    text = project_text(guesses, name=name, path=path_from(folder, sample), source=source, remarks=remarks or {})
    return text, source, guesses


def path_from(folder: Path | None, file: Path) -> str:
    """How a project in a folder calls a file."""
    return (file if folder is None else Path(os.path.relpath(file, folder))).as_posix()


def project_text(guesses: Guesses, *, name: str, path: str, source: str, remarks: Remarks) -> str:
    """The project file. Pure."""
    package = name.replace("-", "_")
    lines = (
        head(guesses, name, path, "init --from"),
        business(),
        _data(guesses, path, source, remarks),
        _rest(guesses, package),
    )
    return text_of(lines)


def text_of(blocks: Iterable[Iterable[str]]) -> str:
    """Blocks of lines with a blank line between them."""
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


def head(guesses: Guesses, name: str, path: str, command: str) -> Iterator[str]:
    """What a file begins with: where it comes from, what it is called, who owns what."""
    rows = guesses.columns[0].rows
    yield f"# Written by `copml {command}`, from {rows:,} rows and {len(guesses.columns)} columns of {quoted(path)}."
    yield f"# What the data cannot tell is marked {FILL_IN}; `copml validate` names each place until all are answered."
    yield "copml: 1"
    yield f"project: {name}"
    yield "zone: UTC"
    yield from asked("", "people", ("business", "data", "science", "operations"))


def business() -> Iterator[str]:
    """What only the business knows."""
    yield "business:"
    yield from (f"  {key}: {ask('business', key)}" for key in ("question", "decision"))
    yield from asked("  ", "business.kpi", ("name", "baseline", "target", "better"))
    yield from asked("  ", "business.value", ("currency", "kpi_unit"))
    yield "  control_group:  # with a record of treatments, named under data.treatment: share: 5%, and not none"
    yield f"    none: {ask('business', 'control_group', 'none')}"


def _data(guesses: Guesses, path: str, source: str, remarks: Remarks) -> Iterator[str]:
    yield "data:"
    yield "  sources:"
    yield f"    {source}:"
    yield f"      path: {quoted(path)}"
    yield f"      entity: {quoted(guesses.entity) if guesses.entity else ask('data', 'sources', source, 'entity')}"
    if guesses.event_at is not None:
        yield f"      event_at: {quoted(guesses.event_at)}  # a guess: when did the row come to be?"
    blanks = [one.name for one in guesses.columns if one.kind == "number" and one.missing]
    if blanks:
        yield "      columns:  # numbers with blanks among them"
        yield from (f"        {quoted(name)}: number" for name in blanks)
    yield from _outcome(guesses, source)
    yield from personal(guesses.personal, remarks)
    yield from checks(one for one in guesses.columns if one.name not in {guesses.entity, guesses.event_at})


def personal(found: Mapping[str, str], remarks: Remarks) -> Iterator[str]:
    """Columns about persons, each with what is worth saying of it."""
    yield "  personal:  # guesses from names and values: look through all columns"
    for name, kind in found.items():
        yield f"    {quoted(name)}: {kind}"
        yield from (f"    # {remark}" for remark in remarks.get(name, ()))


def checks(columns: Iterable[ColumnFacts]) -> Iterator[str]:
    """What every row of a column is to hold."""
    yield "  checks:  # from what was seen, with room to grow"
    yield from (f"    {quoted(one.name)}: {{{rule}}}" for one in columns if (rule := _check(one)))


def _outcome(guesses: Guesses, source: str) -> Iterator[str]:
    yield "  outcome:"
    yield f"    source: {source}"
    if guesses.outcome is None:
        candidates = ", ".join(quoted(one.name) for one in guesses.outcomes) or "none seen"
        yield f"    column: {ask('data', 'outcome', 'column')}  # columns of two values: {candidates}"
        yield f"    positive: {ask('data', 'outcome', 'positive')}"
        return
    yield from outcome(guesses.outcome, guesses.kind)


def outcome(column: ColumnFacts, kind: ProblemKind, positive: str | None = None) -> Iterator[str]:
    """What is predicted, of which kind, and what counts as yes; `positive` where somebody said it."""
    shares = ", ".join(f"{quoted(value)} {count / column.rows:.1%}" for value, count in column.values[:_SHOWN])
    if kind is not ProblemKind.BINARY:
        yield f"    kind: {kind}  # a guess from {column.distinct:,} different values"
    yield f"    column: {quoted(column.name)}  # a guess from its name" + (f"; values: {shares}" if shares else "")
    if kind is ProblemKind.BINARY:
        yield f"    positive: {quoted(positive or positive_value(column))}"
    if kind is ProblemKind.MULTICLASS:
        yield "    classes: [" + ", ".join(quoted(value) for value, _ in column.values) + "]"


def _rest(guesses: Guesses, package: str) -> Iterator[str]:
    yield f"features: {package}.features:build"
    yield "training:"
    yield f"  entry: {package}.model:train"
    yield "  on: all  # without a record of treatments; name one under data.treatment when there is"
    yield f"  gates: [{_GATES[guesses.kind]}]"
    yield "deployment:"
    yield "  mode: batch"
    yield "  schedule: monthly"
    yield f"  objective: {ask('deployment', 'objective')}"
    yield "  approval: {by: business, four_eyes: true}  # no version goes live without a person's word"
    yield from monitoring(guesses.kind)
    yield from risk(guesses.groups)
    yield from regulatory()


def monitoring(kind: ProblemKind) -> Iterator[str]:
    """What is measured, and what is done about it."""
    yield "monitoring:"
    yield "  every: month"
    yield f"  metrics: [{', '.join(METRICS_DEFAULT[kind])}]"
    yield "  triggers:"
    yield "    - {when: drift, do: alert}"


def risk(groups: tuple[str, ...]) -> Iterator[str]:
    """Whose errors are compared; nothing where no groups were seen."""
    if groups:
        limit = ask("risk", "fairness", "equal_opportunity_difference")
        yield "risk:"
        yield "  fairness:  # a guess: groups by which people may be wronged"
        yield f"    by: [{', '.join(quoted(name) for name in groups)}]"
        yield f"    equal_opportunity_difference: {limit}"


def regulatory() -> Iterator[str]:
    """What the law asks, as far as people must say it."""
    yield from asked("", "regulatory", ("affects_people", "solely_automated", "lawful_basis"))
    yield "  explanation: shapley"
    yield from asked("  ", "regulatory.keep", ("predictions", "evidence"))


def asked(indent: str, part: str, keys: Iterable[str]) -> Iterator[str]:
    """A part of the file with keys that people fill in."""
    steps = part.split(".")
    yield f"{indent}{steps[-1]}:"
    yield from (f"{indent}  {key}: {ask(*steps, key)}" for key in keys)


def ask(*path: str) -> str:
    """A value that people fill in."""
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
