"""Put an approved version live; approve a candidate by itself where the project asks for no approval.

Invariant: in batch mode a deployment takes effect with the next slot that is scored.
"""

from copml.digest import digest_of
from copml.operations.actions import go_live
from copml.operations.agenda import Task
from copml.operations.stages import Kept, Stages
from copml.operations.view import View
from copml.records import Decision, ModelVersion, Subject, VersionState
from copml.registry import move

AUTOMATIC = "the project asks for no approval"


def deploy(task: Task, view: View, _: Stages) -> Kept:
    """Approve, or deploy, the version that the task names."""
    name = task.subject.removeprefix("approve ")
    version = view.version(name)
    assert version is not None
    if task.subject.startswith("approve "):
        return Kept(records=(_approval(view, version), move(version, VersionState.APPROVED, AUTOMATIC)))
    return Kept(records=go_live(view, version, version.cause, view.now))


def _approval(view: View, version: ModelVersion) -> Decision:
    return Decision(
        project=view.name,
        id=digest_of([view.name, "automatic", version.name])[:32],
        subject=Subject.VERSION,
        subject_id=version.name,
        approve=True,
        by="copml",
        role=None,
        identity="automatic",
        reason=AUTOMATIC,
        at=view.now,
    )
