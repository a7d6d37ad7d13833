"""Send a message on its channel, or write it to the outbox; what went wrong, in words without secrets.

Invariant: whatever a server does, this comes back within a limited time, and with words instead of an error that its
channel may raise. No word repeats an address, a key or a password that the environment holds.
"""

import http.client
import smtplib
import threading
import urllib.error
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from datetime import datetime
from pathlib import Path

from copml.errors import CopmlError
from copml.notifying.mail import rendered, send_mail
from copml.notifying.push import send_push
from copml.notifying.webhook import body_of, send_webhook
from copml.notifying.wording import letter, one_line
from copml.records import Channel, Message
from copml.store import write_bytes

DEADLINE_SECONDS = 60.0
"""How long a channel may take in all; single reads and writes have limits of their own."""
NOBODY = "nobody@copml.invalid"
WORDS_MAX = 200
_ENDINGS = {Channel.EMAIL: "eml", Channel.WEBHOOK: "json", Channel.APPRISE: "txt"}
assert _ENDINGS.keys() == set(Channel)


def send(
    message: Message, environment: Mapping[str, str], *, wall: datetime, deadline: float = DEADLINE_SECONDS
) -> str:
    """Send a message; empty when it was taken, else why not. `deadline` in seconds."""
    attempt: Future[str] = Future()
    threading.Thread(target=_carry, args=(attempt, message, environment, wall), daemon=True).start()
    try:
        return attempt.result(timeout=deadline)
    except TimeoutError:
        return f"no answer within {deadline:g} seconds"


def write_out(message: Message, outbox: Path) -> Path:
    """Write a message to a folder as it would be sent; the same file at every attempt.

    Raises:
        DiskFull, WorkspaceReadOnly: when it cannot be written.
    """
    path = outbox / f"{message.id}.{_ENDINGS[message.channel]}"
    write_bytes(path, _content(message))
    return path


def _content(message: Message) -> bytes:
    match message.channel:
        case Channel.EMAIL:
            return rendered(message, NOBODY).as_bytes()
        case Channel.WEBHOOK:
            return body_of(message)
        case Channel.APPRISE:
            return letter(message).plain.encode()


def _carry(attempt: "Future[str]", message: Message, environment: Mapping[str, str], wall: datetime) -> None:
    """Send in a thread that nobody waits for at the end; a defect is raised where the attempt is asked for."""
    try:
        attempt.set_result(_sent(message, environment, wall))
    except Exception as error:  # noqa: BLE001 - raised in the caller's thread
        attempt.set_exception(error)


def _sent(message: Message, environment: Mapping[str, str], wall: datetime) -> str:
    ways: dict[Channel, Callable[[], None]] = {
        Channel.EMAIL: lambda: send_mail(message, environment),
        Channel.WEBHOOK: lambda: send_webhook(message, environment, wall=wall),
        Channel.APPRISE: lambda: send_push(message, environment),
    }
    try:
        ways[message.channel]()
    except CopmlError as error:
        return f"{error.code}: {error}"
    except (OSError, http.client.HTTPException, ValueError) as error:
        return _words(error)
    return ""


def _words(error: Exception) -> str:
    """What went wrong. Of errors whose text may repeat what was sent, only their kind."""
    match error:
        case smtplib.SMTPAuthenticationError():
            return f"the mail server refused the user or password ({error.smtp_code})"
        case smtplib.SMTPNotSupportedError():
            return "the mail server offers no TLS, or no way to sign in that is known here"
        case smtplib.SMTPRecipientsRefused():
            codes = ", ".join(sorted({str(code) for code, _ in error.recipients.values()}))
            return f"the mail server refused the recipient ({codes})"
        case smtplib.SMTPResponseException():
            return f"the mail server refused it ({error.smtp_code})"
        case urllib.error.HTTPError():
            return f"the receiver answered {error.code}"
        case urllib.error.URLError() if isinstance(error.reason, OSError):
            return _words(error.reason)
        case OSError() if error.strerror:
            return one_line(f"{type(error).__name__}: {error.strerror}", WORDS_MAX)
    return type(error).__name__
