"""Whether gates, triggers, periods, limits and exceptions can work as they are written.

Invariant: each check reads the sheet and yields problems in plain words. A condition that passes here parses, and
names only what will be measured.
"""

from collections.abc import Iterator
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from copml.errors import ConditionInvalid, Problem
from copml.records import SEGMENT_ALL, SEGMENT_CONTROL, Action, ProblemKind, Role
from copml.spec.condition_tree import Condition, Metric
from copml.spec.conditions import parse_condition
from copml.spec.document import Path
from copml.spec.fields import nearest
from copml.spec.periods import Duration
from copml.spec.requirements import REQUIREMENTS
from copml.spec.sheet import Sheet
from copml.spec.vocabulary import (
    ANY_MODEL_METRICS,
    BY_COLUMN,
    COMPARED_BY,
    DESCRIBING,
    METRICS_DEFAULT,
    MODEL_METRICS,
    OPERATION_METRICS,
    segments,
)

_TRIGGERS = ("monitoring", "triggers")


def zone(sheet: Sheet) -> Iterator[Problem]:
    """The zone must be one of the time zone database."""
    name = sheet.text("zone")
    if name is None or _is_zone(name):
        return
    hint = nearest(name, sorted(available_timezones()))
    hint = hint if hint.startswith("did") else "write a name such as Europe/Berlin or UTC"
    yield sheet.problem(("zone",), f"{name!r} is no time zone", hint)


def sweep(sheet: Sheet) -> Iterator[Problem]:
    """A sweep must be judged by a figure of a model that has a better and a worse."""
    path = ("training", "sweep", "metric")
    name = sheet.text(*path)
    if name is None:
        return
    metric, _, segment = name.partition(".")
    known = MODEL_METRICS[sheet.kind]
    if metric not in known:
        yield sheet.problem(path, f"`{metric}` is no figure of a {sheet.kind} model", nearest(metric, [*known]))
    elif segment not in ("", SEGMENT_ALL, SEGMENT_CONTROL):
        yield sheet.problem(path, f"`{segment}` is no segment of a holdout", f"{SEGMENT_ALL} and {SEGMENT_CONTROL} are")
    elif metric in DESCRIBING:
        yield sheet.problem(
            path, f"`{metric}` describes rows and judges no model", f"choose another, such as {COMPARED_BY[sheet.kind]}"
        )


def gates(sheet: Sheet) -> Iterator[Problem]:
    """Gates must parse, and read only what is known of a candidate."""
    known = MODEL_METRICS[sheet.kind]
    for path in sheet.items("training", "gates"):
        condition, problem = _condition(sheet, path)
        if problem is not None:
            yield problem
        yield from _majority(sheet, path, condition)
        for metric in _metrics(condition):
            if metric.name in known:
                yield from _segment(sheet, path, metric)
            elif metric.name in {*OPERATION_METRICS, sheet.text("business", "kpi", "name")}:
                message = f"`{metric.name}` is known only after a model was in use, and a gate stands before that"
                yield sheet.problem(path, message, "move it to a trigger")
            else:
                yield _unknown_metric(sheet, path, metric, [*known])


def triggers(sheet: Sheet) -> Iterator[Problem]:
    """Triggers must parse, read what is measured, last whole windows, and wait for what some trigger does."""
    seen: dict[tuple[object, ...], int] = {}
    for number, item in enumerate(sheet.items(*_TRIGGERS)):
        yield from _when(sheet, (*item, "when"))
        yield from _lasting(sheet, item)
        yield from _after(sheet, item)
        key = (
            sheet.text(*item, "when"),
            sheet.words(*item, "do"),
            sheet.text(*item, "for"),
            sheet.words(*item, "after"),
        )
        if seen.setdefault(key, number) != number:
            message = f"this trigger is the same as number {seen[key] + 1}"
            yield sheet.problem(item, message, "keep one of them")


def escalation(sheet: Sheet) -> Iterator[Problem]:
    """Each step comes later than the one before, and reaches somebody."""
    earlier: Duration | None = None
    for item in sheet.items("monitoring", "alerts", "escalate"):
        after, role = sheet.span(*item, "after"), sheet.text(*item, "to")
        if after is not None and earlier is not None and after.days <= earlier.days:
            message = f"this step comes after {after}, no later than the one before, after {earlier}"
            yield sheet.problem((*item, "after"), message, "put the steps in order, each later than the last")
        earlier = after or earlier
        if role in set(Role) and not sheet.words("people", str(role)):
            message = f"nobody has the role {role}, so this step would reach nobody"
            yield sheet.problem((*item, "to"), message, f"name somebody under `people.{role}`, or another role")


