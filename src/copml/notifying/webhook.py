"""A webhook: the message as JSON, signed where there is a key.

Invariant: the address and the key are read from the environment when needed, and neither kept nor shown. A redirection
is not followed. Headers and signature are those of Standard Webhooks 1.0, so that other people's libraries check them.
"""

import base64
import binascii
import hashlib
import hmac
import json
import urllib.request
from collections.abc import Mapping
from datetime import UTC, datetime
from http.client import HTTPMessage
from typing import IO
from urllib.parse import urlsplit

from copml.digest import instant
from copml.errors import ChannelUnset
from copml.notifying.wording import letter, one_line
from copml.records import Message

TIMEOUT_SECONDS = 10
PREFIX = "whsec_"


def body_of(message: Message) -> bytes:
    """The message as JSON; the same bytes at every attempt."""
    fields = {
        "id": message.id,
        "project": message.project,
        "to": message.person,
        "subject": letter(message).subject,
        "at": instant(message.composed_at),
        "simulated": message.simulated,
        "notices": [
            {
                "kind": notice.kind.value,
                "subject": notice.subject,
                "text": one_line(notice.text),
                "since": instant(notice.since),
                "step": notice.step,
                "urgent": notice.urgent,
            }
            for notice in message.notices
        ],
    }
    return json.dumps(fields, ensure_ascii=False).encode()


def signature(key: str, identity: str, at: int, body: bytes) -> str:
    """What a receiver compares; `at`: seconds since 1970. A key is a text, or base64 after `whsec_`."""
    secret = _key(key)
    signed = f"{identity}.{at}.".encode() + body
    return f"v1,{base64.b64encode(hmac.new(secret, signed, hashlib.sha256).digest()).decode()}"


def send_webhook(message: Message, environment: Mapping[str, str], *, wall: datetime) -> None:
    """Post a message. `wall`: the time that the signature says, by which receivers refuse old ones.

    Raises:
        ChannelUnset: when a variable is not set, or holds nothing that could be used.
        OSError: when the receiver is not reached, or does not take it.
    """
    url = environment.get(message.to, "")
    if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
        raise ChannelUnset(message.to, "the address of a webhook, beginning with https://")
    body, at = body_of(message), int(wall.astimezone(UTC).timestamp())
    headers = {
        "Content-Type": "application/json",
        "Idempotency-Key": message.id,
        "webhook-id": message.id,
        "webhook-timestamp": str(at),
    }
    if message.secret:
        key = environment.get(message.secret, "")
        if not key:
            raise ChannelUnset(message.secret, "the key that the webhook is signed with")
        headers["webhook-signature"] = signature(key, message.id, at, body)
    request = urllib.request.Request(url, body, headers, method="POST")  # noqa: S310 - http and https only, see above
    with urllib.request.build_opener(_NoRedirection).open(request, timeout=TIMEOUT_SECONDS):
        return


class _NoRedirection(urllib.request.HTTPRedirectHandler):
    """A redirection is an error: what is signed for one place goes to no other."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> None:
        return None


def _key(key: str) -> bytes:
    if not key.startswith(PREFIX):
        return key.encode()
    try:
        return base64.b64decode(key.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        return key.encode()
