"""Choose, weigh and split the rows that a model learns from (pure).

Learning from treated outcomes destroys a model: a customer whom an offer kept would teach it that such customers stay.
By default a row with a treatment that may have touched its outcome is left out, and rows of the control group, who
would have been treated, stand in for them with the weight 1/share (at most that, however many draws they won, which
understates those who won several). The holdout is the newest matured time, on entities drawn by a hash of their
pseudonyms; no outcome of theirs that reaches beyond that time is trained on.

Invariant: the result depends on what the rows are, never on their order; unmatured outcomes are never taken for a no.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from copml.errors import TrainingRowsUnusable
from copml.records import PREDICTION, PROBABILITY, DecisionRule, Digest, ProblemKind
from copml.spec.periods import Duration
from copml.training.content import table_digest
from copml.training.spans import occurs

OUTCOME, WEIGHT, ENTITY, AS_OF, UNTREATED = "outcome", "weight", "entity", "as_of", "untreated"
OWN = (ENTITY, AS_OF, OUTCOME, WEIGHT, UNTREATED)
"""Columns of a training set that are no features."""
RESERVED = frozenset({OUTCOME, WEIGHT, UNTREATED, PROBABILITY, PREDICTION})
"""Names that no feature may have: those of copml's own columns of rows and of profiles."""
ROWS_MIN = 50
OUTCOMES_MIN = 5
# pandas takes a key of 16 bytes; it only keeps this draw apart from others on the same pseudonyms.
_HASH_KEY = "copml.holdout.v1"

Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingRows:
    """What there is to learn from.

    `features`: entity, as_of, feature columns. `labels`: in the same order, entity, as_of, label (1 or 0, a number, or
    the place of the class; NaN: unknown), matures_at (null: the outcome is a column). `treatments`: entity, event_at,
    what was really done. `episodes`: entity, slot, control; an intended treatment, withheld where `control`. `now`:
    what matures later is not learnt.
    """

    features: pa.Table
    labels: pa.Table
    treatments: pa.Table
    episodes: pa.Table
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """`on`: `untreated` or `all`. `share`: of the control group; None without one. `holdout`: share of entities.

    `rule`: what outcomes there are.
    """

    on: str
    holdout: float
    share: float | None
    cooldown: Duration | None
    zone: ZoneInfo
    rule: DecisionRule


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingSet:
    """`train` and `holdout`: features and `OWN`, by as_of and entity. `left_out`: rows by the reason why.

    `holdout` keeps treated rows, marked, so that it can be measured on all and on the untreated alone.
    `rows_effective`: Kish's effective number of training rows, given their weights.
    """

    train: pa.Table
    holdout: pa.Table
    columns: tuple[str, ...]
    left_out: Mapping[str, int]
    rows_effective: float
    digest: Digest


def make_dataset(rows: TrainingRows, policy: Policy) -> TrainingSet:
    """Training rows and holdout.

    Raises:
        TrainingRowsUnusable: when nothing has matured, rows are too few or all of one outcome, or a name is taken.
    """
    columns = tuple(name for name in rows.features.column_names if name not in (ENTITY, AS_OF))
    if taken := sorted(RESERVED & set(columns)):
        raise TrainingRowsUnusable(f"a feature is called {taken[0]}, which is copml's own", "rename it in `build`")
    known = _known(rows)
    table, until = _labelled(rows, columns, known, policy.rule)
    treated, in_control = _touched(rows, policy, table, until)
    table = table.append_column(UNTREATED, pa.array(~treated))
    held = _held_out(table, policy, timed=until is not None)
    table = table.append_column(WEIGHT, pa.array(_weights(policy, treated, in_control, held)))
    shared = _shares_outcome(table, held, until)
    dropped = treated & ~held & ~shared if policy.on == "untreated" else np.zeros(len(table), dtype=np.bool_)
    train = table.filter(pa.array(~held & ~shared & ~dropped))
    holdout = table.filter(pa.array(held))
    _demand_enough(train, holdout, policy.rule)
    weight = train[WEIGHT].to_numpy()
    return TrainingSet(
        train=train,
        holdout=holdout,
        columns=columns,
        left_out={
            "not matured": int((~known).sum()),
            "treated": int(dropped.sum()),
            "shared with the holdout": int(shared.sum()),
        },
        rows_effective=float(weight.sum() ** 2 / (weight**2).sum()),
        digest=Digest(table_digest({"train": train, "holdout": holdout})),
    )


