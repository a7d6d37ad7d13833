"""Ask the file of a model from elsewhere what it is, and how it does on a sample.

Invariant: the file is looked at and opened in a child process, without network where the machine allows that; what the
child leaves is thrown away. Only fetching a model from a registry, which opens nothing, has the network.
"""

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from copml.exploration import read_rows
from copml.metrics import Sample, measure_all
from copml.records import DecisionRule, Interval, ProblemKind
from copml.sandbox import Limits, run_child
from copml.spec.infer import Guesses, positive_value
from copml.spec.project import EVEN
from copml.spec.vocabulary import METRICS_DEFAULT

CHILD = "copml.models.foreign.asking:main"
# A model that takes longer for a sample, or more memory, is none to adopt on the side.
LIMITS = Limits(seconds=300.0, memory_mb=4096, network=False)
FETCHING = "copml.models.foreign.registry:main"
FETCH_LIMITS = Limits(seconds=1800.0, memory_mb=4096)
ROWS_MAX = 200_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a model's file is, and what came of asking it.

    `inputs`: the columns that it says to take. `columns`: those of the sample that it took; None where it was not
    opened. `figures`: how good it is on the rows of the sample whose outcome is known.
    """

    format: str
    library: str
    digest: str
    is_pickle: bool
    inputs: tuple[str, ...] | None
    columns: tuple[str, ...] | None
    warnings: tuple[str, ...]
    figures: dict[str, Interval]


def fetch_model(address: str, into: Path) -> Path:
    """The files of a model that a registry or run of MLflow holds, in a folder.

    Raises:
        LibraryMissing: when MLflow's client is not installed.
        RegistryRefused: when the registry does not give it.
    """
    argument = {"address": address, "folder": str(into)}
    told = run_child(FETCHING, argument, root=into, limits=FETCH_LIMITS, log=into / "log", called=address)
    return Path(str(told))


def sample_rows(sample: Path) -> pa.Table:
    """The first rows of a sample, with types."""
    return read_rows(sample).table.slice(0, ROWS_MAX)


def ask_model(model: Path, sample: Path, guesses: Guesses, positive: str | None, *, trust_pickle: bool) -> Asked:
    """Look at a model's file; where the outcome is known and the file may be opened, let it predict the sample."""
    rows, outcome = sample_rows(sample), guesses.outcome
    yes = "" if outcome is None or guesses.kind is not ProblemKind.BINARY else positive or positive_value(outcome)
    with tempfile.TemporaryDirectory(prefix="copml-adopt-") as name:
        given, answers = Path(name) / "rows.parquet", Path(name) / "answers.parquet"
        pq.write_table(_inputs(rows, guesses), given)
        argument = {
            "path": str(model.resolve()),
            "rows": str(given) if outcome is not None else "",
            "answers": str(answers),
            "kind": guesses.kind.value,
            "classes": _classes(guesses),
            "positive": yes,
            "trust_pickle": trust_pickle,
        }
        log = Path(name) / "log"
        told: Any = run_child(CHILD, argument, root=log.parent, limits=LIMITS, log=log, called=model.name)
        figures = {}
        if told["columns"] is not None and outcome is not None:
            figures = _figures(guesses, yes, rows[outcome.name], pq.read_table(answers))
    return msgspec.convert({**told, "figures": figures}, Asked)


def _inputs(rows: pa.Table, guesses: Guesses) -> pa.Table:
    """The columns that a model may take: not the outcome, and no times."""
    outcome = guesses.outcome.name if guesses.outcome is not None else None
    kept = [field.name for field in rows.schema if field.name != outcome and not pa.types.is_temporal(field.type)]
    return rows.select(kept)


def _classes(guesses: Guesses) -> list[str]:
    if guesses.kind is not ProblemKind.MULTICLASS or guesses.outcome is None:
        return []
    return [value for value, _ in guesses.outcome.values]


def _figures(guesses: Guesses, yes: str, truth: pa.ChunkedArray, answers: pa.Table) -> dict[str, Interval]:
    """The usual metrics of the kind on the rows whose outcome is known."""
    classes = _classes(guesses)
    threshold = EVEN if guesses.kind is ProblemKind.BINARY else None
    rule = DecisionRule(kind=guesses.kind, classes=tuple(classes), threshold=threshold)
    labels = _labels(guesses.kind, classes or ["", yes], truth)
    known = np.isfinite(labels)
    if not known.any():
        return {}
    given = np.column_stack([answers[name].to_numpy() for name in answers.column_names])
    sample = Sample.of(labels[known], (given if classes else given[:, 0])[known], rule=rule)
    return dict(measure_all(METRICS_DEFAULT[guesses.kind], sample)[0])


def _labels(kind: ProblemKind, names: list[str], truth: pa.ChunkedArray) -> np.ndarray:
    """The number of each outcome's class, or the outcome itself; NaN where it is unknown."""
    if kind is ProblemKind.REGRESSION:
        return np.asarray(pc.cast(truth, pa.float64()).to_numpy(), dtype=np.float64)
    found = [None if value is None else _text(value) for value in truth.to_pylist()]
    if kind is ProblemKind.BINARY:
        return np.array([np.nan if text is None else float(text.lower() == names[1].lower()) for text in found])
    return np.array([float(names.index(text)) if text in names else np.nan for text in found])


def _text(value: object) -> str:
    """A value as its file has it: 1.0 is 1."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value).strip()
