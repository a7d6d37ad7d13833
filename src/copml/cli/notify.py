"""Commands on how people are told: notify show, set, test."""

import sys
from typing import TYPE_CHECKING, Any, Literal

from copml.cli import EXIT_FAILED_TASKS
from copml.cli.output import say, show_json, show_table
from copml.cli.place import HERE, Place

if TYPE_CHECKING:
    from copml.app import Told, Underway, Workspace
    from copml.records import Preference

OFF = "off"
SHOWN = 5
Often = Literal["at-once", "daily", "weekly", "never"]
Day = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


def show(*, by: str | None = None, place: Place = HERE) -> None:
    """Show how you are told, and the last messages to you.

    Args:
        by: Whose preferences; the login name unless given; yours where you are signed in.
    """
    from copml.app import messages_to, preferences

    with place.open() as workspace:
        name = _person(place, workspace, by)
        preference, messages = preferences(workspace, name), messages_to(workspace, name)
    if place.json:
        show_json({"preference": preference, "messages": messages[-SHOWN:]})
        return
    show_table(f"How {preference.name} is told", ("what", "as it is"), _rows(preference))
    if messages:
        head = ("project", "on", "since", "notices", "state")
        show_table("The last messages", head, [_message(item) for item in messages[-SHOWN:]])


def set_(
    *,
    email: str | None = None,
    webhook: str | None = None,
    webhook_secret: str | None = None,
    apprise: str | None = None,
    incident: Often | None = None,
    approval: Often | None = None,
    dossier: Often | None = None,
    mention: Often | None = None,
    hour: int | None = None,
    weekday: Day | None = None,
    zone: str | None = None,
    quiet: str | None = None,
    urgent_breaks_quiet: bool | None = None,
    sends_simulated: bool | None = None,
    by: str | None = None,
    place: Place = HERE,
) -> None:
    """Say how you want to be told; what you leave out stays as it is.

    Args:
        email: An address, or `off`.
        webhook: The environment variable that holds its address, or `off`.
        webhook_secret: The environment variable with the key that it is signed with, or `off`.
        apprise: The environment variable that holds an address of apprise, or `off`.
        incident: How often to hear of incidents.
        approval: How often to hear of versions and revisions that wait for you.
        dossier: How often to hear of dossiers to judge.
        mention: How often to hear of texts that name you.
        hour: When digests go out, 0 to 23.
        weekday: The day on which weekly digests go out.
        zone: The zone of your clock, such as Europe/Berlin; `off` for the project's.
        quiet: When nothing is sent, such as 22:00-07:00, or `off`.
        urgent_breaks_quiet: Whether urgent notices are sent all the same.
        sends_simulated: Whether messages about a simulated workspace are sent, and not written to its outbox.
        by: Whose preferences; the login name unless given; yours where you are signed in.
    """
    from dataclasses import replace

    from copml.app import preferences, set_preferences

    texts = {"email": email, "webhook": webhook, "webhook_secret": webhook_secret, "apprise": apprise}
    changes: dict[str, Any] = {field: _or_off(text, None) for field, text in texts.items() if text is not None}
    changes |= {field: _or_off(text, "") for field, text in (("zone", zone), ("quiet", quiet)) if text is not None}
    plain = {"hour": hour, "urgent_breaks_quiet": urgent_breaks_quiet, "sends_simulated": sends_simulated}
    changes |= {field: value for field, value in plain.items() if value is not None}
    rhythms = {"incident": incident, "approval": approval, "dossier": dossier, "mention": mention}
    with place.open() as workspace:
        current = preferences(workspace, _person(place, workspace, by))
        kept = set_preferences(workspace, replace(current, **changes, **_times(current, rhythms, weekday)))
    if place.json:
        show_json(kept)
    else:
        show_table(f"How {kept.name} is told from now on", ("what", "as it is"), _rows(kept))


def trial(*, by: str | None = None, place: Place = HERE) -> None:
    """Send a trial message on each of your channels, and say what happened.

    Args:
        by: Who is told; the login name unless given; yours where you are signed in.
    """
    from copml.app import try_telling

    with place.open() as workspace:
        told = try_telling(workspace, _person(place, workspace, by))
    if place.json:
        show_json(told)
    else:
        for item in told:
            say(_outcome(item), "red" if item.error else "")
    if any(item.error for item in told):
        sys.exit(EXIT_FAILED_TASKS)


def _person(place: Place, workspace: "Workspace", by: str | None) -> str:
    """Whose preferences are meant: those of whoever is signed in, else of who is named or runs this."""
    return workspace.principal.name if workspace.principal is not None else place.who(by)


def _or_off(text: str, off: str | None) -> str | None:
    return off if text == OFF else text


def _times(current: "Preference", rhythms: dict[str, Often | None], weekday: Day | None) -> dict[str, Any]:
    from copml.records import NoticeKind, Rhythm, Weekday

    wanted = {NoticeKind(kind): Rhythm(often) for kind, often in rhythms.items() if often is not None}
    return {
        "rhythms": {**current.rhythms, **wanted},
        "weekday": current.weekday if weekday is None else Weekday(weekday),
    }


def _rows(preference: "Preference") -> list[tuple[str, str]]:
    from copml.app import is_stated

    signed = f", signed with the key in {preference.webhook_secret}" if preference.webhook_secret else ""
    return [
        ("said by the person", "yes" if is_stated(preference) else "no: this is what holds for everybody"),
        ("e-mail", preference.email or OFF),
        ("webhook", f"the address in {preference.webhook}{signed}" if preference.webhook else OFF),
        ("apprise", f"the address in {preference.apprise}" if preference.apprise else OFF),
        *((str(kind), str(rhythm)) for kind, rhythm in preference.rhythms.items()),
        ("digests", f"at {preference.hour:02}:00, weekly ones on {preference.weekday}"),
        ("zone", preference.zone or "the project's"),
        ("quiet hours", _quiet(preference)),
        ("of simulated workspaces", "sent" if preference.sends_simulated else "written to the outbox"),
    ]


def _quiet(preference: "Preference") -> str:
    if not preference.quiet:
        return "none"
    return preference.quiet + (", not for what is urgent" if preference.urgent_breaks_quiet else "")


def _message(item: "Underway") -> tuple[str, ...]:
    state = "arrived" if item.delivered_at else f"tried {item.attempts} times, {item.error}" if item.error else "waits"
    return item.project, item.channel, f"{item.composed_at:%Y-%m-%d %H:%M}", str(item.notices), state


def _outcome(item: "Told") -> str:
    if item.error:
        return f"{item.channel} to {item.to}: not sent: {item.error}"
    return f"{item.channel} to {item.to}: " + (f"written to {item.place}" if item.place else f"sent as {item.id}")
