"""Views for the tests of the loop: a project as it stands, made by hand."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from copml.operations import View
from copml.records import (
    Action,
    Deployment,
    Digest,
    FeatureSet,
    Firing,
    Ingest,
    Measurement,
    ModelVersion,
    Revision,
    RevisionState,
    Run,
    ScoringRun,
    Stage,
    TaskKey,
    TaskRecord,
    TaskState,
    VersionName,
    VersionState,
    Window,
)
from copml.spec import Project, parse
from copml.spec.periods import Period, window_at

ZONE = ZoneInfo("Europe/Berlin")
TEXT = (Path(__file__).parents[1] / "spec" / "telco.yaml").read_text()


def project(**replaced: str) -> Project:
    """The example project, with pieces of its text replaced: `old="new"` pairs under any names, `old => new`."""
    text = TEXT
    for change in replaced.values():
        before, _, after = change.partition(" => ")
        assert before in text, before
        text = text.replace(before, after)
    return parse(text)


def month(number: int) -> datetime:
    """Start of the month `number` months after January 2026, in Berlin."""
    return datetime(2026 + number // 12, number % 12 + 1, 1, tzinfo=ZONE).astimezone(UTC)


def window(number: int) -> Window:
    return window_at(month(number), Period.MONTH, ZONE)


def view(now: datetime, spec: Project | None = None, **records: object) -> View:
    spec = spec or project()
    revision = Revision(
        project=spec.project, number=1, digest=Digest("r"), text=TEXT, root="/p", git_commit=None, git_dirty=False,
        applied_by="ds@telco.example", applied_at=month(0), weakens=(), state=RevisionState.ACTIVE,
    )  # fmt: skip
    return View(project=spec, revision=revision, started_at=month(0), now=now, **records)  # type: ignore[arg-type]


def done(key: str, stage: Stage = Stage.INGEST) -> TaskRecord:
    return TaskRecord(
        project="telco-churn", key=TaskKey(key), stage=stage, state=TaskState.DONE, worker="w", fence=1,
        leased_until=month(0), started_at=month(0), ended_at=month(0), attempts=1, error="",
    )  # fmt: skip


def ingest(source: str, slot: datetime, **changes: object) -> Ingest:
    made = Ingest(
        project="telco-churn", source=source, slot=slot, known_at=slot, state="new", files=(), rows_read=1,
        rows_added=1, rows_repeated=0, rows_quarantined=0, reasons={}, columns_missing=(), columns_extra=(),
        missing_ratios={}, event_at_min=slot, event_at_max=slot, profile={}, version=0, history=False,
    )  # fmt: skip
    return replace(made, **changes)  # type: ignore[arg-type]


def ingests(*months: int) -> tuple[Ingest, ...]:
    return tuple(ingest(name, month(number)) for number in months for name in ("customers", "departures", "offers"))


def features(number: int) -> FeatureSet:
    return FeatureSet(
        project="telco-churn", as_of=month(number), known_by=month(number), version=0, digest=Digest("f"), rows=1,
        columns=("a",), inputs={}, code_digest=Digest("c"), history=number < 0,
    )  # fmt: skip


def version(name: str = "v1", state: VersionState = VersionState.APPROVED) -> ModelVersion:
    return ModelVersion(
        project="telco-churn", name=VersionName(name), number=int(name[1:]), run=f"run-{name}", cause="first",
        revision=1, state=state, runtime="sklearn", content_digest=Digest("c"), manifest=Digest("m"), columns=("a",),
        metrics={}, gates=(), profile={}, created_at=month(0), state_reason="",
    )  # fmt: skip


def deployment(name: str = "v1", number: int = 0, until: datetime | None = None) -> Deployment:
    return Deployment(
        project="telco-churn", id=f"d-{name}", version=VersionName(name), mode="batch", role="live", cause="first",
        from_at=month(number), until_at=until,
    )  # fmt: skip


def scoring_run(number: int, name: str = "v1") -> ScoringRun:
    return ScoringRun(
        project="telco-churn", id=f"s-{number}", slot=month(number), version=VersionName(name), deployment=f"d-{name}",
        rows=10, positives=3, treated=3, control=0, table_version=number, digest=Digest("s"), output="o", on_time=True,
        scored_at=month(number), profile={},
    )  # fmt: skip


def training(number: int, name: str | None = "v1") -> Run:
    return Run(
        project="telco-churn", id=f"run-{number}", cause="first", revision=1, succeeded=name is not None, reason="",
        entry="a:b", params={}, seed=1, dataset=None, snapshots={}, source=None, environment=None, log=None,
        rows_train=1, rows_holdout=1, rows_left_out=0, rows_effective=1.0, started_at=month(number),
        ended_at=month(number), version=None if name is None else VersionName(name),
    )  # fmt: skip


def measured(
    number: int, metric: str, value: float, *, low: float | None = None, high: float | None = None, **changes: object
) -> Measurement:
    made = Measurement(
        project="telco-churn", metric=metric, segment="all", starts_at=window(number).starts_at,
        ends_at=window(number).ends_at, value=value, low=value if low is None else low,
        high=value if high is None else high, n=100, version=VersionName("v1"), measured_at=month(number + 4), pass_=0,
    )  # fmt: skip
    return replace(made, **changes)  # type: ignore[arg-type]


def firing(number: int, actions: tuple[Action, ...], *, fired: int, mode: str = "acted", trigger: str = "t") -> Firing:
    return Firing(
        project="telco-churn", trigger=trigger, starts_at=month(number), actions=actions, mode=mode, evidence={},
        fired_at=month(fired),
    )  # fmt: skip
