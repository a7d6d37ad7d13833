"""Ids of predictions: UUIDs of version 7 (RFC 9562) whose random part is a MAC.

Invariant: an id is a function of key, run, slot, entity and ordinal, so that a run that is repeated mints the same ids;
ids of a later slot sort after those of an earlier one. The format stands in docs/reference/formats.md and is final.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from copml.digest import macs

ID_BYTES = 16
MILLISECONDS_MAX = (1 << 48) - 1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SEPARATOR = "|"
_ORDINAL_0 = b"|0"
_TIME_BYTES = 6


def prediction_ids(
    key: bytes,
    run: str,
    slot: datetime | Sequence[datetime],
    entities: Sequence[str],
    ordinals: Iterable[int] | None = None,
) -> pa.FixedSizeBinaryArray:
    """An id of 16 bytes for each entity of a run, in their order; type fixed_size_binary(16).

    `slot` is the scheduled time of the run, or the time of each prediction where they have their own. `ordinals` tells
    predictions of one entity within one run apart; 0 where an entity has one.

    Raises:
        ValueError: for a run with `|` in its name, or a slot before 1970 or after the year 10889.
    """
    random = macs(key, _messages(run, entities, ordinals))
    ids = np.empty((len(random), ID_BYTES), dtype=np.uint8)
    ids[:, :_TIME_BYTES] = _time_bytes([slot] if isinstance(slot, datetime) else slot)
    tail = b"".join(tag[: ID_BYTES - _TIME_BYTES] for tag in random)
    ids[:, _TIME_BYTES:] = np.frombuffer(tail, dtype=np.uint8).reshape(-1, ID_BYTES - _TIME_BYTES)
    ids[:, 6] = ids[:, 6] & 0x0F | 0x70
    ids[:, 8] = ids[:, 8] & 0x3F | 0x80
    return pa.FixedSizeBinaryArray.from_buffers(pa.binary(ID_BYTES), len(ids), [None, pa.py_buffer(ids)])


def _messages(run: str, entities: Sequence[str], ordinals: Iterable[int] | None) -> Iterable[bytes]:
    if _SEPARATOR in run:
        raise ValueError(f"run {run!r} holds {_SEPARATOR!r}, which separates the parts of a message")
    prefix = f"{run}{_SEPARATOR}".encode()
    if ordinals is None:
        return (prefix + entity.encode() + _ORDINAL_0 for entity in entities)
    pairs = zip(entities, ordinals, strict=True)
    return (prefix + f"{entity}{_SEPARATOR}{ordinal}".encode() for entity, ordinal in pairs)


def _time_bytes(slots: Sequence[datetime]) -> NDArray[np.uint8]:
    """The first bytes of each id, shape (slots, 6); those of a later time sort after those of an earlier one."""
    times = np.array([_milliseconds(slot) for slot in slots], dtype=">u8")
    return times.view(np.uint8).reshape(-1, 8)[:, -_TIME_BYTES:]


def _milliseconds(slot: datetime) -> int:
    since = (slot - _EPOCH) // timedelta(milliseconds=1)
    if not 0 <= since <= MILLISECONDS_MAX:
        raise ValueError(f"slot {slot.isoformat()} has no place in 48 bits of milliseconds since 1970")
    return since
