"""A project file for a model that runs elsewhere, from a sample of its inputs and, if there is one, its log.

Invariant: as in `spec.infer_text`: what the data show is written down, what only people know is left open, guesses are
marked. No value of the data is written but limits and the values of columns that have few.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from copml.records import ProblemKind
from copml.spec.infer import NUMBERS, Guesses, guess, tokens
from copml.spec.infer_columns import ColumnFacts
from copml.spec.infer_text import (
    Remarks,
    ask,
    business,
    checks,
    head,
    monitoring,
    outcome,
    personal,
    quoted,
    regulatory,
    risk,
    text_of,
)

PREDICTIONS, OUTCOMES, INPUTS = "predictions", "outcomes", "inputs"
"""What the sources are called."""
_ANSWERS = {"score", "scores", "probability", "proba", "prob", "prediction", "predicted", "yhat", "risk"}
_DECISIONS = {"decision", "decided", "action", "acted", "flag", "flagged", "called", "alert", "approved"}
_VERSIONS = {"version", "release", "model"}


@dataclass(frozen=True, slots=True, kw_only=True)
class LogGuess:
    """What the columns of a log seem to mean; None where that cannot be told. `probabilities` is by class."""

    entity: str | None
    event_at: str | None
    answer: str | None = None
    probabilities: dict[str, str | None]
    decision: str | None = None
    version: str | None = None
    inputs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFile:
    """What is written of a model's file."""

    digest: str
    format: str
    made_with: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Adoption:
    """What a project of a model that runs elsewhere is written from. Paths are as the project file calls them.

    `positive`: the value that counts as yes, where somebody said it.
    """

    name: str
    sample: str
    guesses: Guesses
    positive: str | None
    log: str | None
    log_guess: LogGuess
    model: ModelFile
    remarks: Remarks


def guess_log(columns: tuple[ColumnFacts, ...], sample: Guesses) -> LogGuess:
    """What the columns of a log seem to mean, given what those of a sample of the inputs do. Pure."""
    names = [one.name for one in columns]
    own = guess(columns)
    classes = [value for value, _ in sample.outcome.values] if _has_classes(sample) and sample.outcome else []
    numbers = [one for one in columns if one.kind in NUMBERS]
    inputs = {one.name for one in sample.columns}
    entity = sample.entity if sample.entity in names else own.entity
    rest = [one for one in columns if one.name not in {*inputs, entity}]
    return LogGuess(
        entity=entity or next((one.name for one in rest if tokens(one.name) & {"id", "uuid", "guid"}), None),
        event_at=own.event_at,
        answer=None if classes else _first(rest, _ANSWERS, numbers),
        probabilities={name: _of_class(name, numbers) for name in classes},
        decision=_first(rest, _DECISIONS, [one for one in columns if one.distinct <= 2]),
        version=_first(rest, _VERSIONS, [one for one in columns if one.values]),
        inputs=tuple(name for name in names if name in inputs and name != entity),
    )


def no_log(sample: Guesses) -> LogGuess:
    """What is known of a log that nobody has shown yet."""
    classes = [value for value, _ in sample.outcome.values] if _has_classes(sample) and sample.outcome else []
    return LogGuess(entity=sample.entity, event_at=None, probabilities=dict.fromkeys(classes))


def adopted_text(adoption: Adoption) -> str:
    """The project file. Pure."""
    guesses = adoption.guesses
    blocks = (
        head(guesses, adoption.name, adoption.sample, "adopt"),
        business(),
        _data(adoption),
        _deployment(adoption.model),
        monitoring(guesses.kind),
        risk(guesses.groups),
        regulatory(),
    )
    return text_of(blocks)


