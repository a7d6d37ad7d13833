"""The nouns that cross rooms, and are kept in the state database.

Invariant: a record is a frozen value; changing a state means a new value under the same key. All times are UTC. A
record holds nothing personal: entities appear as pseudonyms, and only in the lake. Which records become entries of the
ledger is for `ledger.kinds`; how they are stored is for `store`.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NewType

Digest = NewType("Digest", str)
"""Hexadecimal SHA-256."""
VersionName = NewType("VersionName", str)
"""`v1`, `v2`, … within a project, in the order of their making."""
TaskKey = NewType("TaskKey", str)
"""`stage/slot` or `stage/cause`, unique within a project."""

SEGMENT_ALL = "all"
SEGMENT_CONTROL = "control"
PROBABILITY, PREDICTION = "probability", "prediction"
"""What the answer of a model is called: of a binary one, and of any other."""


class Role(StrEnum):
    """Who owns what; the words of the project file's `people`."""

    BUSINESS = "business"
    DATA = "data"
    SCIENCE = "science"
    OPERATIONS = "operations"
    REVIEW = "review"
    AUDIT = "audit"


class ProblemKind(StrEnum):
    """What is predicted: yes or no, one of several classes, a number, or yes or no of which only the order counts."""

    BINARY = "binary"
    MULTICLASS = "multiclass"
    REGRESSION = "regression"
    RANKING = "ranking"


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionRule:
    """How the answers of a model become decisions.

    `classes`: of a multiclass problem, in the order of its answers. `threshold`: the answer from which the decision is
    yes. `top`: of a ranking, the share of a batch that is decided yes, the highest scores first. `act_on`: the classes
    for which the decision is yes. Where none of these says yes, the model informs and decides nothing.
    """

    kind: ProblemKind = ProblemKind.BINARY
    classes: tuple[str, ...] = ()
    threshold: float | None = None
    top: float | None = None
    act_on: tuple[str, ...] = ()

    @property
    def decides(self) -> bool:
        """Whether any answer can be a yes."""
        return self.threshold is not None or self.top is not None or bool(self.act_on)

    @property
    def answer_name(self) -> str:
        """What the answer is called in tables: `probability` where it is that of a yes, else `prediction`."""
        return PROBABILITY if self.kind is ProblemKind.BINARY else PREDICTION


class Stage(StrEnum):
    """The stages of the loop, in the order in which they feed each other."""

    INGEST = "ingest"
    FEATURES = "features"
    TRAIN = "train"
    DEPLOY = "deploy"
    SCORE = "score"
    SEAL = "seal"
    MONITOR = "monitor"
    ACT = "act"
    NOTIFY = "notify"


class TaskState(StrEnum):
    """Lifecycle of a task."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class CauseStage(StrEnum):
    """The stage that caused an incident; decides who owns it."""

    DATA = "data"
    MODEL = "model"
    SERVICE = "service"
    BUSINESS = "business"


class Cause(StrEnum):
    """What happened, in one of the field's terms."""

    UPSTREAM_DATA = "upstream data"
    COVARIATE_SHIFT = "covariate shift"
    LABEL_SHIFT = "label shift"
    CONCEPT_SHIFT = "concept shift"
    SERVICE = "service"
    INTERVENTION = "intervention"
    VALUE = "value"


