"""Who is told what: owners, those who must act, those who are named; and who is next where nobody acts."""

from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from copml.access import Delegation, Note, NoteSubject
from copml.operations import View
from copml.operations.notices import notices
from copml.records import (
    Action,
    Cause,
    CauseStage,
    Dossier,
    Incident,
    IncidentState,
    Notice,
    NoticeKind,
    Retirement,
    RevisionState,
    Role,
    VersionState,
)
from copml.spec import Project
from copml.spec.periods import Duration, Period
from copml.spec.project import Escalation

from .views import month, project, version, view

BUSINESS, DATA, SCIENCE, OPERATIONS = (f"{name}@telco.example" for name in ("retention", "data-eng", "ds", "ml-ops"))
LADDER = (Role.SCIENCE, Role.OPERATIONS, Role.BUSINESS, Role.DATA)


def incident(name: str = "alert-1/2026", **changes: object) -> Incident:
    made = Incident(
        project="telco-churn", id=name, what="Inputs have changed.", cause_stage=CauseStage.MODEL,
        cause=Cause.COVARIATE_SHIFT, owner=Role.SCIENCE, evidence={}, starts_at=month(0), opened_at=month(0),
        state=IncidentState.OPEN, closed_at=None, resolution="",
    )  # fmt: skip
    return replace(made, **changes)  # type: ignore[arg-type]


def dossier(decided: str = "") -> Dossier:
    return Dossier(
        project="telco-churn", id="review-1", action=Action.REVIEW, question="Is it worth running?", evidence={},
        opened_at=month(0), decided=decided,
    )  # fmt: skip


def escalating(*steps: tuple[int, Role]) -> Project:
    spec = project()
    found = tuple(Escalation(after=Duration(hours, Period.HOUR), to=role) for hours, role in steps)
    alerts = spec.monitoring.alerts.model_copy(update={"escalate": found})
    return spec.model_copy(update={"monitoring": spec.monitoring.model_copy(update={"alerts": alerts})})


def told(found: View) -> dict[str, list[str]]:
    """What each person is told, by id."""
    people: dict[str, list[str]] = {}
    for name, notice in notices(found):
        people.setdefault(name, []).append(notice.id)
    return people


def only(found: View) -> Notice:
    ((_, notice),) = notices(found)
    return notice


def test_an_incident_is_told_to_its_owner_while_it_is_open() -> None:
    assert told(view(month(0), incidents=(incident(),))) == {SCIENCE: ["incident/alert-1/2026/0"]}
    assert told(view(month(0), incidents=(incident(owner=Role.DATA),))) == {DATA: ["incident/alert-1/2026/0"]}
    for state in (IncidentState.ACKNOWLEDGED, IncidentState.RESOLVED):
        assert told(view(month(0), incidents=(incident(state=state),))) == {}


def test_missing_or_wrong_predictions_are_urgent_and_drift_is_not() -> None:
    assert only(view(month(0), incidents=(incident(cause=Cause.SERVICE),))).urgent
    assert only(view(month(0), incidents=(incident(cause=Cause.UPSTREAM_DATA),))).urgent
    assert not only(view(month(0), incidents=(incident(),))).urgent


def test_what_code_said_when_it_failed_is_not_repeated() -> None:
    for name in ("failed/ingest/customers/2026", "training/run-1"):
        quoting = incident(name, what="The task failed: no such customer: 'Jane Roe'.", cause=Cause.SERVICE)
        text = only(view(month(0), incidents=(quoting,))).text
        assert "Jane Roe" not in text
        assert "copml incidents" in text
    assert "Inputs have changed. Cause: covariate shift (model)." in only(view(month(0), incidents=(incident(),))).text


def test_what_waits_is_told_to_the_role_that_must_act() -> None:
    candidate = version("v3", VersionState.CANDIDATE)
    found = view(month(0), versions=(candidate,), dossiers=(dossier(),))
    proposed = replace(found.revision, number=2, state=RevisionState.PROPOSED)
    assert told(replace(found, proposed=(proposed,))) == {
        BUSINESS: ["approval/v3/0", "approval/r2/0", "dossier/review-1/0"]
    }


