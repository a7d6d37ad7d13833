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

from copml.metrics import decide, spoken
from copml.records import DecisionRule, ProblemKind

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


def assign(decision: Flags, *, control: Flags, in_cooldown: Flags) -> Arms:
    """Draw every row that is decided yes into an arm, unless it waits. All arguments have the shape (rows,).

    >>> arms = assign(np.array([True, True, True, False]), control=np.array([False, True, False, False]),
    ...               in_cooldown=np.array([False, False, True, False]))
    >>> [str(word) for word in WORDS[arms.words()]]
    ['treat', 'control', 'waiting', 'none']
    """
    eligible = decision & ~in_cooldown
    return Arms(decision=decision, control=control, eligible=eligible, treat=eligible & ~control)


def order(score: Numbers, entity: pa.Array) -> Positions:
    """Positions of the rows from the highest score to the lowest, ties by entity; shape (rows,)."""
    keys = pa.table({"score": score, "entity": entity})
    positions: Positions = pc.sort_indices(keys, [("score", "descending"), ("entity", "ascending")]).to_numpy()
    return positions


def score_of(answer: Numbers, rule: DecisionRule) -> Numbers:
    """What rows are ranked by: the answer; of several classes the probability of those that are acted on.

    Where none is acted on, the probability of the class that is named. Shape (rows,).
    """
    if rule.kind is not ProblemKind.MULTICLASS:
        return answer
    if not rule.act_on:
        return np.asarray(answer.max(axis=1))
    return np.asarray(answer[:, [rule.classes.index(name) for name in rule.act_on]].sum(axis=1))


def ranks(positions: Positions) -> Ranks:
    """The rank of every row, 1 = highest probability, from what `order` gave; a permutation of 1..rows."""
    rank = np.empty(len(positions), dtype=np.int32)
    rank[positions] = np.arange(1, len(positions) + 1, dtype=np.int32)
    return rank


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What a run answers for every row, shapes (rows,); `positions` go from the highest score to the lowest.

    `answer` has the shape (rows, classes) where the rule knows classes.
    """

    rule: DecisionRule
    answer: Numbers
    arms: Arms
    positions: Positions
    rank: Ranks

    def columns(self, rows: slice | Positions) -> dict[str, pa.Array]:
        """The columns of some rows that say what was answered."""
        some = self.answer[rows]
        columns = {self.rule.answer_name: spoken(some, self.rule)}
        if self.rule.kind is ProblemKind.MULTICLASS:
            offsets = np.arange(len(some) + 1, dtype=np.int32) * some.shape[1]
            columns["probabilities"] = pa.ListArray.from_arrays(pa.array(offsets), pa.array(some.ravel()))
        return columns


def answer(given: Numbers, entity: pa.Array, *, rule: DecisionRule, control: Flags, in_cooldown: Flags) -> Answers:
    """Decide, assign and rank; all arguments have one value, or one for each class, for each row."""
    positions = order(score_of(given, rule), entity)
    return Answers(
        rule=rule,
        answer=given,
        arms=assign(decided(given, positions, rule), control=control, in_cooldown=in_cooldown),
        positions=positions,
        rank=ranks(positions),
    )


def decided(given: Numbers, positions: Positions, rule: DecisionRule) -> Flags:
    """The decision on each row; where a share is decided yes, equal scores count in the order of the entities."""
    decided = np.zeros(len(given), dtype=np.bool_)
    decided[positions] = decide(given[positions], rule) > 0
    return decided
