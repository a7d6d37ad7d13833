"""Train a candidate: rows, child, figures, gates.

Invariant: whatever the project's code does, and whatever the rows are, a `Run` comes back, with its log and with what
it ran on; a full disk or a missing sandbox is nobody's failed run and is raised. Figures of a candidate that fails its
gates are kept.
"""

import shutil
from dataclasses import dataclass
from datetime import datetime

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from copml.clock import Clock
from copml.errors import (
    CodeFailed,
    CodeKilled,
    CodeOutOfMemory,
    CodeReturnedWrong,
    CodeTimedOut,
    EntryInvalid,
    FeatureKindWrong,
    LibraryMissing,
    ModelFileRefused,
    ModelUnreadable,
    ModelUntrusted,
    ModelUnusable,
    TrainingRowsUnusable,
)
from copml.metrics import profile, spoken
from copml.records import Digest, Environment, GateResult, ModelVersion, Profile, Run, VersionState
from copml.sandbox import run_child
from copml.store import Blobs, explained
from copml.training.answers import FILE, Floats, read_answers
from copml.training.capture import environment, source_archive
from copml.training.dataset import TrainingRows, TrainingSet, lacking, make_dataset
from copml.training.evaluate import Figures, evaluate
from copml.training.gates import judge, passed, state_reason
from copml.training.job import CANDIDATE, LIVE, MODEL, Job, Trained
from copml.training.request import TrainRequest, TrainResult

