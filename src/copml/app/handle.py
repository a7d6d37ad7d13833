"""A project in an open workspace, for programs and notebooks: `copml.open(".copml")["telco-churn"].check()`.

Invariant: every method is one use case, the same that the command line calls; nothing is decided here.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from copml.advice import Answered
from copml.app import advice, evidence, exploring, judgements, listings, loop, snapshots, sources, trial_log
from copml.app.exploring import Explored
from copml.app.snapshots import TableSnapshot
from copml.app.sources import DataState
from copml.app.trial_log import OpenTrial, Trials
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
        return listings.Verdicts(evidence.check(self.workspace, self.name))

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
        return listings.Versions(evidence.versions(self.workspace, self.name))

    def incidents(self) -> tuple[Incident, ...]:
        """Every incident, oldest first."""
        return listings.Incidents(evidence.incidents(self.workspace, self.name))

    def snapshot(
        self,
        table: str = snapshots.FEATURES,
        *,
        as_of: datetime | str | None = None,
        known_by: datetime | str | None = None,
        version: int | None = None,
        outcome: bool = False,
    ) -> TableSnapshot:
        """Rows of a source or of the features, read when asked for; raises as `copml.app.snapshot` does."""
        return snapshots.snapshot(
            self.workspace, self.name, table, as_of=as_of, known_by=known_by, version=version, outcome=outcome
        )

    def explore(
        self, table: str = snapshots.FEATURES, *, as_of: datetime | str | None = None, positive: str | None = None
    ) -> Explored:
        """What the features with their outcomes, or a source, show; raises as `copml.app.explore` does."""
        return exploring.explore(self.workspace, self.name, table, as_of=as_of, positive=positive)

    def trial(
        self,
        *,
        params: Mapping[str, Any] | None = None,
        seed: int | None = None,
        snapshot: TableSnapshot | Iterable[TableSnapshot] = (),
        note: str = "",
        by: str | None = None,
    ) -> OpenTrial:
        """Begin a trial, for a `with` block; see `copml.app.start_trial`."""
        return trial_log.start_trial(
            self.workspace, self.name, params=params, seed=seed, snapshot=snapshot, note=note, by=by
        )

    def trials(self, *ids: str) -> Trials:
        """Every trial, or those named, side by side."""
        return trial_log.trials(self.workspace, self.name, *ids)

    def approve(self, subject: str, *, by: str, reason: str) -> Decision:
        """Approve a version or a proposed revision; raises as `copml.app.approve` does."""
        return judgements.approve(self.workspace, self.name, subject, by=by, reason=reason)

    def reject(self, subject: str, *, by: str, reason: str) -> Decision:
        """Reject a version or a proposed revision; raises as `copml.app.reject` does."""
        return judgements.reject(self.workspace, self.name, subject, by=by, reason=reason)

    def retire(self, *, by: str, reason: str) -> Retirement:
        """Shut the project down; raises as `copml.app.retire` does."""
        return judgements.retire(self.workspace, self.name, by=by, reason=reason)

    def __repr__(self) -> str:
        return f"<project {self.name} in {self.workspace.folder}>"

    def _repr_html_(self) -> str:
        from copml.reporting import table_html

        standing = evidence.status(self.workspace, self.name)
        title = f"{self.name}, as of {standing.now:%Y-%m-%d %H:%M} UTC"
        return table_html(
            title,
            ("", ""),
            [(item.what, item.state) for item in standing.rows],
            simulated=self.workspace.mark.simulated,
        )
