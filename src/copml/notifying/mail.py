"""E-mail over SMTP.

Invariant: nothing is said to a server before TLS, unless the address asks for `tls=none`, and then no password to
another machine. Where the server is and its password are in `COPML_SMTP_URL`, are read when needed, and are neither
kept nor shown. The `Message-ID` is the message's id, the same at every attempt.
"""

import smtplib
import ssl
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from ipaddress import ip_address
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from copml.errors import MailMisconfigured
from copml.notifying.addresses import is_address
from copml.notifying.wording import letter
from copml.records import Message

URL, SENDER = "COPML_SMTP_URL", "COPML_SMTP_FROM"
TIMEOUT_SECONDS = 10
PORTS = {"tls": 465, "starttls": 587, "none": 25}
DOMAIN = "copml.invalid"
"""Of message ids: a name that nobody owns (RFC 2606), so that an id stays the same whoever sends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Smtp:
    """Where mail is handed in, and who sends it. `security`: `tls`, `starttls` or `none`."""

    host: str
    port: int
    security: str
    sender: str
    user: str = field(repr=False)
    password: str = field(repr=False)


def can_mail(environment: Mapping[str, str]) -> bool:
    """Whether this installation is meant to send e-mail."""
    return bool(environment.get(URL))


def smtp(environment: Mapping[str, str]) -> Smtp:
    """What the environment says of the server.

    Raises:
        MailMisconfigured: when it says nothing, or nothing that could be used; the address is not repeated.
    """
    text = environment.get(URL, "")
    if not text:
        raise MailMisconfigured(f"the environment variable {URL} is not set")
    try:
        url = urlsplit(text)
        port, host = url.port, url.hostname
    except ValueError as error:
        raise MailMisconfigured(f"what {URL} holds is no URL") from error
    if url.scheme not in ("smtps", "smtp") or not host:
        raise MailMisconfigured(f"{URL} has to begin with smtps:// or smtp:// and to name a host")
    security = _security(url)
    user, password = unquote(url.username or ""), unquote(url.password or "")
    if security == "none" and password and not _is_here(host):
        raise MailMisconfigured(f"{URL} has a password and tls=none, and a password goes to no other machine in clear")
    sender = environment.get(SENDER) or user
    if not is_address(sender):
        raise MailMisconfigured(f"the environment variable {SENDER} has to hold the address of the sender")
    return Smtp(host=host, port=port or PORTS[security], security=security, sender=sender, user=user, password=password)


def rendered(message: Message, sender: str) -> EmailMessage:
    """A message as mail: plain text, and the same as HTML."""
    words = letter(message)
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, message.to, words.subject
    mail["Date"] = message.composed_at
    mail["Message-ID"] = f"<{message.id}@{DOMAIN}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["Copml-Delivery"] = message.id
    mail.set_content(words.plain)
    mail.add_alternative(words.html, subtype="html")
    return mail


def send_mail(message: Message, environment: Mapping[str, str]) -> None:
    """Hand a message in.

    Raises:
        MailMisconfigured: when the environment names no server.
        OSError: when the server is not reached, not trusted, or does not take it.
    """
    server = smtp(environment)
    trusted = ssl.create_default_context()
    if server.security == "tls":
        client: smtplib.SMTP = smtplib.SMTP_SSL(server.host, server.port, timeout=TIMEOUT_SECONDS, context=trusted)
    else:
        client = smtplib.SMTP(server.host, server.port, timeout=TIMEOUT_SECONDS)
    try:
        if server.security == "starttls":
            client.starttls(context=trusted)
        if server.password:
            client.login(server.user, server.password)
        client.send_message(rendered(message, server.sender), server.sender, [message.to])
    finally:
        with suppress(OSError):
            client.quit()
        client.close()


def _security(url: SplitResult) -> str:
    asked = parse_qs(url.query, keep_blank_values=True)
    if url.scheme == "smtps" and not asked:
        return "tls"
    if url.scheme == "smtp" and asked in ({}, {"tls": ["none"]}):
        return "none" if asked else "starttls"
    raise MailMisconfigured(f"{URL} asks for something that is not known; only smtp:// may end in ?tls=none")


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