def metrics(sheet: Sheet) -> Iterator[Problem]:
    """What is measured of the model must be a metric that there is."""
    for path in sheet.items("monitoring", "metrics"):
        name = sheet.text(*path)
        if name is None or name in MODEL_METRICS[sheet.kind]:
            continue
        if name in OPERATION_METRICS:
            yield sheet.problem(path, f"`{name}` is measured in any case", "take it out of the list")
        else:
            yield _unknown_metric(sheet, path, Metric(name), [*MODEL_METRICS[sheet.kind]])


def shares(sheet: Sheet) -> Iterator[Problem]:
    """Shares that would make their own key pointless."""
    pointless = (
        (
            ("deployment", "objective"),
            (0.0,),
            "an objective of 0 promises nothing",
            "write what is needed, such as 99%",
        ),
        (
            ("deployment", "top"),
            (0.0, 1.0),
            "every decision would be the same",
            "write a share such as 5%",
        ),
        (
            ("training", "holdout"),
            (0.0, 1.0),
            "either nothing is tested or nothing is learned",
            "write something like 30%",
        ),
    )
    for path, values, message, hint in pointless:
        if sheet.number(*path) in values:
            yield sheet.problem(path, message, hint)


def deciding(sheet: Sheet) -> Iterator[Problem]:
    """How answers become decisions must fit what the model answers."""
    allowed = {
        ProblemKind.BINARY: {"threshold"},
        ProblemKind.MULTICLASS: {"act_on"},
        ProblemKind.REGRESSION: {"threshold"},
        ProblemKind.RANKING: {"threshold", "top"},
    }[sheet.kind]
    given = [name for name in ("threshold", "top", "act_on") if sheet.has("deployment", name)]
    for name in given:
        if name not in allowed:
            message = f"a {sheet.kind} model is not decided by `{name}`"
            yield sheet.problem(("deployment", name), message, f"use {' or '.join(sorted(allowed))}, or take it out")
    if {"threshold", "top"} <= set(given):
        yield sheet.problem(("deployment", "top"), "both `threshold` and `top` are given", "keep one of them")
    threshold = sheet.number("deployment", "threshold")
    if sheet.kind is ProblemKind.BINARY and threshold is not None and not 0 < threshold < 1:
        message = "every decision would be the same" if threshold in (0, 1) else f"{threshold:g} is no probability"
        yield sheet.problem(("deployment", "threshold"), message, "write a probability such as 0.5")
    classes = sheet.words("data", "outcome", "classes")
    for path in sheet.items("deployment", "act_on"):
        acted_on = sheet.text(*path)
        if acted_on is not None and classes and acted_on not in classes:
            message = f"`{acted_on}` is none of the classes"
            yield sheet.problem(path, message, nearest(acted_on, list(classes)))


def keeping(sheet: Sheet) -> Iterator[Problem]:
    """Predictions are kept until their outcome is known, evidence as long as what it proves."""
    path = ("regulatory", "keep")
    predictions, evidence = sheet.span(*path, "predictions"), sheet.span(*path, "evidence")
    horizon = sheet.span("data", "outcome", "horizon")
    if predictions and evidence and evidence.days < predictions.days:
        message = f"evidence is kept for {evidence} and predictions for {predictions}, which it has to prove"
        yield sheet.problem((*path, "evidence"), message, f"keep it for {predictions} or longer")
    if predictions and horizon and predictions.days < horizon.days:
        message = f"predictions are kept for {predictions}, and their truth is known only after {horizon}"
        yield sheet.problem((*path, "predictions"), message, f"keep them for longer than {horizon}")


def explaining(sheet: Sheet) -> Iterator[Problem]:
    """A decision that affects people owes them an explanation."""
    path = ("regulatory", "explanation")
    owed = sheet.truth("regulatory", "affects_people") and not sheet.has("switched_off", "EX-2")
    if owed and sheet.text(*path) in {None, "none"}:
        message = "decisions that affect people owe them an explanation, and none is chosen"
        hint = "write `explanation: shapley`, or switch EX-2 off under `switched_off` with the reason"
        yield sheet.problem(path, message, hint)


