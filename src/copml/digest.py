"""Canonical bytes and hashes.

Invariant: equal values have equal canonical bytes on every platform and in every release. The form is JSON as RFC 8785
writes it, with its traps closed: integers beyond ±2^53 and non-finite numbers become tagged strings (`int:…`,
`float:nan`), so do decimals (`decimal:…`), −0 is 0, times are UTC with microseconds and `Z`, bytes are `hex:…`. A plain
string that starts like a tag is itself tagged `text:`, so that no two values share their bytes.
"""

import hashlib
import math
from collections.abc import Iterable
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from json.encoder import encode_basestring
from pathlib import Path

INTEGER_MAX = 2**53
READ_BYTES = 1 << 20
_BLOCK_BYTES = 64
_TAGS = ("int:", "float:", "decimal:", "hex:", "text:")

type_error = "canonical JSON has no form for {!r} of type {}"


def canonical(value: object) -> bytes:
    """Canonical UTF-8 bytes of a value of plain types, dataclasses, enums, times, decimals and bytes.

    >>> canonical({"b": 1.0, "a": [True, None, float("inf"), -0.0]}).decode()
    '{"a":[true,null,"float:inf",0],"b":1}'

    Raises:
        TypeError: for a type without a canonical form, or a mapping with a key that is no string.
    """
    return _write(value).encode("utf-8")


def sha256(data: bytes) -> str:
    """Hexadecimal SHA-256."""
    return hashlib.sha256(data).hexdigest()


def digest_of(value: object) -> str:
    """Hexadecimal SHA-256 of the canonical bytes of a value."""
    return sha256(canonical(value))


def digest_file(path: Path) -> str:
    """Hexadecimal SHA-256 of a file, read in bounded memory."""
    state = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(READ_BYTES):
            state.update(chunk)
    return state.hexdigest()


def macs(key: bytes, messages: Iterable[bytes]) -> list[bytes]:
    """HMAC-SHA256 (RFC 2104) of each message, 32 bytes each, at half the price of one `hmac.digest` per message.

    The key has at most 64 bytes, the block of SHA-256, so that it is used as it is.
    """
    assert len(key) <= _BLOCK_BYTES, "a longer key would have to be hashed first"
    inner, outer = (bytes(byte ^ pad for byte in key.ljust(_BLOCK_BYTES, b"\0")) for pad in (0x36, 0x5C))
    new = hashlib.sha256
    return [new(outer + new(inner + message).digest()).digest() for message in messages]


def _write(value: object) -> str:
    match value:
        case None:
            return "null"
        case True:
            return "true"
        case False:
            return "false"
        case Enum():
            return _write(value.value)
        case str():
            return encode_basestring(f"text:{value}" if value.startswith(_TAGS) else value)
        case int():
            return str(value) if abs(value) <= INTEGER_MAX else f'"int:{value}"'
        case float():
            return _number(value)
        case Decimal():
            return f'"decimal:{value}"'
        case datetime():
            return f'"{instant(value)}"'
        case date():
            return f'"{value.isoformat()}"'
        case bytes():
            return f'"hex:{value.hex()}"'
        case Path():
            return _write(value.as_posix())
        case dict():
            return _object(value)
        case list() | tuple():
            return "[" + ",".join(_write(item) for item in value) + "]"
        case set() | frozenset():
            return "[" + ",".join(sorted(_write(item) for item in value)) + "]"
    if is_dataclass(value) and not isinstance(value, type):
        return _object({field.name: getattr(value, field.name) for field in fields(value)})
    raise TypeError(type_error.format(value, type(value).__name__))


def _object(mapping: dict[object, object]) -> str:
    keys: list[str] = []
    for key in mapping:
        if not isinstance(key, str):
            raise TypeError(type_error.format(key, type(key).__name__) + " as a key")
        keys.append(key)
    keys.sort(key=lambda key: key.encode("utf-16-be"))
    return "{" + ",".join(f"{encode_basestring(key)}:{_write(mapping[key])}" for key in keys) + "}"


def _number(value: float) -> str:
    if not math.isfinite(value):
        return f'"float:{value!r}"'
    if value == 0:
        return "0"
    digits, _, exponent = repr(abs(value)).partition("e")
    whole, _, fraction = digits.partition(".")
    significant = (whole + fraction.rstrip("0")).lstrip("0") if fraction.rstrip("0") else whole.lstrip("0")
    point = len(whole) + int(exponent or 0) if whole != "0" else int(exponent or 0) - _leading_zeros(fraction)
    significant = significant.rstrip("0")
    return ("-" if value < 0 else "") + _ecmascript(significant, point)


def _leading_zeros(fraction: str) -> int:
    return len(fraction) - len(fraction.lstrip("0"))


def _ecmascript(significant: str, point: int) -> str:
    """ECMAScript Number::toString for digits `significant` with the decimal point after `point` digits."""
    count = len(significant)
    if count <= point <= 21:
        return significant + "0" * (point - count)
    if 0 < point <= 21:
        return f"{significant[:point]}.{significant[point:]}"
    if -6 < point <= 0:
        return "0." + "0" * -point + significant
    mantissa = significant if count == 1 else f"{significant[0]}.{significant[1:]}"
    return f"{mantissa}e{point - 1:+d}"


def instant(at: datetime) -> str:
    """A UTC time as text with microseconds: `2026-01-31T12:00:00.000000Z`. The time must have a zone."""
    if at.tzinfo is None:
        raise TypeError(f"time {at.isoformat()} has no zone")
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
