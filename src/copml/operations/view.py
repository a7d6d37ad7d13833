"""What the loop sees of a project at one moment.

Invariant: a view is a value read in one transaction; deciding from it needs nothing else, least of all the clock.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import pairwise

from copml.access import Delegation, Note
from copml.records import (
    Decision,
    Delivery,
    Deployment,
    Dossier,
    FeatureSet,
    Firing,
    Incident,
    Ingest,
    Measurement,
    Message,
    ModelVersion,
    Preference,
    Promotion,
    Retirement,
    Revision,
    RevisionState,
    Run,
    ScoringRun,
    Seal,
    Subject,
    TaskRecord,
    TaskState,
    VersionState,
    Window,
    WorkspaceMark,
)
from copml.spec import Project, parse
from copml.spec.periods import Duration, slots, window_at
from copml.store import Reader, leases


@dataclass(frozen=True, kw_only=True)
class View:
    """One project: what should be (its revision) and what is (its records), as of `now`."""

    project: Project
    revision: Revision
    started_at: datetime
    now: datetime
    tasks: tuple[TaskRecord, ...] = ()
    ingests: tuple[Ingest, ...] = ()
    feature_sets: tuple[FeatureSet, ...] = ()
    runs: tuple[Run, ...] = ()
    versions: tuple[ModelVersion, ...] = ()
    decisions: tuple[Decision, ...] = ()
    deployments: tuple[Deployment, ...] = ()
    scoring_runs: tuple[ScoringRun, ...] = ()
    seals: tuple[Seal, ...] = ()
    measurements: tuple[Measurement, ...] = ()
    firings: tuple[Firing, ...] = ()
    incidents: tuple[Incident, ...] = ()
    dossiers: tuple[Dossier, ...] = ()
    deliveries: tuple[Delivery, ...] = ()
    retirement: Retirement | None = None
    promotions: tuple[Promotion, ...] = ()
    proposed: tuple[Revision, ...] = ()
    notes: tuple[Note, ...] = ()
    delegations: tuple[Delegation, ...] = ()
    messages: tuple[Message, ...] = ()
    preferences: tuple[Preference, ...] = ()
    simulated: bool = False
    mail: bool = False
    """Whether whoever looks can send e-mail."""

    @property
    def name(self) -> str:
        """The project's name."""
        return self.project.project

    @cached_property
    def closed(self) -> frozenset[str]:
        """Keys of the tasks that get no more work: done, or failed for good."""
        return frozenset(task.key for task in self.tasks if task.state is TaskState.DONE or leases.is_given_up(task))

    @cached_property
    def slots(self) -> tuple[datetime, ...]:
        """Scheduled times of scoring up to now, oldest first; the period in which the project started counts."""
        schedule, zone = self.project.deployment.schedule, self.project.tz
        first = window_at(self.started_at, schedule, zone).starts_at
        return tuple(slots(schedule, zone, since=first, until=self.now))

    @cached_property
    def windows(self) -> tuple[Window, ...]:
        """Monitoring windows that have begun, oldest first; the last one may still be open.

        They begin with the project, or with the first prediction that was made elsewhere before.
        """
        every, zone = self.project.monitoring.every, self.project.tz
        earlier = self.scored if self.project.is_external else ()
        first = window_at(min([self.started_at, *earlier]), every, zone).starts_at
        starts = [*slots(every, zone, since=first, until=self.now)]
        ends = [*starts[1:], window_at(starts[-1], every, zone).ends_at] if starts else []
        return tuple(Window(starts_at=start, ends_at=end) for start, end in zip(starts, ends, strict=True))

    @cached_property
    def commissioned_at(self) -> datetime:
        """From when on triggers act: the end of as many windows as the project asks for, since it was applied."""
        every, zone = self.project.monitoring.every, self.project.tz
        begun, count = window_at(self.started_at, every, zone).starts_at, self.project.monitoring.commissioning
        return Duration(count, every).after(begun, zone) if count else begun

    @cached_property
    def live(self) -> ModelVersion | None:
        """The version that the next batch uses."""
        serving = [deployment for deployment in self.deployments if deployment.until_at is None]
        return self.version(serving[-1].version) if serving else None

    @cached_property
    def deployment(self) -> Deployment | None:
        """The deployment that is live."""
        return next((deployment for deployment in self.deployments if deployment.until_at is None), None)

    def version(self, name: str) -> ModelVersion | None:
        """The version of this name."""
        return next((version for version in self.versions if version.name == name), None)

    @cached_property
    def waiting(self) -> ModelVersion | None:
        """The candidate that waits for people."""
        return next((version for version in self.versions if version.state is VersionState.CANDIDATE), None)

    @cached_property
    def features(self) -> dict[datetime, FeatureSet]:
        """Feature sets by the time that they are as of."""
        return {features.as_of: features for features in self.feature_sets}

    @cached_property
    def scored(self) -> dict[datetime, ScoringRun]:
        """Scoring runs by slot."""
        return {run.slot: run for run in self.scoring_runs}

    def scored_in(self, window: Window) -> tuple[ScoringRun, ...]:
        """Scoring runs whose slot lies in a window."""
        return tuple(run for run in self.scoring_runs if window.starts_at <= run.slot < window.ends_at)

    def ingested_in(self, window: Window) -> tuple[Ingest, ...]:
        """Ingests whose slot lies in a window."""
        return tuple(item for item in self.ingests if window.starts_at <= item.slot < window.ends_at)

    def matures_at(self, as_of: datetime) -> datetime | None:
        """When the outcome of a prediction as of then is known; None where outcomes have no horizon."""
        horizon = self.project.data.outcome.horizon
        return None if horizon is None else horizon.after(as_of, self.project.tz)

    def decisions_on(self, subject: Subject, subject_id: str) -> tuple[Decision, ...]:
        """What people decided on a subject, oldest first."""
        found = (item for item in self.decisions if (item.subject, item.subject_id) == (subject, subject_id))
        return tuple(sorted(found, key=lambda item: item.at))

    def latest(self, metric: str, window: Window, segment: str = "all") -> Measurement | None:
        """The newest measurement of a metric in a window."""
        return self.measured_in(window).get((metric, segment))

    @cached_property
    def _measured(self) -> dict[datetime, dict[tuple[str, str], Measurement]]:
        found: dict[datetime, dict[tuple[str, str], Measurement]] = {}
        for item in sorted(self.measurements, key=lambda measurement: measurement.pass_):
            found.setdefault(item.starts_at, {})[item.metric, item.segment] = item
        return found

    def measured_in(self, window: Window) -> dict[tuple[str, str], Measurement]:
        """The newest measurement of everything that was measured in a window, by metric and segment."""
        return self._measured.get(window.starts_at, {})


