"""What is due: the order of the stages, catch-up, and that nothing is due twice."""

from dataclasses import replace

from copml.operations import due
from copml.operations.agenda import history, learnable
from copml.records import Action, Delivery, Retirement, Stage, TaskState, VersionState

from .views import (
    deployment,
    done,
    features,
    firing,
    ingest,
    ingests,
    measured,
    month,
    project,
    scoring_run,
    training,
    version,
    view,
)


def keys(found: object) -> list[str]:
    return [task.key for task in due(found)]  # type: ignore[arg-type]


INGESTED = tuple(done(f"ingest/{name}/2025-12-31T23:00Z") for name in ("customers", "departures", "offers"))
HISTORY = done("features/history", Stage.FEATURES)


def test_a_new_project_reads_every_source() -> None:
    assert keys(view(month(0))) == [
        "ingest/customers/2025-12-31T23:00Z",
        "ingest/departures/2025-12-31T23:00Z",
        "ingest/offers/2025-12-31T23:00Z",
    ]


def test_features_wait_for_every_source() -> None:
    found = view(month(0), tasks=INGESTED, ingests=(ingest("customers", month(0)), ingest("departures", month(0))))
    assert keys(found) == []


def test_features_of_history_and_then_of_the_slot_come_next() -> None:
    found = view(month(0), tasks=INGESTED, ingests=ingests(0))
    assert keys(found) == ["features/history"]
    assert keys(replace(found, tasks=(*INGESTED, HISTORY))) == ["features/2025-12-31T23:00Z"]


def test_history_reaches_back_to_the_first_event() -> None:
    early = replace(ingest("customers", month(0)), event_at_min=month(-6))
    assert history(view(month(0), ingests=(early, *ingests(0)[1:]))) == [month(number) for number in range(-6, 0)]


def test_history_is_bounded_by_what_training_wants() -> None:
    spec = project(change="  seed: 7 =>   seed: 7\n  history: 2 months")
    early = replace(ingest("customers", month(0)), event_at_min=month(-20))
    assert history(view(month(0), spec, ingests=(early,)))[0] == month(-4)


def test_a_first_version_is_trained_once_outcomes_have_matured() -> None:
    base = view(month(0), tasks=(*INGESTED, HISTORY, done("features/2025-12-31T23:00Z")), ingests=ingests(0))
    young = replace(base, feature_sets=(features(-1), features(0)))
    ready = replace(base, feature_sets=(features(-4), features(0)))
    assert keys(young) == []
    assert keys(ready) == ["train/first/2025-12-31T23:00Z"]
    assert learnable(ready) == [month(-4)]


def trained() -> object:
    return view(
        month(0),
        tasks=(*INGESTED, HISTORY, done("features/2025-12-31T23:00Z"), done("train/first/2025-12-31T23:00Z")),
        ingests=ingests(0),
        feature_sets=(features(-4), features(0)),
        runs=(training(0),),
    )


def test_a_candidate_waits_for_people_and_an_approved_one_is_deployed() -> None:
    waiting = replace(trained(), versions=(version(state=VersionState.CANDIDATE),))  # type: ignore[type-var]
    assert keys(waiting) == []
    assert keys(replace(waiting, versions=(version(),))) == ["deploy/v1"]


def test_without_a_wish_for_approval_the_loop_approves() -> None:
    spec = project(change="  approval: {by: business, four_eyes: true}\n => ")
    waiting = replace(trained(), project=spec, versions=(version(state=VersionState.CANDIDATE),))  # type: ignore[type-var]
    assert keys(waiting) == ["deploy/approve/v1"]


def live(now: int = 0, **records: object) -> object:
    base = replace(trained(), versions=(version(),), deployments=(deployment(),), now=month(now))  # type: ignore[type-var]
    return replace(base, tasks=(*base.tasks, done("deploy/v1", Stage.DEPLOY)), **records)  # type: ignore[attr-defined]


def test_a_live_version_scores_the_slot_then_it_is_sealed_then_measured() -> None:
    assert keys(live()) == ["score/2025-12-31T23:00Z"]
    scored = replace(live(), scoring_runs=(scoring_run(0),))  # type: ignore[type-var]
    scored = replace(scored, tasks=(*scored.tasks, done("score/2025-12-31T23:00Z", Stage.SCORE)))
    assert keys(scored) == ["seal/s-0"]
    sealed = replace(scored, tasks=(*scored.tasks, done("seal/s-0", Stage.SEAL)))
    assert keys(sealed) == ["monitor/inputs/2025-12-31T23:00Z"]


