"""Whether a project says what its mode needs: code where a model is trained here, a log where it runs elsewhere.

Invariant: each check reads the sheet and yields problems in plain words; nothing is opened. What the log holds is
checked when its rows arrive, by `data`.
"""

from collections.abc import Iterator

from copml.errors import Problem
from copml.records import ProblemKind
from copml.spec.document import Path
from copml.spec.fields import nearest
from copml.spec.sheet import Sheet
from copml.spec.wording import description

EXTERNAL = "external"
_LOG = ("data", "predictions")


def needed(sheet: Sheet) -> Iterator[Problem]:
    """A model that runs elsewhere needs a log of its predictions; any other needs code."""
    if sheet.text("deployment", "mode") == EXTERNAL:
        if sheet.has("data") and not sheet.has(*_LOG):
            yield sheet.problem(_LOG, "`predictions` is missing", f"say {description(_LOG)}")
        return
    for name in ("features", "training"):
        if not sheet.has(name):
            hint = f"say {description((name,))}; only a model that runs elsewhere (`mode: external`) needs none"
            yield sheet.problem((name,), f"`{name}` is missing", hint)
    for path in (_LOG, ("deployment", "model")):
        if sheet.has(*path):
            message = "the model runs here, so nothing about one that runs elsewhere is read"
            yield sheet.problem(path, message, "take it out, or write `mode: external` under `deployment`", at_key=True)


def log(sheet: Sheet) -> Iterator[Problem]:
    """Predictions come from a source of their own whose rows have a time, and inputs from another one."""
    sources = sheet.keys("data", "sources")
    if not sheet.has(*_LOG) or not sources:
        return
    for key in ("source", "inputs"):
        name = sheet.text(*_LOG, key)
        if name is not None and name not in sources:
            yield sheet.problem((*_LOG, key), f"there is no source `{name}`", nearest(name, list(sources)))
    name = sheet.text(*_LOG, "source")
    if name in sources and sheet.keys("data", "sources", name) and not sheet.has("data", "sources", name, "event_at"):
        message = f"the source `{name}` does not say when a prediction was made"
        yield sheet.problem(("data", "sources", name), message, "name the column under `event_at`", at_key=True)
    for other in (("data", "outcome", "source"), ("data", "treatment", "source"), (*_LOG, "inputs")):
        if name is not None and sheet.text(*other) == name:
            yield sheet.problem(other, f"`{name}` brings the predictions themselves", "name another source")
    yield from _columns(sheet, name)


def answers(sheet: Sheet) -> Iterator[Problem]:
    """Of several classes the log has the probability of each; of any other kind of problem one column."""
    if not sheet.has(*_LOG):
        return
    is_multiclass = sheet.kind is ProblemKind.MULTICLASS
    wrong = "answer" if is_multiclass else "probabilities"
    if sheet.has(*_LOG, wrong):
        hint = (
            "give in `probabilities` the column of each class" if is_multiclass else "give the one column in `answer`"
        )
        yield sheet.problem((*_LOG, wrong), f"this is not how a {sheet.kind} model answers", hint, at_key=True)
    classes, given = sheet.words("data", "outcome", "classes"), sheet.keys(*_LOG, "probabilities")
    if is_multiclass and given and classes and {*map(str, given)} != {*classes}:
        message = f"probabilities are given of {', '.join(map(str, given))}, and the classes are {', '.join(classes)}"
        yield sheet.problem((*_LOG, "probabilities"), message, "give the column of each class", at_key=True)


def elsewhere(sheet: Sheet) -> Iterator[Problem]:
    """What is decided where the model runs cannot be asked for here."""
    if sheet.text("deployment", "mode") != EXTERNAL:
        return
    if sheet.has("deployment", "approval"):
        message = "the model goes live elsewhere, so nothing would wait for this approval"
        yield sheet.problem(("deployment", "approval"), message, "take it out", at_key=True)
    if sheet.has("data", "outcome") and not sheet.has("data", "outcome", "horizon"):
        message = "it is not said how long after a prediction its truth is known, so nothing could be measured"
        yield sheet.problem(("data", "outcome"), message, "give a `horizon`, such as 90d", at_key=True)
    if sheet.has("business", "control_group", "share") and sheet.has(*_LOG) and not sheet.has(*_LOG, "control"):
        message = "the control group is drawn where the model runs, and nothing says who is in it"
        hint = "name the column under `data.predictions.control`, or give in `none` the reason why there is no group"
        yield sheet.problem(("business", "control_group", "share"), message, hint)


def _columns(sheet: Sheet, source: str | None) -> Iterator[Problem]:
    placed = {
        key: sheet.text("data", "sources", source or "", key) for key in ("entity", "event_at", "known_at") if source
    }
    told: list[Path] = [(*_LOG, key) for key in ("answer", "decision", "version", "control")]
    told += [(*_LOG, "probabilities", name) for name in sheet.keys(*_LOG, "probabilities")]
    for path in told:
        column = sheet.text(*path)
        key = next((key for key, held in placed.items() if held is not None and held == column), None)
        if key is not None:
            message = f"`{column}` is the {key} of this source, so it says nothing else"
            yield sheet.problem(path, message, "name the column that says it")
