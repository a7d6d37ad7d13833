"""Commands that read: check, why, report, versions, incidents."""

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

from copml.cli import EXIT_BREACHED, EXIT_WORSE
from copml.cli.output import say, say_item, show_json, show_table, show_text, shown_path
from copml.cli.place import HERE, Place

if TYPE_CHECKING:
    from copml.records import Deployment, Incident, Interval, ModelVersion

URGENCY = ("open", "acknowledged", "resolved")
STYLES = {"met": "green", "at risk": "yellow", "breached": "red", "unproven": "magenta", "switched off": "dim"}


def check(*, against: Path | None = None, markdown: bool = False, place: Place = HERE) -> None:
    """Give a verdict, with its reason, for every requirement; exit status 3 when one is breached.

    With --against, tell what became of earlier verdicts; exit status 5 when one got worse, is no longer asked for or
    is no longer known, and 0 else.

    Args:
        against: A file that `copml check --json` wrote earlier, or elsewhere.
        markdown: Print Markdown, for a comment on a pull request; --json goes before it.
    """
    _check_against(against, markdown, place) if against is not None else _check_now(markdown, place)


def _check_now(markdown: bool, place: Place) -> None:
    from copml.app import check as check_project

    project, verdicts = place.answer(check_project)
    if place.json:
        show_json(verdicts)
    elif markdown:
        from copml.reporting import verdicts_markdown

        show_text(verdicts_markdown(project, verdicts))
    else:
        rows = [(item.id, item.verdict, item.reason) for item in verdicts]
        show_table(f"{project}: {len(rows)} requirements", ("id", "verdict", "why"), rows)
        say("next: `copml why ID` for any of them, `copml report` for the whole picture")
    if any(item.verdict == "breached" for item in verdicts):
        sys.exit(EXIT_BREACHED)


def _check_against(before: Path, markdown: bool, place: Place) -> None:
    from copml.app import check_against
    from copml.conformance import UNWELCOME
    from copml.reporting import changes_markdown, headline_changed

    with place.opened() as (workspace, project):
        changes = check_against(workspace, project, before)
    if place.json:
        show_json(changes)
    elif markdown:
        show_text(changes_markdown(project, changes))
    else:
        moved = [item for item in changes if item.before != item.after]
        rows = [(item.id, item.before or "–", item.after or "–", item.turn, item.reason) for item in moved]
        say(f"{project}: {headline_changed(changes)}")
        if rows:
            show_table(f"against {before}", ("id", "before", "after", "change", "why"), rows)
    if any(item.turn in UNWELCOME for item in changes):
        sys.exit(EXIT_WORSE)


def why(subject: str, *, place: Place = HERE) -> None:
    """Say in three plain sentences why a requirement has its verdict, or why an incident was opened.

    Args:
        subject: A requirement, such as EF-3, or an incident.
    """
    from copml.app import why as why_subject

    words = place.ask(why_subject, subject)
    show_json({"subject": subject, "why": words}) if place.json else say(words)


def report(*, out: Path | None = None, place: Place = HERE) -> None:
    """Write the report: one HTML file that needs nothing else.

    Args:
        out: Where to; reports/PROJECT.html in the workspace unless given.
    """
    if place.server is not None:
        from copml.store import write_bytes

        with place.remote() as (client, project):
            path = (out or Path(f"{project}.html")).absolute()
            write_bytes(path, client.report_page(project).encode())
    else:
        from copml.app import report as write_report

        with place.opened() as (workspace, project):
            path = write_report(workspace, project, out or workspace.folder / "reports" / f"{project}.html")
    show_json({"report": path}) if place.json else say(f"wrote {shown_path(path)}")


def versions(*, place: Place = HERE) -> None:
    """List model versions with their figures and gates, and which one is live."""
    from copml.api.calls import deployments
    from copml.app import revisions
    from copml.app import versions as versions_of
    from copml.spec import parse

    project, found = place.answer(versions_of)
    serving = next((item for item in place.ask(deployments) if item.role == "live" and item.until_at is None), None)
    shown = next(parse(item.text).metrics[:2] for item in place.ask(revisions) if item.state == "active")
    if place.json:
        show_json([_with_live(item, serving) for item in found])
        return
    rows = [
        (
            item.name,
            f"live since {serving.from_at:%Y-%m-%d}" if serving and _serves(serving, item) else item.state,
            f"{item.created_at:%Y-%m-%d}",
            _figures(item.metrics, shown),
            _gates(item),
        )
        for item in found
    ]
    show_table(f"{project}: versions", ("version", "state", "made", "on its holdout", "gates"), rows)


def _figures(found: "Mapping[str, Interval]", metrics: "Sequence[str]") -> str:
    """The figures with their intervals: on all, and on control where that is something else."""
    keys = [f"{metric}.{segment}" for metric in metrics for segment in ("all", "control")]
    kept = [key for key in keys if key in found and found[key] != found.get(f"{key.removesuffix('.control')}.all")]
    return ", ".join(f"{key} {found[key].value:.3f} ({found[key].low:.3f} to {found[key].high:.3f})" for key in kept)


def _gates(version: "ModelVersion") -> str:
    """What became of the gates; a version from elsewhere met none."""
    if not version.gates:
        return "none: trained elsewhere"
    failed = [gate.condition for gate in version.gates if not gate.passed]
    if failed and version.state == "rejected":
        return version.state_reason
    return "; ".join(failed) or "all passed"


def _with_live(version: "ModelVersion", serving: "Deployment | None") -> dict[str, object]:
    kept = {field.name: getattr(version, field.name) for field in fields(version)}
    return {**kept, "live": _serves(serving, version)}


def _serves(serving: "Deployment | None", version: "ModelVersion") -> bool:
    return serving is not None and serving.version == version.name


def incidents(*, place: Place = HERE) -> None:
    """List incidents: what, the stage that caused it, its owner, its state."""
    from copml.app import incidents as incidents_of

    project, found = place.answer(incidents_of)
    if place.json:
        show_json(found)
    else:
        show_incidents(project, found)


def show_incidents(project: str, found: "Sequence[Incident]") -> None:
    """Print incidents, those that wait for somebody first, then the newest first."""
    if not found:
        say(f"{project} has no incidents")
    for item in _most_urgent_first(found):
        facts = f"{item.state}, since {item.opened_at:%Y-%m-%d}; {item.cause} ({item.cause_stage}), owner {item.owner}"
        say_item(item.id, facts, item.what)


def _most_urgent_first(found: "Iterable[Incident]") -> "list[Incident]":
    newest_first = sorted(found, key=lambda item: item.opened_at, reverse=True)
    return sorted(newest_first, key=lambda item: URGENCY.index(item.state))
