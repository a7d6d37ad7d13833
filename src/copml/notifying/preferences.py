"""How a person wants to be told: what holds where nobody said anything, and what can be wished (pure).

Invariant: a preference holds no address that is a secret; those are in environment variables, which it names.
"""

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from copml.errors import PreferenceWrong
from copml.notifying.addresses import LENGTH_MAX, is_address
from copml.notifying.timing import quiet_hours
from copml.records import Channel, NoticeKind, Preference, Rhythm, Weekday

HOUR = 8
"""When digests go out where nobody said anything: before most people's day begins."""
NEVER_STATED = datetime(1970, 1, 1, tzinfo=UTC)
PREFIX = "COPML_NOTIFY_"
"""How variables begin that a preference may name, so that nobody has the server's others sent or used."""
_VARIABLE = re.compile(rf"{PREFIX}[A-Z0-9_]{{1,100}}")
_BREAKING = re.compile(r"[\x00-\x1f\x7f]")


def default_preference(name: str, *, mail: bool) -> Preference:
    """What holds for a person who said nothing. `mail`: whether this installation can send e-mail."""
    return Preference(
        name=name.lower(),
        email=name.lower() if mail and is_address(name) else None,
        webhook=None,
        webhook_secret=None,
        apprise=None,
        rhythms={kind: Rhythm.AT_ONCE if kind is NoticeKind.INCIDENT else Rhythm.DAILY for kind in NoticeKind},
        hour=HOUR,
        weekday=Weekday.MONDAY,
        zone="",
        quiet="",
        urgent_breaks_quiet=False,
        sends_simulated=False,
        changed_at=NEVER_STATED,
    )


def ways(preference: Preference) -> tuple[tuple[Channel, str], ...]:
    """The channels on which a person is told, each with an address or the name of the variable that holds one."""
    wanted = ((Channel.EMAIL, preference.email), (Channel.WEBHOOK, preference.webhook))
    return tuple((channel, to) for channel, to in (*wanted, (Channel.APPRISE, preference.apprise)) if to)


def check_preference(preference: Preference) -> None:
    """Refuse what could not be kept to.

    Raises:
        PreferenceWrong: with the field, its value and what would be right.
    """
    name = preference.name
    if not name.strip() or len(name) > LENGTH_MAX or _BREAKING.search(name):
        raise PreferenceWrong("name", name, f"a name is one line of at most {LENGTH_MAX} characters")
    if preference.email is not None and not is_address(preference.email):
        raise PreferenceWrong("email", preference.email, "write one address, such as ds@telco.example")
    for field in ("webhook", "webhook_secret", "apprise"):
        _check_variable(field, getattr(preference, field))
    if preference.webhook_secret and not preference.webhook:
        raise PreferenceWrong("webhook_secret", preference.webhook_secret, "there is no webhook for it to sign")
    if not 0 <= preference.hour <= 23:
        raise PreferenceWrong("hour", str(preference.hour), "write an hour from 0 to 23")
    _check_times(preference)


def _check_variable(field: str, name: str | None) -> None:
    """What is given in place of a name may be the secret itself, so it is not repeated."""
    if name is not None and not _VARIABLE.fullmatch(name):
        hint = f"it is secret, so name the environment variable that holds it, such as {PREFIX}ANNA"
        raise PreferenceWrong(field, "…", hint)


def _check_times(preference: Preference) -> None:
    if preference.quiet:
        try:
            quiet_hours(preference.quiet)
        except ValueError as error:
            raise PreferenceWrong("quiet", preference.quiet, str(error)) from error
    if preference.zone:
        try:
            ZoneInfo(preference.zone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise PreferenceWrong("zone", preference.zone, "write a name such as Europe/Berlin or UTC") from error
