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


@pytest.mark.parametrize(
    ("first", "later", "ends"),
    [
        ("ingest/hand/customers/1", "ingest/hand/customers/2", True),
        ("ingest/hand/customers/1", "ingest/customers/2", True),
        ("ingest/customers/1", "ingest/hand/customers/2", True),
        ("ingest/hand/customers/1", "ingest/hand/offers/2", False),
        ("train/hand/1", "train/trigger/2", True),
        ("score/1", "score/2", False),
    ],
)
def test_a_later_attempt_at_the_same_thing_ends_it_too(first: str, later: str, ends: bool) -> None:
    incident = failed(view(month(1)), done(first), "late")
    assert bool(mended(view(month(2), incidents=(incident,)), done(later))) == ends


def test_what_was_asked_for_by_hand_is_asked_for_again() -> None:
    incident = failed(view(month(1)), done("ingest/hand/customers/1"), "the file is torn.")
    assert incident.what == (
        "The task ingest/hand/customers/1 failed: the file is torn. What depends on it waits. "
        "Mend the cause, then run `copml run ingest` again."
    )
