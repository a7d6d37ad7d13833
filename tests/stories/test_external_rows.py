"""What a log of predictions may bring: impossible, repeated, corrected, late and unknown rows, any kind of answer."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.external import PROJECT, begin, month, outcomes_by

from copml.app import Workspace, apply, run
from copml.operations.agenda import Task
from copml.operations.perform import perform
from copml.records import ScoringRun, Stage, TaskKey
from copml.spec.variant import REMOVED, varied

pytestmark = pytest.mark.slow
ROWS = 40


def project(**changes: Any) -> str:
    """The project of the bank on files, with some places changed: `data__predictions={...}`; None removes a key."""
    text = PROJECT.replace("{SCORES", "{path: 'log/*.csv'").replace("{MISSED", "{path: 'missed/*.csv'")
    return varied(
        text, {tuple(place.split("__")): REMOVED if value is None else value for place, value in changes.items()}
    )


class Bank:
    """A workspace in March 2026 and the folders that its sources read."""

    def __init__(self, folder: Path, text: str) -> None:
        self.folder = folder
        (folder / "copml.yaml").write_text(text)
        self.workspace = Workspace.create(folder / ".copml", simulated_from=begin(3, 2))
        apply(self.workspace, folder / "copml.yaml", by="it@bank")

    def deliver(self, rows: pd.DataFrame, name: str = "a", place: str = "log") -> None:
        (self.folder / place).mkdir(exist_ok=True)
        rows.to_csv(self.folder / place / f"{name}.csv", index=False)

    def run(self) -> dict[str, str]:
        steps = list(run(self.workspace, "loans"))
        assert {step.outcome for step in steps} <= {"done", "not yet"}, steps
        return {step.key: step.detail for step in steps}

    @property
    def view(self) -> Any:
        return self.workspace["loans"].view()

    def predictions(self) -> pd.DataFrame:
        return self.workspace.stages.lake.read("loans/predictions").to_pandas()

    def incidents(self) -> list[str]:
        return [item.what for item in self.view.incidents if item.state == "open"]


@pytest.fixture
def bank(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Bank]:
    made = Bank(tmp_path, project(**getattr(request, "param", {})))
    yield made
    made.workspace.close()


def rows(number: int = 2, count: int = ROWS) -> pd.DataFrame:
    return month(number, count).scores


def test_impossible_answers_wait_in_quarantine_each_with_its_reason(bank: Bank) -> None:
    wrong = rows().astype({"score": object})
    wrong.loc[0, "score"], wrong.loc[1, "score"], wrong.loc[2, "score"] = 1.2, -0.1, "unsure"
    wrong.loc[3, "score"], wrong.loc[4, "called"], wrong.loc[5, "called"] = None, "perhaps", None
    wrong.loc[6, "release"], wrong.loc[7, "release"] = "../../etc", None
    bank.deliver(wrong)
    assert bank.run()["score/arrived/0"] == f"{ROWS - 8} predictions"
    (ingest,) = (item for item in bank.view.ingests if item.source == "scores")
    assert ingest.reasons == {
        "called: missing": 1,
        "called: no boolean": 1,
        "release: missing": 1,
        "release: not of the pattern": 1,
        "score: above 1": 1,
        "score: below 0": 1,
        "score: missing": 1,
        "score: no number": 1,
    }


def test_a_log_without_its_answers_is_refused_as_a_whole(bank: Bank) -> None:
    bank.deliver(rows().drop(columns="score"))
    failed = [step for step in run(bank.workspace, "loans") if step.outcome == "failed"]
    assert "COPML-023" in failed[0].detail or "score" in failed[0].detail
    assert bank.workspace.stages.lake.version("loans/predictions") is None


def test_a_prediction_that_is_said_again_is_one_and_its_first_words_stand(bank: Bank) -> None:
    bank.deliver(rows())
    bank.run()
    before = bank.predictions().set_index("id")
    again = rows()
    again.loc[0, "score"] = 0.9999
    bank.workspace.move_clock(begin(4, 2))
    bank.deliver(pd.concat([again, rows(3)]), "b")
    details = bank.run()
    assert details["score/arrived/1"] == f"{ROWS} predictions"
    assert any("1 predictions were said again" in what for what in bank.incidents())
    after = bank.predictions().set_index("id")
    assert len(after) == 2 * ROWS
    assert after.loc[before.index, "probability"].equals(before["probability"])


def test_late_predictions_are_told_and_measured_after_all(bank: Bank) -> None:
    bank.deliver(rows(1).head(ROWS // 2))
    bank.deliver(outcomes_by(begin(3), (1, 2)), place="missed")
    bank.run()
    first = bank.view.latest("accuracy", bank.view.windows[0])
    bank.workspace.move_clock(begin(5, 20))
    bank.deliver(rows(1).tail(ROWS // 2), "b")
    bank.deliver(rows(3), "c")
    bank.run()
    assert any(f"{ROWS // 2 + ROWS} predictions arrived after" in what for what in bank.incidents())
    second = bank.view.latest("accuracy", bank.view.windows[0])
    assert (first.n, first.pass_, second.n, second.pass_) == (ROWS // 2, 0, ROWS, 1)


WITH_INPUTS = {
    "data__sources__people": {"path": "people/*.csv", "entity": "borrower", "event_at": "since"},
    "data__predictions__inputs": "people",
}


@pytest.mark.parametrize("bank", [WITH_INPUTS], indirect=True)
def test_inputs_may_come_from_a_source_that_does_not_know_everybody(bank: Bank) -> None:
    bank.deliver(rows()[["borrower", "scored_at", "score", "called", "release"]])
    people = pd.DataFrame({"borrower": rows()["borrower"][:-3], "since": "2025-01-01", "age": np.arange(ROWS - 3)})
    bank.deliver(people, place="people")
    bank.run()
    assert any("3 predictions are of entities without inputs" in what for what in bank.incidents())
    (version,) = bank.view.versions
    assert version.columns == ("age",)
    assert sum(item["age"] is None or np.isnan(item["age"]) for item in bank.predictions()["input"]) == 3
    assert ("psi", "age") in bank.view.measured_in(bank.view.windows[0])


BARE = {"data__predictions": {"source": "scores", "answer": "score"}}


@pytest.mark.parametrize("bank", [BARE], indirect=True)
def test_a_log_of_answers_alone_is_enough(bank: Bank) -> None:
    bank.deliver(rows()[["borrower", "scored_at", "score"]])
    bank.run()
    (version,) = bank.view.versions
    assert (version.name, version.columns, [*version.profile]) == ("external", (), ["probability"])
    found = bank.predictions()
    assert (found["decision"] == (found["probability"] >= 0.5)).all()


def test_an_attempt_that_was_cut_off_makes_the_same_predictions_again(bank: Bank) -> None:
    bank.deliver(pd.concat([rows(1), rows(2)]))
    (step,) = (step for step in run_ingest(bank) if "scores" in step)
    assert "done" in step
    task = Task(key=TaskKey("score/arrived/0"), stage=Stage.SCORE, slot=begin(3, 1), subject="0")
    lost = perform(task, bank.view, bank.workspace.stages)
    ids = set(bank.predictions()["id"])
    bank.run()
    assert set(bank.predictions()["id"]) == ids
    assert bank.view.scoring_runs == tuple(item for item in lost.records if isinstance(item, ScoringRun))


def run_ingest(bank: Bank) -> list[str]:
    from copml.app import Part

    return [f"{step.key} {step.outcome}" for step in run(bank.workspace, "loans", Part.INGEST)]


TREATED = {
    "data__sources__calls": {"path": "calls/*.csv", "entity": "borrower", "event_at": "called_on"},
    "data__treatment": {"source": "calls", "cooldown": "60d"},
    "data__predictions__control": "held",
    "business__control_group": {"share": "20%"},
}


@pytest.mark.parametrize("bank", [TREATED], indirect=True)
def test_the_effect_is_measured_where_the_log_says_who_was_held_back(bank: Bank) -> None:
    count = 400
    scores = rows(1, count).assign(held=["yes" if place % 3 == 0 else "no" for place in range(count)])
    bank.deliver(scores)
    calls = scores[(scores["called"] == "yes") & (scores["held"] == "no")]
    bank.deliver(pd.DataFrame({"borrower": calls["borrower"], "called_on": "2026-01-30"}), place="calls")
    missed = month(1, count).missed
    bank.deliver(missed[~missed["borrower"].isin(calls["borrower"])], place="missed")
    bank.run()
    effect = bank.view.latest("effect", bank.view.windows[0])
    assert effect is not None
    assert effect.low > 0.4
    assert bank.view.latest("net_value", bank.view.windows[0]) is not None
    (made,) = bank.view.scoring_runs
    assert (made.treated, made.control) == (
        len(calls),
        int(((scores["called"] == "yes") & (scores["held"] == "yes")).sum()),
    )


KINDS: dict[str, dict[str, Any]] = {
    "multiclass": {
        "data__predictions": {
            "source": "scores",
            "probabilities": {"none": "p_none", "late": "p_late", "lost": "p_lost"},
        },
        "data__outcome": {
            "source": "missed",
            "kind": "multiclass",
            "column": "what",
            "classes": ["none", "late", "lost"],
            "horizon": "30d",
        },
    },
    "regression": {
        "data__predictions": {"source": "scores", "answer": "amount"},
        "data__outcome": {"source": "missed", "kind": "regression", "column": "owed", "horizon": "30d"},
    },
    "ranking": {
        "data__predictions": {"source": "scores", "answer": "amount"},
        "data__outcome": {"source": "missed", "kind": "ranking", "horizon": "30d"},
        "deployment__top": "20%",
    },
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_answer_is_measured(tmp_path: Path, kind: str) -> None:
    changes = {
        **KINDS[kind],
        "monitoring__metrics": None,
        "monitoring__triggers": [{"when": "drift", "do": "alert"}],
        "business__kpi": {"name": "level", "baseline": 1, "target": 2, "better": "higher"},
    }
    bank, rng, count = Bank(tmp_path, project(**changes)), np.random.default_rng(1), 200
    truth = rng.choice(["none", "late", "lost"], count)
    near = np.array([[0.8 if name == told else 0.1 for name in ("none", "late", "lost")] for told in truth])
    owed = rng.normal(100, 20, count)
    scores = rows(1, count)[["borrower", "scored_at", "income"]]
    scores = scores.assign(
        p_none=near[:, 0], p_late=near[:, 1], p_lost=near[:, 2], amount=owed + rng.normal(0, 5, count)
    )
    bank.deliver(scores)
    events = pd.DataFrame({"borrower": scores["borrower"], "due_on": scores["scored_at"] + pd.Timedelta(days=5)})
    events = events.assign(what=truth, owed=owed)
    bank.deliver(events[owed > 100] if kind == "ranking" else events, place="missed")
    bank.run()
    first = {"multiclass": "accuracy", "regression": "mae", "ranking": "roc_auc"}[kind]
    seen = bank.view.latest(first, bank.view.windows[0])
    assert seen is not None
    assert {"multiclass": seen.value == 1.0, "regression": seen.value < 6, "ranking": seen.value > 0.9}[kind]
    assert {seal.rows for seal in bank.view.seals} == {count}
    done = bank.workspace["loans"].check()
    assert json.dumps([item.reason for item in done])
    bank.workspace["loans"].report(tmp_path / "report.html")
    bank.workspace.close()


def test_classes_whose_probabilities_do_not_add_up_are_quarantined(tmp_path: Path) -> None:
    changes = {
        **KINDS["multiclass"],
        "monitoring__metrics": None,
        "monitoring__triggers": [],
        "business__kpi": {"name": "level", "baseline": 1, "target": 2, "better": "higher"},
    }
    bank = Bank(tmp_path, project(**changes))
    scores = rows(1)[["borrower", "scored_at"]].assign(p_none=0.5, p_late=0.5, p_lost=0.0)
    scores.loc[0, "p_lost"] = 0.5
    bank.deliver(scores)
    assert bank.run()["score/arrived/0"] == f"{ROWS - 1} predictions"
    bank.workspace.close()