class IncidentState(StrEnum):
    """Lifecycle of an incident."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


class VersionState(StrEnum):
    """Lifecycle of a model version. Being live is a deployment's role, not a version's state."""

    CANDIDATE = "candidate"
    APPROVED = "approved"
    REJECTED = "rejected"
    RETIRED = "retired"


class RevisionState(StrEnum):
    """Lifecycle of a revision of the project file."""

    PROPOSED = "proposed"
    ACTIVE = "active"
    SUPERSEDED = "superseded"
    REJECTED = "rejected"


class Subject(StrEnum):
    """What people decide on."""

    VERSION = "version"
    REVISION = "revision"
    DOSSIER = "dossier"


class Topic(StrEnum):
    """The decisions that the framework asks for, as `copml advise` names them."""

    SERVING = "serving"
    REPLICAS = "replicas"
    ENGINE = "engine"
    FEATURES = "features"
    RETRAINING = "retraining"
    EXPLANATION = "explanation"
    REQUIREMENTS = "requirements"
    CONTROL_GROUP = "control-group"
    THRESHOLD = "threshold"


class Action(StrEnum):
    """What a trigger does."""

    ALERT = "alert"
    RETRAIN = "retrain"
    REDEPLOY = "redeploy"
    ROLL_BACK = "roll-back"
    REVIEW = "review"
    REEVALUATE = "re-evaluate"
    PROPOSE_RETIREMENT = "propose-retirement"


class NoticeKind(StrEnum):
    """What people are told of; each person says how often they want to hear of each."""

    INCIDENT = "incident"
    APPROVAL = "approval"
    DOSSIER = "dossier"
    MENTION = "mention"


class Rhythm(StrEnum):
    """How often a person is told of a kind of notice."""

    AT_ONCE = "at-once"
    DAILY = "daily"
    WEEKLY = "weekly"
    NEVER = "never"


class Weekday(StrEnum):
    """Days of the week, in the order of `datetime.weekday()`."""

    MONDAY = "monday"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"


class Channel(StrEnum):
    """How a message reaches a person."""

    EMAIL = "email"
    WEBHOOK = "webhook"
    APPRISE = "apprise"


class TrialState(StrEnum):
    """Lifecycle of a trial."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class Verdict(StrEnum):
    """Whether a requirement holds."""

    MET = "met"
    AT_RISK = "at risk"
    BREACHED = "breached"
    UNPROVEN = "unproven"
    SWITCHED_OFF = "switched off"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Window:
    """A half-open period of time."""

    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A measured value with its 95 % confidence interval; `n` is the number of entities behind it."""

    value: float
    low: float
    high: float
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Bins:
    """Counts of one column over a window: mergeable, and all that drift measures need.

    Numeric: `edges` has k inner edges and `counts` k+1 bins; category: `labels` and `counts` are of one length, the
    last label is `…` for everything else. `missing` is counted apart. `total` and `minimum` … are of numeric columns.
    """

    kind: str
    counts: tuple[int, ...]
    missing: int
    edges: tuple[float, ...] = ()
    labels: tuple[str, ...] = ()


Profile = dict[str, Bins]
"""Bins by column name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileDigest:
    """A file of a table version, or a file that was ingested: path relative to its root, SHA-256, bytes, rows."""

    path: str
    digest: Digest
    size: int
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkspaceMark:
    """The one row that says what this workspace is."""

    id: str
    created_at: datetime
    simulated: bool
    copml: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedTime:
    """Where the simulated clock of a workspace stands."""

    id: str
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """An applied, immutable version of a project file.

    `root` is the folder that its paths are relative to; it is itself relative to the workspace where that lies within.
    """

    project: str
    number: int
    digest: Digest
    text: str
    root: str
    git_commit: str | None
    git_dirty: bool
    applied_by: str
    applied_at: datetime
    weakens: tuple[str, ...]
    state: RevisionState


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRecord:
    """A task of the loop and its lease. `fence` grows with every lease; only the holder of the newest may commit."""

    project: str
    key: TaskKey
    stage: Stage
    state: TaskState
    worker: str
    fence: int
    leased_until: datetime
    started_at: datetime
    ended_at: datetime | None
    attempts: int
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """An immutable version of a lake table. `digest` is over the sorted digests of all its files."""

    project: str
    table: str
    version: int
    digest: Digest
    rows: int
    rows_added: int
    columns: tuple[str, ...]
    files: tuple[FileDigest, ...]
    task: TaskKey
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingest:
    """What one pass over one source brought in. `files` are those read in this pass; `reasons` counts quarantined rows.

    `state`: `new`, `nothing new`, `late` (overdue by more than the source's delay), `empty`, `changed` (columns).
    """

    project: str
    source: str
    slot: datetime
    known_at: datetime
    state: str
    files: tuple[FileDigest, ...]
    rows_read: int
    rows_added: int
    rows_repeated: int
    rows_quarantined: int
    reasons: dict[str, int]
    columns_missing: tuple[str, ...]
    columns_extra: tuple[str, ...]
    missing_ratios: dict[str, float]
    event_at_min: datetime | None
    event_at_max: datetime | None
    profile: Profile
    version: int | None
    history: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureSet:
    """Features of every entity as of one time: `event_at` ≤ as_of and `known_at` ≤ known_by."""

    project: str
    as_of: datetime
    known_by: datetime
    version: int
    digest: Digest
    rows: int
    columns: tuple[str, ...]
    inputs: dict[str, int]
    code_digest: Digest
    history: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """What a training ran in (RE-3)."""

    python: str
    platform: str
    packages: dict[str, str]
    threads: dict[str, str]
    variables: dict[str, str]
    git_commit: str | None = None
    git_dirty: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A training run. `cause` is the task that asked for it; `dataset` is the digest of the training rows."""

    project: str
    id: str
    cause: str
    revision: int
    succeeded: bool
    reason: str
    entry: str
    params: dict[str, object]
    seed: int
    dataset: Digest | None
    snapshots: dict[str, int]
    source: Digest | None
    environment: Environment | None
    log: Digest | None
    rows_train: int
    rows_holdout: int
    rows_left_out: int
    rows_effective: float
    started_at: datetime
    ended_at: datetime
    version: VersionName | None


@dataclass(frozen=True, slots=True, kw_only=True)
class GateResult:
    """A gate's condition, what it saw, and whether it holds (None: could not be known, which does not pass)."""

    condition: str
    passed: bool | None
    seen: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelVersion:
    """A trained model. `metrics` are on its holdout, by `metric.segment`; `manifest` is the signed list of files."""

    project: str
    name: VersionName
    number: int
    run: str
    cause: str
    revision: int
    state: VersionState
    runtime: str
    content_digest: Digest
    manifest: Digest
    columns: tuple[str, ...]
    metrics: dict[str, Interval]
    gates: tuple[GateResult, ...]
    profile: Profile
    created_at: datetime
    state_reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a person (or, where the project asks for no approval, the loop) decided, and why."""

    project: str
    id: str
    subject: Subject
    subject_id: str
    approve: bool
    by: str
    role: Role | None
    identity: str
    """`asserted`, `simulated`, or `automatic`; accounts will add `authenticated`."""
    reason: str
    at: datetime
    choice: str = ""
    """What a dossier's judge chose: `continue` or `retire`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What people chose on a topic, and why; and what was advised when they did, with its reason, figure, alternative.

    `advised` and `chosen` are in the words of the topic (`batch`, `2`, `5%`); `advised` is empty where no answer could
    be given. A later choice on the same topic takes the place of an earlier one, which stays on record.
    """

    project: str
    id: str
    topic: Topic
    chosen: str
    by: str
    role: Role
    identity: str
    reason: str
    advised: str
    advised_because: str
    figure: str
    alternative: str
    at: datetime

    @property
    def follows(self) -> bool:
        """Whether it is what was advised; on requirements, whether no more is switched off than may be."""
        if self.topic is not Topic.REQUIREMENTS:
            return self.chosen == self.advised
        return self.chosen == "none" or {*self.chosen.split(", ")} <= {*self.advised.split(", ")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """A version in a mode and a role over a time."""

    project: str
    id: str
    version: VersionName
    mode: str
    role: str
    cause: str
    from_at: datetime
    until_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoringRun:
    """One batch of predictions.

    `positives` got a positive decision; `treated` and `control` are the arms among those of them that start an episode
    of treatment.
    """

    project: str
    id: str
    slot: datetime
    version: VersionName
    deployment: str
    rows: int
    positives: int
    treated: int
    control: int
    table_version: int
    digest: Digest
    output: str
    on_time: bool
    scored_at: datetime
    profile: Profile


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """The Merkle root over the leaves of one scoring run's predictions, in the order of their ids."""

    project: str
    scoring_run: str
    root: Digest
    rows: int
    sealed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """A metric over a window and a segment, with its interval. `pass_` counts re-measurements."""

    project: str
    metric: str
    segment: str
    starts_at: datetime
    ends_at: datetime
    value: float
    low: float
    high: float
    n: int
    version: VersionName | None
    measured_at: datetime
    pass_: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """What a measurement is of: the window, the version that served in it, when and the how-many-th time it is made."""

    project: str
    window: Window
    version: VersionName | None
    measured_at: datetime
    pass_: int = 0

    def measurement(self, metric: str, segment: str, seen: Interval) -> Measurement:
        """What was seen of a metric on this occasion."""
        return Measurement(
            project=self.project,
            metric=metric,
            segment=segment,
            starts_at=self.window.starts_at,
            ends_at=self.window.ends_at,
            value=seen.value,
            low=seen.low,
            high=seen.high,
            n=seen.n,
            version=self.version,
            measured_at=self.measured_at,
            pass_=self.pass_,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Firing:
    """A trigger whose condition held. `mode`: `acted`, `proposed` (commissioning), `superseded` (one was under way)."""

    project: str
    trigger: str
    starts_at: datetime
    actions: tuple[Action, ...]
    mode: str
    evidence: dict[str, str]
    fired_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """What went wrong, the stage that caused it, its owner, the evidence."""

    project: str
    id: str
    what: str
    cause_stage: CauseStage
    cause: Cause
    owner: Role
    evidence: dict[str, str]
    starts_at: datetime
    opened_at: datetime
    state: IncidentState
    closed_at: datetime | None
    resolution: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """Evidence laid out for a human judgement: a review, a re-evaluation or a retirement."""

    project: str
    id: str
    action: Action
    question: str
    evidence: dict[str, object]
    opened_at: datetime
    decided: str
    """Empty while it waits; else the id of the decision."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """An alert on its way to a sink, with an id that stays the same over every attempt."""

    project: str
    id: str
    sink: str
    incident: str
    body: str
    delivered_at: datetime | None
    attempts: int
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Preference:
    """How a person wants to be told; `name` in lower case, as the people of project files are called by.

    `webhook`, `webhook_secret` and `apprise` name environment variables, because what these hold is secret. `hour` and
    `weekday` are when digests go out, in `zone`; an empty zone is that of the project. `quiet` is empty, or such as
    `22:00-07:00`. `sends_simulated`: messages about a simulated workspace leave it, and do not go to its outbox.
    """

    name: str
    email: str | None
    webhook: str | None
    webhook_secret: str | None
    apprise: str | None
    rhythms: dict[NoticeKind, Rhythm]
    hour: int
    weekday: Weekday
    zone: str
    quiet: str
    urgent_breaks_quiet: bool
    sends_simulated: bool
    changed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One thing that a person is told. `step`: 0 for who must act first, then one more for each escalation."""

    kind: NoticeKind
    subject: str
    text: str
    since: datetime
    step: int
    urgent: bool

    @property
    def id(self) -> str:
        """What a person is told once."""
        return f"{self.kind}/{self.subject}/{self.step}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """Notices on their way to a person, with an id that stays the same over every attempt.

    `to`: an address, or the name of the variable that holds one; `secret`: of the variable with the key that a webhook
    is signed with. `outbox`: it is written to the workspace's outbox and not sent. Not tried before `next_at`.
    """

    project: str
    id: str
    person: str
    channel: Channel
    to: str
    secret: str
    outbox: bool
    simulated: bool
    zone: str
    notices: tuple[Notice, ...]
    composed_at: datetime
    next_at: datetime
    delivered_at: datetime | None
    attempts: int
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Retirement:
    """A project that was shut down: who, when, why, what was freed and what is kept."""

    project: str
    by: str
    reason: str
    at: datetime
    freed: tuple[str, ...] = field(default=())


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One attempt at a model, from a notebook or a sweep: what was tried on which rows, and what came out.

    `source`: `notebook` or `sweep`. `snapshots`: table versions by table. A metric of which only a value is known has
    it for both ends of its interval, and an `n` of 0.
    """

    project: str
    id: str
    source: str
    by: str
    params: dict[str, object]
    seed: int | None
    snapshots: dict[str, int]
    metrics: dict[str, Interval]
    state: TrialState
    started_at: datetime
    ended_at: datetime | None
    note: str


class Direction(StrEnum):
    """Which way a version went, seen from the workspace that keeps the record."""

    IN = "in"
    OUT = "out"


@dataclass(frozen=True, slots=True, kw_only=True)
class Promotion:
    """A version that was carried from one workspace to another; each of the two keeps a record under the same id.

    `version` is its name here, `named` its name there. `ledger` is the name under which the other workspace signs,
    `key` its verifier key, `entry` the entry over there: of the version itself (`in`), or of this promotion (`out`).
    `evidence` is a blob: the entries that the version rests on, each with its proof.
    """

    project: str
    id: str
    direction: Direction
    version: VersionName
    named: VersionName
    ledger: str
    key: str
    entry: int
    evidence: Digest
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An entry of the ledger: `leaf` = version byte + SHA-256(salt ‖ record), as stored in the tree."""

    index: int
    kind: str
    project: str
    record: bytes
    salt: bytes
    at: datetime


Record = (
    WorkspaceMark
    | SimulatedTime
    | Revision
    | Snapshot
    | Ingest
    | FeatureSet
    | Run
    | ModelVersion
    | Decision
    | Choice
    | Deployment
    | ScoringRun
    | Seal
    | Measurement
    | Firing
    | Incident
    | Dossier
    | Delivery
    | Retirement
    | Trial
    | Promotion
    | Preference
    | Message
)
"""What a stage may hand to the loop to keep."""
