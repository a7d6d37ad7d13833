"""Commands that read: check, why, report, versions, incidents."""

import sys
from pathlib import Path

from copml.cli import EXIT_BREACHED
from copml.cli.output import say, show_json, show_table
from copml.cli.place import HERE, Place

STYLES = {"met": "green", "at risk": "yellow", "breached": "red", "unproven": "magenta", "switched off": "dim"}


def check(*, place: Place = HERE) -> None:
    """Give a verdict, with its reason, for every requirement; exit status 3 when one is breached."""
    from copml.app import check as check_project

    with place.opened() as (workspace, project):
        verdicts = check_project(workspace, project)
    if place.json:
        show_json(verdicts)
    else:
        rows = [(item.id, item.verdict, item.reason) for item in verdicts]
        show_table(f"{project}: {len(rows)} requirements", ("id", "verdict", "why"), rows)
        say("next: `copml why ID` for any of them, `copml report` for the whole picture")
    if any(item.verdict == "breached" for item in verdicts):
        sys.exit(EXIT_BREACHED)


def why(subject: str, *, place: Place = HERE) -> None:
    """Say in three plain sentences why a requirement has its verdict, or why an incident was opened.

    Args:
        subject: A requirement, such as EF-3, or an incident.
    """
    from copml.app import why as why_subject

    with place.opened() as (workspace, project):
        words = why_subject(workspace, project, subject)
    show_json({"subject": subject, "why": words}) if place.json else say(words)


def report(*, out: Path | None = None, place: Place = HERE) -> None:
    """Write the report: one HTML file that needs nothing else.

    Args:
        out: Where to; reports/PROJECT.html in the workspace unless given.
    """
    from copml.app import report as write_report

    with place.opened() as (workspace, project):
        path = write_report(workspace, project, out or workspace.folder / "reports" / f"{project}.html")
    show_json({"report": path}) if place.json else say(f"wrote {path}")


def versions(*, place: Place = HERE) -> None:
    """List model versions with their figures and gates."""
    from copml.app import versions as versions_of

    with place.opened() as (workspace, project):
        found = versions_of(workspace, project)
    if place.json:
        show_json(found)
        return
    rows = [
        (
            item.name,
            item.state,
            f"{item.created_at:%Y-%m-%d}",
            ", ".join(f"{name} {value.value:.3f}" for name, value in item.metrics.items() if name.startswith(SHOWN)),
            "; ".join(gate.condition for gate in item.gates if not gate.passed) or "all passed",
        )
        for item in found
    ]
    show_table(f"{project}: versions", ("version", "state", "made", "on its holdout", "gates"), rows)


SHOWN = ("accuracy", "roc_auc")


def incidents(*, place: Place = HERE) -> None:
    """List incidents: what, the stage that caused it, its owner, its state."""
    from copml.app import incidents as incidents_of

    with place.opened() as (workspace, project):
        found = incidents_of(workspace, project)
    if place.json:
        show_json(found)
        return
    rows = [(item.id, item.state, f"{item.cause} ({item.cause_stage})", item.owner, item.what) for item in found]
    show_table(f"{project}: incidents", ("incident", "state", "cause", "owner", "what"), rows)