def switched_off(sheet: Sheet) -> Iterator[Problem]:
    """Only requirements that there are can be switched off."""
    for name in sheet.keys("switched_off"):
        if name not in REQUIREMENTS:
            message = f"there is no requirement `{name}`"
            hint = nearest(name, list(REQUIREMENTS))
            hint = hint if hint.startswith("did") else "the ids are those of `copml check`, such as HO-2"
            yield sheet.problem(("switched_off", name), message, hint, at_key=True)


def _when(sheet: Sheet, path: Path) -> Iterator[Problem]:
    condition, problem = _condition(sheet, path)
    if problem is not None:
        yield problem
    yield from _majority(sheet, path, condition)
    kpi, known = sheet.text("business", "kpi", "name"), MODEL_METRICS[sheet.kind]
    stated = sheet.has("monitoring", "metrics")
    listed = sheet.words("monitoring", "metrics") if stated else METRICS_DEFAULT[sheet.kind]
    for metric in _metrics(condition):
        if metric.name in known and metric.name not in listed:
            message = f"`{metric.name}` is not among `monitoring.metrics`, so this could never be decided"
            yield sheet.problem(path, message, f"add {metric.name} to `monitoring.metrics`")
        elif metric.name in {*known, *OPERATION_METRICS, kpi}:
            yield from _segment(sheet, path, metric)
        elif kpi is not None:
            measured = [name for name in listed if name in known]
            yield _unknown_metric(sheet, path, metric, [kpi, *measured, *OPERATION_METRICS])


def _lasting(sheet: Sheet, item: Path) -> Iterator[Problem]:
    span, every = sheet.span(*item, "for"), sheet.period("monitoring", "every")
    if span is not None and every is not None and span.days < Duration(1, every).days:
        message = f"{span} is shorter than one window, and the model is measured once a {every}"
        yield sheet.problem((*item, "for"), message, f"write whole windows, such as 2 {every}s")


def _after(sheet: Sheet, item: Path) -> Iterator[Problem]:
    done = {action for other in sheet.items(*_TRIGGERS) if other != item for action in sheet.words(*other, "do")}
    for action in sheet.words(*item, "after"):
        if action in set(Action) and action not in done:
            message = f"it waits for `{action}`, which no other trigger does, so it could never fire"
            yield sheet.problem((*item, "after"), message, f"add a trigger with `do: {action}`, or take this out")


def _condition(sheet: Sheet, path: Path) -> tuple[Condition | None, Problem | None]:
    text, node = sheet.text(*path), sheet.node(*path)
    if text is None or node is None:
        return None, None
    try:
        return parse_condition(text), None
    except ConditionInvalid as error:
        problem = sheet.problem(path, error.message, error.hint)
        column = problem.column + error.column - 1 + int(node.quoted)
        return None, type(problem)(
            line=problem.line, column=column, where=problem.where, message=problem.message, hint=problem.hint
        )


def _metrics(condition: Condition | None) -> list[Metric]:
    return [] if condition is None else [Metric(*name) for name in sorted(condition.names)]


def _majority(sheet: Sheet, path: Path, condition: Condition | None) -> Iterator[Problem]:
    """`better than majority` asks for outcomes of which one is the most frequent."""
    if condition is None or "majority_accuracy" in MODEL_METRICS[sheet.kind] or not condition.asks_majority:
        return
    instead = {ProblemKind.REGRESSION: "mae < naive_mae", ProblemKind.RANKING: "lift > 1"}[sheet.kind]
    yield sheet.problem(path, f"the accuracy of a {sheet.kind} model is not measured", f"write: {instead}")


def _segment(sheet: Sheet, path: Path, metric: Metric) -> Iterator[Problem]:
    measured = segments(metric.name, sheet.text("business", "kpi", "name"))
    if metric.segment not in measured and metric.name not in BY_COLUMN:
        message = f"`{metric.name}` is not measured on `{metric.segment}`"
        yield sheet.problem(path, message, nearest(metric.segment, sorted(measured)))


def _unknown_metric(sheet: Sheet, path: Path, metric: Metric, known: list[str]) -> Problem:
    if metric.name in ANY_MODEL_METRICS and metric.name not in known:
        message = f"`{metric.name}` is not measured of a {sheet.kind} model"
        return sheet.problem(path, message, f"known here: {', '.join(known)}")
    return sheet.problem(path, f"nothing called `{metric.name}` is measured", nearest(metric.name, known))


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
