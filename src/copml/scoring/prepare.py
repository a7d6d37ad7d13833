"""What is known of every row before its probability is: id, cooldown, identifier.

Invariant: it needs keys and vault, so it stays in the parent; it runs while the child predicts. Per row it holds about
a hundred bytes. Deciding is for `assign`.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from copml.errors import EntityRepeated, NothingToScore
from copml.predictions import prediction_ids
from copml.scoring.assign import Flags
from copml.scoring.request import ScoreRequest, Surroundings
from copml.scoring.rows import ENTITY, batches


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """What keys and vault say about one batch, in the order of its rows."""

    entities: pa.StringArray
    ids: pa.FixedSizeBinaryArray
    identifiers: pa.StringArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared(_Part):
    """What is known about all rows, in their order; the flags have the shape (rows,)."""

    in_cooldown: Flags


def prepare(request: ScoreRequest, around: Surroundings) -> Prepared:
    """Read the entities and ask keys, lake and vault about them.

    Raises:
        NothingToScore: when there are no rows.
        EntityRepeated: when an entity has two.
    """
    parts = [_part(request, around, batch[ENTITY]) for batch in batches(request.rows, [ENTITY])]
    if not parts:
        raise NothingToScore(request.project, f"there are no features for {request.slot.isoformat()}")
    ids = pa.concat_arrays([part.ids for part in parts])
    entities = pa.concat_arrays([part.entities for part in parts])
    _refuse_repeated(ids, entities)
    return Prepared(
        entities=entities,
        ids=ids,
        identifiers=pa.concat_arrays([part.identifiers for part in parts]),
        in_cooldown=_in_cooldown(request, around, entities),
    )


def predictions_table(project: str) -> str:
    """The lake's table of a project's predictions."""
    return f"{project}/predictions"


def _part(request: ScoreRequest, around: Surroundings, entities: pa.StringArray) -> _Part:
    names = entities.to_pylist()
    return _Part(
        entities=entities,
        ids=prediction_ids(around.keys.prediction_id_key, request.run, request.slot, names),
        identifiers=pa.array(around.reveal(names), pa.string()),
    )


def _in_cooldown(request: ScoreRequest, around: Surroundings, entities: pa.StringArray) -> Flags:
    """Which entities started an episode after `episodes_since` and before this slot, in whatever run."""
    table = predictions_table(request.project)
    if request.episodes_since is None or around.lake.version(table) is None:
        return np.zeros(len(entities), dtype=np.bool_)
    slot = pc.field("slot")
    recent = (slot > pa.scalar(request.episodes_since)) & (slot < pa.scalar(request.slot))
    started = around.lake.read(table, columns=[ENTITY], filter=recent & pc.field("eligible"))[ENTITY]
    flags: Flags = pc.is_in(entities, value_set=started.combine_chunks()).to_numpy(zero_copy_only=False)
    return flags


def _refuse_repeated(ids: pa.FixedSizeBinaryArray, entities: pa.StringArray) -> None:
    """An entity that stands twice has one id twice; and numbers are compared faster than text."""
    tails = np.sort(np.frombuffer(ids.buffers()[1], dtype="<u8")[1::2])
    if not (tails[1:] == tails[:-1]).any():
        return
    counts = pc.value_counts(entities)
    twice = counts.filter(pc.greater(counts.field("counts"), 1)).field("values")
    if len(twice):
        raise EntityRepeated(len(entities) - len(counts), twice[0].as_py())
