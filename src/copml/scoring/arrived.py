"""Predictions that were made elsewhere, as a run of the table of predictions.

Invariant: what is recorded is what arrived: answer, decision, version and time are those of the log, and nothing is
computed again. The same rows under the same run get the same ids. Which rows are news is for the loop; that they hold
possible answers was checked when they were read.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pyarrow as pa

from copml.digest import digest_of
from copml.metrics import profile
from copml.predictions import is_recordable, prediction_ids, predictions_schema
from copml.records import DecisionRule, Digest, Profile, ScoringRun, VersionName
from copml.scoring.assign import Answers, Arms, Flags, Numbers, decided, order, ranks, score_of
from copml.scoring.compose import salts
from copml.scoring.prepare import predictions_table
from copml.scoring.request import ScoreResult
from copml.scoring.run import PLAIN, spread
from copml.store import Lake

UNKNOWN = pa.field("unknown", pa.bool_())
"""What stands for the inputs of a prediction that came without any; always null."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Logged:
    """Rows of a log, one for each prediction, in the order of their times and entities.

    `entity`: pseudonyms. `slot`: when each was made, UTC. `answer`: shape (rows,), or (rows, classes). `decision`: what
    was decided, None where the rule tells it. `control`: who was in the control group. `inputs`: a column for each
    input that is known.
    """

    entity: pa.StringArray
    slot: tuple[datetime, ...]
    answer: Numbers
    decision: Flags | None
    control: Flags
    inputs: pa.Table


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrivalRequest:
    """One run of predictions from elsewhere: all of one version, in one window.

    `reference`: the profile of the version; None where these are its first rows, which then become it. `uncounted`:
    inputs that are kept and not profiled. `episodes`: when the latest episode of treatment of an entity started, before
    these rows; `waits_since`: the time after which such a start keeps an entity from the next one at a given time; None
    where nobody waits. `transaction`: the same for every attempt.
    """

    project: str
    run: str
    version: VersionName
    deployment: str
    rows: Logged
    rule: DecisionRule
    reference: Profile | None
    uncounted: frozenset[str]
    episodes: Mapping[str, datetime]
    waits_since: Callable[[datetime], datetime] | None
    transaction: str
    now: datetime


def record(request: ArrivalRequest, lake: Lake, id_key: bytes) -> tuple[ScoreResult, Profile]:
    """Write the rows; the run to keep, and the profile that its version is compared with from now on.

    Raises:
        InputUnsupported: for an input that is no number, text or truth value.
        DiskFull, WorkspaceReadOnly: when the lake cannot be written.
    """
    rows, answers = request.rows, _answers(request)
    inputs = _inputs(rows)
    schema = predictions_schema(inputs.schema, request.rule.kind)
    commit = lake.write(
        predictions_table(request.project),
        [_batch(request, answers, inputs, id_key, schema)],
        schema,
        transaction=request.transaction,
        replace={"run": request.run},
        plain=PLAIN,
    )
    reference = request.reference or _counted(request, answers)
    run = ScoringRun(
        project=request.project,
        id=request.run,
        slot=max(rows.slot),
        version=request.version,
        deployment=request.deployment,
        rows=len(rows.entity),
        positives=int(np.count_nonzero(answers.arms.decision)),
        treated=int(np.count_nonzero(answers.arms.treat)),
        control=int(np.count_nonzero(answers.arms.eligible & answers.arms.control)),
        table_version=commit.version,
        digest=Digest(digest_of(sorted(file.digest for file in commit.files))),
        output="",
        on_time=True,
        scored_at=request.now,
        profile=_counted(request, answers, reference),
    )
    return ScoreResult(run=run, commit=commit), reference


def input_columns(rows: pa.Table) -> tuple[str, ...]:
    """The columns that can be kept as inputs: numbers, texts and truth values."""
    return tuple(field.name for field in rows.schema if is_recordable(field.type))


def _answers(request: ArrivalRequest) -> Answers:
    rows, rule = request.rows, request.rule
    positions = order(score_of(rows.answer, rule), rows.entity)
    decision = decided(rows.answer, positions, rule) if rows.decision is None else rows.decision
    eligible = _eligible(rows, decision, request.episodes, request.waits_since)
    arms = Arms(decision=decision, control=rows.control, eligible=eligible, treat=eligible & ~rows.control)
    return Answers(rule=rule, answer=rows.answer, arms=arms, positions=positions, rank=ranks(positions))


def _eligible(
    rows: Logged, decision: Flags, episodes: Mapping[str, datetime], waits_since: Callable[[datetime], datetime] | None
) -> Flags:
    """Which positive decisions start an episode: those of entities that are in none, in the order of their times."""
    if waits_since is None:
        return decision
    started, found = dict(episodes), np.zeros(len(decision), dtype=np.bool_)
    for place in np.flatnonzero(decision):
        entity, slot = rows.entity[place].as_py(), rows.slot[place]
        before = started.get(entity)
        if before is None or before <= waits_since(slot):
            found[place], started[entity] = True, slot
    return found


def _inputs(rows: Logged) -> pa.Table:
    known = rows.inputs.select(input_columns(rows.inputs)).combine_chunks()
    if known.num_columns == 0:
        return pa.table({UNKNOWN.name: pa.nulls(len(rows.entity), UNKNOWN.type)})
    return known


def _batch(
    request: ArrivalRequest, answers: Answers, inputs: pa.Table, id_key: bytes, schema: pa.Schema
) -> pa.RecordBatch:
    rows, arms, count = request.rows, answers.arms, len(request.rows.entity)
    parts = [inputs.column(name).combine_chunks() for name in inputs.column_names]
    columns = {
        "id": prediction_ids(id_key, request.run, rows.slot, rows.entity.to_pylist(), _ordinals(rows.entity)),
        "entity": rows.entity,
        "slot": pa.array(rows.slot, schema.field("slot").type),
        "version": pa.repeat(pa.scalar(request.version, pa.string()), count),
        **answers.columns(slice(0, count)),
        "decision": pa.array(arms.decision),
        "control": pa.array(arms.control),
        "eligible": pa.array(arms.eligible),
        "treat": pa.array(arms.treat),
        "rank": pa.array(answers.rank),
        "salt": salts(count),
        "input": pa.StructArray.from_arrays(parts, fields=list(schema.field("input").type)),
    }
    ordered = [columns[field.name].cast(field.type) for field in schema]
    return pa.RecordBatch.from_arrays(ordered, schema=schema)


def _ordinals(entities: pa.StringArray) -> list[int]:
    """How many predictions of the same entity stand before each."""
    seen: dict[str, int] = {}
    found = []
    for entity in entities.to_pylist():
        found.append(seen.get(entity, 0))
        seen[entity] = found[-1] + 1
    return found


def _counted(request: ArrivalRequest, answers: Answers, reference: Profile | None = None) -> Profile:
    """The profile of inputs and answers, in the bins of the reference where there is one."""
    inputs = request.rows.inputs
    names = [name for name in input_columns(inputs) if name not in request.uncounted]
    answer = request.rule.answer_name
    like = None if reference is None else {name: bins for name, bins in reference.items() if name != answer}
    return {**profile(inputs.select(names), like=like), **spread(answers, reference or {})}
