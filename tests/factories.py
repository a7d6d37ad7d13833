"""Plausible evidence of a churn project over up to 30 months, without a loop: for rules, reports and pages.

Invariant: `history()` is deterministic. It follows the story of the example: the programme works, prices change, a
product comes, a column arrives empty, the offer stops working, a competitor comes, people are asked.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from math import sin, sqrt
from zoneinfo import ZoneInfo

from copml.conformance import Evidence, LedgerFacts
from copml.digest import digest_of
from copml.records import (
    Action,
    Cause,
    CauseStage,
    Choice,
    Decision,
    Delivery,
    Deployment,
    Digest,
    Dossier,
    Environment,
    FeatureSet,
    FileDigest,
    Firing,
    GateResult,
    Incident,
    IncidentState,
    Ingest,
    Interval,
    Measurement,
    ModelVersion,
    Revision,
    RevisionState,
    Role,
    Run,
    ScoringRun,
    Seal,
    Snapshot,
    Stage,
    Subject,
    TaskKey,
    Topic,
    VersionName,
    VersionState,
)
from copml.spec import Project

ZONE = ZoneInfo("Europe/Berlin")
NAME = "telco-churn"
COLUMNS = (
    "tenure",
    "monthly_charges",
    "contract",
    "internet_service",
    "tech_support",
    "streaming_tv",
    "payment_method",
)
PROGRAMME, PRICES, PRODUCT, OUTAGE, OFFER_STOPS, COMPETITOR = 0, 9, 14, 16, 18, 21

PROJECT: dict[str, object] = {
    "copml": 1,
    "project": NAME,
    "zone": "Europe/Berlin",
    "people": {
        "business": "retention@telco.example",
        "data": "data-eng@telco.example",
        "science": "ds@telco.example",
        "operations": "ml-ops@telco.example",
        "audit": "risk@telco.example",
    },
    "business": {
        "question": "Which customers will leave within 90 days?",
        "decision": "High-risk customers get the retention offer",
        "kpi": {"name": "churn_rate", "baseline": 0.10, "target": 0.05, "better": "lower", "every": "month"},
        "value": {
            "currency": "EUR",
            "kpi_unit": 400,
            "treatment": {"offer": -25},
            "running": {"infrastructure": 300, "people": 2000, "per": "month"},
        },
        "control_group": {"share": "5%", "redraw": "quarter"},
    },
    "data": {
        "sources": {
            "customers": {"path": "data/customers/*.parquet", "entity": "customer_id", "event_at": "as_of"},
            "departures": {"path": "data/departures/*.csv", "entity": "customer_id", "event_at": "left_on"},
            "offers": {"path": "data/offers/*.csv", "entity": "customer_id", "event_at": "made_on"},
        },
        "outcome": {"source": "departures", "horizon": "90d", "absent_means": "stayed"},
        "treatment": {"source": "offers"},
        "personal": {"customer_id": "identifier", "gender": "protected"},
    },
    "features": "churn.features:build",
    "training": {
        "entry": "churn.model:train",
        "seed": 7,
        "gates": ["accuracy.control >= 0.78", "roc_auc >= live - 0.01", "better than majority"],
    },
    "deployment": {
        "mode": "batch",
        "schedule": "monthly",
        "objective": "90%",
        "approval": {"by": "business", "four_eyes": True},
    },
    "monitoring": {
        "every": "month",
        "metrics": ["accuracy", "roc_auc", "recall", "calibration_error"],
        "triggers": [
            {"when": "surely(accuracy.control < 0.75)", "do": "retrain"},
            {"when": "drift", "do": ["alert"]},
            {
                "when": "possibly(accuracy.all <= 0.70) and not surely(churn_rate < baseline)",
                "for": "3 months",
                "after": ["retrain"],
                "do": "re-evaluate",
            },
            {"when": "net_value < 0", "for": "3 months", "do": "propose-retirement"},
        ],
    },
    "risk": {"fairness": {"by": ["gender"], "equal_opportunity_difference": 0.1}},
    "regulatory": {
        "affects_people": True,
        "solely_automated": False,
        "lawful_basis": "contract",
        "explanation": "shapley",
        "keep": {"predictions": "3 years", "evidence": "10 years"},
    },
}


def project(changes: dict[str, object] | None = None) -> Project:
    """The project, with some paths changed: `{"deployment.objective": 0.99}`; None removes a key."""
    tree = json.loads(json.dumps(PROJECT))
    for path, value in (changes or {}).items():
        *parents, last = path.split(".")
        node = tree
        for parent in parents:
            node = node.setdefault(parent, {})
        if value is None:
            node.pop(last, None)
        else:
            node[last] = value
    return Project.model_validate_json(json.dumps(tree))


def month(number: int) -> datetime:
    """The first of a month, 00:00 in Berlin, as UTC; month 0 is January 2026."""
    return datetime(2026 + number // 12, number % 12 + 1, 1, tzinfo=ZONE).astimezone(UTC)


def digest(*parts: object) -> Digest:
    """A digest that depends on its arguments only."""
    return Digest(digest_of([str(part) for part in parts]))


def revision(**changes: object) -> Revision:
    """The first revision, in force."""
    values: dict[str, object] = {
        "project": NAME,
        "number": 1,
        "digest": digest("revision"),
        "text": "copml: 1\n",
        "root": "/srv/telco-churn",
        "git_commit": "4f9c2d7e81a05b3c6d9e0f1a2b3c4d5e6f708192",
        "git_dirty": False,
        "applied_by": "ds@telco.example",
        "applied_at": month(0),
        "weakens": (),
        "state": RevisionState.ACTIVE,
    }
    return Revision(**{**values, **changes})  # type: ignore[arg-type]


def choice(topic: Topic, chosen: str, **changes: object) -> Choice:
    """A choice on a topic, as advised."""
    values: dict[str, object] = {
        "project": NAME,
        "id": f"{topic}-{chosen}",
        "topic": topic,
        "chosen": chosen,
        "by": "retention@telco.example",
        "role": Role.BUSINESS,
        "identity": "simulated",
        "reason": "as advised",
        "advised": chosen,
        "advised_because": "The figures say so.",
        "figure": "rows: 20,000 (the newest batch)",
        "alternative": "the other, right when not",
        "at": month(1),
    }
    return Choice(**{**values, **changes})  # type: ignore[arg-type]


def nothing_yet(**changes: object) -> Evidence:
    """A project that was applied a minute ago."""
    values: dict[str, object] = {
        "project": project(),
        "revision": revision(),
        "now": month(0) + timedelta(minutes=1),
        "simulated": False,
    }
    return Evidence(**{**values, **changes})  # type: ignore[arg-type]


def history(months: int = 30) -> Evidence:
    """Everything that happened in the first months of the programme; `now` is six in the morning of the month after."""
    last = months
    now = month(last) + timedelta(hours=6)
    versions = tuple(item for item in _versions() if item.created_at <= now)
    deployments = tuple(_deployments(now))
    scored = tuple(_scoring_run(number, deployments) for number in range(last + 1))
    measured = tuple(item for number in range(last + 1) for item in _measurements(number, now))
    return Evidence(
        project=project(),
        revision=revision(),
        now=now,
        simulated=True,
        ingests=tuple(item for number in range(last + 1) for item in _ingests(number)),
        snapshots=tuple(_snapshots(last)),
        feature_sets=tuple(_feature_set(number) for number in range(-6, last + 1)),
        runs=tuple(run for run in _runs() if run.ended_at <= now),
        versions=versions,
        decisions=tuple(_decisions(versions)),
        deployments=deployments,
        scoring_runs=scored,
        seals=tuple(
            Seal(project=NAME, scoring_run=run.id, root=digest("seal", run.id), rows=run.rows, sealed_at=run.scored_at)
            for run in scored
        ),
        measurements=measured,
        firings=tuple(item for item in _firings() if item.fired_at <= now),
        incidents=tuple(item for item in _incidents() if item.opened_at <= now),
        dossiers=tuple(item for item in (_dossier(measured),) if item.opened_at <= now),
        deliveries=tuple(_deliveries(now)),
        ledger=LedgerFacts(size=1400, verified=True, verified_at=now, checkpoint_at=now),
    )


def truth_figures(number: int) -> dict[str, float]:
    """What is really so in a month: churn with and without the programme, effect, accuracy that is possible."""
    without = 0.10 + (0.05 if number >= COMPETITOR else 0.0) + (0.006 if PRICES <= number < PRICES + 3 else 0.0)
    working = PROGRAMME <= number < OFFER_STOPS
    ramp = min(1.0, (number + 1) / 4)
    return {
        "without": without,
        "churn": without * (1 - (0.42 * ramp if working else 0.0)),
        "effect": 0.24 * ramp if working else 0.0,
        "possible": 0.70 if number >= COMPETITOR else 0.81,
        "net": (62_000 * ramp if working else -21_000.0),
    }


def _noise(*parts: int) -> float:
    seed = sum((index + 1) * 12.9898 * part for index, part in enumerate(parts, start=1))
    return (sin(seed) * 43758.5453) % 1 - 0.5


def _versions() -> Iterator[ModelVersion]:
    for number, at, accuracy, state in (
        (1, 0, 0.806, VersionState.APPROVED),
        (2, 13, 0.741, VersionState.REJECTED),
        (3, 14, 0.799, VersionState.APPROVED),
        (4, 25, 0.702, VersionState.REJECTED),
        (5, 27, 0.698, VersionState.REJECTED),
    ):
        control = Interval(value=accuracy, low=accuracy - 0.021, high=accuracy + 0.02, n=980)
        auc = Interval(value=accuracy + 0.03, low=accuracy + 0.015, high=accuracy + 0.045, n=5900)
        yield ModelVersion(
            project=NAME,
            name=VersionName(f"v{number}"),
            number=number,
            run=f"run-{number}",
            cause="first/2026-01-01T00:00Z" if number == 1 else f"retrain-1a2b3c/{month(at - 3):%Y-%m-%dT%H:%MZ}",
            revision=1,
            state=state,
            runtime="sklearn",
            content_digest=digest("content", number),
            manifest=digest("manifest", number),
            columns=COLUMNS,
            metrics={"accuracy.control": control, "accuracy.all": control, "roc_auc.all": auc},
            gates=(
                GateResult(
                    condition="accuracy.control >= 0.78",
                    passed=accuracy >= 0.78,
                    seen=f"accuracy.control is {accuracy:.3f} ({accuracy - 0.021:.3f} to {accuracy + 0.02:.3f})",
                ),
                GateResult(
                    condition="better than majority", passed=number < 4, seen=f"majority_accuracy.all is {0.735:.3f}"
                ),
            ),
            profile={},
            created_at=month(at) + timedelta(hours=5),
            state_reason="" if state is VersionState.APPROVED else "gate accuracy.control >= 0.78 did not pass",
        )


def _runs() -> Iterator[Run]:
    for version in _versions():
        yield Run(
            project=NAME,
            id=version.run,
            cause=version.cause,
            revision=1,
            succeeded=True,
            reason="",
            entry="churn.model:train",
            params={"C": 1.0},
            seed=7,
            dataset=digest("dataset", version.number),
            snapshots={"features": 0, "departures": 0},
            source=digest("source"),
            environment=Environment(
                python="3.11.9", platform="linux", packages={"scikit-learn": "1.9.1"}, threads={}, variables={}
            ),
            log=digest("log", version.number),
            rows_train=68_000,
            rows_holdout=5_900,
            rows_left_out=11_200,
            rows_effective=57_300.0,
            started_at=version.created_at - timedelta(minutes=3),
            ended_at=version.created_at,
            version=version.name,
        )


def _decisions(versions: tuple[ModelVersion, ...]) -> Iterator[Decision]:
    for version in versions:
        if version.state is VersionState.APPROVED:
            yield Decision(
                project=NAME,
                id=f"decision-{version.number}",
                subject=Subject.VERSION,
                subject_id=version.name,
                approve=True,
                by="retention@telco.example",
                role=Role.BUSINESS,
                identity="simulated",
                reason="better than what is live, on customers who got no offer",
                at=version.created_at + timedelta(minutes=30),
            )


def _deployments(now: datetime) -> Iterator[Deployment]:
    swap = month(14) + timedelta(hours=5, minutes=30)
    for number, version, start, end in ((1, "v1", month(0), swap), (2, "v3", swap, None)):
        if start <= now:
            yield Deployment(
                project=NAME,
                id=f"d{number}",
                version=VersionName(version),
                mode="batch",
                role="live",
                cause=f"approval of {version}",
                from_at=start,
                until_at=end if end is not None and end <= now else None,
            )


def _scoring_run(number: int, deployments: tuple[Deployment, ...]) -> ScoringRun:
    slot = month(number)
    live = deployments[1] if number >= 15 and len(deployments) > 1 else deployments[0]
    rows = 20_000 + 37 * number
    return ScoringRun(
        project=NAME,
        id=f"score-{slot:%Y-%m}-{number:02}",
        slot=slot,
        version=live.version,
        deployment=live.id,
        rows=rows,
        positives=4_100 + 20 * number,
        treated=1_420 + number,
        control=75 + number % 4,
        table_version=number,
        digest=digest("scored", number),
        output=f"outputs/{NAME}/{slot:%Y-%m}.csv",
        on_time=number != OUTAGE,
        scored_at=slot + timedelta(hours=30 if number == OUTAGE else 1),
        profile={},
    )


def _ingests(number: int) -> Iterator[Ingest]:
    slot = month(number)
    for source, rows in (("customers", 20_000 + 37 * number), ("departures", 1_900), ("offers", 1_400)):
        file = FileDigest(path=f"{source}/{slot:%Y-%m}", digest=digest(source, number), size=rows * 40, rows=rows)
        yield Ingest(
            project=NAME,
            source=source,
            slot=slot,
            known_at=slot + timedelta(minutes=10),
            state="changed" if source == "customers" and number == OUTAGE else "new",
            files=(file,),
            rows_read=rows,
            rows_added=rows - 12,
            rows_repeated=0,
            rows_quarantined=12,
            reasons={"monthly_charges above 500": 12},
            columns_missing=(),
            columns_extra=(),
            missing_ratios={"tech_support": 1.0 if number == OUTAGE else 0.0},
            event_at_min=slot,
            event_at_max=slot,
            profile={},
            version=number,
            history=number == 0,
        )


def _snapshots(last: int) -> Iterator[Snapshot]:
    for table in ("features", "sources/customers", "sources/departures", "sources/offers"):
        for number in range(last + 1):
            yield Snapshot(
                project=NAME,
                table=f"{NAME}/{table}",
                version=number,
                digest=digest("snapshot", table, number),
                rows=20_000 * (number + 1),
                rows_added=20_000,
                columns=("entity", "event_at", "known_at", *COLUMNS),
                files=(),
                task=TaskKey(f"{Stage.INGEST}/{table}/{number}"),
                created_at=month(number) + timedelta(minutes=10),
            )


def _feature_set(number: int) -> FeatureSet:
    return FeatureSet(
        project=NAME,
        as_of=month(number),
        known_by=month(max(number, 0)),
        version=max(number, 0),
        digest=digest("features", number),
        rows=20_000 + 37 * number,
        columns=COLUMNS,
        inputs={"customers": max(number, 0)},
        code_digest=digest("feature code"),
        history=number < 0,
    )


def measurement(metric: str, segment: str, number: int, value: float, half: float, **changes: object) -> Measurement:
    """A measurement over the month `number`."""
    values: dict[str, object] = {
        "project": NAME,
        "metric": metric,
        "segment": segment,
        "starts_at": month(number),
        "ends_at": month(number + 1),
        "value": value,
        "low": value - half,
        "high": value + half,
        "n": 20_000 if segment == "all" else 1_000,
        "version": VersionName("v1" if number < 15 else "v3"),
        "measured_at": month(number + 1) + timedelta(hours=2),
        "pass_": 0,
    }
    return Measurement(**{**values, **changes})  # type: ignore[arg-type]


def _measurements(number: int, now: datetime) -> Iterator[Measurement]:
    if number >= -1:
        yield from _input_measurements(number)
    if month(number + 1) <= now:
        kpi = truth_figures(number)["churn"] + 0.004 * _noise(number, 1)
        yield measurement("churn_rate", "all", number, kpi, 0.004)
        held = truth_figures(number)["without"] + 0.02 * _noise(number, 5)
        yield measurement("churn_rate", "control", number, held, 0.018)
    if month(number + 3) + timedelta(days=1) <= now:
        yield from _outcome_measurements(number)


def _input_measurements(number: int) -> Iterator[Measurement]:
    at = month(number) + timedelta(hours=2)
    drifts = {column: 0.02 + 0.03 * abs(_noise(number, index)) for index, column in enumerate(COLUMNS)}
    if number >= PRODUCT:
        drifts["streaming_tv"] = min(0.9, 0.25 * (number - PRODUCT + 1))
    if number == OUTAGE:
        drifts["tech_support"] = 2.4
    if number >= 15:
        drifts["streaming_tv"] = 0.06
    for column, value in drifts.items():
        yield measurement("psi", column, number, value, 0.01, measured_at=at)
    yield measurement("drift_max", "all", number, max(drifts.values()), 0.0, measured_at=at)
    yield measurement("drift", "all", number, sum(value > 0.2 for value in drifts.values()), 0.0, measured_at=at)


def _outcome_measurements(number: int) -> Iterator[Measurement]:
    true = truth_figures(number)
    at = month(number + 3) + timedelta(days=1, hours=2)
    control = true["possible"] - 0.005 + 0.016 * _noise(number, 2)
    if PRICES <= number < 15:
        control -= 0.085
    kept = 0.28 * true["effect"] * 1.4
    for metric, all_, held, half in (
        ("accuracy", control - kept, control, 0.006),
        ("roc_auc", control - 0.5 * kept + 0.03, control + 0.03, 0.008),
        ("recall", 0.55, 0.6, 0.01),
        ("calibration_error", 0.03 + 0.3 * kept, 0.02, 0.005),
    ):
        yield measurement(metric, "all", number, all_, half, measured_at=at)
        yield measurement(metric, "control", number, held, half * sqrt(20), measured_at=at)
    effect = true["effect"] + 0.05 * _noise(number, 3)
    net = true["net"] + 15_000 * _noise(number, 4)
    yield measurement("effect", "all", number, effect, 0.11, n=1_500, measured_at=at)
    yield measurement("net_value", "all", number, net, 17_000, measured_at=at)
    yield measurement("cost", "all", number, 38_000, 0, measured_at=at)
    yield measurement("value", "all", number, net + 38_000, 17_000, measured_at=at)
    year = range(max(0, number - 11), number + 1)
    pooled = sum(truth_figures(past)["net"] + 15_000 * _noise(past, 4) for past in year)
    yield measurement("net_value", "pooled", number, pooled, 17_000 * sqrt(len(year)) * 1.1, measured_at=at)
    if number == 15:
        yield measurement("retrain_gain", "control", number, 0.081, 0.034, measured_at=at)


def _firings() -> Iterator[Firing]:
    for trigger, window, fired, actions, mode, condition, seen in (
        ("alert-9f8e7d", 1, 1, (Action.ALERT,), "proposed", "drift", "drift.all is 1"),
        (
            "retrain-1a2b3c",
            10,
            13,
            (Action.RETRAIN,),
            "acted",
            "surely(accuracy.control < 0.75)",
            "accuracy.control is 0.718 (0.69 to 0.745)",
        ),
        (
            "retrain-1a2b3c",
            11,
            14,
            (Action.RETRAIN,),
            "acted",
            "surely(accuracy.control < 0.75)",
            "accuracy.control is 0.722 (0.69 to 0.748)",
        ),
        ("alert-9f8e7d", OUTAGE, OUTAGE, (Action.ALERT,), "acted", "drift", "drift.all is 1"),
        (
            "retrain-1a2b3c",
            22,
            25,
            (Action.RETRAIN,),
            "acted",
            "surely(accuracy.control < 0.75)",
            "accuracy.control is 0.693 (0.66 to 0.72)",
        ),
        (
            "retrain-1a2b3c",
            24,
            27,
            (Action.RETRAIN,),
            "acted",
            "surely(accuracy.control < 0.75)",
            "accuracy.control is 0.701 (0.67 to 0.73)",
        ),
        (
            "re-evaluate-77aa11",
            26,
            29,
            (Action.REEVALUATE,),
            "acted",
            "possibly(accuracy.all <= 0.7) and not surely(churn_rate < baseline)",
            "accuracy.all is 0.698; churn_rate is 0.149",
        ),
    ):
        yield Firing(
            project=NAME,
            trigger=trigger,
            starts_at=month(window),
            actions=actions,
            mode=mode,
            evidence={"condition": condition, "seen": seen, "windows": "3" if "evaluate" in trigger else "1"},
            fired_at=month(fired) + timedelta(hours=4),
        )


def _incidents() -> Iterator[Incident]:
    for trigger, window, opened, closed, what, stage, cause, owner in (
        (
            "alert-9f8e7d",
            1,
            1,
            2,
            "contract drifted from what the model learned",
            CauseStage.DATA,
            Cause.COVARIATE_SHIFT,
            Role.DATA,
        ),
        (
            "retrain-1a2b3c",
            10,
            13,
            18,
            "the model is wrong more often, on customers without an offer too",
            CauseStage.MODEL,
            Cause.CONCEPT_SHIFT,
            Role.SCIENCE,
        ),
        (
            "source-customers",
            OUTAGE,
            OUTAGE,
            17,
            "customers arrived with tech_support empty",
            CauseStage.DATA,
            Cause.UPSTREAM_DATA,
            Role.DATA,
        ),
        (
            "alert-9f8e7d",
            OUTAGE,
            OUTAGE,
            17,
            "tech_support drifted from what the model learned",
            CauseStage.DATA,
            Cause.UPSTREAM_DATA,
            Role.DATA,
        ),
        (
            "retrain-1a2b3c",
            22,
            25,
            None,
            "the model is wrong more often, on customers without an offer too",
            CauseStage.MODEL,
            Cause.CONCEPT_SHIFT,
            Role.SCIENCE,
        ),
        (
            "re-evaluate-77aa11",
            26,
            29,
            None,
            "repair has not helped and churn is where it began",
            CauseStage.BUSINESS,
            Cause.VALUE,
            Role.BUSINESS,
        ),
    ):
        yield Incident(
            project=NAME,
            id=f"{trigger}/{month(window):%Y-%m-%dT%H:%MZ}",
            what=what,
            cause_stage=stage,
            cause=cause,
            owner=owner,
            evidence={"seen": "figures of the window", "mode": "acted"},
            starts_at=month(window),
            opened_at=month(opened) + timedelta(hours=4),
            state=IncidentState.OPEN if closed is None else IncidentState.RESOLVED,
            closed_at=None if closed is None else month(closed) + timedelta(hours=4),
            resolution="" if closed is None else "the condition no longer holds",
        )


def _dossier(measured: tuple[Measurement, ...]) -> Dossier:
    shown = {"churn_rate", "accuracy", "effect", "net_value"}
    windows: dict[str, dict[str, object]] = {}
    for item in measured:
        if item.metric in shown and item.segment in ("all", "control"):
            row = windows.setdefault(f"{item.starts_at.astimezone(ZONE):%Y-%m-%d}", {})
            row[f"{item.metric}.{item.segment}"] = [item.value, item.low, item.high]
    return Dossier(
        project=NAME,
        id="re-evaluate-2028-03-01T00:00Z",
        action=Action.REEVALUATE,
        question="Automated repair has not helped: is this project still worth running?",
        evidence={
            "trigger": {"condition": "possibly(accuracy.all <= 0.7)", "seen": "accuracy.all is 0.698", "windows": "3"},
            "windows": [{"window": start, **row} for start, row in sorted(windows.items())],
            "tried": [{"at": "2028-02-01", "did": "retrain", "because": "accuracy.control is 0.693 (0.66 to 0.72)"}],
            "trainings": [
                {
                    "version": run.version or "none",
                    "cause": run.cause,
                    "at": f"{run.ended_at:%Y-%m-%d}",
                    "result": run.reason,
                }
                for run in _runs()
            ],
            "kpi": {"name": "churn_rate", "baseline": 0.10, "target": 0.05, "better": "lower", "every": "month"},
        },
        opened_at=month(29) + timedelta(hours=4),
        decided="",
    )


def _deliveries(now: datetime) -> Iterator[Delivery]:
    for incident in _incidents():
        if incident.opened_at <= now:
            yield Delivery(
                project=NAME,
                id=digest("delivery", incident.id)[:32],
                sink="log",
                incident=incident.id,
                body=incident.what,
                delivered_at=incident.opened_at,
                attempts=1,
                error="",
            )
