"""Open a model file from elsewhere and keep it as a model of ours: what a child process is asked to do.

Invariant: what is kept loads as any model does, without the file that it came from; only a trusted pickle that nothing
else can keep is kept as a pickle.
"""

from pathlib import Path
from typing import Any

import msgspec
import pyarrow.parquet as pq

from copml.models.artifact import save
from copml.models.columns import fitted_columns
from copml.models.direct import Problem
from copml.models.foreign.opening import open_foreign
from copml.records import ProblemKind


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """`path`: the model. `rows`: a Parquet file of feature columns as it will be given. `folder`: where to keep it."""

    path: str
    rows: str
    folder: str
    kind: ProblemKind = ProblemKind.BINARY
    classes: tuple[str, ...] = ()
    trust_pickle: bool = False


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """What the model was, how it is kept and served, and what people should know."""

    format: str
    library: str
    kept_as: str
    runtime: str
    columns: list[str]
    content_digest: str
    batch_difference: float
    warnings: list[str]


def main(argument: object) -> Any:
    """Open, keep, and tell; raises as `open_foreign` and `save`. `argument` and answer are of JSON types."""
    wish = msgspec.convert(argument, Wish)
    rows = pq.read_table(wish.rows)
    problem = Problem(kind=wish.kind, classes=wish.classes, columns=tuple(rows.column_names))
    opened = open_foreign(Path(wish.path), problem, trust_pickle=wish.trust_pickle)
    description = save(
        opened.estimator,
        rows.select(fitted_columns(opened.estimator, rows.column_names)),
        Path(wish.folder),
        kind=wish.kind,
        classes=wish.classes,
        pickle=wish.trust_pickle,
    )
    return msgspec.to_builtins(
        Kept(
            format=opened.found.format,
            library=opened.found.library,
            kept_as=description.kept_as,
            runtime=description.runtime,
            columns=list(description.columns),
            content_digest=description.content_digest,
            batch_difference=description.batch_difference,
            warnings=list(opened.warnings),
        )
    )
