"""Chats and telephones, through apprise (the extra `notify`).

Invariant: the address, which holds a secret, is read from the environment when needed and neither kept nor shown;
apprise's own log, which may repeat it, is silent.
"""

import errno
import logging
from collections.abc import Mapping

from copml.errors import ChannelUnset, NotifyExtraMissing
from copml.notifying.wording import letter
from copml.records import Message


def send_push(message: Message, environment: Mapping[str, str]) -> None:
    """Send a message by the address in a variable.

    Raises:
        NotifyExtraMissing: when apprise is not installed.
        ChannelUnset: when the variable is not set, or holds no address that apprise knows.
        OSError: when it was not taken.
    """
    try:
        import apprise
    except ImportError as error:
        raise NotifyExtraMissing from error
    logging.getLogger("apprise").disabled = True
    sender, words = apprise.Apprise(), letter(message)
    if not sender.add(environment.get(message.to, "")):
        raise ChannelUnset(message.to, "an address of apprise, such as tgram://…")
    if not sender.notify(title=words.subject, body=words.plain, body_format=apprise.NotifyFormat.TEXT):
        raise ConnectionError(errno.EPROTO, "the service did not take it")
