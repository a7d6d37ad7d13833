"""A failed task is somebody's incident, and ends when it is done after all."""

from dataclasses import replace

import pytest

from copml.operations.failures import failed, mended
from copml.records import CauseStage, IncidentState, Role, Stage

from .views import done, month, view


@pytest.mark.parametrize(
    ("stage", "cause", "owner"),
    [
        (Stage.INGEST, CauseStage.DATA, Role.DATA),
        (Stage.TRAIN, CauseStage.MODEL, Role.SCIENCE),
        (Stage.SCORE, CauseStage.SERVICE, Role.OPERATIONS),
    ],
)
def test_it_goes_to_the_owner_of_the_stage(stage: Stage, cause: CauseStage, owner: Role) -> None:
    incident = failed(view(month(1)), done("x/1", stage), "COPML-030 the file is torn\nand more")
    assert (incident.cause_stage, incident.owner, incident.state) == (cause, owner, IncidentState.OPEN)
    assert incident.evidence["reason"] == "COPML-030 the file is torn"
    assert "copml retry" in incident.what


def test_it_ends_once_when_the_task_is_done() -> None:
    task = done("ingest/customers/1")
    incident = failed(view(month(1)), task, "late")
    later = view(month(2), incidents=(incident,))
    (ended,) = mended(later, task)
    assert (ended.state, ended.closed_at) == (IncidentState.RESOLVED, month(2))
    assert mended(replace(later, incidents=(ended,)), task) == ()
    assert mended(later, done("ingest/offers/1")) == ()
