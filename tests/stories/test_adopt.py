"""From a model's file to a first check: the census as the how-to has it, and files of other kinds."""

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import skops.io
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from tests.census import prepare
from tests.commands import copml, done, refused
from tests.pages import DOCS, blocks, shell

from copml.app import adopt, first_check
from copml.records import ProblemKind, Verdict
from copml.spec import parse
from copml.spec.stand_ins import questions
from copml.spec.variant import varied

pytestmark = pytest.mark.slow
PAGE = DOCS / "how-to" / "adopt-a-model.md"


def answered(project: Path, answers: str) -> None:
    """Answer what a project file leaves open, all of it and nothing else; a line says `place: answer`."""
    text = project.read_text()
    open_ = {item.where: item.place for item in questions(text)}
    said = dict(line.split(": ", 1) for line in answers.splitlines())
    assert open_.keys() == said.keys()
    plain: dict[str, Any] = {"true": True, "false": False, "10": 10}
    project.write_text(varied(text, {open_[where]: plain.get(answer, answer) for where, answer in said.items()}))


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("office")
    prepare(folder)
    return folder


def test_the_census_from_a_model_file_to_verdicts_as_the_page_says(office: Path) -> None:
    first, second, third = blocks(PAGE, "sh")
    told = shell(first, office)
    for words in (
        "scikit-learn",
        "roc_auc on the table 0.9",
        "likely protected: age",
        "relationship tells sex",
        "unproven",
    ):
        assert words in told, words
    assert "23 questions are open" in told
    assert sorted(path.name for path in (office / "income").iterdir()) == [".gitignore", "copml.yaml"]

    answered(office / "income" / "copml.yaml", blocks(PAGE, "text")[0])
    told = shell(second, office)
    assert "is right" in told
    verdicts = {item["id"]: item for item in copml(office / "income", "check", "--json").json}
    assert verdicts["AU-1"]["verdict"] == "met"
    assert verdicts["AU-3"]["verdict"] == "met", verdicts["AU-3"]
    assert "only the digest is here" in verdicts["AD-1"]["reason"]
    (version,) = done(office / "income", "versions", "--json").json
    project = parse((office / "income" / "copml.yaml").read_text())
    assert project.deployment.model is not None
    assert (version["name"], version["content_digest"]) == ("external", project.deployment.model.digest)
    assert len(version["columns"]) == 14

    told = shell(third.replace("cd ..", ""), office)
    assert "census: a first check" in told.replace("\n", " ")
    text = (office / "census" / "copml.yaml").read_text()
    assert "relationship tells sex Male" in text
    assert "by: [marital-status, race, sex]" in text


@pytest.fixture
def shop(tmp_path: Path) -> pd.DataFrame:
    """A table whose outcome follows from two numbers, in the folder of the test."""
    rng = np.random.default_rng(3)
    rows = pd.DataFrame(
        {"customer_id": [f"c{n}" for n in range(400)], "fee": rng.normal(size=400), "visits": rng.normal(size=400)}
    )
    chance = 1 / (1 + np.exp(-3 * rows["fee"]))
    rows["churn"] = np.where(rng.random(400) < chance, "yes", "no")
    rows["price"] = (10 * rows["visits"] + rng.normal(size=400)).round(3)
    rows["species"] = np.where(rows["visits"] > 0.5, "a", np.where(rows["fee"] > 0, "b", "c"))
    rows.to_csv(tmp_path / "shop.csv", index=False)
    return rows


def fitted(rows: pd.DataFrame, outcome: str) -> Any:
    learner = LinearRegression() if outcome == "price" else LogisticRegression()
    return make_pipeline(StandardScaler(), learner).fit(rows[["fee", "visits"]], rows[outcome])


