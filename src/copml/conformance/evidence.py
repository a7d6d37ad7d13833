"""All that is known of one project at one time, as a value.

Invariant: rules and reports read nothing else, so the same evidence always gives the same verdicts and the same page.
Its methods are the few ways in which records are looked up there. Filling it from the store is for `app`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from copml.records import (
    SEGMENT_ALL,
    Choice,
    Decision,
    Delivery,
    Deployment,
    Dossier,
    FeatureSet,
    Firing,
    Incident,
    Ingest,
    Measurement,
    ModelVersion,
    Promotion,
    Retirement,
    Revision,
    Run,
    ScoringRun,
    Seal,
    Snapshot,
    TaskRecord,
    Topic,
    Trial,
    VersionName,
)
from copml.spec import Project
from copml.spec.periods import Duration


class Metric(StrEnum):
    """Names of measurements that rules and reports look for by name; the KPI goes by the project's own name for it."""

    ACCURACY = "accuracy"
    DRIFT = "drift"
    DRIFT_MAX = "drift_max"
    PSI = "psi"
    GAIN = "retrain_gain"
    EFFECT = "effect"
    NET_VALUE = "net_value"
    VALUE = "value"
    COST = "cost"
    RETURN = "return_on_investment"


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerFacts:
    """What is known of the ledger; `verified` is None when nobody verified it yet.

    `held_outside_at`: when a checkpoint was last given to somebody outside the workspace.
    """

    size: int = 0
    verified: bool | None = None
    verified_at: datetime | None = None
    checkpoint_at: datetime | None = None
    held_outside_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Advised:
    """What is advised now on a topic that the framework asks for.

    `in_use`: the answers that agree with what the project file says; empty where it says nothing on the topic.
    """

    topic: Topic
    answer: str
    in_use: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The records of one project as of `now`. `revision` is the one in force; `revisions` are all of them.

    `advised` is filled by whoever asks for verdicts, from these records and the machine.
    """

    project: Project
    revision: Revision
    now: datetime
    simulated: bool
    revisions: tuple[Revision, ...] = ()
    ingests: tuple[Ingest, ...] = ()
    snapshots: tuple[Snapshot, ...] = ()
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
    ledger: LedgerFacts = LedgerFacts()
    tasks: tuple[TaskRecord, ...] = ()
    choices: tuple[Choice, ...] = ()
    advised: tuple[Advised, ...] = ()
    promotions: tuple[Promotion, ...] = ()
    trials: tuple[Trial, ...] = ()

    @property
    def until(self) -> datetime:
        """Until when the project was run: now, or the time of its retirement."""
        return self.now if self.retirement is None else min(self.now, self.retirement.at)

    def ago(self, span: Duration) -> datetime:
        """The time that long before `until`, on the project's calendar."""
        return span.before(self.until, self.project.tz)

    def series(self, metric: str, segment: str = SEGMENT_ALL) -> tuple[Measurement, ...]:
        """The newest pass of a metric for every window, oldest window first."""
        passes = [item for item in self.measurements if item.metric == metric and item.segment == segment]
        passes.sort(key=lambda item: (item.starts_at, item.pass_, item.measured_at))
        return tuple({item.starts_at: item for item in passes}.values())

    def segments(self, metric: str) -> tuple[str, ...]:
        """The segments for which a metric was ever measured, sorted."""
        return tuple(sorted({item.segment for item in self.measurements if item.metric == metric}))

    @property
    def live_deployments(self) -> tuple[Deployment, ...]:
        """Deployments in the role `live`, oldest first."""
        live = (item for item in self.deployments if item.role == "live")
        return tuple(sorted(live, key=lambda item: item.from_at))

    @property
    def live_version(self) -> VersionName | None:
        """The version that is live now, None when none is."""
        live = [item for item in self.live_deployments if item.until_at is None or item.until_at > self.now]
        return live[-1].version if live else None

    def choice(self, topic: Topic) -> Choice | None:
        """What was chosen on a topic; of several choices the newest."""
        return max((item for item in self.choices if item.topic is topic), key=lambda item: item.at, default=None)

    @property
    def scored(self) -> tuple[ScoringRun, ...]:
        """Scoring runs, oldest slot first."""
        return tuple(sorted(self.scoring_runs, key=lambda item: (item.slot, item.scored_at)))

    @property
    def trained(self) -> tuple[Run, ...]:
        """Training runs, oldest first."""
        return tuple(sorted(self.runs, key=lambda item: (item.ended_at, item.id)))


def newest(times: Iterable[datetime | None]) -> datetime | None:
    """The latest of the times that are known."""
    return max((time for time in times if time is not None), default=None)
