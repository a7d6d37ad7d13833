"""The bytes of a prediction written the plain way, one value after the other, as docs/reference/formats.md says."""

import hashlib
import math
import struct
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ROW: dict[str, Any] = {
    "id": bytes(range(16)),
    "entity": "0123456789abcdef0123456789abcdef",
    "slot": datetime(2026, 2, 1, 12, tzinfo=UTC),
    "version": "v3",
    "probability": 0.25,
    "decision": True,
    "control": False,
    "eligible": True,
    "treat": False,
    "rank": 7,
    "salt": bytes(range(32)),
    "input": {"tenure": 12, "contract": "One year", "senior": None},
}
KINDS = {"tenure": pa.int64(), "contract": pa.string(), "senior": pa.bool_()}


def row_bytes(row: dict[str, Any]) -> bytes:
    slot = row["slot"] - EPOCH
    flags = row["decision"] + 2 * row["control"] + 4 * row["eligible"] + 8 * row["treat"]
    return b"".join(
        [
            b"\x01" if "probability" in row else b"\x02",
            row["id"],
            struct.pack(">q", (slot.days * 86400 + slot.seconds) * 1_000_000 + slot.microseconds),
            answer_bytes(row),
            struct.pack(">I", row["rank"]),
            struct.pack(">B", flags),
            text_bytes(row["entity"]),
            text_bytes(row["version"]),
            b"" if "probability" in row else text_bytes(row["prediction"] if "probabilities" in row else ""),
            struct.pack(">I", len(row["input"])),
            *(
                text_bytes(name) + value_bytes(row["input"][name])
                for name in sorted(row["input"], key=lambda name: name.encode())
            ),
        ]
    )


def answer_bytes(row: dict[str, Any]) -> bytes:
    if "probability" in row:
        return float_bytes(row["probability"])
    answers = row["probabilities"] if "probabilities" in row else [row["prediction"]]
    return struct.pack(">I", len(answers)) + b"".join(map(float_bytes, answers))


def text_bytes(text: str) -> bytes:
    return struct.pack(">I", len(text.encode())) + text.encode()


def float_bytes(value: float) -> bytes:
    if math.isnan(value):
        return bytes.fromhex("7ff8000000000000")
    return struct.pack(">d", 0.0 if value == 0 else value)


def value_bytes(value: object) -> bytes:
    if value is None:
        return b"\x00"
    if value is False:
        return b"\x01"
    if value is True:
        return b"\x02"
    if isinstance(value, int):
        return b"\x04" + float_bytes(float(value)) if abs(value) <= 2**53 else b"\x03" + struct.pack(">q", value)
    if isinstance(value, float):
        return b"\x04" + float_bytes(value)
    assert isinstance(value, str)
    return b"\x05" + text_bytes(value)


def leaf(row: dict[str, Any]) -> bytes:
    return b"\x01" + hashlib.sha256(row["salt"] + row_bytes(row)).digest()


def tree_root(leaves: list[bytes]) -> bytes:
    """MTH of RFC 6962, section 2.1, word for word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    k = 1
    while 2 * k < len(leaves):
        k *= 2
    return hashlib.sha256(b"\x01" + tree_root(leaves[:k]) + tree_root(leaves[k:])).digest()
