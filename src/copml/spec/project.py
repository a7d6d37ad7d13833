"""The project file as a frozen value.

Invariant: whoever holds a `Project` from `spec.parse` holds one that passed every check that needs nothing but the
file itself. The descriptions of the fields are shown to people: as the reason when a key is missing, and by editors.
Reading text into it, with line numbers, is for `spec.project_file`; what its conditions mean is for `spec.conditions`.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, model_validator

from copml.records import DecisionRule, ProblemKind, Role
from copml.spec.fields import (
    Actions,
    Choices,
    Column,
    Entry,
    Every,
    Identifier,
    KindOf,
    Level,
    Listed,
    Names,
    Number,
    Owners,
    Params,
    Ratio,
    Slug,
    Span,
    Stated,
    Text,
    TimeLimit,
    Values,
    Who,
    Word,
)
from copml.spec.periods import Duration, Period
from copml.spec.vocabulary import METRICS_DEFAULT

_NAMED_BY_COLUMN = (ProblemKind.MULTICLASS, ProblemKind.REGRESSION)
EVEN = 0.5
"""The probability from which a yes is more probable than a no."""
# Seeds of numpy and scikit-learn are 32 bits wide.
SEED_MAX = 2**32 - 1


class Part(BaseModel):
    """A part of the project file: strict, frozen, no unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, arbitrary_types_allowed=True)


class People(Part):
    """An owner for each role."""

    business: Owners = Field(description="who owns the question, the KPI and the decision to retire")
    data: Owners = Field(description="who owns sources and data quality, and hears of late or wrong data")
    science: Owners = Field(description="who owns the model, and hears when it is no longer right")
    operations: Owners = Field(description="who owns training, deployment and availability")
    review: Names = Field((), description="who decides low-confidence and contested cases")
    audit: Names = Field((), description="who reads the evidence and changes nothing")

    def of(self, role: Role) -> tuple[str, ...]:
        """The people in a role."""
        names: tuple[str, ...] = getattr(self, role.value)
        return names


class Kpi(Part):
    """The measure of success, from baseline to target."""

    name: Identifier = Field(description="what is measured, such as churn_rate; conditions use this name")
    metric: Word | None = Field(
        None, description="the metric of the model that is the KPI, where the business judges by its errors"
    )
    baseline: Level = Field(description="the KPI today: without it nobody can say whether the model helped")
    target: Level = Field(description="the KPI that the project is for: without it nobody can say when it is reached")
    better: Literal["lower", "higher"] = Field(description="which direction of the KPI is success: lower or higher")
    every: Every = Field(Period.MONTH, description="the period over which the KPI is counted")


class Running(Part):
    """What the project costs per period, in the currency."""

    infrastructure: Number = Field(0.0, description="machines, storage and licences; a number ≥ 0")
    people: Number = Field(0.0, description="the working time that it takes; a number ≥ 0")
    per: Every = Field(Period.MONTH, description="the period that these amounts are for")


class Value(Part):
    """What a unit of the KPI's event is worth, what a treatment and the running cost; in the currency."""

    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] = Field(description="the currency's code, such as EUR")
    kpi_unit: Number = Field(description="what one avoided (or gained) event of the KPI is worth, such as 400")
    treatment: dict[Column, Number] = Field({}, description="what one treatment costs, as negative amounts by name")
    running: Running = Field(Running(), description="what the project costs per period")

    @property
    def treatment_cost(self) -> float:
        """What one treatment costs, as a number ≥ 0."""
        return -sum(self.treatment.values())


class ControlGroup(Part):
    """A share of entities from whom the treatment is withheld, or the reason why none is."""

    share: Ratio | None = Field(None, description="the share of entities that are never treated, such as 5%")
    redraw: Every = Field(Period.QUARTER, description="how often the group is drawn again")
    none: Text | None = Field(None, description="why withholding the treatment from anybody would be wrong")

    @model_validator(mode="after")
    def _one_of(self) -> Self:
        if (self.share is None) == (self.none is None):
            raise ValueError("one of `share` and `none` is asked for; give a share such as 5%, or in `none` the reason")
        if self.share is not None and not 0 < self.share < 1:
            raise ValueError("a share of nobody or of everybody compares nothing; give a share such as 5%")
        return self


class Business(Part):
    """The question, who uses the answer, the KPI, the value, the control group."""

    question: Text = Field(description="what is to be predicted that is unknown today, as a question")
    decision: Text = Field(description="who uses the answer, and what they do with it")
    kpi: Kpi = Field(description="the KPI by which success is judged, with a baseline and a target")
    value: Value = Field(description="what success is worth and what it costs, so that net value can be told")
    control_group: ControlGroup = Field(
        description="a share of entities left untreated, to tell what the treatment does; or why there can be none"
    )


