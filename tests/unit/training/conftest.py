"""A small world: entities seen at four months, outcomes within 90 days, some of them treated."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pytest

from copml.clock import SimulatedClock
from copml.records import DecisionRule, VersionName
from copml.sandbox import Limits
from copml.spec.periods import Duration, Period
from copml.store import Blobs
from copml.training import Policy, TrainingRows, TrainRequest, TrainResult, train

TIME = pa.timestamp("us", "UTC")
MONTHS = [datetime(2025, month, 1, tzinfo=UTC) for month in (1, 2, 3, 4)]
HORIZON = Duration(90, Period.DAY)
NOW = datetime(2025, 12, 1, tzinfo=UTC)
MODEL = """
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler


def train(data, params, seed):
    print("rows:", len(data))
    features = data.drop(columns=["outcome", "weight", "entity", "as_of"])
    encode = make_column_transformer((StandardScaler(), ["x", "y"]), (OneHotEncoder(), ["plan"]))
    model = make_pipeline(encode, LogisticRegression(C=params["C"], random_state=seed))
    return model.fit(features, data["outcome"], logisticregression__sample_weight=data["weight"])
"""


def make_rows(entities: int = 300, **changes: Any) -> TrainingRows:
    draw = np.random.default_rng(3)
    names = [f"{number:032x}" for number in range(entities)]
    count = entities * len(MONTHS)
    x, y = draw.normal(size=count), draw.normal(size=count)
    label = (x + draw.normal(size=count) > 0.7).astype(float)
    as_of = pa.array([month for month in MONTHS for _ in names], TIME)
    entity = pa.array(names * len(MONTHS))
    features = pa.table(
        {"entity": entity, "as_of": as_of, "x": x, "y": y, "plan": pa.array(draw.choice(["a", "b"], count))}
    )
    until = pa.array([HORIZON.after(month, ZoneInfo("UTC")) for month in MONTHS for _ in names], TIME)
    labels = pa.table({"entity": entity, "as_of": as_of, "label": label, "matures_at": until})
    rows = TrainingRows(features=features, labels=labels, treatments=events({}), episodes=episodes({}, {}), now=NOW)
    return replace(rows, **changes)


def events(of: dict[int, datetime]) -> pa.Table:
    return pa.table(
        {"entity": pa.array([f"{n:032x}" for n in of], pa.string()), "event_at": pa.array(list(of.values()), TIME)}
    )


def episodes(treated: dict[int, datetime], control: dict[int, datetime]) -> pa.Table:
    both = events(treated | control).rename_columns(["entity", "slot"])
    return both.append_column("control", pa.array([False] * len(treated) + [True] * len(control), pa.bool_()))


RULE = DecisionRule(threshold=0.5)
POLICY = Policy(
    on="untreated", holdout=0.3, share=0.1, cooldown=Duration(60, Period.DAY), zone=ZoneInfo("UTC"), rule=RULE
)


@pytest.fixture
def world() -> Any:
    class World:
        rows = staticmethod(make_rows)
        events = staticmethod(events)
        episodes = staticmethod(episodes)
        policy = POLICY
        months = MONTHS

    return World


@pytest.fixture
def run_training(tmp_path: Path) -> Callable[..., TrainResult]:
    def run(code: str = MODEL, rows: TrainingRows | None = None, **changes: Any) -> TrainResult:
        root = tmp_path / "project"
        root.mkdir(exist_ok=True)
        (root / "model_.py").write_text(code)
        request = TrainRequest(
            project="churn",
            run="r1",
            cause="first",
            revision=1,
            name=VersionName("v1"),
            number=1,
            entry="model_:train",
            params={"C": 1.0},
            seed=7,
            policy=POLICY,
            rule=RULE,
            gates=("accuracy.control >= 0.6", "roc_auc >= live - 0.01", "better than majority"),
            constants={"baseline": 0.1, "target": 0.05},
            snapshots={"churn/features": 3},
            live=None,
            limits=Limits(seconds=60, memory_mb=1000),
            root=root,
            staging=tmp_path / "staging",
            log=tmp_path / "logs" / "r1.log",
        )
        blobs = Blobs(tmp_path / "blobs")
        return train(replace(request, **changes), rows or make_rows(), blobs, SimulatedClock(NOW))

    return run