FAILURES = (
    CodeFailed,
    CodeKilled,
    CodeOutOfMemory,
    CodeReturnedWrong,
    CodeTimedOut,
    EntryInvalid,
    FeatureKindWrong,
    LibraryMissing,
    ModelFileRefused,
    ModelUnreadable,
    ModelUntrusted,
    ModelUnusable,
    TrainingRowsUnusable,
)
"""What the project's code or data can be blamed for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Captured:
    """What was known of a run before its code ran."""

    started_at: datetime
    source: Digest
    environment: Environment


def train(request: TrainRequest, rows: TrainingRows, blobs: Blobs, clock: Clock) -> TrainResult:
    """Train, evaluate and judge one candidate.

    Raises:
        DiskFull, WorkspaceReadOnly, SandboxUnavailable: when the machine, not the project, is to blame.
    """
    captured = _Captured(
        started_at=clock.now(),
        source=blobs.put(source_archive(request.root)),
        environment=environment(request.root, request.limits.threads),
    )
    dataset: TrainingSet | None = None
    try:
        dataset = make_dataset(rows, request.policy)
        trained = _in_child(request, dataset)
    except FAILURES as error:
        run = _run(request, captured, dataset, _keep_log(request, blobs), clock.now(), reason=str(error))
        return TrainResult(
            run=run,
            version=None,
            folder=request.staging / MODEL,
            live={},
            missing={},
            left_out=dataset.left_out if dataset is not None else {},
            batch_difference=None,
        )
    run = _run(request, captured, dataset, _keep_log(request, blobs), clock.now(), reason="")
    return _result(request, dataset, trained, run)


def _in_child(request: TrainRequest, dataset: TrainingSet) -> Trained:
    job = Job(
        entry=request.entry,
        params=dict(request.params),
        seed=request.seed,
        columns=list(dataset.columns),
        train=str(request.staging / "train.parquet"),
        holdout=str(request.staging / "holdout.parquet"),
        live=str(request.live) if request.live is not None else None,
        output=str(request.staging),
        kind=request.rule.kind,
        classes=list(request.rule.classes),
        pickle=request.pickle,
        live_pickle=request.live_pickle,
    )
    with explained(request.staging):
        shutil.rmtree(request.staging, ignore_errors=True)
        request.staging.mkdir(parents=True)
        pq.write_table(dataset.train, job.train)
        pq.write_table(dataset.holdout, job.holdout)
    answer = run_child(
        "copml.training.child:main",
        msgspec.to_builtins(job),
        root=request.root,
        limits=request.limits,
        log=request.log,
        called=request.entry,
    )
    return msgspec.convert(answer, Trained)


def _result(request: TrainRequest, dataset: TrainingSet, trained: Trained, run: Run) -> TrainResult:
    figures = evaluate(dataset.holdout, _answer(request, CANDIDATE), request.rule)
    live = _live_figures(request, dataset)
    known = live.values if request.live is not None else None
    gates = judge(request.gates, figures.values, known, request.constants, lacking(dataset.holdout, request.rule))
    if trained.live_reason:
        gates = tuple(_explained(gate, trained.live_reason) for gate in gates)
    return TrainResult(
        run=run,
        version=_version(request, dataset, trained, figures, gates, run),
        folder=request.staging / MODEL,
        live=live.values,
        missing=figures.missing,
        left_out=dataset.left_out,
        batch_difference=trained.batch_difference,
    )


def _live_figures(request: TrainRequest, dataset: TrainingSet) -> Figures:
    answer = read_answers(request.staging / FILE, LIVE)
    if answer is None:
        return Figures(values={}, missing={})
    return evaluate(dataset.holdout, answer, request.rule)


def _explained(gate: GateResult, reason: str) -> GateResult:
    if gate.passed is not None:
        return gate
    return GateResult(
        condition=gate.condition, passed=None, seen=f"{gate.seen}; the live version cannot predict: {reason}"
    )


def _version(
    request: TrainRequest,
    dataset: TrainingSet,
    trained: Trained,
    figures: Figures,
    gates: tuple[GateResult, ...],
    run: Run,
) -> ModelVersion:
    return ModelVersion(
        project=request.project,
        name=request.name,
        number=request.number,
        run=request.run,
        cause=request.cause,
        revision=request.revision,
        state=VersionState.CANDIDATE if passed(gates) else VersionState.REJECTED,
        runtime=f"{trained.library}, {trained.runtime}",
        content_digest=Digest(trained.content_digest),
        manifest=Digest(""),
        columns=tuple(trained.columns),
        metrics=figures.values,
        gates=gates,
        profile=_reference(request, dataset, trained.columns),
        created_at=run.ended_at,
        state_reason=state_reason(gates, lacking(dataset.holdout, request.rule)),
    )


def _reference(request: TrainRequest, dataset: TrainingSet, columns: list[str]) -> Profile:
    """What inputs and answers looked like: columns of the training rows, answers to the holdout."""
    answers = pa.table({request.rule.answer_name: spoken(_answer(request, CANDIDATE), request.rule)})
    return {**profile(dataset.train.select(columns)), **profile(answers)}


def _run(
    request: TrainRequest,
    captured: _Captured,
    dataset: TrainingSet | None,
    log: Digest | None,
    ended_at: datetime,
    *,
    reason: str,
) -> Run:
    return Run(
        project=request.project,
        id=request.run,
        cause=request.cause,
        revision=request.revision,
        succeeded=not reason,
        reason=reason,
        entry=request.entry,
        params=dict(request.params),
        seed=request.seed,
        dataset=dataset.digest if dataset is not None else None,
        snapshots=dict(request.snapshots),
        source=captured.source,
        environment=captured.environment,
        log=log,
        rows_train=len(dataset.train) if dataset is not None else 0,
        rows_holdout=len(dataset.holdout) if dataset is not None else 0,
        rows_left_out=sum(dataset.left_out.values()) if dataset is not None else 0,
        rows_effective=dataset.rows_effective if dataset is not None else 0.0,
        started_at=captured.started_at,
        ended_at=ended_at,
        version=None if reason else request.name,
    )


def _keep_log(request: TrainRequest, blobs: Blobs) -> Digest | None:
    return blobs.put_file(request.log) if request.log.is_file() else None


def _answer(request: TrainRequest, whose: str) -> Floats:
    answer = read_answers(request.staging / FILE, whose)
    assert answer is not None, "the child writes the answers of the candidate"
    return answer
