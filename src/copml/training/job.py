"""What parent and child of a training say to each other: jobs, answers, names of files and columns.

Invariant: importing this loads no model library, so that a parent which only hands out jobs stays light.
"""

from typing import Any

import msgspec

from copml.records import ProblemKind

MODEL, CANDIDATE, LIVE, FOLD = "model", "candidate", "live", "fold"


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """`train`, `holdout`: Parquet files. `live`: folder of the live model, or None. `output`: a folder, made before.

    `pickle`: whether the model may be kept as one. `live_pickle`: the signed digest of the live model's, if it is one.
    """

    entry: str
    params: dict[str, Any]
    seed: int
    columns: list[str]
    train: str
    holdout: str
    live: str | None
    output: str
    kind: ProblemKind
    classes: list[str]
    pickle: bool = False
    live_pickle: str | None = None


class Trained(msgspec.Struct, frozen=True, kw_only=True):
    """How the model will be served, and the columns that it takes. Its answers are in a file beside it.

    `library`: the libraries that made it, with their releases.
    `live_reason`: why the live model could not predict the holdout, or empty.
    """

    columns: list[str]
    content_digest: str
    runtime: str
    batch_difference: float
    library: str
    live_reason: str


class FoldsJob(msgspec.Struct, frozen=True, kw_only=True):
    """`rows`: a Parquet file with a column `fold`. `output`: a file for each row's answer out of its fold."""

    entry: str
    params: dict[str, Any]
    seed: int
    columns: list[str]
    rows: str
    output: str
    kind: ProblemKind
    classes: list[str]
    pickle: bool = False
