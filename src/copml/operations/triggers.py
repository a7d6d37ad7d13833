"""Triggers: conditions on measurements that end in actions (pure).

Invariant: a trigger is decided once per window, as soon as everything that its condition names is known for that
window. What cannot be known neither fires nor hides. While a project is commissioning, triggers propose and do not
act; a repair that is under way, or was made after the window's predictions, is not asked for again.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from copml.operations.view import View
from copml.records import Action, Firing, Interval, Measurement, Window
from copml.spec import Facts, parse_condition
from copml.spec.periods import Duration
from copml.spec.project import Trigger

REPAIRS = frozenset({Action.RETRAIN, Action.REDEPLOY, Action.ROLL_BACK})
JUDGEMENTS = frozenset({Action.REVIEW, Action.REEVALUATE, Action.PROPOSE_RETIREMENT})


@dataclass(frozen=True, slots=True)
class NamedTrigger:
    """A trigger with a name that stays the same while its text does."""

    name: str
    spec: Trigger


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """What a trigger says of a window: whether it holds, and the firing if it does."""

    holds: bool
    firing: Firing | None
    seen: str


def named(view: View) -> tuple[NamedTrigger, ...]:
    """The project's triggers with their names."""
    return tuple(NamedTrigger(_name(trigger), trigger) for trigger in view.project.monitoring.triggers)


def undecided(view: View) -> Iterator[tuple[NamedTrigger, Window]]:
    """Triggers and the newest window in which everything that they name is known."""
    for trigger in named(view):
        known = [window for window in view.windows if _known(view, trigger.spec, window)]
        if known:
            yield trigger, known[-1]


def rule(view: View, trigger: NamedTrigger, window: Window) -> Ruling:
    """Decide a trigger for a window."""
    condition = parse_condition(trigger.spec.when)
    span = _span(view, trigger.spec, window)
    holds = bool(span) and all(condition.evaluate(facts(view, item)) is True for item in span)
    seen = condition.seen(facts(view, window))
    if not holds or not _tried(view, trigger.spec, span[0]):
        return Ruling(holds=holds, firing=None, seen=seen)
    return Ruling(
        holds=True,
        seen=seen,
        firing=Firing(
            project=view.name,
            trigger=trigger.name,
            starts_at=window.starts_at,
            actions=trigger.spec.do,
            mode=_mode(view, trigger, window),
            evidence={"condition": str(condition), "seen": seen, "windows": str(len(span))},
            fired_at=view.now,
        ),
    )


def facts(view: View, window: Window) -> Facts:
    """What was measured in a window, as conditions see it."""
    values = {f"{item.metric}.{item.segment}": _interval(item) for item in view.measured_in(window).values()}
    kpi = view.project.business.kpi
    live = view.live.metrics if view.live is not None else {}
    return Facts(values=values, live=live, constants={"baseline": kpi.baseline, "target": kpi.target})


def _interval(item: Measurement) -> Interval:
    return Interval(value=item.value, low=item.low, high=item.high, n=item.n)


def _known(view: View, trigger: Trigger, window: Window) -> bool:
    measured = {(item.metric, item.segment) for item in view.measured_in(window).values()}
    return parse_condition(trigger.when).names <= measured


def _span(view: View, trigger: Trigger, window: Window) -> tuple[Window, ...]:
    """The windows over which the condition must hold, oldest first; empty while there are not enough of them."""
    if trigger.for_ is None:
        return (window,)
    since = trigger.for_.before(window.ends_at, view.project.tz)
    span = tuple(item for item in view.windows if since <= item.starts_at <= window.starts_at)
    return span if span and span[0].starts_at <= since else ()


def _tried(view: View, trigger: Trigger, first: Window) -> bool:
    """Whether every action that must have been tried before was, since the condition began to hold."""
    return all(
        any(
            firing.mode == "acted" and action in firing.actions and firing.fired_at >= first.starts_at
            for firing in view.firings
        )
        for action in trigger.after
    )


def _mode(view: View, trigger: NamedTrigger, window: Window) -> str:
    if window.starts_at < view.commissioned_at:
        return "proposed"
    if JUDGEMENTS.intersection(trigger.spec.do) and _waits(view, trigger):
        return "superseded"
    if REPAIRS.intersection(trigger.spec.do) and (view.waiting is not None or _answered(view, window)):
        return "superseded"
    return "acted"


def _waits(view: View, trigger: NamedTrigger) -> bool:
    """Whether people were asked the same question, and have not answered, or not as long ago as the trigger looks."""
    span = trigger.spec.for_ or Duration(1, view.project.monitoring.every)
    return any(
        not dossier.decided or span.after(dossier.opened_at, view.project.tz) > view.now
        for dossier in view.dossiers
        if dossier.action in trigger.spec.do
    )


def _answered(view: View, window: Window) -> bool:
    """Whether a repair that was made since the window's predictions has yet to show what it brought."""
    used = {run.version for run in view.scored_in(window)}
    since = [run.ended_at for run in view.runs if run.version is None or run.version not in used]
    since += [item.fired_at for item in view.firings if item.mode == "acted" and REPAIRS.intersection(item.actions)]
    recent = [run.ended_at for run in view.runs[1:]] + since
    return any(at >= window.starts_at for at in since) or any((view.matures_at(at) or at) > view.now for at in recent)


def _name(trigger: Trigger) -> str:
    text = f"{trigger.when}|{trigger.do}|{trigger.for_}|{trigger.after}"
    return f"{trigger.do[-1]}-{hashlib.sha256(text.encode()).hexdigest()[:6]}"
