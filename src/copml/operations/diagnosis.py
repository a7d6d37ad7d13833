"""Which stage caused what made a trigger fire: the cause that fits the signs of the window (pure).

Invariant: every incident names a cause and an owner; where no rule of `monitoring` speaks, the trigger's own action
says whose judgement is asked for.
"""

from copml.monitoring import Diagnosis
from copml.monitoring import diagnose as causes
from copml.operations.signs import signs
from copml.operations.view import View
from copml.records import Action, Cause, CauseStage, Firing, Role, Window

_MODEL = (Cause.CONCEPT_SHIFT, CauseStage.MODEL, Role.SCIENCE)
_JUDGED: dict[Action, tuple[Cause, CauseStage, Role]] = {
    Action.PROPOSE_RETIREMENT: (Cause.VALUE, CauseStage.BUSINESS, Role.BUSINESS),
    Action.REEVALUATE: (Cause.CONCEPT_SHIFT, CauseStage.BUSINESS, Role.BUSINESS),
}


def diagnose(view: View, window: Window, firing: Firing) -> Diagnosis:
    """The cause behind a firing. Whether to go on is asked of the business, however the model fares."""
    found = causes(signs(view, window))
    if Action.PROPOSE_RETIREMENT in firing.actions:
        found = tuple(item for item in found if item.cause_stage is not CauseStage.MODEL)
        found = (*(item for item in found if item.cause is Cause.VALUE), *found)
    return found[0] if found else _by_action(firing)


def _by_action(firing: Firing) -> Diagnosis:
    cause, stage, owner = next((_JUDGED[action] for action in firing.actions if action in _JUDGED), _MODEL)
    return Diagnosis(
        cause=cause,
        cause_stage=stage,
        owner=owner,
        what=f"The condition {firing.evidence['condition']} held. What was seen: {firing.evidence['seen']}. "
        "The report shows the figures behind it.",
        evidence={},
    )