class Check(Part):
    """What every row of a column must hold; rows that do not are quarantined."""

    min: Number | None = Field(None, description="the smallest value that is believed")
    max: Number | None = Field(None, description="the largest value that is believed")
    values: Values | None = Field(None, description="the only values that are believed")
    pattern: Word | None = Field(None, description="a regular expression that the whole text must match")
    missing: Ratio = Field(0.0, description="the share of missing values that is tolerated")


class Source(Part):
    """Where data come from: files (`path`, a glob) or a database (`url` and `query`)."""

    path: Word | None = Field(None, description="files, relative to the project file; * and ** are allowed")
    url: Word | None = Field(
        None, description="a database, as the name of an environment variable or a URL without credentials"
    )
    query: Text | None = Field(None, description="the SELECT that reads the rows from the database")
    entity: Column = Field(description="the column that says whom or what a row is about")
    event_at: Column | None = Field(None, description="the column that says when it happened")
    known_at: Column | None = Field(None, description="the column that says when it was learned; else that of ingest")
    every: Every = Field(Period.MONTH, description="how often new rows are expected")
    delay: Span = Field(Duration(2, Period.DAY), description="how late they may be before somebody is told")
    history: Literal["event_at", "ingest"] = Field(
        "event_at", description="from when rows of the first ingest count as known: when they happened, or the ingest"
    )
    columns: dict[Column, Literal["number", "integer", "text", "boolean", "time"]] = Field(
        {}, description="types of columns where guessing them could go wrong"
    )
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] | None = Field(
        None, description="the one character between the columns of a CSV file; guessed when it is not given"
    )
    encoding: Word = Field("utf-8", description="the text encoding of CSV and JSON files")

    @model_validator(mode="after")
    def _path_or_url(self) -> Self:
        if (self.path is None) == (self.url is None):
            raise ValueError("one of `path` and `url` is asked for; give a `path` to files, or a `url` with a `query`")
        if (self.url is None) != (self.query is None):
            raise ValueError("`url` and `query` belong together; give both, or a `path` alone")
        return self


class Outcome(Part):
    """The truth that arrives later: an event of a source within a horizon, what an event says, or a column."""

    source: Identifier = Field(description="the source that holds the truth")
    kind: KindOf = Field(
        ProblemKind.BINARY, description="what is predicted: binary, multiclass, regression, or ranking"
    )
    horizon: Span | None = Field(None, description="how long after a prediction the event counts, such as 90d")
    absent_means: Word = Field("no", description="what it means when no event came within the horizon, in a word")
    column: Column | None = Field(
        None, description="the column that holds the truth: of the event where there is a horizon, else of the entity"
    )
    positive: Stated | None = Field(None, description="the value of `column` that counts as yes")
    classes: Values | None = Field(None, description="the values of `column` that a multiclass model tells apart")
    corrections: Span = Field(Duration(90, Period.DAY), description="how long corrections are awaited afterwards")

    @property
    def is_timed(self) -> bool:
        """Whether the truth comes after the prediction, and is not there beside the features."""
        return self.horizon is not None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.horizon is None and self.column is None:
            raise ValueError("`horizon` or `column` is asked for; give a `horizon` for events, or a `column`")
        if self.kind in _NAMED_BY_COLUMN and self.column is None:
            raise ValueError(f"the truth of a {self.kind} problem stands in a column; give its name in `column`")
        yes = self.column is not None and self.kind not in _NAMED_BY_COLUMN
        if yes != (self.positive is not None):
            raise ValueError("`column` and `positive` belong together; give in `positive` the value that counts as yes")
        if (self.kind is ProblemKind.MULTICLASS) != (self.classes is not None):
            raise ValueError("`multiclass` and `classes` belong together; give in `classes` the values to tell apart")
        if self.classes is not None and len(set(self.classes)) < 2:
            raise ValueError("two classes at least are told apart; list the values of `column` in `classes`")
        return self


class Treatment(Part):
    """What was really done, and how long one treatment keeps an entity from the next."""

    source: Identifier = Field(description="the source that says who was treated, and when")
    cooldown: Span = Field(Duration(90, Period.DAY), description="how long an entity is not treated again")


