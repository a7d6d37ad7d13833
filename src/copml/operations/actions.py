"""What follows when a trigger fires (pure): incidents, dossiers, deliveries, deployments.

Invariant: a proposed or superseded firing changes nothing but the record of it and its incident. Retraining has no
handler here: a firing that acted is what makes a training due. A model that runs elsewhere is not repaired from here:
its owner is told.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from copml.digest import digest_of
from copml.operations.agenda import label
from copml.operations.diagnosis import diagnose
from copml.operations.dossiers import dossier
from copml.operations.triggers import REPAIRS, NamedTrigger, Ruling, rule
from copml.operations.view import View
from copml.records import (
    Action,
    Cause,
    Delivery,
    Deployment,
    Firing,
    Incident,
    IncidentState,
    ModelVersion,
    Record,
    VersionState,
    Window,
)


def act(view: View, trigger: NamedTrigger, window: Window) -> tuple[Record, ...]:
    """Decide a trigger for a window; the records that follow."""
    ruling = rule(view, trigger, window)
    if ruling.firing is None:
        return () if ruling.holds else _resolved(view, trigger, window, ruling)
    incident = _incident(view, trigger, window, ruling)
    known, over = _known(view, trigger, incident), _data_in_order(view, trigger, incident)
    if ruling.firing.mode != "acted" and known:
        return (ruling.firing, *over)
    words = f"it goes on as {incident.id}"
    ended = [replace(item, state=IncidentState.RESOLVED, closed_at=view.now, resolution=words) for item in known]
    records: list[Record] = [ruling.firing, *over, *ended, incident]
    if ruling.firing.mode == "acted":
        for action in ruling.firing.actions:
            handler = _told if view.project.is_external and action in REPAIRS else HANDLERS[action]
            records += handler(view, ruling.firing, incident)
    return tuple(records)


def deliveries(view: View, incident: Incident) -> tuple[Delivery, ...]:
    """An incident on its way to every place where alerts go; an id stays the same over every attempt."""
    alerts = view.project.monitoring.alerts
    sinks = ["log", *([f"file:{alerts.file}"] if alerts.file else []), *([alerts.webhook] if alerts.webhook else [])]
    return tuple(_delivery(view.name, incident, sink) for sink in sinks)


def go_live(view: View, version: ModelVersion, cause: str, at: datetime) -> tuple[Deployment, ...]:
    """Put a version live in place of the one that is."""
    new = Deployment(
        project=view.name,
        id=f"d{len(view.deployments) + 1}",
        version=version.name,
        mode=view.project.deployment.mode,
        role="live",
        cause=cause,
        from_at=at,
        until_at=None,
    )
    return (new,) if view.deployment is None else (replace(view.deployment, until_at=at), new)


def _resolved(view: View, trigger: NamedTrigger, window: Window, ruling: Ruling) -> tuple[Record, ...]:
    """Incidents of a trigger end with the first later window in which its condition does not hold."""
    words = f"the condition no longer holds in the window from {window.starts_at:%Y-%m-%d}: {ruling.seen}"
    return tuple(
        replace(incident, state=IncidentState.RESOLVED, closed_at=view.now, resolution=words)
        for incident in view.incidents
        if incident.id.startswith(f"{trigger.name}/")
        and incident.state is not IncidentState.RESOLVED
        and incident.starts_at < window.starts_at
    )


def _known(view: View, trigger: NamedTrigger, incident: Incident) -> list[Incident]:
    """Open incidents of the same trigger and cause: one at a time is enough."""
    return [
        item
        for item in view.incidents
        if item.id.startswith(f"{trigger.name}/")
        and item.cause is incident.cause
        and item.state is not IncidentState.RESOLVED
    ]


def _data_in_order(view: View, trigger: NamedTrigger, incident: Incident) -> list[Incident]:
    """Broken data end as a cause with the first later window that has another one, though the trigger still holds."""
    words = f"the data were in order in the window from {incident.starts_at:%Y-%m-%d}; what remains is {incident.cause}"
    return [
        replace(item, state=IncidentState.RESOLVED, closed_at=view.now, resolution=words)
        for item in view.incidents
        if item.id.startswith(f"{trigger.name}/")
        and item.cause is Cause.UPSTREAM_DATA
        and item.cause is not incident.cause
        and item.state is not IncidentState.RESOLVED
        and item.starts_at < incident.starts_at
    ]


def _incident(view: View, trigger: NamedTrigger, window: Window, ruling: Ruling) -> Incident:
    assert ruling.firing is not None
    found = diagnose(view, window, ruling.firing)
    return Incident(
        project=view.name,
        id=f"{trigger.name}/{label(window.starts_at)}",
        what=found.what,
        cause_stage=found.cause_stage,
        cause=found.cause,
        owner=found.owner,
        evidence={**ruling.firing.evidence, **found.evidence, "mode": ruling.firing.mode},
        starts_at=window.starts_at,
        opened_at=view.now,
        state=IncidentState.OPEN,
        closed_at=None,
        resolution="",
    )


def _delivery(project: str, incident: Incident, sink: str) -> Delivery:
    body = f"{incident.what} Cause: {incident.cause} ({incident.cause_stage}); owner: {incident.owner}."
    identity = digest_of({"project": project, "incident": incident.id, "sink": sink})[:32]
    return Delivery(
        project=project,
        id=identity,
        sink=sink,
        incident=incident.id,
        body=body,
        delivered_at=None,
        attempts=0,
        error="",
    )


def _alert(view: View, _: Firing, incident: Incident) -> tuple[Record, ...]:
    return deliveries(view, incident)


def _told(view: View, firing: Firing, incident: Incident) -> tuple[Record, ...]:
    """Whoever runs the model is told to repair it, because nobody else can."""
    asked = " and ".join(action for action in firing.actions if action in REPAIRS)
    words = f"{incident.what} Asked of whoever runs the model: {asked}."
    return deliveries(view, replace(incident, what=words))


def _retrain(_: View, __: Firing, ___: Incident) -> tuple[Record, ...]:
    return ()


def _redeploy(view: View, firing: Firing, _: Incident) -> tuple[Record, ...]:
    approved = [version for version in view.versions if version.state is VersionState.APPROVED]
    if not approved or view.live == approved[-1]:
        return ()
    return go_live(view, approved[-1], f"redeploy by {firing.trigger}", view.now)


def _roll_back(view: View, firing: Firing, _: Incident) -> tuple[Record, ...]:
    before = [item.version for item in view.deployments if view.live is None or item.version != view.live.name]
    version = view.version(before[-1]) if before else None
    if version is None or version.state is not VersionState.APPROVED:
        return ()
    return go_live(view, version, f"roll-back by {firing.trigger}", view.now)


def _judge(view: View, firing: Firing, incident: Incident) -> tuple[Record, ...]:
    judged = next(action for action in firing.actions if action in DOSSIERS)
    return (dossier(view, firing, judged), *deliveries(view, incident))


DOSSIERS = frozenset({Action.REVIEW, Action.REEVALUATE, Action.PROPOSE_RETIREMENT})
HANDLERS: dict[Action, Callable[[View, Firing, Incident], tuple[Record, ...]]] = {
    Action.ALERT: _alert,
    Action.RETRAIN: _retrain,
    Action.REDEPLOY: _redeploy,
    Action.ROLL_BACK: _roll_back,
    Action.REVIEW: _judge,
    Action.REEVALUATE: _judge,
    Action.PROPOSE_RETIREMENT: _judge,
}
assert HANDLERS.keys() == set(Action)