def _known(rows: TrainingRows) -> Flags:
    label = rows.labels["label"].to_numpy()
    matures_at = rows.labels["matures_at"].cast(pa.timestamp("us", "UTC"))
    over = pc.fill_null(pc.less_equal(matures_at, pa.scalar(rows.now, matures_at.type)), True).to_numpy()
    # A positive is known before its horizon is over and a negative is not: taking those rows would tilt the outcome.
    known: Flags = ~np.isnan(label) & over
    if not known.any():
        raise TrainingRowsUnusable(
            f"none of the {len(label)} rows has an outcome that is known yet", "wait for the horizon to pass"
        )
    return known


def _labelled(
    rows: TrainingRows, columns: tuple[str, ...], known: Flags, rule: DecisionRule
) -> tuple[pa.Table, NDArray[np.int64] | None]:
    """Rows with known outcomes by as_of and entity, and the ends of their outcomes' windows, in microseconds."""
    table = rows.features.select([ENTITY, AS_OF, *columns])
    table = table.set_column(0, ENTITY, table[ENTITY].cast(pa.string()))
    table = table.append_column(OUTCOME, _outcomes(rows.labels["label"], rule))
    table = table.append_column("until", rows.labels["matures_at"].cast(pa.timestamp("us", "UTC")))
    table = table.filter(pa.array(known)).sort_by([(AS_OF, "ascending"), (ENTITY, "ascending")])
    until = table["until"]
    ends = None if until.null_count == len(until) else _micros(until)
    return table.drop_columns(["until"]), ends


def _outcomes(label: pa.ChunkedArray, rule: DecisionRule) -> pa.ChunkedArray:
    """Outcomes as a project's `train` sees them: 0 and 1, numbers, or the names of classes; any value where unknown."""
    match rule.kind:
        case ProblemKind.REGRESSION:
            return label
        case ProblemKind.MULTICLASS:
            places = pc.cast(pc.if_else(pc.is_nan(label), 0.0, label), pa.int32())
            return pa.chunked_array([pa.array(rule.classes, pa.string()).take(places.combine_chunks())])
        case _:
            return pc.cast(label, pa.int64(), safe=False)


def _touched(
    rows: TrainingRows, policy: Policy, table: pa.Table, until: NDArray[np.int64] | None
) -> tuple[Flags, Flags]:
    """Whether a treatment, and whether a withheld one, lies in (as_of - cooldown, as_of + horizon] of each row."""
    if policy.cooldown is None or until is None:
        none: Flags = np.zeros(len(table), dtype=np.bool_)
        return none, none
    spans = table[ENTITY], _before(table[AS_OF], policy.cooldown, policy.zone), until
    withheld = rows.episodes.filter(rows.episodes["control"])
    intended = rows.episodes.filter(pc.invert(rows.episodes["control"]))
    treated = occurs(rows.treatments[ENTITY], _micros(rows.treatments["event_at"]), *spans)
    treated |= occurs(intended[ENTITY], _micros(intended["slot"]), *spans)
    return treated, occurs(withheld[ENTITY], _micros(withheld["slot"]), *spans)


def _weights(policy: Policy, treated: Flags, in_control: Flags, held: Flags) -> NDArray[np.float64]:
    """Controls stand in for the treated: on the holdout always, in training where those are left out."""
    if policy.share is None:
        return np.ones(len(treated))
    stands_in = in_control & ~treated & (held | (policy.on == "untreated"))
    return np.where(stands_in, 1 / policy.share, 1.0)


def _held_out(table: pa.Table, policy: Policy, *, timed: bool) -> Flags:
    """The holdout: the newest time of drawn entities; without time, the drawn share of each outcome."""
    share = policy.holdout
    draw = pd.util.hash_array(table[ENTITY].to_numpy(), hash_key=_HASH_KEY) / 2.0**64
    if timed:
        newest = pc.equal(table[AS_OF], pc.max(table[AS_OF])).to_numpy()
        return np.asarray(newest & (draw < share))
    held = np.zeros(len(table), dtype=np.bool_)
    for own in strata(table, policy.rule):
        held[own[np.argsort(draw[own], kind="stable")][: round(share * len(own))]] = True
    return held