class Predictions(Part):
    """Where the predictions of a model that runs elsewhere arrive, and which columns say what."""

    source: Identifier = Field(description="the source that brings them; its `event_at` is when each was made")
    answer: Column | None = Field(
        None, description="the column of the answer: the probability of a yes, a number, or a score"
    )
    probabilities: dict[Stated, Column] = Field(
        {}, description="of several classes, the column that holds the probability of each"
    )
    decision: Column | None = Field(
        None, description="the column that says what was decided, yes or no; else `deployment` tells it from the answer"
    )
    version: Column | None = Field(None, description="the column that names the version that answered")
    control: Column | None = Field(
        None, description="the column that says who was in the control group, where there is one"
    )
    inputs: Identifier | None = Field(
        None, description="the source whose rows, as of each prediction, are its inputs; else the log's other columns"
    )

    @property
    def answers(self) -> tuple[str, ...]:
        """The columns that hold numbers of the answer."""
        return tuple(self.probabilities.values()) if self.answer is None else (self.answer,)

    @property
    def named(self) -> tuple[str, ...]:
        """Every column that has a meaning of its own, and so is no input."""
        told = (self.decision, self.version, self.control)
        return (*self.answers, *(name for name in told if name is not None))

    @model_validator(mode="after")
    def _answered(self) -> Self:
        if (self.answer is None) != bool(self.probabilities):
            raise ValueError("one of `answer` and `probabilities` is asked for; several classes have `probabilities`")
        if len(set(self.named)) < len(self.named):
            raise ValueError("a column has two meanings; name another column for one of them")
        return self


class Data(Part):
    """Sources, outcome, treatment, predictions from elsewhere, classified columns, checks."""

    sources: Annotated[dict[Identifier, Source], Field(min_length=1)] = Field(description="where data come from")
    outcome: Outcome = Field(description="where the truth arrives that predictions are compared with")
    treatment: Treatment | None = Field(None, description="where it is recorded what was really done")
    predictions: Predictions | None = Field(
        None, description="where predictions arrive that were made elsewhere (`mode: external`)"
    )
    personal: dict[Column, Literal["identifier", "protected", "personal"]] = Field(
        {}, description="columns about persons: identifier (replaced at the door), protected (fairness), personal"
    )
    checks: dict[Column, Check] = Field({}, description="what every row of a column must hold, by column")


class Search(Part):
    """The values of one parameter that a sweep tries: a range of numbers, or a list."""

    min: Number | None = Field(None, description="the smallest number that is tried")
    max: Number | None = Field(None, description="the largest number that is tried")
    integer: bool = Field(False, description="whether only whole numbers are tried")
    log: bool = Field(False, description="whether magnitudes are tried evenly: as many from 1 to 10 as from 10 to 100")
    values: Choices | None = Field(
        None, description="the only values that are tried: numbers, texts, true, false, null"
    )

    @model_validator(mode="after")
    def _range_or_list(self) -> Self:
        if (self.values is None) == (self.min is None or self.max is None):
            raise ValueError("`min` and `max`, or `values`, is asked for; give a range of numbers, or a list")
        if self.values is not None and (self.integer or self.log or self.min is not None or self.max is not None):
            raise ValueError("a list of `values` has no range; leave out `min`, `max`, `integer` and `log`")
        if self.min is not None and self.max is not None:
            if self.min >= self.max:
                raise ValueError(
                    f"`min` {self.min:g} is not below `max` {self.max:g}; give a range with something in it"
                )
            if self.log and self.min <= 0:
                raise ValueError(f"magnitudes begin above 0, and `min` is {self.min:g}; raise it, or leave out `log`")
            if self.integer and not (self.min.is_integer() and self.max.is_integer()):
                raise ValueError("a range of whole numbers ends in whole numbers; change `min` and `max`")
        return self


class Sweep(Part):
    """A search for better parameters: what is tried, by which figure the best is chosen, and how much it may cost."""

    space: Annotated[dict[Column, Search], Field(min_length=1)] = Field(
        description="the parameters that are searched, and the values to try"
    )
    metric: Word | None = Field(
        None,
        description="the figure by which trials are compared, such as brier.control; "
        "roc_auc when not given, log_loss of several classes, mae of numbers",
    )
    better: Literal["higher", "lower"] | None = Field(
        None, description="which direction of the figure is better; that of the metric when not given"
    )
    trials: Annotated[int, Field(ge=1, le=10_000)] = Field(20, description="how many trials there may be")
    time_limit: TimeLimit | None = Field(None, description="after how long no further trial begins")
    folds: Annotated[int, Field(ge=2, le=20)] = Field(3, description="how many parts each trial is tested on in turn")