def _data(adoption: Adoption) -> Iterator[str]:
    guesses, log = adoption.guesses, adoption.log_guess
    yield "data:"
    yield "  sources:"
    yield f"    {PREDICTIONS}:  # the log: a row for each prediction that was made, when it was made"
    yield f"      path: {quoted(adoption.log) if adoption.log else ask('data', 'sources', PREDICTIONS, 'path')}"
    yield f"      entity: {_or_ask(log.entity, PREDICTIONS, 'entity')}"
    yield f"      event_at: {_or_ask(log.event_at, PREDICTIONS, 'event_at')}"
    yield f"    {OUTCOMES}:  # the truth: a row for each outcome, when it became known"
    yield f"      path: {ask('data', 'sources', OUTCOMES, 'path')}"
    yield f"      entity: {_or_ask(log.entity, OUTCOMES, 'entity')}"
    yield f"      event_at: {ask('data', 'sources', OUTCOMES, 'event_at')}"
    if with_inputs(adoption):
        yield f"    {INPUTS}:  # what the model is given"
        yield f"      path: {quoted(adoption.sample)}"
        yield f"      entity: {quoted(str(guesses.entity))}"
        if guesses.event_at is not None:
            yield f"      event_at: {quoted(guesses.event_at)}  # a guess: when did the row come to be?"
    yield from _predictions(adoption)
    yield "  outcome:"
    yield f"    source: {OUTCOMES}"
    yield f"    horizon: {ask('data', 'outcome', 'horizon')}"
    yield from _outcome(adoption)
    known = {**({log.entity: "identifier"} if log.entity else {}), **guesses.personal}
    yield from personal(known, adoption.remarks)
    keys = {guesses.entity, guesses.event_at, log.entity}
    yield from checks(one for one in guesses.columns if one.name not in keys)


def with_inputs(adoption: Adoption) -> bool:
    """Whether inputs are read from where the sample is: not where the log has them."""
    return adoption.guesses.entity is not None and not adoption.log_guess.inputs


def _predictions(adoption: Adoption) -> Iterator[str]:
    log = adoption.log_guess
    yield "  predictions:"
    yield f"    source: {PREDICTIONS}"
    if log.probabilities:
        yield "    probabilities:"
        for name, column in log.probabilities.items():
            blank = ask("data", "predictions", "answer").replace("the column of the answer", f"the column of {name}")
            yield f"      {quoted(name)}: {quoted(column) if column else blank}"
    else:
        yield f"    answer: {quoted(log.answer) if log.answer else ask('data', 'predictions', 'answer')}"
    for key in ("decision", "version"):
        if (column := getattr(log, key)) is not None:
            yield f"    {key}: {quoted(column)}  # a guess from its name"
    if with_inputs(adoption):
        yield f"    inputs: {INPUTS}"


def _outcome(adoption: Adoption) -> Iterator[str]:
    found = adoption.guesses.outcome
    if found is None:
        yield f"    column: {ask('data', 'outcome', 'column')}"
        yield f"    positive: {ask('data', 'outcome', 'positive')}"
    else:
        yield from outcome(found, adoption.guesses.kind, adoption.positive)


def _deployment(model: ModelFile) -> Iterator[str]:
    yield "deployment:"
    yield "  mode: external  # the model runs elsewhere: nothing is trained or served here"
    yield "  schedule: monthly"
    yield f"  objective: {ask('deployment', 'objective')}"
    yield "  model:  # its file, as it was adopted"
    yield f"    digest: {model.digest}"
    yield f"    format: {quoted(model.format)}"
    if model.made_with:
        yield f"    made_with: {quoted(model.made_with)}"


def _or_ask(found: str | None, source: str, key: str) -> str:
    return quoted(found) if found else ask("data", "sources", source, key)


def _has_classes(guesses: Guesses) -> bool:
    return guesses.outcome is not None and guesses.kind is ProblemKind.MULTICLASS


def _first(columns: list[ColumnFacts], words: set[str], among: list[ColumnFacts]) -> str | None:
    return next((one.name for one in columns if one in among and tokens(one.name) & words), None)


def _of_class(name: str, numbers: list[ColumnFacts]) -> str | None:
    """The column of a class's probability: called like the class, with or without `p` before it."""
    wanted = {name.lower(), *(f"{start}_{name.lower()}" for start in ("p", "prob", "proba", "probability"))}
    return next((one.name for one in numbers if one.name.lower() in wanted), None)