def strata(table: pa.Table, rule: DecisionRule) -> list[NDArray[np.int64]]:
    """The places of the rows of each outcome; all together where outcomes are numbers."""
    if rule.kind is ProblemKind.REGRESSION:
        return [np.arange(len(table))]
    codes = table[OUTCOME].combine_chunks().dictionary_encode().indices.to_numpy(zero_copy_only=False)
    return [np.flatnonzero(codes == code) for code in range(codes.max(initial=-1) + 1)]


def _shares_outcome(table: pa.Table, held: Flags, until: NDArray[np.int64] | None) -> Flags:
    """Other rows of held-out entities whose outcome's window reaches beyond the holdout's time."""
    entities = pc.unique(table[ENTITY].filter(pa.array(held)))
    same = pc.is_in(table[ENTITY], value_set=entities).to_numpy()
    later = np.ones(len(table), dtype=np.bool_) if until is None else until > _micros(table[AS_OF]).max()
    return np.asarray(same & later & ~held)


def _demand_enough(train: pa.Table, holdout: pa.Table, rule: DecisionRule) -> None:
    if len(train) < ROWS_MIN:
        raise TrainingRowsUnusable(
            f"{len(train)} rows are left, and {ROWS_MIN} are needed",
            "wait for more outcomes, or train on a longer history",
        )
    if (what := lacking(train, rule)) is not None:
        raise TrainingRowsUnusable(what, "check the outcome's source, column and horizon")
    if len(holdout) == 0:
        raise TrainingRowsUnusable(
            "no row is left to evaluate on", "raise `training.holdout`, or wait for more entities"
        )


def lacking(rows: pa.Table, rule: DecisionRule) -> str | None:
    """What the outcomes of rows lack for a model to be learned from them or judged by them, in words; None: nothing."""
    return _LACKING[rule.kind](rows)


def _lacking_yes_or_no(rows: pa.Table) -> str | None:
    positives = pc.sum(rows[OUTCOME]).as_py() or 0
    if min(positives, len(rows) - positives) >= OUTCOMES_MIN:
        return None
    return f"{positives:,} of {len(rows):,} rows have a positive outcome, and {OUTCOMES_MIN} of each are needed"


def _lacking_classes(rows: pa.Table) -> str | None:
    counts = {item["values"]: item["counts"] for item in pc.value_counts(rows[OUTCOME]).to_pylist()}
    if sum(count >= OUTCOMES_MIN for count in counts.values()) >= 2:
        return None
    return f"two classes are needed with {OUTCOMES_MIN} rows each, and there are {counts}"


def _lacking_spread(rows: pa.Table) -> str | None:
    if pc.count_distinct(rows[OUTCOME]).as_py() > 1:
        return None
    return f"the outcome of all {len(rows)} rows is {rows[OUTCOME][0].as_py()}"


_LACKING: dict[ProblemKind, Callable[[pa.Table], str | None]] = {
    ProblemKind.BINARY: _lacking_yes_or_no,
    ProblemKind.RANKING: _lacking_yes_or_no,
    ProblemKind.MULTICLASS: _lacking_classes,
    ProblemKind.REGRESSION: _lacking_spread,
}
"""What outcomes of each kind lack, in words, or None."""


def _before(as_of: pa.ChunkedArray, span: Duration, zone: ZoneInfo) -> NDArray[np.int64]:
    """as_of - span on the project's calendar, in microseconds; one look-up per distinct time."""
    encoded = as_of.combine_chunks().dictionary_encode()
    starts = pa.array([span.before(at, zone) for at in encoded.dictionary.to_pylist()], pa.timestamp("us", "UTC"))
    return _micros(starts.take(encoded.indices))


def _micros(times: pa.ChunkedArray | pa.Array) -> NDArray[np.int64]:
    """Times as microseconds; shape (rows,)."""
    return np.asarray(times.cast(pa.timestamp("us", "UTC")).cast(pa.int64()).to_numpy(), dtype=np.int64)