class Training(Part):
    """The project's `train`, its parameters, the rows it learns from, and the gates a candidate must pass."""

    entry: Entry = Field(description="the training function, as module:function")
    seed: Annotated[int, Field(ge=0, le=SEED_MAX)] = Field(0, description="the seed of everything that is random")
    params: Params = Field({}, description="what is handed to the training function as `params`")
    on: Literal["untreated", "all"] = Field("untreated", description="whose outcomes are learned")
    history: Span | None = Field(None, description="how far back training looks; everything when not given")
    every: Every | None = Field(None, description="how often a new model is trained, whatever the triggers do")
    holdout: Ratio = Field(0.3, description="the share of entities on which a candidate is tested")
    time_limit: TimeLimit = Field(timedelta(hours=1), description="after how long a training is ended")
    memory_mb: Annotated[int, Field(ge=256)] = Field(4096, description="the memory that a training may take, in MB")
    pickle: bool = Field(
        False,
        description="whether a model may be kept as a pickle where nothing else keeps it (functions, own classes); "
        "reading one runs code: it is read in a child process only, and only as this workspace signed it",
    )
    gates: Annotated[tuple[Word, ...], Listed, Field(min_length=1)] = Field(
        description="conditions that a candidate must meet; without one, any model would be taken"
    )
    sweep: Sweep | None = Field(None, description="a search for better `params`, which `copml sweep` runs")


class Approval(Part):
    """Who must approve a version before it is deployed."""

    by: Who = Field(description="the role that approves")
    four_eyes: bool = Field(True, description="whether the approver must be another person than the author")
    people: Annotated[int, Field(ge=1, le=20)] = Field(1, description="how many of them must approve")
    expires: Span | None = Field(None, description="how long an approval counts while others are waited for")


class ForeignModel(Part):
    """The file of a model that runs elsewhere, as it was when it was adopted."""

    digest: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] = Field(description="SHA-256 of its file")
    format: Word = Field(description="how its file is kept, such as joblib or onnx")
    made_with: Word | None = Field(None, description="the library that made it, with its release where it says so")
    version: Word | None = Field(None, description="what the log of predictions calls it, where it names versions")


class Deployment(Part):
    """How the model serves: mode, schedule, objective, threshold of the decision."""

    mode: Literal["batch", "external"] = Field(
        description="batch: entities are scored on a schedule; external: the model runs elsewhere"
    )
    schedule: Every = Field(description="how often entities are scored")
    model: ForeignModel | None = Field(None, description="the file of a model that runs elsewhere")
    objective: Ratio = Field(description="the share of runs that must be on time, such as 99%")
    threshold: Level | None = Field(
        None, description="the answer from which the decision is yes; 0.5 where that is a probability"
    )
    top: Ratio | None = Field(None, description="of a ranking, the share of a batch that is decided yes, such as 5%")
    act_on: Names = Field((), description="of several classes, those for which the decision is yes")
    catch_up: Literal["latest", "all"] = Field("latest", description="which missed runs are made up for")
    approval: Approval | None = Field(None, description="who approves a version before it is deployed")
    output: Literal["csv", "parquet"] = Field("csv", description="the format of the business's table")


class Trigger(Part):
    """A condition, for how long it must hold, what must have been tried before, what is done."""

    when: Word = Field(description="the condition, such as surely(accuracy.control < 0.75)")
    do: Annotated[Actions, Field(min_length=1)] = Field(description="the actions: alert, retrain, review, …")
    for_: Annotated[Span | None, Field(alias="for", description="how long it must hold, such as 3 months")] = None
    after: Actions = Field((), description="actions that must have been tried since it began to hold")


class Escalation(Part):
    """Who hears of what nobody took up, and after how long."""

    after: Span = Field(description="how long it may wait since it came up, such as 4h")
    to: Who = Field(description="the role that is told then")


class Alerts(Part):
    """Where alerts go beside the log: a file, a webhook; who hears of what nobody took up."""

    file: Word | None = Field(None, description="a file to which each alert is added as a line")
    webhook: Word | None = Field(None, description="an address to which each alert is posted")
    escalate: Annotated[tuple[Escalation, ...], Listed] = Field(
        (), description="who is told of what nobody acknowledged or decided, step by step"
    )


class Monitoring(Part):
    """What is measured how often, and what is done about it."""

    every: Every = Field(description="how often the model is measured")
    commissioning: Annotated[int, Field(ge=0, le=1000)] = Field(
        3, description="the number of first windows in which triggers propose and do not act"
    )
    drift: Annotated[Number, Field(gt=0)] = Field(
        0.2, description="the population stability index above which a column counts as drifted"
    )
    metrics: Annotated[tuple[Word, ...], Listed] | None = Field(
        None, description="what is measured of the model; the usual ones for its kind of problem when not given"
    )
    triggers: Annotated[tuple[Trigger, ...], Listed] = Field((), description="conditions and what is done about them")
    alerts: Alerts = Field(Alerts(), description="where alerts go beside the log, and who hears of what nobody took up")