def load(reader: Reader, name: str, now: datetime, *, mail: bool = False) -> View | None:
    """The view of a project, or None where no revision of it is active."""
    revisions = reader.find(Revision, project=name)
    active = next((revision for revision in revisions if revision.state is RevisionState.ACTIVE), None)
    if active is None:
        return None
    assert all(older.number < newer.number for older, newer in pairwise(revisions))
    return View(
        project=parse(active.text),
        revision=active,
        started_at=revisions[0].applied_at,
        now=now,
        tasks=tuple(reader.find(TaskRecord, project=name)),
        ingests=tuple(sorted(reader.find(Ingest, project=name), key=lambda ingest: (ingest.slot, ingest.source))),
        feature_sets=tuple(reader.find(FeatureSet, project=name)),
        runs=tuple(sorted(reader.find(Run, project=name), key=lambda run: (run.ended_at, run.id))),
        versions=tuple(sorted(reader.find(ModelVersion, project=name), key=lambda version: version.number)),
        decisions=tuple(reader.find(Decision, project=name)),
        deployments=tuple(sorted(reader.find(Deployment, project=name), key=lambda item: (item.from_at, item.id))),
        scoring_runs=tuple(sorted(reader.find(ScoringRun, project=name), key=lambda run: run.slot)),
        seals=tuple(reader.find(Seal, project=name)),
        measurements=tuple(reader.find(Measurement, project=name)),
        firings=tuple(
            sorted(reader.find(Firing, project=name), key=lambda firing: (firing.fired_at, firing.starts_at))
        ),
        incidents=tuple(sorted(reader.find(Incident, project=name), key=lambda item: (item.opened_at, item.id))),
        dossiers=tuple(sorted(reader.find(Dossier, project=name), key=lambda item: (item.opened_at, item.id))),
        deliveries=tuple(reader.find(Delivery, project=name)),
        retirement=reader.get(Retirement, project=name),
        promotions=tuple(sorted(reader.find(Promotion, project=name), key=lambda item: (item.at, item.id))),
        proposed=tuple(revision for revision in revisions if revision.state is RevisionState.PROPOSED),
        notes=tuple(sorted(reader.find(Note, project=name), key=lambda item: (item.at, item.id))),
        delegations=tuple(reader.find(Delegation, project=name)),
        messages=tuple(reader.find(Message, project=name)),
        preferences=tuple(reader.find(Preference)),
        simulated=any(mark.simulated for mark in reader.find(WorkspaceMark)),
        mail=mail,
    )
