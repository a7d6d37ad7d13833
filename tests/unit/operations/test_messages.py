"""Messages: what is grouped into one, that nothing is told twice or lost, and when the next attempt is made."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from copml.notifying import default_preference
from copml.operations import View, due
from copml.operations.messages import ATTEMPTS_MAX, LONGEST_WAIT, attempted, compose, composing, sending
from copml.records import (
    Cause,
    Channel,
    IncidentState,
    Message,
    NoticeKind,
    Preference,
    Retirement,
    Rhythm,
    Role,
    VersionState,
)

from .test_notices import BUSINESS, SCIENCE, dossier, incident
from .views import month, version, view

MORNING = month(0) + timedelta(hours=8)


def mailed(**records: object) -> View:
    return view(month(0), mail=True, **records)


def preference(name: str = SCIENCE, **changes: object) -> Preference:
    return replace(default_preference(name, mail=True), **changes)  # type: ignore[arg-type]


def telling(found: View) -> list[str]:
    return [task.key.rpartition("/")[0] for task in due(found) if task.key.startswith("notify/")]


def ids(messages: tuple[Message, ...]) -> list[list[str]]:
    return [[notice.id for notice in message.notices] for message in messages]


def test_what_is_due_for_a_person_is_one_message() -> None:
    found = mailed(incidents=(incident("a/1"), incident("b/1"), incident("c/1", owner=Role.DATA)))
    assert dict(composing(found)) == {SCIENCE: 0, "data-eng@telco.example": 0}
    assert ids(compose(found, SCIENCE)) == [["incident/a/1/0", "incident/b/1/0"]]


def test_a_digest_waits_for_its_hour_and_then_brings_everything() -> None:
    found = mailed(dossiers=(dossier(),), versions=(version("v3", VersionState.CANDIDATE),))
    assert not list(composing(found))
    ready = replace(found, now=MORNING)
    assert dict(composing(ready)) == {BUSINESS: 0}
    assert ids(compose(ready, BUSINESS)) == [["approval/v3/0", "dossier/review-1/0"]]


def test_every_channel_gets_a_message_with_an_id_of_its_own() -> None:
    stated = preference(webhook="COPML_NOTIFY_A", webhook_secret="COPML_NOTIFY_B", apprise="COPML_NOTIFY_C")
    found = mailed(incidents=(incident(),), preferences=(stated,))
    messages = compose(found, SCIENCE)
    assert [(item.channel, item.to) for item in messages] == [
        (Channel.EMAIL, SCIENCE),
        (Channel.WEBHOOK, "COPML_NOTIFY_A"),
        (Channel.APPRISE, "COPML_NOTIFY_C"),
    ]
    assert len({item.id for item in messages}) == 3
    assert messages == compose(found, SCIENCE)


def test_what_was_told_is_not_told_again_and_news_make_another_message() -> None:
    found = mailed(incidents=(incident("a/1"),))
    once = replace(found, messages=compose(found, SCIENCE))
    assert not list(composing(once))
    more = replace(once, incidents=(incident("a/1"), incident("b/1")), now=month(0) + timedelta(hours=1))
    assert dict(composing(more)) == {SCIENCE: 1}
    assert ids(compose(more, SCIENCE)) == [["incident/b/1/0"]]


def test_who_has_no_channel_is_told_later_what_still_stands() -> None:
    silent = view(month(0), incidents=(incident("a/1"), incident("b/1")))
    assert not list(composing(silent))
    over = incident("a/1", state=IncidentState.RESOLVED)
    found = replace(silent, mail=True, incidents=(over, incident("b/1")))
    assert ids(compose(found, SCIENCE)) == [["incident/b/1/0"]]


def test_who_wants_to_hear_nothing_hears_nothing() -> None:
    stated = preference(rhythms=dict.fromkeys(NoticeKind, Rhythm.NEVER))
    assert not list(composing(mailed(incidents=(incident(),), preferences=(stated,))))


def test_urgent_news_at_night_leave_the_rest_for_the_morning() -> None:
    stated = preference(quiet="22:00-07:00", urgent_breaks_quiet=True)
    found = mailed(incidents=(incident("a/1"), incident("b/1", cause=Cause.SERVICE)), preferences=(stated,))
    assert ids(compose(found, SCIENCE)) == [["incident/b/1/0"]]
    morning = replace(found, messages=compose(found, SCIENCE), now=MORNING)
    assert ids(compose(morning, SCIENCE)) == [["incident/a/1/0"]]


def test_a_simulated_workspace_writes_to_its_outbox_unless_the_person_says_otherwise() -> None:
    found = mailed(incidents=(incident(),), simulated=True)
    assert [item.outbox for item in compose(found, SCIENCE)] == [True]
    stated = replace(found, preferences=(preference(sends_simulated=True),))
    assert [(item.outbox, item.simulated) for item in compose(stated, SCIENCE)] == [(False, True)]


def test_composing_and_sending_are_tasks_of_their_own() -> None:
    found = mailed(incidents=(incident(),))
    (composed,) = [task for task in due(found) if task.key.startswith("notify/")]
    assert composed.key.startswith("notify/compose/")
    assert composed.key.endswith("/0")
    assert SCIENCE not in composed.key
    kept = replace(found, messages=compose(found, SCIENCE))
    assert telling(kept) == ["notify/send"]
    failed = attempted(kept.messages[0], "refused", kept.now)
    assert telling(replace(kept, messages=(failed,))) == []
    assert telling(replace(kept, messages=(failed,), now=failed.next_at)) == ["notify/send"]
    arrived = attempted(failed, "", kept.now)
    assert telling(replace(kept, messages=(arrived,), now=failed.next_at)) == []


def test_a_retired_project_sends_what_was_composed_and_composes_no_more() -> None:
    end = Retirement(project="telco-churn", by="b", reason="r", at=month(0))
    found = mailed(incidents=(incident(),))
    kept = replace(found, messages=compose(found, SCIENCE), retirement=end, incidents=(incident("b/1"),))
    assert telling(kept) == ["notify/send"]


@given(st.integers(1, ATTEMPTS_MAX - 1))
def test_waits_grow_up_to_a_limit_and_the_id_stays(failures: int) -> None:
    found = mailed(incidents=(incident(),))
    (message,) = compose(found, SCIENCE)
    waits = []
    for _ in range(failures):
        after = attempted(message, "refused", message.next_at)
        waits.append(after.next_at - message.next_at)
        assert (after.id, after.attempts, after.error) == (message.id, message.attempts + 1, "refused")
        message = after
    assert waits == sorted(waits)
    assert max(waits) <= LONGEST_WAIT
    assert not list(sending(replace(found, messages=(message,))))
    assert list(sending(replace(found, messages=(message,), now=message.next_at))) == [message]


def test_after_the_last_attempt_another_can_be_asked_for_at_once() -> None:
    (message,) = compose(mailed(incidents=(incident(),)), SCIENCE)
    for _ in range(ATTEMPTS_MAX):
        assert message.attempts == 0 or message.next_at > message.composed_at
        message = attempted(message, "refused", message.next_at)
    assert attempted(message, "refused", month(1)).next_at == month(1)
    waited = sum(2**number for number in range(8)) + 3 * 240
    assert message.next_at - message.composed_at == timedelta(minutes=waited)


@given(st.lists(st.tuples(st.integers(0, 60), st.booleans()), max_size=8), st.booleans())
def test_everything_is_told_once_whenever_one_looks(opened: list[tuple[int, bool]], quiet: bool) -> None:
    """Looking every hour, whatever comes up when: each notice is in exactly one message, and none is left."""
    items = tuple(
        incident(
            f"i{number}/1", opened_at=month(0) + timedelta(hours=at), cause=Cause.SERVICE if urgent else Cause.VALUE
        )
        for number, (at, urgent) in enumerate(opened)
    )
    stated = preference(quiet="20:00-06:00" if quiet else "", urgent_breaks_quiet=True)
    messages: tuple[Message, ...] = ()
    for hour in range(60 + 12):
        now = month(0) + timedelta(hours=hour)
        known = tuple(item for item in items if item.opened_at <= now)
        found = mailed(incidents=known, preferences=(stated,), messages=messages)
        messages += compose(replace(found, now=now), SCIENCE)
    told = [notice.subject for message in messages for notice in message.notices]
    assert sorted(told) == sorted(item.id for item in items)
