"""What a message says: grouped, short, one line where a line is asked for, escaped."""

from datetime import timedelta
from email import message_from_bytes, policy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copml.notifying import letter
from copml.notifying.addresses import is_address
from copml.notifying.mail import rendered
from copml.notifying.wording import SHOWN_MAX, SUBJECT_MAX
from copml.records import NoticeKind

from .letters import AT, message, notice

HEADERS = [
    "from", "to", "subject", "date", "message-id", "auto-submitted", "copml-delivery", "mime-version", "content-type",
]  # fmt: skip


def test_notices_are_grouped_by_kind_and_say_what_to_do() -> None:
    words = letter(
        message(
            notice(kind=NoticeKind.DOSSIER, subject="review-1", text="Is it worth running?"),
            notice(subject="a/1", text="Drift."),
            notice(subject="b/1", text="No data.", urgent=True, step=1),
            notice(kind=NoticeKind.APPROVAL, subject="v3", text="version v3 waits"),
        )
    )
    assert words.subject == "[copml telco-churn] 2 incidents, 1 approval that waits, 1 dossier to judge"
    lines = words.plain.splitlines()
    assert lines[2:7] == [
        "2 incidents",
        "* Urgent: No data. (since 2026-03-02 10:30 CET; nobody has taken it up)",
        "  copml acknowledge b/1",
        "* Drift. (since 2026-03-02 10:30 CET)",
        "  copml acknowledge a/1",
    ]
    assert "  copml approve v3 (or reject), with a reason" in lines
    assert "0123456789abcdef0123456789abcdef" in lines[-1]


def test_a_long_list_is_cut_and_says_so() -> None:
    many = [notice(subject=f"i/{number}", since=AT + timedelta(minutes=number)) for number in range(SHOWN_MAX + 12)]
    words = letter(message(*many))
    assert words.subject == f"[copml telco-churn] {SHOWN_MAX + 12} incidents"
    assert words.plain.count("* ") == SHOWN_MAX
    assert "and 12 more" in words.plain
    assert "and 12 more" in words.html


def test_a_simulated_workspace_says_so() -> None:
    words = letter(message(simulated=True))
    assert words.subject.startswith("[copml telco-churn, simulated]")
    assert "telco-churn, simulated" in words.plain
    assert "telco-churn, simulated" in words.html


def test_html_is_escaped() -> None:
    words = letter(message(notice(text="<script>alert(1)</script> & more", subject="<b>")))
    assert "<script>" not in words.html
    assert "<b>" not in words.html
    assert "&lt;script&gt;" in words.html


@given(st.text(), st.text(), st.text())
def test_no_text_breaks_a_header_or_a_line(text: str, subject: str, project: str) -> None:
    written = message(notice(text=f"{text}\r\nBcc: x@evil.example", subject=f"{subject}\nx"), project=project)
    mail = message_from_bytes(rendered(written, "copml@telco.example").as_bytes(), policy=policy.default)
    assert [name.lower() for name in mail] == HEADERS
    assert mail["Message-ID"] == f"<{written.id}@copml.invalid>"
    words = letter(written)
    assert len(words.subject) <= SUBJECT_MAX
    assert len(words.subject.splitlines()) == 1
    assert [line for line in words.plain.splitlines() if line.startswith("Bcc")] == []


@pytest.mark.parametrize(
    "text",
    [
        "", "ds", "ds@", "@x.example", "a@b@c.example", "a b@x.example", "a@x.example\nBcc: b@x.example", "a@x\r",
        "<a@x.example>", "a@x.example,b@x.example", '"a b"@x.example', "ä@x.example", "a@-x.example", "a..b@x.example",
        "a@x.example\x00", f"{'a' * 250}@x.example",
    ],
)  # fmt: skip
def test_what_is_no_single_address_is_none(text: str) -> None:
    assert not is_address(text)


@pytest.mark.parametrize("text", ["ds@telco.example", "first.last+copml@mail.telco.example", "root@localhost"])
def test_an_address_is_one(text: str) -> None:
    assert is_address(text)
