"""Scoring a million churn rows: what durable predictions cost beside bare `predict_proba`.

Bare: read the same Parquet file in the same batches into pandas, call the fitted pipeline's `predict_proba`, keep the
probabilities in memory. copml: the same file and pipeline through `copml.scoring.score`: a child predicts, every
row is written with id, input, salt and arm into a Delta table, synced and hashed, and the business's table is written,
sorted by rank. Numerical libraries have one thread in both; the second core may work on Parquet in both.
Entities are pseudonyms and stay so (`reveal` is the identity), because looking identifiers up is no part of predicting;
the vault is measured by itself. `seal` reads the rows back and hashes them, in a process of its own.
"""

import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import joblib
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from customers import customers, labels
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

from copml.keys import Keys
from copml.metrics import profile
from copml.models import save, to_frame
from copml.sandbox import Limits
from copml.scoring import Control, Rows, ScoreRequest, Surroundings, score, seal
from copml.store import Lake

TITLE = "Scoring churn: Parquet to durable predictions, beside bare predict_proba"
UNIT = "rows"
COUNT = 1_000_000
SLOT = datetime(2026, 1, 1, tzinfo=UTC)
BATCH = 131_072
TRAINING_ROWS = 7043


def prepare(folder: Path, count: int) -> None:
    """Rows, models and keys."""
    random = np.random.default_rng(7)
    training = customers(TRAINING_ROWS, random)
    for name, pipeline in _pipelines(training).items():
        pipeline.fit(to_frame(training), labels(training, random))
        joblib.dump(pipeline, folder / f"{name}.joblib")
        save(pipeline, training.slice(0, 2000), folder / name)
    rows = customers(count, random)
    pseudonyms = pa.array([random.bytes(16).hex() for _ in range(count)])
    as_of = pa.repeat(pa.scalar(SLOT, pa.timestamp("us", tz="UTC")), count)
    rows = rows.add_column(0, "entity", pseudonyms).add_column(1, "as_of", as_of)
    pq.write_table(rows, folder / "rows.parquet", row_group_size=BATCH, compression="zstd")
    pq.write_table(rows.slice(0, 1000), folder / "few.parquet")
    Keys.create(folder / "keys")


def _pipelines(training: pa.Table) -> dict[str, Any]:
    text = [field.name for field in training.schema if pa.types.is_string(field.type)]
    numbers = [name for name in training.schema.names if name not in text]
    one_hot = make_column_transformer((OneHotEncoder(handle_unknown="ignore"), text), (StandardScaler(), numbers))
    ordinal = make_column_transformer(
        (OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1), text), remainder="passthrough"
    )
    return {
        "logistic": make_pipeline(one_hot, LogisticRegression(max_iter=1000)),
        "boosting": make_pipeline(ordinal, HistGradientBoostingClassifier(random_state=7)),
    }


def _bare(name: str) -> Callable[[Path], Callable[[], object]]:
    def contestant(folder: Path) -> Callable[[], object]:
        pipeline = joblib.load(folder / f"{name}.joblib")
        _predict(pipeline, folder / "few.parquet")
        return lambda: _predict(pipeline, folder / "rows.parquet")

    return contestant


def _predict(pipeline: Any, path: Path) -> np.ndarray:
    with pq.ParquetFile(path) as file:
        columns = file.schema_arrow.names[2:]
        batches = file.iter_batches(BATCH, columns=columns)
        return np.concatenate([pipeline.predict_proba(batch.to_pandas())[:, 1] for batch in batches])


def _copml(name: str) -> Callable[[Path], Callable[[], object]]:
    def contestant(folder: Path) -> Callable[[], object]:
        shutil.rmtree(folder / "workspace", ignore_errors=True)
        around = _surroundings(folder, folder / "workspace" / "lake")
        score(_request(folder, name, "few.parquet"), _surroundings(folder, folder / "workspace" / "warm"))
        return lambda: score(_request(folder, name, "rows.parquet"), around)

    return contestant


def _seal(folder: Path) -> Callable[[], object]:
    around = _surroundings(folder, folder / "workspace" / "lake")
    run = score(_request(folder, "logistic", "rows.parquet"), around).run
    return lambda: seal(run, around.lake, now=SLOT, log=folder / "workspace" / "seal.log")


def _request(folder: Path, name: str, file: str) -> ScoreRequest:
    columns = pq.read_schema(folder / file).names[2:]
    return ScoreRequest(
        project="churn",
        run="score-2026-01-01",
        slot=SLOT,
        zone=ZoneInfo("UTC"),
        version="v1",  # type: ignore[arg-type]
        deployment="d1",
        model=folder / name,
        columns=tuple(columns),
        reference=profile(pq.read_table(folder / "few.parquet", columns=columns)),
        rows=Rows(files=(folder / file,), as_of=SLOT),
        threshold=0.5,
        control=Control(share=0.05, epoch="2026-01-01T00:00:00.000000Z"),
        episodes_since=datetime(2025, 10, 3, tzinfo=UTC),
        entity_column="customer_id",
        output="csv",
        transaction="score",
        on_time=True,
        now=SLOT,
    )


def _surroundings(folder: Path, lake: Path) -> Surroundings:
    workspace = folder / "workspace"
    workspace.mkdir(exist_ok=True)
    return Surroundings(
        lake=Lake(lake),
        keys=Keys.open(folder / "keys"),
        reveal=lambda names: names,
        staging=workspace / "staging",
        outputs=workspace / "outputs",
        project_root=workspace,
        limits=Limits(seconds=600, memory_mb=4096),
        log=workspace / "score.log",
        progress=lambda done, total: None,
    )


CONTESTANTS = {
    "logistic regression, bare": _bare("logistic"),
    "logistic regression, copml": _copml("logistic"),
    "gradient boosting, bare": _bare("boosting"),
    "gradient boosting, copml": _copml("boosting"),
    "seal": _seal,
}
RATIOS = {
    f"{kind}: copml / bare, goal 0.90": (f"{kind}, copml", f"{kind}, bare")
    for kind in ("logistic regression", "gradient boosting")
}
