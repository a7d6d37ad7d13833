"""A small workspace with a real model, to score in."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from copml.keys import Keys
from copml.metrics import profile
from copml.records import DecisionRule, VersionName
from copml.sandbox import Limits
from copml.scoring import Control, Rows, ScoreRequest, Surroundings
from copml.store import Lake

RULE = DecisionRule(threshold=0.5)

COLUMNS = ("contract", "tenure", "senior")
SLOT = datetime(2026, 2, 1, tzinfo=UTC)
MODEL = VersionName("v1")


def features(rows: int, *, first: int = 0) -> pa.Table:
    """Feature rows of entities e<first> …, at `SLOT`."""
    numbers = np.arange(first, first + rows)
    return pa.table(
        {
            "entity": [f"{number:032x}" for number in numbers],
            "as_of": pa.array([SLOT] * rows, pa.timestamp("us", tz="UTC")),
            "unused": pa.array(numbers % 3, pa.int64()),
            "tenure": (numbers * 7919 % 72).astype(float),
            "contract": np.array(["Month-to-month", "One year", "Two year"])[numbers * 31 % 3],
            "senior": numbers % 5 == 0,
        }
    )


def train(folder: Path) -> None:
    """A logistic regression that says: short tenure and a monthly contract leave."""
    import pandas as pd
    from sklearn.compose import make_column_transformer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    from copml.models import save

    table = features(400).select(COLUMNS)
    frame = table.to_pandas().astype({"contract": "str", "senior": float})
    leaves = pd.Series((frame["tenure"] < 30) & (frame["contract"] != "Two year")).astype(int)
    encoder = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore"), ["contract"]), (StandardScaler(), ["tenure", "senior"])
    )
    save(make_pipeline(encoder, LogisticRegression()).fit(frame, leaves), table, folder)


@dataclass(frozen=True)
class Scene:
    """A workspace folder, and what is asked in it."""

    folder: Path
    request: ScoreRequest
    around: Surroundings

    @classmethod
    def found(cls, folder: Path, shared: Path) -> "Scene":
        """The scene that another process made in a folder, and gave its rows."""
        scene = cls.make(folder, shared / "model", keys=shared / "keys")
        return scene.asked(rows=Rows(files=tuple(sorted(folder.glob("features-*.parquet"))), as_of=SLOT))

    @classmethod
    def make(cls, folder: Path, model: Path, *, keys: Path) -> "Scene":
        """A scene that has no rows yet."""
        request = ScoreRequest(
            project="churn",
            run="score-2026-02-01",
            slot=SLOT,
            zone=ZoneInfo("UTC"),
            version=MODEL,
            deployment="d1",
            model=model,
            columns=COLUMNS,
            reference=profile(features(200).select(COLUMNS)),
            rows=Rows(files=()),
            rule=RULE,
            control=Control(share=0.3, epoch="2026-01-01T00:00:00Z"),
            episodes_since=datetime(2025, 11, 1, tzinfo=UTC),
            entity_column="customer_id",
            output="csv",
            transaction="score/2026-02-01",
            on_time=True,
            now=SLOT,
        )
        project = folder / "project"
        project.mkdir(parents=True, exist_ok=True)
        around = Surroundings(
            lake=Lake(folder / "lake"),
            keys=Keys.open(keys),
            reveal=lambda names: [f"customer {int(name, 16)}" for name in names],
            staging=folder / "staging" / "score",
            outputs=folder / "outputs",
            project_root=project,
            limits=Limits(seconds=60, memory_mb=1024),
            log=folder / "logs" / "score.log",
            progress=lambda done, total: None,
        )
        return cls(folder, request, around)

    def given(self, *tables: pa.Table) -> "Scene":
        """With these rows, one file for each table."""
        paths = []
        for number, table in enumerate(tables):
            paths.append(self.folder / f"features-{len(list(self.folder.glob('*.parquet')))}-{number}.parquet")
            pq.write_table(table, paths[-1])
        return self.asked(rows=Rows(files=tuple(paths), as_of=SLOT))

    def asked(self, **changes: object) -> "Scene":
        """With another request."""
        return replace(self, request=replace(self.request, **changes))

    def with_(self, **changes: object) -> "Scene":
        """In other surroundings."""
        return replace(self, around=replace(self.around, **changes))

    def predictions(self) -> pa.Table:
        """All rows in the lake, in the order of their ids, without the salts."""
        table = self.around.lake.read("churn/predictions").sort_by("id")
        return table.drop_columns(["salt"])