def test_what_was_decided_is_told_to_nobody() -> None:
    found = view(month(0), versions=(version("v3", VersionState.APPROVED),), dossiers=(dossier("d1"),))
    assert told(found) == {}
    end = Retirement(project="telco-churn", by="b", reason="r", at=month(0))
    assert told(view(month(0), retirement=end, incidents=(incident(),), dossiers=(dossier(),))) == {}


def test_a_candidate_that_the_loop_approves_is_told_to_nobody() -> None:
    spec = project(change="  approval: {by: business, four_eyes: true}\n => ")
    assert told(view(month(0), spec, versions=(version("v3", VersionState.CANDIDATE),))) == {}


def note(*names: str, by: str = OPERATIONS) -> Note:
    return Note(
        project="telco-churn", id="n1", subject=NoteSubject.INCIDENT, subject_id="a/1", by=by, identity="asserted",
        text="Jane Roe left", mentions=names, at=month(0),
    )  # fmt: skip


def test_who_is_named_in_a_note_is_told_where_and_not_what() -> None:
    notice = only(view(month(1), notes=(note(SCIENCE, OPERATIONS, SCIENCE),)))
    assert notice.kind is NoticeKind.MENTION
    assert notice.text == f"{OPERATIONS} named you in a note on incident a/1; `copml notes list` shows it"


def test_who_is_not_in_the_project_is_not_told_whatever_address_a_note_names() -> None:
    assert told(view(month(1), notes=(note("everybody", "stranger@elsewhere.example", SCIENCE),))) == {
        SCIENCE: ["mention/n1/0"]
    }


def test_deputies_are_told_what_those_are_whom_they_stand_in_for() -> None:
    away = Delegation(
        project="telco-churn", id="x", role=Role.SCIENCE, absent=SCIENCE, deputy="anna@telco.example",
        starts_at=month(1), until=month(2), reason="away", made_at=month(0),
    )  # fmt: skip
    for other in (away, replace(away, role=Role.DATA), replace(away, absent=OPERATIONS)):
        people = [list(told(view(month(number), incidents=(incident(),), delegations=(other,)))) for number in range(3)]
        deputy = ["anna@telco.example"] if other is away else []
        assert people == [[SCIENCE], [SCIENCE, *deputy], [SCIENCE]]


def test_what_nobody_took_up_goes_on_to_the_next_role_step_by_step() -> None:
    spec = escalating((4, Role.OPERATIONS), (24, Role.BUSINESS))

    def after(hours: float, **changes: object) -> list[str]:
        at = month(0) + timedelta(hours=hours)
        return [f"{name} {item.step}" for name, item in notices(view(at, spec, incidents=(incident(**changes),)))]

    assert after(3.9) == [f"{SCIENCE} 0"]
    assert after(4) == [f"{SCIENCE} 0", f"{OPERATIONS} 1"]
    assert after(24) == [f"{SCIENCE} 0", f"{OPERATIONS} 1", f"{BUSINESS} 2"]
    assert after(24, state=IncidentState.ACKNOWLEDGED) == []


def test_what_was_escalated_is_urgent() -> None:
    at = month(0) + timedelta(hours=4)
    urgent = [item.urgent for _, item in notices(view(at, escalating((4, Role.BUSINESS)), incidents=(incident(),)))]
    assert urgent == [False, True]


@given(
    st.lists(st.tuples(st.integers(1, 400), st.sampled_from(LADDER)), max_size=5),
    st.sampled_from(LADDER),
    st.integers(0, 500),
    st.integers(0, 500),
)
def test_escalation_tells_each_person_once_and_takes_nothing_back(
    steps: list[tuple[int, Role]], owner: Role, hours: int, more: int
) -> None:
    spec = escalating(*sorted(steps, key=lambda step: step[0]))

    def at(waited: int) -> list[tuple[str, int]]:
        now: datetime = month(0) + timedelta(hours=waited)
        found = view(now, spec, incidents=(incident(owner=owner),))
        return [(name, item.step) for name, item in notices(found)]

    early, late = at(hours), at(hours + more)
    assert [name for name, step in early if step == 0] == list(spec.people.of(owner))
    assert len({name for name, _ in early}) == len(early)
    assert set(early) <= set(late)
    reached = [to for after, to in steps if after <= hours]
    assert all(step <= len(reached) for _, step in early)
    assert {name for name, _ in early} == {name for role in (owner, *reached) for name in spec.people.of(role)}
