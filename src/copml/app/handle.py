"""A project in an open workspace, for programs and notebooks: `copml.open(".copml")["telco-churn"].check()`.

Invariant: every method is one use case, the same that the command line calls; nothing is decided here.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from copml.advice import Answered
from copml.app import advice, evidence, judgements, loop, sources
from copml.app.sources import DataState
from copml.app.workspace import Workspace
from copml.conformance import RequirementVerdict
from copml.operations import Step, View, look
from copml.records import Choice, Decision, Incident, ModelVersion, Retirement, Topic


@dataclass(frozen=True, slots=True)
class ProjectHandle:
    """One project of a workspace."""

    workspace: Workspace
    name: str

    def run(self, part: str = "all") -> list[Step]:
        """Do what is due now, all of it or one part: `ingest`, `features`, `train`, `score`, `monitor`."""
        return list(loop.run(self.workspace, self.name, loop.Part(part)))

    def steps(self) -> Iterator[Step]:
        """Do what is due now, step by step."""
        return loop.run(self.workspace, self.name)

    def view(self) -> View | None:
        """Every record of the project as it stands; None where no revision is in force."""
        return look(self.workspace.stages, self.name, self.workspace.clock.now())

    def data(self) -> DataState:
        """Sources, freshness, snapshots, quality."""
        return sources.data(self.workspace, self.name)

    def check(self) -> tuple[RequirementVerdict, ...]:
        """A verdict for every requirement."""
        return evidence.check(self.workspace, self.name)

    def why(self, subject: str) -> str:
        """Three plain sentences on a requirement or an incident."""
        return evidence.why(self.workspace, self.name, subject)

    def advise(self, topic: str | None = None) -> tuple[Answered, ...]:
        """The answer on a topic, or on all, each with what people chose on it."""
        return advice.advise(self.workspace, self.name, Topic(topic) if topic is not None else None)

    def decide(self, topic: str, answer: str, *, by: str, reason: str) -> Choice:
        """Record what somebody chose on a topic; raises as `copml.app.decide` does."""
        return advice.decide(self.workspace, self.name, Topic(topic), answer, by=by, reason=reason)

    def report(self, path: str | Path) -> Path:
        """Write the HTML report."""
        return evidence.report(self.workspace, self.name, Path(path))

    def versions(self) -> tuple[ModelVersion, ...]:
        """Every model version, oldest first."""
        return evidence.versions(self.workspace, self.name)

    def incidents(self) -> tuple[Incident, ...]:
        """Every incident, oldest first."""
        return evidence.incidents(self.workspace, self.name)

    def approve(self, subject: str, *, by: str, reason: str) -> Decision:
        """Approve a version or a proposed revision; raises as `copml.app.approve` does."""
        return judgements.approve(self.workspace, self.name, subject, by=by, reason=reason)

    def reject(self, subject: str, *, by: str, reason: str) -> Decision:
        """Reject a version or a proposed revision; raises as `copml.app.reject` does."""
        return judgements.reject(self.workspace, self.name, subject, by=by, reason=reason)

    def retire(self, *, by: str, reason: str) -> Retirement:
        """Shut the project down; raises as `copml.app.retire` does."""
        return judgements.retire(self.workspace, self.name, by=by, reason=reason)
