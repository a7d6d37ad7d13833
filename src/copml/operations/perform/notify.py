"""Deliver an alert of a project: to the workspace's own log of alerts, a file, a webhook. People are told by `tell`.

Invariant: at least once, with an id that is the same over every attempt, so that a receiver can drop repeats. A sink
that does not answer is tried again at the next look, and never holds up the loop.
"""

import json
import urllib.error
import urllib.request
from dataclasses import replace

from copml.digest import instant
from copml.operations.agenda import TELLING, Task
from copml.operations.perform.tell import tell
from copml.operations.stages import Kept, Stages
from copml.operations.view import View
from copml.records import Delivery
from copml.store import append_line

TIMEOUT_SECONDS = 10
ATTEMPTS_MAX = 20


def notify(task: Task, view: View, stages: Stages) -> Kept:
    """Deliver one alert, once more; or tell people."""
    if task.key.startswith(TELLING):
        return tell(task, view, stages)
    delivery = next(item for item in view.deliveries if item.id == task.subject)
    error = _send(delivery, view, stages)
    tried = replace(delivery, attempts=delivery.attempts + 1, error=error)
    if not error or tried.attempts >= ATTEMPTS_MAX:
        return Kept(records=(replace(tried, delivered_at=view.now if not error else None),))
    return Kept(not_before=view.now, records=(tried,))


def _send(delivery: Delivery, view: View, stages: Stages) -> str:
    body = json.dumps(
        {
            "id": delivery.id,
            "project": delivery.project,
            "incident": delivery.incident,
            "text": delivery.body,
            "at": instant(view.now),
        },
        ensure_ascii=False,
    )
    if delivery.sink == "log":
        append_line(stages.folder / "alerts" / f"{delivery.project}.jsonl", body)
        return ""
    if delivery.sink.startswith("file:"):
        append_line(stages.root(view.revision) / delivery.sink.removeprefix("file:"), body)
        return ""
    return _post(delivery, body)


def _post(delivery: Delivery, body: str) -> str:
    headers = {"Content-Type": "application/json", "Idempotency-Key": delivery.id}
    request = urllib.request.Request(delivery.sink, body.encode(), headers, method="POST")  # noqa: S310 - checked by spec
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS):  # noqa: S310
            return ""
    except (urllib.error.URLError, OSError, ValueError) as error:
        return f"{type(error).__name__}: {error}"
