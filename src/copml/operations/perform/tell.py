"""Tell people: compose a message, or try once more to send one.

Invariant: what is sent was kept before, and is sent at least once under one id. A channel that fails is tried again
later, less and less often, and never holds up the loop; when it has failed for good, that is an incident, one for each
person and channel, which ends with the next message that arrives.
"""

import os
from dataclasses import replace

from copml.clock import SystemClock
from copml.notifying import send, write_out
from copml.operations.actions import deliveries
from copml.operations.agenda import COMPOSE, Task
from copml.operations.messages import ATTEMPTS_MAX, attempted, compose
from copml.operations.stages import Kept, Stages
from copml.operations.view import View
from copml.records import Cause, CauseStage, Incident, IncidentState, Message, Record, Role

OUTBOX = "outbox"
UNREACHED = "unreached/"


def tell(task: Task, view: View, stages: Stages) -> Kept:
    """Do what the task asks for: compose the messages to a person, or send one."""
    if task.key.startswith(COMPOSE):
        return Kept(records=compose(view, task.subject))
    message = next(item for item in view.messages if item.id == task.subject)
    after = attempted(message, _attempt(message, stages), view.now)
    if not after.error:
        return Kept(records=(after, *_reached(view, after)))
    if after.attempts < ATTEMPTS_MAX:
        return Kept(not_before=after.next_at, records=(after,))
    return Kept(records=(after, *_given_up(view, after)), failed=True, note=f"{_whom(after)}: {after.error}")


def _attempt(message: Message, stages: Stages) -> str:
    """Why a message could not be sent; empty when it was taken."""
    if message.outbox:
        write_out(message, stages.folder / OUTBOX)
        return ""
    return send(message, os.environ, wall=SystemClock().now())


def _given_up(view: View, message: Message) -> tuple[Record, ...]:
    """The incident of somebody who cannot be reached, unless it is open already."""
    incident = Incident(
        project=view.name,
        id=f"{UNREACHED}{message.channel}/{message.person}",
        what=f"{_whom(message)} was tried {message.attempts} times: {message.error}. Mend the cause, then let the "
        "message be sent again with `copml retry`.",
        cause_stage=CauseStage.SERVICE,
        cause=Cause.SERVICE,
        owner=Role.OPERATIONS,
        evidence={"message": message.id, "channel": message.channel},
        starts_at=message.composed_at,
        opened_at=view.now,
        state=IncidentState.OPEN,
        closed_at=None,
        resolution="",
    )
    if any(item.id == incident.id and item.state is not IncidentState.RESOLVED for item in view.incidents):
        return ()
    return (incident, *deliveries(view, incident))


def _reached(view: View, message: Message) -> tuple[Record, ...]:
    return tuple(
        replace(item, state=IncidentState.RESOLVED, closed_at=view.now, resolution=f"message {message.id} arrived")
        for item in view.incidents
        if item.id == f"{UNREACHED}{message.channel}/{message.person}" and item.state is not IncidentState.RESOLVED
    )


def _whom(message: Message) -> str:
    return f"A message to {message.person} by {message.channel}"
