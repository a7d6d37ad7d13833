"""A fixture for every requirement and every verdict that its rule can give."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import cache

import pytest
from tests import factories

from copml.conformance import Advised, Evidence, LedgerFacts, check
from copml.conformance.table import REQUIREMENTS
from copml.records import (
    Action,
    Decision,
    Digest,
    Direction,
    Dossier,
    Firing,
    Measurement,
    Promotion,
    Retirement,
    RevisionState,
    Role,
    Subject,
    Topic,
    Trial,
    TrialState,
    Verdict,
    VersionName,
)

MET, AT_RISK, BREACHED, UNPROVEN = Verdict.MET, Verdict.AT_RISK, Verdict.BREACHED, Verdict.UNPROVEN
Change = Callable[[Evidence], Evidence]


@cache
def after(months: int) -> Evidence:
    return factories.history(months)


def with_project(**changes: object) -> Change:
    paths = {path.replace("__", "."): value for path, value in changes.items()}
    return lambda evidence: replace(evidence, project=factories.project(paths))


def proposed(evidence: Evidence) -> Evidence:
    return replace(evidence, revision=replace(evidence.revision, state=RevisionState.PROPOSED))


def nothing(_: Evidence) -> Evidence:
    return factories.nothing_yet()


def promoted(direction: Direction, *, live: bool) -> Callable[[Evidence], Evidence]:
    def change(evidence: Evidence) -> Evidence:
        assert evidence.live_version is not None
        promotion = Promotion(
            project=evidence.project.project, id="a" * 32, direction=direction,
            version=evidence.live_version if live else VersionName("v1"), named=VersionName("v9"),
            ledger="copml/development", key="key", entry=7, evidence=Digest("b" * 64), by="somebody",
            at=evidence.now,
        )  # fmt: skip
        return replace(evidence, promotions=(promotion,))

    return change


def swept(evidence: Evidence) -> Evidence:
    trial = Trial(
        project=evidence.project.project, id="abcdef01-0000", source="sweep", by="somebody", params={"C": 1.0}, seed=1,
        snapshots={}, metrics={}, state=TrialState.FAILED, started_at=evidence.now, ended_at=evidence.now, note="",
    )  # fmt: skip
    return replace(evidence, trials=(trial, replace(trial, id="abcdef01-0001", state=TrialState.DONE)))


def same(evidence: Evidence) -> Evidence:
    return evidence


def later(months: int) -> Change:
    return lambda _: after(months)


def without_slot(number: int, now: timedelta = timedelta()) -> Change:
    def change(evidence: Evidence) -> Evidence:
        runs = tuple(run for run in evidence.scoring_runs if run.slot != factories.month(number))
        return replace(evidence, scoring_runs=runs, now=evidence.now + now)

    return change


def measured(metric: str, change: Callable[[Measurement], Measurement]) -> Change:
    def changed(evidence: Evidence) -> Evidence:
        items = tuple(change(item) if item.metric == metric else item for item in evidence.measurements)
        return replace(evidence, measurements=items)

    return changed


def loses(item: Measurement) -> Measurement:
    return replace(item, value=-90_000.0, low=-99_000.0, high=-81_000.0)


def harms(item: Measurement) -> Measurement:
    return replace(item, value=-item.value, low=-item.high, high=-item.low)


def newest_ingest_is(state: str) -> Change:
    def change(evidence: Evidence) -> Evidence:
        return replace(evidence, ingests=(*evidence.ingests[:-1], replace(evidence.ingests[-1], state=state)))

    return change


def firing(months_ago: int, action: Action, mode: str = "acted", window: int = 14) -> Change:
    def change(evidence: Evidence) -> Evidence:
        fired = Firing(
            project=factories.NAME,
            trigger="retrain-ffffff",
            starts_at=factories.month(window),
            actions=(action,),
            mode=mode,
            evidence={},
            fired_at=evidence.now - timedelta(days=31 * months_ago),
        )
        return replace(evidence, firings=(*evidence.firings, fired))

    return change


def trainings_fail(newest: int) -> Change:
    def change(evidence: Evidence) -> Evidence:
        cut = len(evidence.runs) - newest
        failed = (replace(run, succeeded=False, reason="train raised ValueError") for run in evidence.runs[cut:])
        return replace(evidence, runs=(*evidence.runs[:cut], *failed))

    return change


def approved_but_idle(evidence: Evidence) -> Evidence:
    idle = replace(evidence.versions[-1], name=VersionName("v9"), number=9)
    return replace(evidence, versions=(*evidence.versions, idle))


def scored_by(version: str) -> Change:
    def change(evidence: Evidence) -> Evidence:
        runs = evidence.scoring_runs
        return replace(evidence, scoring_runs=(*runs[:-1], replace(runs[-1], version=VersionName(version))))

    return change


def asked_to_retire(evidence: Evidence) -> Evidence:
    dossier = Dossier(
        project=factories.NAME,
        id="propose-retirement-1",
        action=Action.PROPOSE_RETIREMENT,
        question="The project costs more than it brings: should it be retired?",
        evidence={},
        opened_at=evidence.now,
        decided="",
    )
    return replace(evidence, dossiers=(dossier,))


def retired(*, cleanly: bool) -> Change:
    def change(evidence: Evidence) -> Evidence:
        end = Retirement(
            project=factories.NAME, by="retention@telco.example", reason="No longer needed.", at=evidence.now
        )
        closed = tuple(replace(item, until_at=item.until_at or evidence.now) for item in evidence.deployments)
        return replace(evidence, retirement=end, deployments=closed if cleanly else evidence.deployments)

    return change


def unsigned(name: str) -> Change:
    def change(evidence: Evidence) -> Evidence:
        versions = (replace(item, manifest=Digest("")) if item.name == name else item for item in evidence.versions)
        return replace(evidence, versions=tuple(versions))

    return change


def run_of(name: str, **changes: object) -> Change:
    def change(evidence: Evidence) -> Evidence:
        runs = tuple(replace(run, **changes) if run.version == name else run for run in evidence.runs)  # type: ignore[arg-type]
        return replace(evidence, runs=runs)

    return change


def seal_covers(rows: int) -> Change:
    return lambda evidence: replace(evidence, seals=(*evidence.seals[:-1], replace(evidence.seals[-1], rows=rows)))


def names_in_snapshots(evidence: Evidence) -> Evidence:
    leaking = replace(evidence.snapshots[0], columns=("customer_id", "tenure"))
    return replace(evidence, snapshots=(leaking, *evidence.snapshots[1:]))


def ledger(**changes: object) -> Change:
    return lambda evidence: replace(evidence, ledger=replace(evidence.ledger, **changes))  # type: ignore[arg-type]


def held_outside(evidence: Evidence) -> Evidence:
    return ledger(held_outside_at=evidence.now - timedelta(days=3))(evidence)


def decided_by(identity: str, by: str = "retention@telco.example") -> Change:
    def change(evidence: Evidence) -> Evidence:
        decisions = tuple(replace(item, identity=identity, by=by) for item in evidence.decisions)
        return replace(evidence, decisions=decisions)

    return change


def decided_dossier(evidence: Evidence) -> Evidence:
    dossier = replace(evidence.dossiers[0], decided="decision-9")
    decision = Decision(
        project=factories.NAME,
        id="decision-9",
        subject=Subject.DOSSIER,
        subject_id=dossier.id,
        approve=True,
        by="retention@telco.example",
        role=Role.BUSINESS,
        identity="simulated",
        reason="repair with another offer",
        at=evidence.now,
    )
    return replace(evidence, dossiers=(dossier,), decisions=(*evidence.decisions, decision))


TOPICS = (Topic.SERVING, Topic.REPLICAS, Topic.ENGINE)


def chose(*answers: str) -> Change:
    """Three topics are asked for, and people chose on the first of them what was advised."""

    def change(evidence: Evidence) -> Evidence:
        advised = tuple(Advised(topic=topic, answer=str(at)) for at, topic in enumerate(TOPICS, 1))
        choices = tuple(factories.choice(topic, answer) for topic, answer in zip(TOPICS, answers, strict=False))
        return replace(evidence, advised=advised, choices=choices)

    return change


def advice_is(answer: str, in_use: tuple[str, ...] = ()) -> Change:
    """What is advised now on the last of the three topics."""

    def change(evidence: Evidence) -> Evidence:
        now = Advised(topic=TOPICS[-1], answer=answer, in_use=in_use)
        return replace(evidence, advised=(*evidence.advised[:-1], now))

    return change


def chain(*changes: Change) -> Change:
    def change(evidence: Evidence) -> Evidence:
        for one in changes:
            evidence = one(evidence)
        return evidence

    return change


ON_ACCURACY = [{"when": "accuracy.control < 0.75", "do": "retrain"}]
MOVES_ON = timedelta(days=5)

CASES: list[tuple[str, Verdict, Change]] = [
    ("DE-1", UNPROVEN, chose()),
    ("DE-1", UNPROVEN, chain(chose("1", "2", "3"), proposed)),
    ("DE-1", AT_RISK, chose("1", "2")),
    ("DE-1", AT_RISK, chain(chose("1", "2", "3"), advice_is("4"))),
    ("DE-1", AT_RISK, chain(chose("1", "2", "3"), advice_is("3", in_use=("2",)))),
    ("DE-1", MET, chose("1", "2", "3")),
    ("DE-1", MET, chain(chose("1", "2", "3"), advice_is("3", in_use=("3", "2")))),
    ("AV-1", MET, same),
    ("AV-1", UNPROVEN, proposed),
    ("AV-2", MET, same),
    ("AV-2", AT_RISK, without_slot(10)),
    ("AV-2", BREACHED, without_slot(15, MOVES_ON)),
    ("AV-2", UNPROVEN, nothing),
    ("AV-3", MET, same),
    ("AV-3", AT_RISK, later(17)),
    ("AV-3", BREACHED, chain(later(17), with_project(deployment__objective=0.99))),
    ("AV-3", UNPROVEN, nothing),
    ("AV-4", MET, same),
    ("AV-4", AT_RISK, with_project(business__value__running={"infrastructure": 90_000, "per": "month"})),
    ("AV-4", BREACHED, measured("net_value", loses)),
    ("AV-4", UNPROVEN, with_project(business__value__running={"infrastructure": 0, "per": "month"})),
    ("AV-4", UNPROVEN, nothing),
    ("EF-1", MET, same),
    ("EF-1", AT_RISK, with_project(business__value__running={"per": "month"})),
    ("EF-1", AT_RISK, with_project(training__gates=["churn_rate < 0.2"], monitoring__triggers=[])),
    ("EF-1", UNPROVEN, proposed),
    ("EF-2", MET, same),
    ("EF-2", AT_RISK, with_project(monitoring__triggers=ON_ACCURACY)),
    ("EF-2", BREACHED, with_project(monitoring__triggers=[])),
    ("EF-2", UNPROVEN, proposed),
    ("EF-3", MET, same),
    ("EF-3", AT_RISK, later(30)),
    ("EF-3", BREACHED, measured("effect", harms)),
    ("EF-3", UNPROVEN, nothing),
    ("EF-3", UNPROVEN, with_project(business__control_group={"none": "withholding would harm"})),
    ("EF-4", MET, same),
    ("EF-4", AT_RISK, later(30)),
    ("EF-4", BREACHED, measured("net_value", loses)),
    ("EF-4", UNPROVEN, nothing),
    ("AU-1", MET, same),
    ("AU-1", AT_RISK, newest_ingest_is("late")),
    ("AU-1", BREACHED, lambda evidence: replace(evidence, ingests=after(5).ingests)),
    ("AU-1", UNPROVEN, nothing),
    ("AU-2", MET, same),
    (
        "AU-2",
        AT_RISK,
        lambda evidence: replace(
            evidence,
            feature_sets=(
                *evidence.feature_sets[:-1],
                replace(evidence.feature_sets[-1], code_digest=factories.digest("other code")),
            ),
        ),
    ),
    ("AU-2", BREACHED, lambda evidence: replace(evidence, feature_sets=evidence.feature_sets[:-1])),
    ("AU-2", UNPROVEN, nothing),
    ("AU-3", MET, same),
    ("AU-3", AT_RISK, measured("recall", lambda item: replace(item, metric="other"))),
    (
        "AU-3",
        BREACHED,
        lambda evidence: replace(
            evidence, measurements=tuple(item for item in evidence.measurements if item.metric == "psi")
        ),
    ),
    ("AU-3", UNPROVEN, nothing),
    ("AU-4", MET, same),
    ("AU-4", AT_RISK, firing(0, Action.RETRAIN)),
    ("AU-4", BREACHED, firing(2, Action.RETRAIN)),
    ("AU-4", UNPROVEN, nothing),
    ("AU-5", MET, same),
    ("AU-5", AT_RISK, trainings_fail(1)),
    ("AU-5", BREACHED, trainings_fail(3)),
    ("AU-5", UNPROVEN, later(5)),
    ("AU-6", MET, same),
    ("AU-6", AT_RISK, approved_but_idle),
    ("AU-6", BREACHED, scored_by("v1")),
    ("AU-6", UNPROVEN, later(5)),
    ("AU-7", MET, later(30)),
    ("AU-7", MET, chain(later(30), decided_dossier)),
    ("AU-7", AT_RISK, chain(later(30), lambda evidence: replace(evidence, now=evidence.now + timedelta(days=20)))),
    ("AU-7", AT_RISK, with_project(monitoring__triggers=ON_ACCURACY)),
    ("AU-7", BREACHED, chain(later(30), lambda evidence: replace(evidence, dossiers=()))),
    ("AU-7", UNPROVEN, same),
    ("AU-8", MET, retired(cleanly=True)),
    ("AU-8", AT_RISK, asked_to_retire),
    ("AU-8", BREACHED, retired(cleanly=False)),
    ("AU-8", UNPROVEN, same),
    ("AU-9", MET, same),
    ("AU-9", AT_RISK, with_project(training__on="all")),
    ("AU-9", AT_RISK, with_project(people__review="agents@telco.example")),
    ("AU-9", UNPROVEN, later(5)),
    ("AU-10", MET, same),
    ("AU-10", AT_RISK, with_project(monitoring__commissioning=0)),
    ("AU-10", BREACHED, firing(12, Action.RETRAIN, window=1)),
    ("AU-10", UNPROVEN, later(2)),
    ("AU-10", UNPROVEN, nothing),
    ("AU-11", UNPROVEN, same),
    ("AU-11", MET, swept),
    ("RI-1", AT_RISK, same),
    ("RI-1", BREACHED, names_in_snapshots),
    ("RI-1", UNPROVEN, nothing),
    ("RI-2", UNPROVEN, same),
    ("RI-3", UNPROVEN, same),
    ("RI-4", MET, same),
    ("RI-4", AT_RISK, unsigned("v2")),
    ("RI-4", BREACHED, unsigned("v3")),
    ("RI-4", BREACHED, run_of("v3", environment=None)),
    ("RI-4", UNPROVEN, nothing),
    ("RI-5", UNPROVEN, same),
    ("ENV-1", UNPROVEN, same),
    ("ENV-1", MET, promoted(Direction.IN, live=True)),
    ("ENV-1", MET, promoted(Direction.OUT, live=False)),
    ("ENV-1", AT_RISK, promoted(Direction.IN, live=False)),
    ("AD-1", MET, same),
    ("AD-1", BREACHED, scored_by("v7")),
    ("AD-1", UNPROVEN, nothing),
    ("AD-2", MET, same),
    ("AD-2", AT_RISK, lambda evidence: replace(evidence, seals=evidence.seals[:-1])),
    ("AD-2", BREACHED, seal_covers(19_999)),
    ("AD-2", BREACHED, lambda evidence: replace(evidence, seals=evidence.seals[1:])),
    ("AD-2", UNPROVEN, nothing),
    ("AD-3", MET, same),
    ("AD-3", AT_RISK, lambda evidence: replace(evidence, snapshots=())),
    ("AD-3", BREACHED, run_of("v2", dataset=None)),
    ("AD-3", UNPROVEN, nothing),
    ("AD-4", MET, held_outside),
    ("AD-4", AT_RISK, same),
    ("AD-4", AT_RISK, ledger(held_outside_at=factories.month(10))),
    ("AD-4", BREACHED, ledger(verified=False)),
    ("AD-4", UNPROVEN, lambda evidence: replace(evidence, ledger=LedgerFacts(size=12))),
    ("RE-1", UNPROVEN, same),
    ("RE-2", UNPROVEN, same),
    ("RE-3", MET, same),
    ("RE-3", AT_RISK, run_of("v2", log=None)),
    ("RE-3", BREACHED, run_of("v3", source=None)),
    ("RE-3", UNPROVEN, nothing),
    ("EX-1", MET, same),
    ("EX-1", BREACHED, with_project(regulatory__explanation="none")),
    ("EX-1", UNPROVEN, proposed),
    ("EX-2", UNPROVEN, same),
    ("EX-3", UNPROVEN, same),
    ("EX-4", UNPROVEN, same),
    ("HO-1", UNPROVEN, with_project(regulatory__solely_automated=True)),
    ("HO-2", MET, decided_by("authenticated")),
    ("HO-2", AT_RISK, same),
    ("HO-2", AT_RISK, decided_by("asserted")),
    ("HO-2", BREACHED, lambda evidence: replace(evidence, decisions=())),
    ("HO-2", BREACHED, decided_by("asserted", by="ds@telco.example")),
    ("HO-2", BREACHED, decided_by("automatic")),
    ("HO-2", UNPROVEN, nothing),
]


def verdict_of(evidence: Evidence, requirement: str) -> tuple[Verdict, str]:
    found = next(item for item in check(evidence) if item.id == requirement)
    return found.verdict, found.reason


@pytest.mark.parametrize(
    ("requirement", "verdict", "change"), CASES, ids=[f"{case[0]}-{case[1]}-{at}" for at, case in enumerate(CASES)]
)
def test_fixture_gives_its_verdict(requirement: str, verdict: Verdict, change: Change) -> None:
    seen, reason = verdict_of(change(after(15)), requirement)
    assert seen is verdict, reason


def test_every_verdict_that_a_rule_can_give_has_a_fixture() -> None:
    possible = {(row.id, verdict) for row in REQUIREMENTS for verdict in row.can_be}
    assert {(requirement, verdict) for requirement, verdict, _ in CASES} == possible


@pytest.mark.parametrize("row", REQUIREMENTS, ids=lambda row: row.id)
def test_switching_off_takes_the_reason_of_the_project(row: object) -> None:
    requirement = row.id  # type: ignore[attr-defined]
    project = factories.project({"switched_off": {requirement: "the works council decides"}})
    assert verdict_of(replace(after(15), project=project), requirement) == (
        Verdict.SWITCHED_OFF,
        "the works council decides",
    )


@pytest.mark.parametrize(
    ("requirement", "changes"),
    [
        ("RI-5", {"regulatory.affects_people": False}),
        ("EX-2", {"regulatory.affects_people": False}),
        ("EX-3", {"regulatory.affects_people": False}),
        ("EX-4", {"regulatory.affects_people": False}),
        ("HO-1", {}),
        ("HO-2", {"deployment.approval": None}),
    ],
)
def test_what_does_not_apply_names_the_line_of_the_project_file(requirement: str, changes: dict[str, object]) -> None:
    evidence = replace(after(15), project=factories.project(changes))
    verdict, reason = verdict_of(evidence, requirement)
    assert verdict is Verdict.SWITCHED_OFF
    assert "the project file" in reason
    assert "." in reason.split("(")[1]
