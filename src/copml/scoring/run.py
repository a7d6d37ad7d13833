"""Score one batch: predict in a child, decide, keep every row durably, then give the business its table.

Invariant: the business's table appears only after every prediction in it is in the lake. A run that is repeated takes
up the parts that are there, mints the same ids, and replaces its own rows and output. Keeping the records, and when a
run is due, is for the loop.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from threading import Event, Thread

import numpy as np
import pyarrow as pa

from copml.digest import digest_of
from copml.errors import NothingToScore
from copml.metrics import profile, spoken
from copml.predictions import predictions_schema
from copml.records import PROBABILITY, Bins, Digest, Profile, ScoringRun
from copml.sandbox import run_child
from copml.scoring.assign import Answers, Flags, Numbers, answer
from copml.scoring.compose import Composer
from copml.scoring.draw import draw
from copml.scoring.output import discard_drafts, output_name, output_table, publish, write_draft
from copml.scoring.parts import Parts
from copml.scoring.prepare import Prepared, predictions_table, prepare
from copml.scoring.request import ScoreRequest, ScoreResult, Surroundings
from copml.scoring.rows import ahead, count, schema
from copml.store import Commit, make_folder

CHILD = "copml.scoring.child:main"
# Two random columns and the pseudonyms: statistics of them would only take room, or name people.
PLAIN = frozenset({"id", "salt", "entity"})
PROBABILITY_EDGES = tuple(step / 20 for step in range(1, 20))
LOOK_SECONDS = 0.2


def score(request: ScoreRequest, around: Surroundings) -> ScoreResult:
    """Predict, record and hand over; the same request again gives the same rows except for their salts.

    Raises:
        NothingToScore, FeaturesLackColumns, FeatureInfinite, EntityRepeated, InputUnsupported: about the rows.
        AnswerWrong, CodeFailed and its kin: about the model.
        DiskFull, WorkspaceReadOnly: about the workspace.
    """
    if not request.rows.files:
        raise NothingToScore(request.project, f"there are no features for {request.slot.isoformat()}")
    rule = request.rule
    kept = predictions_schema(schema(request.rows, request.columns, request.version), rule.kind)
    parts = Parts(around.staging / digest_of(_asked(request))[:16], width=len(rule.classes) or 1)
    total = count(request.rows)
    with ThreadPoolExecutor(2) as pool:
        preparing = pool.submit(prepare, request, around)
        drawing = pool.submit(draw, request, around, total)
        given = _predict(request, around, parts, total)
        prepared, drawn = preparing.result(), drawing.result()
    answers = _answer(request, prepared, given, drawn)
    composer = Composer(request, prepared, answers, kept)
    commit, output = _hand_over(request, around, prepared, composer)
    parts.remove()
    return ScoreResult(run=_record(request, answers, composer.inputs(), commit, output), commit=commit)


def _transaction(request: ScoreRequest) -> str:
    """Names everything that the rows depend on: another attempt with another model or threshold writes its own."""
    decided = {"rule": asdict(request.rule), "control": request.control, "since": request.episodes_since}
    return f"{request.transaction}/{digest_of(_asked(request) | decided)[:16]}"


def _asked(request: ScoreRequest) -> dict[str, object]:
    """What the child is asked, as JSON types; also what its parts depend on."""
    return {
        "model": str(request.model.resolve()),
        "version": request.version,
        "columns": list(request.columns),
        "files": [str(file.resolve()) for file in request.rows.files],
        "as_of": None if request.rows.as_of is None else request.rows.as_of.isoformat(),
        "pickle": request.pickle,
    }


def _predict(request: ScoreRequest, around: Surroundings, parts: Parts, total: int) -> Numbers:
    argument = _asked(request) | {"parts": str(parts.folder.resolve())}
    with _watched(parts, total, around.progress):
        batches = run_child(CHILD, argument, root=around.project_root, limits=around.limits, log=around.log)
    assert isinstance(batches, int)
    return parts.read(batches)


@contextmanager
def _watched(parts: Parts, total: int, progress: Callable[[int, int], None]) -> Iterator[None]:
    """Tell how many rows have their part, from time to time and at the end."""
    over = Event()

    def look() -> None:
        while not over.wait(LOOK_SECONDS):
            progress(parts.rows(), total)

    watcher = Thread(target=look, daemon=True)
    watcher.start()
    try:
        yield
        progress(parts.rows(), total)
    finally:
        over.set()
        watcher.join()


def _answer(request: ScoreRequest, prepared: Prepared, given: Numbers, drawn: Flags | None) -> Answers:
    control = np.zeros(len(given), dtype=np.bool_) if drawn is None else drawn
    rows = {len(given), len(prepared.entities), len(control)}
    assert len(rows) == 1, f"the processes saw {rows} rows"
    return answer(
        given,
        prepared.entities,
        rule=request.rule,
        control=control,
        in_cooldown=prepared.in_cooldown,
    )


def _hand_over(
    request: ScoreRequest, around: Surroundings, prepared: Prepared, composer: Composer
) -> tuple[Commit, str]:
    """Keep the rows while the business's table is drafted, then publish it; returns its path below the outputs."""
    path = around.outputs / request.project / output_name(request.slot, request.zone, request.output)
    make_folder(path.parent)
    try:
        with ThreadPoolExecutor(1) as pool:
            drafting = pool.submit(_draft, request, prepared, composer, path)
            commit = around.lake.write(
                predictions_table(request.project),
                ahead(iter(composer)),
                composer.schema,
                transaction=_transaction(request),
                replace={"run": request.run},
                plain=PLAIN,
            )
        publish(drafting.result(), path)
    finally:
        discard_drafts(path)
    return commit, path.relative_to(around.outputs).as_posix()


def _draft(request: ScoreRequest, prepared: Prepared, composer: Composer, path: Path) -> Path:
    return write_draft(output_table(request.entity_column, prepared.identifiers, composer.answers), path)


def _record(request: ScoreRequest, answers: Answers, inputs: Profile, commit: Commit, output: str) -> ScoringRun:
    arms = answers.arms
    return ScoringRun(
        project=request.project,
        id=request.run,
        slot=request.slot,
        version=request.version,
        deployment=request.deployment,
        rows=len(answers.answer),
        positives=int(np.count_nonzero(arms.decision)),
        treated=int(np.count_nonzero(arms.treat)),
        control=int(np.count_nonzero(arms.eligible & arms.control)),
        table_version=commit.version,
        digest=Digest(digest_of(sorted(file.digest for file in commit.files))),
        output=output,
        on_time=request.on_time,
        scored_at=request.now,
        profile={**inputs, **spread(answers, request.reference)},
    )


def spread(answers: Answers, reference: Profile) -> Profile:
    """The answers in the bins of the training profile; of probabilities in twenty equal ones where it has none."""
    name = answers.rule.answer_name
    equal = {PROBABILITY: Bins(kind="number", counts=(), missing=0, edges=PROBABILITY_EDGES)}
    like = {name: reference[name]} if name in reference else equal
    return profile(pa.table({name: spoken(answers.answer, answers.rule)}), like=like if name in like else None)
