"""A message in words: subject, plain text, simple HTML (pure).

Invariant: a subject is one line, whatever the names in it; what people and projects wrote is escaped in HTML; a message
stays short, and says how many notices it leaves out. What a notice says is decided where it arises.
"""

import html
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from zoneinfo import ZoneInfo

from copml.records import Message, Notice, NoticeKind

SHOWN_MAX = 20
TEXT_MAX = 400
SUBJECT_MAX = 200
_TITLES = {
    NoticeKind.INCIDENT: ("incident", "incidents"),
    NoticeKind.APPROVAL: ("approval that waits", "approvals that wait"),
    NoticeKind.DOSSIER: ("dossier to judge", "dossiers to judge"),
    NoticeKind.MENTION: ("mention", "mentions"),
}
_NEXT = {
    NoticeKind.INCIDENT: "copml acknowledge {}",
    NoticeKind.APPROVAL: "copml approve {} (or reject), with a reason",
    NoticeKind.DOSSIER: "copml judge {} continue (or retire), with a reason",
    NoticeKind.MENTION: "",
}
assert _TITLES.keys() == _NEXT.keys() == set(NoticeKind)


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What a person reads."""

    subject: str
    plain: str
    html: str


@dataclass(frozen=True, slots=True)
class _Section:
    title: str
    items: tuple[tuple[str, str], ...]


def one_line(text: str, most: int = TEXT_MAX) -> str:
    r"""A text without line breaks and other control characters, cut where it is long.

    >>> one_line("a\r\nBcc: b")
    'a Bcc: b'
    """
    kept = "".join(" " if unicodedata.category(letter) in ("Cc", "Cf", "Zl", "Zp") else letter for letter in text)
    line = " ".join(kept.split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def letter(message: Message) -> Letter:
    """A message as it is read."""
    sections, left_out = _sections(message)
    mark = ", simulated" if message.simulated else ""
    counts = ", ".join(section.title for section in sections)
    place = one_line(f"copml {message.project}".strip())
    more = f"and {left_out} more; `copml status` and `copml incidents` list them" if left_out else ""
    end = f"Delivery {message.id}. `copml notify` changes how you are told."
    return Letter(
        subject=one_line(f"[{place}{mark}] {counts}", SUBJECT_MAX),
        plain="\n".join([f"{place}{mark}", "", *_plain(sections), *([more, ""] if more else []), "-- ", end, ""]),
        html=_html(f"{place}{mark}", sections, more, end),
    )


def _sections(message: Message) -> tuple[list[_Section], int]:
    """Notices by kind, urgent and escalated ones first; how many are left out."""
    order = list(NoticeKind)
    notices = sorted(message.notices, key=lambda item: (order.index(item.kind), not item.urgent, item.since))
    shown = notices[:SHOWN_MAX]
    totals = {kind: sum(item.kind is kind for item in notices) for kind in order}
    sections = [
        _Section(
            f"{totals[kind]} {_TITLES[kind][totals[kind] != 1]}",
            tuple(_item(item, ZoneInfo(message.zone)) for item in items),
        )
        for kind, items in groupby(shown, key=lambda item: item.kind)
    ]
    return sections, len(notices) - len(shown)


def _item(notice: Notice, zone: ZoneInfo) -> tuple[str, str]:
    """What a notice says, and what to do."""
    since = notice.since.astimezone(zone)
    waited = "; nobody has taken it up" if notice.step else ""
    urgent = "Urgent: " if notice.urgent else ""
    text = f"{urgent}{one_line(notice.text)} (since {since:%Y-%m-%d %H:%M %Z}{waited})"
    return text, _NEXT[notice.kind].format(one_line(notice.subject))


def _plain(sections: list[_Section]) -> Iterator[str]:
    for section in sections:
        yield section.title[:1].upper() + section.title[1:]
        for text, todo in section.items:
            yield f"* {text}"
            if todo:
                yield f"  {todo}"
        yield ""


def _html(place: str, sections: list[_Section], more: str, end: str) -> str:
    parts = [f"<h1>{html.escape(place)}</h1>"]
    for section in sections:
        parts += [f"<h2>{html.escape(section.title)}</h2>", "<ul>"]
        for text, todo in section.items:
            command = f"<br><code>{html.escape(todo)}</code>" if todo else ""
            parts.append(f"<li>{html.escape(text)}{command}</li>")
        parts.append("</ul>")
    parts += [f"<p>{html.escape(line)}</p>" for line in (more, end) if line]
    return f'<!doctype html><html><head><meta charset="utf-8"></head><body>{"".join(parts)}</body></html>'
