"""Which messages are to be composed and sent now, and what is in them (pure).

Invariant: a notice is in one message to a person on each of their channels, and never in a second. A message is kept
before it is sent, with its id, so that a killed process sends it again under the same id and none is lost. Composing is
named after the number of messages so far: of two workers who see the same, one composes.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from copml.digest import digest_of
from copml.notifying import default_preference, is_due, ways, zone_of
from copml.operations.notices import notices
from copml.operations.view import View
from copml.records import Message, Notice, Preference

ATTEMPTS_MAX = 12
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=4)
"""Waits double: the twelve attempts take about sixteen hours, longer than most servers are away."""


def preference_of(view: View, person: str) -> Preference:
    """How a person wants to be told: as they said, or as it is where nobody said anything."""
    stated = next((item for item in view.preferences if item.name == person), None)
    return default_preference(person, mail=view.mail) if stated is None else stated


def composing(view: View) -> Iterator[tuple[str, int]]:
    """People for whom there is something to be told now, each with the number of messages they were sent so far."""
    for person in dict.fromkeys(name for name, _ in notices(view)):
        if _untold(view, person):
            yield person, sum(message.person == person for message in view.messages)


def compose(view: View, person: str) -> tuple[Message, ...]:
    """The messages that tell a person now what they were not told yet, one for each of their channels."""
    told = tuple(_untold(view, person))
    preference = preference_of(view, person)
    return tuple(
        Message(
            project=view.name,
            id=digest_of([view.name, person, channel, sorted(notice.id for notice in told), view.now])[:32],
            person=person,
            channel=channel,
            to=to,
            secret=preference.webhook_secret or "",
            outbox=view.simulated and not preference.sends_simulated,
            simulated=view.simulated,
            zone=str(zone_of(preference, view.project.tz)),
            notices=told,
            composed_at=view.now,
            next_at=view.now,
            delivered_at=None,
            attempts=0,
            error="",
        )
        for channel, to in ways(preference)
        if told
    )


def sending(view: View) -> Iterator[Message]:
    """Messages whose next attempt has come."""
    return (item for item in view.messages if item.delivered_at is None and item.next_at <= view.now)


def attempted(message: Message, error: str, now: datetime) -> Message:
    """A message after one more attempt, which ended with an error, or was taken.

    After the last attempt it waits for nothing but for somebody who asks for another.
    """
    attempts = message.attempts + 1
    if error:
        wait = min(FIRST_WAIT * 2**message.attempts, LONGEST_WAIT) if attempts < ATTEMPTS_MAX else timedelta(0)
        return replace(message, attempts=attempts, error=error, next_at=now + wait)
    return replace(message, attempts=attempts, error="", delivered_at=now)


def _untold(view: View, person: str) -> list[Notice]:
    preference = preference_of(view, person)
    if not ways(preference):
        return []
    zone = zone_of(preference, view.project.tz)
    told = {notice.id for message in view.messages if message.person == person for notice in message.notices}
    mine = (notice for name, notice in notices(view) if name == person)
    return [item for item in mine if item.id not in told and is_due(preference, zone, item, view.now)]