@pytest.mark.parametrize(
    ("outcome", "kind", "metric", "least"),
    [
        ("churn", ProblemKind.BINARY, "roc_auc", 0.8),
        ("species", ProblemKind.MULTICLASS, "accuracy", 0.8),
        ("price", ProblemKind.REGRESSION, "r2", 0.95),
    ],
)
def test_every_kind_of_model_predicts_its_sample(
    tmp_path: Path, shop: pd.DataFrame, outcome: str, kind: ProblemKind, metric: str, least: float
) -> None:
    skops.io.dump(fitted(shop, outcome), tmp_path / "own.skops")
    found = adopt(tmp_path / "own.skops", tmp_path / "shop.csv", folder=tmp_path, outcome=outcome)
    assert found.model.columns == ("fee", "visits")
    assert found.model.figures[metric].value > least
    text = found.files[0].read_text()
    assert f"column: {outcome}" in text
    assert (f"kind: {kind}" in text) == (kind is not ProblemKind.BINARY)
    assert {item.verdict for item in found.first.verdicts if item.id in ("AV-1", "RE-1")} == {Verdict.UNPROVEN}
    assert "data.sources.predictions.path" in {item.where for item in found.first.questions}
    assert not any("c17" in path.read_text() for path in found.files)


def test_a_pickle_is_not_opened_unless_somebody_trusts_it(tmp_path: Path, shop: pd.DataFrame) -> None:
    mark = tmp_path / "was-run"

    class Hostile:
        def __reduce__(self) -> Any:
            return (Path.touch, (mark,))

    (tmp_path / "bad.pkl").write_bytes(pickle.dumps(Hostile()))
    told = done(tmp_path, "adopt", "bad.pkl", "--data", "shop.csv", "--outcome", "churn")
    assert "--trust-pickle" in told.out
    assert not mark.exists()
    assert (tmp_path / "bad" / "copml.yaml").is_file()


def test_what_cannot_be_adopted_is_refused_and_nothing_is_written(tmp_path: Path, shop: pd.DataFrame) -> None:
    (tmp_path / "no.joblib").write_bytes(b"not a model")
    skops.io.dump(fitted(shop, "churn"), tmp_path / "own.skops")
    assert "COPML" in copml(tmp_path, "adopt", "no.joblib", "--data", "shop.csv", "--outcome", "churn").err
    assert "cannot be what is predicted" in refused(
        tmp_path, "adopt", "own.skops", "--data", "shop.csv", "--outcome", "gone", code="COPML-152"
    )
    shop.drop(columns="fee").to_csv(tmp_path / "short.csv", index=False)
    assert "fee" in copml(tmp_path, "adopt", "own.skops", "--data", "short.csv", "--outcome", "churn").err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["no.joblib", "own.skops", "shop.csv", "short.csv"]


def test_a_log_is_understood_by_its_names(tmp_path: Path, shop: pd.DataFrame) -> None:
    skops.io.dump(fitted(shop, "churn"), tmp_path / "own.skops")
    log = shop[["customer_id"]].assign(
        made_on="2026-10-01", risk_score=0.5, contacted_flag="no", model_version="7", channel="web"
    )
    log.to_csv(tmp_path / "log.csv", index=False)
    found = adopt(
        tmp_path / "own.skops",
        tmp_path / "shop.csv",
        folder=tmp_path,
        predictions=tmp_path / "log.csv",
        outcome="churn",
    )
    text = found.files[0].read_text()
    for line in (
        "entity: customer_id",
        "event_at: made_on",
        "answer: risk_score",
        "version: model_version",
        "inputs: inputs",
    ):
        assert line in text, line
    assert found.first.read
    assert found.first.failures == ()


def test_a_finished_file_is_checked_as_it_stands(tmp_path: Path) -> None:
    done(tmp_path, "init", "club")
    found = first_check(tmp_path / "club" / "copml.yaml")
    assert found.questions == ()
    assert found.read
    verdicts = {item.id: item.verdict for item in found.verdicts}
    assert (verdicts["AU-1"], verdicts["AV-1"], verdicts["AD-4"]) == (Verdict.MET, Verdict.MET, Verdict.UNPROVEN)


def test_a_registry_is_asked_with_the_extra_that_speaks_to_it(tmp_path: Path, shop: pd.DataFrame) -> None:
    told = refused(tmp_path, "adopt", "models:/churn/1", "--data", "shop.csv", "--outcome", "churn", code="COPML-140")
    assert "copml[mlflow]" in told.replace("\n", "")
    assert not (tmp_path / "churn").exists()
