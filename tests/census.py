"""What whoever runs a model on the census of 1994 would already have: its file, a table, a log and outcomes."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import joblib
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

DATA = Path(os.environ.get("COPML_DATA", Path(__file__).parents[1].parent / "shared" / "data")) / "adult_census"
COLUMNS = [
    *("age", "workclass", "fnlwgt", "education", "education-num", "marital-status", "occupation", "relationship"),
    *("race", "sex", "capital-gain", "capital-loss", "hours-per-week", "native-country", "income"),
]


def census(name: str) -> pd.DataFrame:
    """One of the two tables; the test is skipped where it is not there."""
    if not (DATA / name).is_file():
        pytest.skip(f"the census is not in {DATA}; set COPML_DATA")
    return pd.read_csv(DATA / name, names=COLUMNS, skipinitialspace=True)


def prepare(folder: Path) -> None:
    """Train a pipeline on one table, let it answer the other two months ago, and let outcomes come after three weeks.

    The census names nobody, so each person gets a number.
    """
    train, people = census("adult.data"), census("adult.test")
    inputs = COLUMNS[:-1]
    numbers = [name for name in inputs if train[name].dtype.kind == "i"]
    categories = [name for name in inputs if name not in numbers]
    encode = make_column_transformer((StandardScaler(), numbers), (OneHotEncoder(handle_unknown="ignore"), categories))
    model = make_pipeline(encode, LogisticRegression(max_iter=1000)).fit(train[inputs], train["income"])
    joblib.dump(model, folder / "income.joblib")

    people.insert(0, "person_id", [f"p{number}" for number in range(len(people))])
    people.to_csv(folder / "people.csv", index=False)
    month = (datetime.now(UTC).replace(day=1, hour=12, minute=0, second=0, microsecond=0) - timedelta(days=62)).replace(
        day=5
    )
    log = people[["person_id", *inputs]].assign(scored_at=month, probability=model.predict_proba(people[inputs])[:, 1])
    log.to_parquet(folder / "log.parquet", index=False)
    known = people[["person_id", "income"]].assign(known_on=month + timedelta(days=21))
    known.to_csv(folder / "outcomes.csv", index=False)
