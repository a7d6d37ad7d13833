"""Dossiers: evidence laid out for a human judgement (pure).

Invariant: a dossier is a value made when the question arose, so that later measurements do not change what people
were shown. How it looks is for `reporting`.
"""

from copml.operations.agenda import label
from copml.operations.view import View
from copml.records import Action, Dossier, Firing, Measurement, Window
from copml.spec.vocabulary import METRICS_DEFAULT

QUESTIONS = {
    Action.REVIEW: "Is this model still doing what it is for?",
    Action.REEVALUATE: "Automated repair has not helped: is this project still worth running?",
    Action.PROPOSE_RETIREMENT: "The project costs more than it brings: should it be retired?",
}
_SHOWN = ("effect", "net_value", "cost", "value", "retrain_gain", "drift")


def dossier(view: View, firing: Firing, action: Action) -> Dossier:
    """Everything that was measured and tried, for people to judge."""
    measured = [window for window in view.windows if view.measured_in(window)]
    shown = {view.project.business.kpi.name, *METRICS_DEFAULT[view.project.rule.kind][:2], *_SHOWN}
    return Dossier(
        project=view.name,
        id=f"{action}-{label(firing.starts_at)}",
        action=action,
        question=QUESTIONS[action],
        evidence={
            "trigger": firing.evidence,
            "windows": [_row(view, window, shown) for window in measured],
            "tried": [_tried(view, earlier) for earlier in view.firings if earlier.mode == "acted"],
            "trainings": [
                {
                    "version": run.version or "none",
                    "cause": run.cause,
                    "at": f"{run.ended_at.astimezone(view.project.tz):%Y-%m-%d}",
                    "result": run.reason,
                }
                for run in view.runs
            ],
            "kpi": view.project.business.kpi.model_dump(mode="json"),
        },
        opened_at=view.now,
        decided="",
    )


def _row(view: View, window: Window, shown: set[str]) -> dict[str, object]:
    values = {
        f"{item.metric}.{item.segment}": _figures(item)
        for item in view.measured_in(window).values()
        if item.metric in shown
    }
    return {"window": f"{window.starts_at.astimezone(view.project.tz):%Y-%m-%d}", **values}


def _figures(item: Measurement) -> list[float]:
    return [round(value, 6) for value in (item.value, item.low, item.high)]


def _tried(view: View, firing: Firing) -> dict[str, str]:
    return {
        "at": f"{firing.fired_at.astimezone(view.project.tz):%Y-%m-%d}",
        "did": ", ".join(firing.actions),
        "because": firing.evidence.get("seen", ""),
    }
