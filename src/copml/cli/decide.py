"""Commands by which people decide: approve, reject, judge, acknowledge, retire."""

from typing import Literal

from copml.cli.output import say, show_json
from copml.cli.place import HERE, Place


def approve(subject: str, *, reason: str, by: str | None = None, place: Place = HERE) -> None:
    """Approve a model version (v3) or a proposed revision (r2).

    Args:
        subject: What is approved.
        reason: Why; kept in the ledger.
        by: Who approves; the login name unless given; on a server, whoever signed in.
    """
    from copml.app import approve as approve_subject

    decision = place.ask(approve_subject, subject, by=place.who(by), reason=reason)
    show_json(decision) if place.json else say(f"{subject} is approved by {decision.by}; next: copml run all")


def reject(subject: str, *, reason: str, by: str | None = None, place: Place = HERE) -> None:
    """Reject a model version or a proposed revision.

    Args:
        subject: What is rejected.
        reason: Why; kept in the ledger.
        by: Who rejects; the login name unless given; on a server, whoever signed in.
    """
    from copml.app import reject as reject_subject

    decision = place.ask(reject_subject, subject, by=place.who(by), reason=reason)
    show_json(decision) if place.json else say(f"{subject} is rejected by {decision.by}")


def judge(
    dossier: str,
    choice: Literal["continue", "retire"],
    *,
    reason: str,
    by: str | None = None,
    place: Place = HERE,
) -> None:
    """Judge a dossier: let the project continue, or retire it.

    Args:
        dossier: Which dossier; `copml status` lists those that wait.
        choice: The judgement.
        reason: Why; kept in the ledger.
        by: Who judges; the login name unless given; on a server, whoever signed in.
    """
    from copml.app import judge as judge_dossier

    decision = place.ask(judge_dossier, dossier, choice, by=place.who(by), reason=reason)
    show_json(decision) if place.json else say(f"{dossier}: {decision.choice}, by {decision.by}")


def acknowledge(incident: str, *, by: str | None = None, place: Place = HERE) -> None:
    """Say that you look after an incident.

    Args:
        incident: Which incident; `copml incidents` lists them.
        by: Who looks after it; the login name unless given; on a server, whoever signed in.
    """
    from copml.app import acknowledge as acknowledge_incident

    seen = place.ask(acknowledge_incident, incident, by=place.who(by))
    show_json(seen) if place.json else say(f"{incident} is {seen.state}")


def retire(*, reason: str, by: str | None = None, place: Place = HERE) -> None:
    """Shut a project down cleanly; its evidence is kept.

    Args:
        reason: Why; kept in the ledger.
        by: Who decides it; the login name unless given; on a server, whoever signed in.
    """
    from copml.app import retire as retire_project

    retirement = place.ask(retire_project, by=place.who(by), reason=reason)
    show_json(retirement) if place.json else say(
        f"{retirement.project} is retired; freed: {', '.join(retirement.freed) or 'nothing'}"
    )