class Fairness(Part):
    """Groups and the largest difference in equal opportunity that is accepted."""

    by: Owners = Field(description="the protected columns whose groups are compared")
    equal_opportunity_difference: Ratio = Field(description="the largest difference in recall that is accepted")


class Privacy(Part):
    """The largest membership advantage that is accepted."""

    membership_advantage: Ratio = Field(description="how far above chance training data may be recognised")


class Risk(Part):
    """Fairness and privacy limits."""

    fairness: Fairness | None = Field(None, description="limits on differences between groups")
    privacy: Privacy | None = Field(None, description="limits on what the model gives away")


class Keep(Part):
    """How long records are kept."""

    predictions: Span = Field(description="how long predictions are kept, such as 3 years")
    evidence: Span = Field(description="how long the evidence about them is kept, such as 10 years")


class Regulatory(Part):
    """What the law asks of this model."""

    affects_people: bool = Field(description="whether its decisions materially affect a person: true or false")
    solely_automated: bool = Field(description="whether no human takes part in those decisions: true or false")
    lawful_basis: Text = Field(description="what allows the use of the data, such as contract or consent")
    explanation: Literal["shapley", "none"] = Field("none", description="how decisions are explained")
    reproducibility: Literal["exact", "tolerance"] = Field("exact", description="how closely a rebuild must agree")
    keep: Keep = Field(description="how long predictions and evidence are kept")


class Project(Part):
    """Everything that business and regulators require of one model."""

    copml: Literal[1] = Field(description="the version of this format; write `copml: 1`")
    project: Slug = Field(description="the project's name, such as telco-churn")
    zone: Word = Field("UTC", description="the time zone of calendar periods, such as Europe/Berlin")
    people: People = Field(description="an owner for each role, so that each incident reaches somebody")
    business: Business = Field(description="the question, who uses the answer, the KPI, the value, the control group")
    data: Data = Field(description="the sources, the outcome, what is personal, what is checked")
    features_: Annotated[
        Entry | None, Field(alias="features", description="the function that builds features, as module:function")
    ] = None
    training_: Annotated[
        Training | None, Field(alias="training", description="how a model is trained, and the gates that it must pass")
    ] = None
    deployment: Deployment = Field(description="how and how often the model serves, and how reliably")
    monitoring: Monitoring = Field(description="what is measured, how often, and what is done about it")
    risk: Risk = Field(Risk(), description="limits on unfairness and on leakage through the model")
    regulatory: Regulatory = Field(description="what the law asks of this model")
    switched_off: dict[Word, Text] = Field({}, description="requirements that do not apply, each with the reason")

    @property
    def tz(self) -> ZoneInfo:
        """The project's time zone."""
        return ZoneInfo(self.zone)

    @property
    def is_external(self) -> bool:
        """Whether the model runs elsewhere: nothing is trained, built or scored here."""
        return self.deployment.mode == "external"

    @property
    def features(self) -> str:
        """The function that builds features; every project has one whose model does not run elsewhere."""
        assert self.features_ is not None, "features are built only of projects that name the function"
        return self.features_

    @property
    def training(self) -> Training:
        """How a model is trained; every project says it whose model does not run elsewhere."""
        assert self.training_ is not None, "models are trained only of projects that say how"
        return self.training_

    def trained_with(self, params: Mapping[str, object]) -> Self:
        """The same project whose training is handed other parameters."""
        training = self.training.model_copy(update={"params": dict(params)})
        return self.model_copy(update={"training_": training})

    @property
    def arrivals(self) -> Predictions:
        """Where predictions arrive; every project says it whose model runs elsewhere."""
        assert self.data.predictions is not None, "predictions arrive only where the model runs elsewhere"
        return self.data.predictions

    @property
    def rule(self) -> DecisionRule:
        """How answers become decisions."""
        outcome, deployment = self.data.outcome, self.deployment
        usual = EVEN if outcome.kind is ProblemKind.BINARY else None
        return DecisionRule(
            kind=outcome.kind,
            classes=outcome.classes or (),
            threshold=usual if deployment.threshold is None else deployment.threshold,
            top=deployment.top,
            act_on=deployment.act_on,
        )

    @property
    def metrics(self) -> tuple[str, ...]:
        """What is measured of the model."""
        stated = self.monitoring.metrics
        return METRICS_DEFAULT[self.data.outcome.kind] if stated is None else stated