def caught_up(wish: str) -> list[str]:
    """Tasks that make features, in the order in which they come out, one after the other."""
    spec = project(change=f"  threshold: 0.5 =>   threshold: 0.5\n  catch_up: {wish}")
    found = live(3, project=spec, ingests=ingests(0, 3), scoring_runs=(scoring_run(0),))
    made: list[str] = []
    while tasks := [task for task in due(found) if task.stage in (Stage.INGEST, Stage.FEATURES)]:  # type: ignore[arg-type]
        made += [task.key for task in tasks if task.stage is Stage.FEATURES]
        found = replace(found, tasks=(*found.tasks, *(done(task.key) for task in tasks)))  # type: ignore[type-var, attr-defined]
    return made


def test_missed_slots_are_caught_up_as_the_project_says() -> None:
    assert caught_up("latest") == ["features/2026-03-31T22:00Z"]
    assert caught_up("all") == [
        "features/2026-01-31T23:00Z",
        "features/2026-02-28T23:00Z",
        "features/2026-03-31T22:00Z",
    ]


def test_a_firing_that_acted_makes_a_training_due_and_a_proposed_one_does_not() -> None:
    def after(mode: str) -> list[str]:
        records = {"scoring_runs": (scoring_run(0),), "firings": (firing(0, (Action.RETRAIN,), fired=0, mode=mode),)}
        found = live(**records)
        while tasks := [task for task in due(found) if task.stage is not Stage.TRAIN]:  # type: ignore[arg-type]
            found = replace(found, tasks=(*found.tasks, *(done(task.key) for task in tasks)))  # type: ignore[type-var, attr-defined]
        return keys(found)

    assert after("acted") == ["train/t/2025-12-31T23:00Z"]
    assert after("proposed") == []


def test_nothing_is_due_for_a_retired_project_but_its_last_alerts() -> None:
    end = Retirement(project="telco-churn", by="b", reason="r", at=month(0))
    alert = Delivery(
        project="telco-churn", id="x", sink="log", incident="i", body="b", delivered_at=None, attempts=0, error=""
    )
    assert keys(view(month(5), retirement=end)) == []
    assert keys(view(month(5), retirement=end, deliveries=(alert,))) == ["notify/x"]


def test_a_task_that_failed_for_good_does_not_hold_up_the_others() -> None:
    failed = replace(INGESTED[0], state=TaskState.FAILED, attempts=3)
    assert keys(view(month(0), tasks=(failed,))) == [
        "ingest/departures/2025-12-31T23:00Z",
        "ingest/offers/2025-12-31T23:00Z",
    ]


def test_outcomes_are_measured_when_they_have_matured_and_were_read() -> None:
    def measured_at(now: int, read: int) -> bool:
        found = live(now, scoring_runs=(scoring_run(0),), ingests=ingests(*range(read + 1)))
        everything = {"ingest", "features", "score", "seal"}
        while tasks := [task for task in due(found) if task.key.split("/")[0] in everything]:  # type: ignore[arg-type]
            found = replace(found, tasks=(*found.tasks, *(done(task.key) for task in tasks)))  # type: ignore[type-var, attr-defined]
        return "monitor/outcomes/2025-12-31T23:00Z" in keys(found)

    assert not measured_at(2, 2)
    assert not measured_at(3, 2)
    assert measured_at(3, 3)


def test_late_outcomes_make_a_second_measurement_due_and_no_third() -> None:
    first = measured(0, "matured_ratio", 1.0, measured_at=month(3))
    late = replace(ingest("departures", month(4)), event_at_min=month(2))
    found = live(
        7, scoring_runs=(scoring_run(0),), measurements=(first,), ingests=(*ingests(0, 1, 2, 3, 5, 6, 7), late)
    )
    everything = {"ingest", "features", "score", "seal"}
    while tasks := [task for task in due(found) if task.key.split("/")[0] in everything]:  # type: ignore[arg-type]
        found = replace(found, tasks=(*found.tasks, *(done(task.key) for task in tasks)))  # type: ignore[type-var, attr-defined]
    assert "monitor/corrections/2025-12-31T23:00Z" in keys(found)
    second = replace(found, measurements=(first, replace(first, pass_=1)))  # type: ignore[type-var]
    assert "monitor/corrections/2025-12-31T23:00Z" not in keys(second)
