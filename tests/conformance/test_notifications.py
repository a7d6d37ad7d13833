"""Preferences and messages come back from every engine as they were kept, and as entries of the ledger."""

from dataclasses import replace
from datetime import UTC, datetime

from copml.notifying import default_preference
from copml.operations import keep
from copml.records import Channel, Entry, Message, Notice, NoticeKind, Preference
from copml.store import State

NOW = datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
STATED = replace(
    default_preference("Zoë", mail=False), webhook="COPML_NOTIFY_HOOK", quiet="22:00-07:00", changed_at=NOW
)
NOTICE = Notice(kind=NoticeKind.INCIDENT, subject="a/1", text="née\n‮", since=NOW, step=1, urgent=True)
MESSAGE = Message(
    project="p", id="m1", person="zoë", channel=Channel.WEBHOOK, to="COPML_NOTIFY_HOOK", secret="", outbox=False,
    simulated=True, zone="Europe/Berlin", notices=(NOTICE,), composed_at=NOW, next_at=NOW, delivered_at=None,
    attempts=0, error="",
)  # fmt: skip


def test_what_people_wish_and_are_told_comes_back_as_it_was(state: State) -> None:
    with state.write() as tx:
        keep(tx, [STATED, MESSAGE], NOW)
        keep(tx, [replace(MESSAGE, delivered_at=NOW, attempts=1)], NOW)
    with state.read() as reader:
        assert reader.find(Preference) == [STATED]
        assert reader.find(Message) == [replace(MESSAGE, delivered_at=NOW, attempts=1)]
        assert [entry.kind for entry in reader.find(Entry)] == ["preference", "message"]
