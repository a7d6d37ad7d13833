"""Who is in the control group: the draw of every entity, whatever its prediction will be.

Invariant: the draw depends on the key, the project, the epoch and the entity alone. Where rows are many it runs in a
process of its own beside the child that predicts, because hashing holds the interpreter; the answer is the same. That
process gets the folder of the keys and runs no project code.
"""

from datetime import datetime
from pathlib import Path

import msgspec
import numpy as np

from copml.keys import Keys
from copml.sandbox import Limits, run_child
from copml.scoring.assign import Flags
from copml.scoring.request import ScoreRequest, Surroundings
from copml.scoring.rows import ENTITY, Rows, batches
from copml.store import write_bytes

CHILD = "copml.scoring.draw:main"
PURPOSE = "control"
# Starting a process costs as much as some fifty thousand draws.
OWN_PROCESS_ROWS = 200_000
# No project code runs in it, so this only bounds a defect: an hour is two billion draws.
LIMITS = Limits(seconds=3600.0, memory_mb=2048)


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """What the process is asked, as JSON."""

    keys: str
    project: str
    epoch: str
    share: float
    files: list[str]
    as_of: datetime | None
    answer: str


def draw(request: ScoreRequest, around: Surroundings, total: int) -> Flags | None:
    """Whether each row's entity is in the control group, shape (rows,); None where there is no such group.

    `total` is about how many rows there are.
    """
    if request.control is None:
        return None
    answer = around.staging / "control"
    work = Work(
        keys=str(around.keys.folder.resolve()),
        project=request.project,
        epoch=request.control.epoch,
        share=request.control.share,
        files=[str(file.resolve()) for file in request.rows.files],
        as_of=request.rows.as_of,
        answer=str(answer.resolve()),
    )
    if total < OWN_PROCESS_ROWS:
        return _drawn(work, around.keys)
    log = around.log.with_suffix(".draw.log")
    run_child(CHILD, msgspec.to_builtins(work), root=log.parent, limits=LIMITS, log=log)
    return np.fromfile(answer, dtype=np.bool_)


def main(argument: object) -> None:
    """Draw, and keep the answer as one byte for each row."""
    work = msgspec.convert(argument, Work)
    write_bytes(Path(work.answer), _drawn(work, Keys.open(Path(work.keys))).tobytes())


def _drawn(work: Work, keys: Keys) -> Flags:
    rows = Rows(files=tuple(Path(file) for file in work.files), as_of=work.as_of)
    parts = [
        keys.draw(PURPOSE, work.project, work.epoch, batch[ENTITY].to_pylist()) < work.share
        for batch in batches(rows, [ENTITY])
    ]
    return np.concatenate([np.empty(0, dtype=np.bool_), *parts])
