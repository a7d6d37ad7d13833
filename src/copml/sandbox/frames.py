"""Whole messages over a stream: eight bytes of length, then the bytes.

Invariant: a reader gets a whole message or learns that there is none; a cut or an over-long one is never taken for one.
"""

import json
import socket

_LENGTH_BYTES = 8


def framed(body: bytes) -> bytes:
    """A body with its length in front."""
    return len(body).to_bytes(_LENGTH_BYTES, "big") + body


def unframed(data: bytes) -> bytes | None:
    """The body of exactly one frame; None if the data are cut or hold more."""
    body = data[_LENGTH_BYTES:]
    whole = len(data) >= _LENGTH_BYTES and len(body) == int.from_bytes(data[:_LENGTH_BYTES], "big")
    return body if whole else None


def send(channel: socket.socket, body: bytes) -> None:
    """Send one message."""
    channel.sendall(framed(body))


def receive(channel: socket.socket, bytes_max: int) -> bytes | None:
    """The next message; None if the other side is gone, or says that it would send more than `bytes_max`."""
    head = _exactly(channel, _LENGTH_BYTES)
    if head is None or (length := int.from_bytes(head, "big")) > bytes_max:
        return None
    return _exactly(channel, length)


def receive_object(channel: socket.socket, bytes_max: int) -> dict[str, object] | None:
    """The next message, a JSON object; None if the other side is gone."""
    body = receive(channel, bytes_max)
    if body is None:
        return None
    value = json.loads(body)
    assert isinstance(value, dict)
    return value


def _exactly(channel: socket.socket, count: int) -> bytes | None:
    data = bytearray()
    while len(data) < count:
        chunk = channel.recv(min(count - len(data), 1 << 20))
        if not chunk:
            return None
        data += chunk
    return bytes(data)
