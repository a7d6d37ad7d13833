"""Verdicts as Markdown, for a comment on a pull request or the summary of a pipeline.

Invariant: what a verdict says cannot leave its cell: markup in it is shown as it was written. What changed comes first;
what stayed is counted and folded away.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

from copml.conformance import UNWELCOME, RequirementVerdict, VerdictChange
from copml.conformance.words import count
from copml.records import Verdict

_MARKUP = str.maketrans({sign: f"\\{sign}" for sign in "\\`*[]|~"} | {"<": "&lt;", ">": "&gt;", "&": "&amp;"})


def verdicts_markdown(project: str, verdicts: Sequence[RequirementVerdict]) -> str:
    """A table of all verdicts, after a line that counts them."""
    counted = Counter(item.verdict for item in verdicts)
    told = ", ".join(f"{counted[verdict]} {verdict}" for verdict in Verdict if counted[verdict])
    rows = [(item.id, item.title, item.verdict, item.reason) for item in verdicts]
    return _page(f"{project}: {told}", _table(("id", "requirement", "verdict", "why"), rows))


def changes_markdown(project: str, changes: Sequence[VerdictChange]) -> str:
    """A table of the verdicts that changed, those that a reviewer has to agree with first; the others folded away."""
    moved = [item for item in changes if item.before != item.after]
    unwelcome = [item for item in moved if item.turn in UNWELCOME]
    kept = [item for item in changes if item.before == item.after]
    parts = (
        [_table(("id", "requirement", "before", "after", "change", "why"), _moved(moved, unwelcome))] if moved else []
    )
    if kept:
        same = _table(("id", "requirement", "verdict"), [(item.id, item.title, _verdict(item.after)) for item in kept])
        parts.append(f"<details><summary>{len(kept)} stayed as they were</summary>\n\n{same}\n\n</details>")
    return _page(f"{project}: {headline_changed(changes)}", *parts)


def headline_changed(changes: Iterable[VerdictChange]) -> str:
    """How many verdicts changed, and which way.

    >>> headline_changed([])
    'no verdict changed'
    """
    turns = Counter(item.turn for item in changes if item.before != item.after)
    told = ", ".join(f"{number} {turn}" for turn, number in turns.items())
    return f"{count(turns.total(), 'verdict')} changed: {told}" if turns else "no verdict changed"


def _moved(moved: Iterable[VerdictChange], first: Sequence[VerdictChange]) -> Iterable[tuple[str, ...]]:
    for item in (*first, *(item for item in moved if item not in first)):
        yield item.id, item.title, _verdict(item.before), _verdict(item.after), item.turn, item.reason


def _verdict(verdict: Verdict | None) -> str:
    return "–" if verdict is None else str(verdict)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *([_cell(cell) for cell in row] for row in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).translate(_MARKUP)


def _page(title: str, *parts: str) -> str:
    return "\n\n".join([f"### {_cell(title)}", *parts]) + "\n"
