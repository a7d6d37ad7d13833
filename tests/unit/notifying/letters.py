"""Messages for the tests of what is sent."""

from dataclasses import replace
from datetime import UTC, datetime

from copml.records import Channel, Message, Notice, NoticeKind

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def notice(**changes: object) -> Notice:
    made = Notice(
        kind=NoticeKind.INCIDENT, subject="alert-1/2026-03-01T00:00Z", text="Inputs have changed.", since=AT, step=0,
        urgent=False,
    )  # fmt: skip
    return replace(made, **changes)  # type: ignore[arg-type]


def message(*notices: Notice, **changes: object) -> Message:
    made = Message(
        project="telco-churn", id="0123456789abcdef0123456789abcdef", person="ds@telco.example",
        channel=Channel.EMAIL, to="ds@telco.example", secret="", outbox=False, simulated=False, zone="Europe/Berlin",
        notices=notices or (notice(),), composed_at=AT, next_at=AT, delivered_at=None, attempts=0, error="",
    )  # fmt: skip
    return replace(made, **changes)  # type: ignore[arg-type]
