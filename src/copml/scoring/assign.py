"""Who is treated: decision, episode and arm of every entity of one scoring run, and their rank.

Invariant: treat ⊂ eligible ⊂ decision; a control entity is never treated; an entity starts at most one episode within
a cooldown, in both arms alike, so that the arms stay comparable. Where the draw and the earlier episodes come from is
left to the caller.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Flags = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.float64]
Positions = npt.NDArray[np.int64]
Ranks = npt.NDArray[np.int32]
WORDS = np.array(["none", "waiting", "control", "treat"], dtype=object)
"""What the business reads: no decision, decided but still within a cooldown, withheld on purpose, to be treated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arms:
    """One flag for each row, shape (rows,)."""

    decision: Flags
    control: Flags
    eligible: Flags
    treat: Flags

    def words(self) -> npt.NDArray[np.int8]:
        """Positions in `WORDS`, shape (rows,)."""
        kind = self.decision.astype(np.int8)
        kind[self.eligible] = 2
        kind[self.treat] = 3
        return kind


def assign(probability: Numbers, *, threshold: float, control: Flags, in_cooldown: Flags) -> Arms:
    """Decide every row. All arguments have the shape (rows,); `threshold` lies in 0..1.

    >>> arms = assign(np.array([0.9, 0.9, 0.9, 0.1]), threshold=0.5, control=np.array([False, True, False, False]),
    ...               in_cooldown=np.array([False, False, True, False]))
    >>> [str(word) for word in WORDS[arms.words()]]
    ['treat', 'control', 'waiting', 'none']
    """
    decision = probability >= threshold
    eligible = decision & ~in_cooldown
    return Arms(decision=decision, control=control, eligible=eligible, treat=eligible & ~control)


def order(probability: Numbers, entity: pa.Array) -> Positions:
    """Positions of the rows from the highest probability to the lowest, ties by entity; shape (rows,)."""
    keys = pa.table({"probability": probability, "entity": entity})
    positions: Positions = pc.sort_indices(keys, [("probability", "descending"), ("entity", "ascending")]).to_numpy()
    return positions


def ranks(positions: Positions) -> Ranks:
    """The rank of every row, 1 = highest probability, from what `order` gave; a permutation of 1..rows."""
    rank = np.empty(len(positions), dtype=np.int32)
    rank[positions] = np.arange(1, len(positions) + 1, dtype=np.int32)
    return rank


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What a run answers for every row, shapes (rows,); `positions` go from the highest probability to the lowest."""

    probability: Numbers
    arms: Arms
    positions: Positions
    rank: Ranks


def answer(probability: Numbers, entity: pa.Array, *, threshold: float, control: Flags, in_cooldown: Flags) -> Answers:
    """Decide, assign and rank; all arguments have one value for each row."""
    positions = order(probability, entity)
    return Answers(
        probability=probability,
        arms=assign(probability, threshold=threshold, control=control, in_cooldown=in_cooldown),
        positions=positions,
        rank=ranks(positions),
    )
