"""A data scientist explores a project, tries models, and makes a notebook part of it."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.commands import copml, done, refused

import copml as copml_package
from copml.app import explore_rows, start_trial
from copml.app.handle import ProjectHandle
from copml.errors import MetricInputWrong, TableMissing, TableUnknown, TrialEnded
from copml.ledger import kind_of
from copml.records import TrialState
from copml.store import LedgerTable

pytestmark = pytest.mark.slow

HOSTILE = "<script>alert('x')</script>"


@pytest.fixture(scope="module")
def club(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project of `copml init`, with its data in and its features made."""
    folder = tmp_path_factory.mktemp("club")
    done(folder, "init", "club")
    done(folder / "club", "apply")
    done(folder / "club", "run", "ingest")
    done(folder / "club", "run", "features")
    return folder / "club"


@pytest.fixture
def project(club: Path) -> Iterator[ProjectHandle]:
    with copml_package.open(club / ".copml") as workspace:
        yield workspace["club"]


def members(club: Path) -> set[str]:
    lines = [line for path in club.glob("data/members/*.csv") for line in path.read_text().splitlines()[1:]]
    return {line.split(",")[0] for line in lines}


def test_a_snapshot_is_a_frame_a_table_a_relation_and_batches(project: ProjectHandle) -> None:
    rows = project.snapshot("members")
    assert len(rows) == len(rows.frame()) == rows.arrow().num_rows == rows.relation().count("*").fetchall()[0][0]
    sizes = [batch.num_rows for batch in rows.batches(1000)]
    assert sum(sizes) == len(rows)
    assert max(sizes) <= 2048  # DuckDB hands out whole vectors of 2,048 rows
    assert "visits" in rows.columns
    assert rows.relation().filter("visits > 5").aggregate("count(*)").fetchall()[0][0] < len(rows)


def test_identifiers_stay_pseudonyms(project: ProjectHandle, club: Path) -> None:
    for table in ("members", "departures", "features"):
        frame = project.snapshot(table).frame()
        assert not members(club) & set(frame.astype(str).to_numpy().ravel())


def test_as_of_a_time_nothing_later_is_seen(project: ProjectHandle) -> None:
    whole = project.snapshot("members").frame()
    middle = whole["event_at"].sort_values().iloc[len(whole) // 2].to_pydatetime()
    seen = project.snapshot("members", as_of=middle).frame()
    assert 0 < len(seen) < len(whole)
    assert (seen["event_at"] <= middle).all()
    assert (seen["known_at"] <= middle).all()
    features = project.snapshot(as_of=middle).frame()
    assert features["as_of"].nunique() == 1
    assert features["as_of"].iloc[0] <= middle
    assert len(project.snapshot("members", as_of="1999-01-01")) == 0


def test_features_come_with_outcomes_that_are_unknown_until_they_mature(project: ProjectHandle) -> None:
    frame = project.snapshot(outcome=True).frame()
    assert set(frame["outcome"].dropna()) == {0.0, 1.0}
    unknown = frame[frame["outcome"].isna()]
    assert unknown["as_of"].min() > frame["as_of"].min()
    assert len(frame) == len(project.snapshot())


def test_a_version_of_a_table_stays_as_it_was(project: ProjectHandle) -> None:
    newest = project.snapshot().version
    assert len(project.snapshot(version=0)) < len(project.snapshot(version=newest))
    with pytest.raises(TableMissing):
        project.snapshot(version=newest + 1)


@pytest.mark.parametrize(
    ("table", "outcome", "words"), [("nobody", False, "no such source"), ("members", True, "only features")]
)
def test_rows_that_are_not_there_are_refused(project: ProjectHandle, table: str, outcome: bool, words: str) -> None:
    with pytest.raises(TableUnknown, match=words):
        project.snapshot(table, outcome=outcome)


def test_a_project_is_explored_with_its_outcomes(project: ProjectHandle, club: Path) -> None:
    explored = project.explore()
    assert explored.found.outcome is not None
    assert explored.found.outcome.unknown > 0
    assert explored.found.associations[0].strength.low > 0.5
    assert explored.found.associations[0].strength.n < explored.found.rows  # rows of one member belong together
    assert (
        explored.frame().loc["visits_mean" if "visits_mean" in explored.frame().index else "visits", "kind"] == "number"
    )
    told = done(club, "explore", "--json").json
    assert [item["text"] for item in told["findings"]] == list(explored.findings)
    assert done(club, "explore", "--table", "members", "--output", "page.html").out.endswith("wrote page.html\n")
    assert (club / "page.html").stat().st_size > 10_000
    refused(club, "explore", "--table", "nobody", code="COPML-126")


def test_a_file_is_explored_before_there_is_a_project(tmp_path: Path) -> None:
    rows = "\n".join(f"{number},{number % 7},{'yes' if number % 7 == 0 else 'no'}" for number in range(500))
    (tmp_path / "data.csv").write_text(f"id,week,left\n{rows}\n")
    told = done(tmp_path, "explore", "data.csv", "--outcome", "left")
    assert "`week` alone tells the outcome in 100 % of rows" in " ".join(told.out.split())
    found = done(tmp_path, "explore", "data.csv", "--outcome", "left", "--output", "a.html", "--json").json
    assert found["findings"][0]["concern"] == "leakage"
    assert found["page"] == "a.html"
    refused(tmp_path, "explore", "missing.csv", code="COPML-120")
    refused(tmp_path, "explore", "data.csv", "--outcome", "gone", code="COPML-121")
    refused(tmp_path, "explore", "data.csv", "--outcome", "week", "--positive", "x", code="COPML-122")


def test_rows_in_memory_are_explored_whatever_their_kinds() -> None:
    import pandas as pd

    frame = pd.DataFrame({"a": [1, "x", None, 2.5] * 10, 3: ["yes", "no"] * 20})
    found = explore_rows(frame, outcome="3").found
    assert [item.name for item in found.columns] == ["a", "3"]
    assert found.columns[0].kind == "category"


def test_a_trial_is_kept_with_what_was_tried_and_what_came_out(project: ProjectHandle, club: Path) -> None:
    rows = project.snapshot(outcome=True)
    known = rows.frame().dropna(subset=["outcome"])
    with project.trial(params={"C": 1.0, "deep": (1, None)}, seed=3, snapshot=rows, note="first", by="ada") as trial:
        measured = trial.measure(known["outcome"], known["outcome"] * 0.5 + 0.2, entity=known["entity"])
        trial.log_metric("mine", 0.25)
    assert measured["roc_auc"].value == 1.0
    assert measured["roc_auc"].n == known["entity"].nunique()
    kept = next(item for item in project.trials() if item.id == trial.id)
    assert kept == trial.record
    assert (kept.state, kept.by, kept.params, kept.seed) == (TrialState.DONE, "ada", {"C": 1.0, "deep": [1, None]}, 3)
    assert kept.snapshots == {"features": rows.version}
    assert (kept.metrics["mine"].value, kept.metrics["mine"].n) == (0.25, 0)
    with pytest.raises(TrialEnded, match=trial.id):
        trial.log_metric("late", 1)
    told = done(club, "trials", "--json").json
    assert next(item for item in told if item["id"] == trial.id)["metrics"]["mine"]["value"] == 0.25
    assert trial.id in done(club, "trials").out
    assert "ada" in done(club, "trials", trial.id).out
    refused(club, "trials", "nobody", code="COPML-127")


def test_a_trial_that_raised_has_failed_and_says_why(project: ProjectHandle) -> None:
    def broken() -> None:
        with project.trial(params={"C": float("nan")}) as trial:
            trial.log_metric("before", 1)
            raise ValueError("no such luck")

    with pytest.raises(ValueError, match="luck"):
        broken()
    last = project.trials()[-1]
    assert (last.state, last.note, last.params) == (TrialState.FAILED, "ValueError: no such luck", {"C": "nan"})
    assert "before" in last.metrics


def test_a_figure_that_is_no_number_is_refused_and_ends_nothing(project: ProjectHandle) -> None:
    with project.trial() as trial:
        with pytest.raises(MetricInputWrong):
            trial.log_metric("loss", float("inf"))
        trial.log_metric("loss", 1.5)
    assert trial.record.state is TrialState.DONE


def test_a_trial_is_an_entry_of_the_ledger_once_it_ended(project: ProjectHandle) -> None:
    trial = start_trial(project.workspace, project.name)
    assert kind_of(trial.record) is None

    def entries() -> int:
        with project.workspace.stages.state.read() as reader:
            return sum(item.kind == "trial" for item in LedgerTable(reader).entries(0, LedgerTable(reader).size()))

    before = entries()
    trial.log_metric("a", 1)
    assert entries() == before
    trial.end()
    assert entries() == before + 1


def test_results_show_themselves_and_nothing_of_them_is_markup(project: ProjectHandle) -> None:
    import pandas as pd

    with project.trial(params={HOSTILE: HOSTILE}, note=HOSTILE) as trial:
        pass
    hostile = explore_rows(
        pd.DataFrame({HOSTILE: [HOSTILE, "b"] * 30, "y": ["yes", "no"] * 30}), name=HOSTILE, outcome="y"
    )
    shown = [
        project,
        project.workspace,
        project.check(),
        project.versions(),
        project.incidents(),
        project.trials(),
        trial,
        project.snapshot(),
        project.explore(),
        hostile,
    ]
    for item in shown:
        html = item._repr_html_()
        assert html.lstrip().startswith('<div class="copml-shown">')
        assert "<script" not in html
        assert len(html) < 60_000
    assert "&lt;script&gt;" in hostile._repr_html_()


def test_the_listings_are_still_the_tuples_that_they_were(project: ProjectHandle, club: Path) -> None:
    told = done(club, "check", "--json") if copml(club, "check").status == 0 else copml(club, "check", "--json")
    assert [item["id"] for item in told.json] == [item.id for item in project.check()]


def written(folder: Path, **sources: str) -> Path:
    cells = [
        {"cell_type": "code", "source": source, "metadata": {"tags": [f"copml:{tag}"]}}
        for tag, source in sources.items()
    ]
    path = folder / "model.ipynb"
    path.write_text(json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}))
    return path


MODEL = {
    "imports": "from sklearn.linear_model import LogisticRegression",
    "features": "features = tables.latest('members')[['entity', 'months', 'visits']]",
    "train": "inputs = data[['months', 'visits']]\n"
    "model = LogisticRegression(C=params.get('C', 1.0)).fit(inputs, data['outcome'], sample_weight=data['weight'])",
}


def test_a_notebook_becomes_a_module_that_the_loop_trains(tmp_path: Path) -> None:
    done(tmp_path, "init", "club")
    club = tmp_path / "club"
    written(club, **MODEL)
    made = done(club, "promote-notebook", "model.ipynb", "--as", "tried.model:train", "--json").json
    text = (club / "copml.yaml").read_text()
    lines = text.splitlines()
    assert len(made["changes"]) == 2
    for item in made["changes"]:
        assert lines[item["line"] - 1] == item["before"]
        lines[item["line"] - 1] = item["after"]
    (club / "copml.yaml").write_text("\n".join(lines) + "\n")
    done(club, "validate")
    assert done(club, "promote-notebook", "model.ipynb", "--as", "tried.model:train").out.count("change line") == 0
    done(club, "apply")
    done(club, "run", "all")
    version = json.loads(done(club, "versions", "--json").out)[0]
    assert version["columns"] == ["months", "visits"]


def test_what_is_there_is_not_written_over_and_what_is_refused_writes_nothing(tmp_path: Path) -> None:
    written(tmp_path, train="model = unknown")
    refused(tmp_path, "promote-notebook", "model.ipynb", "--as", "a.b:train", code="COPML-124")
    assert not (tmp_path / "a").exists()
    written(tmp_path, train="model = data")
    done(tmp_path, "promote-notebook", "model.ipynb", "--as", "a.b:train")
    (tmp_path / "a" / "b.py").write_text("mine = 1\n")
    refused(tmp_path, "promote-notebook", "model.ipynb", "--as", "a.b:train", code="COPML-125")
    assert (tmp_path / "a" / "b.py").read_text() == "mine = 1\n"
    done(tmp_path, "promote-notebook", "model.ipynb", "--as", "a.b:train", "--replace")
    assert "def train(data, params, seed):" in (tmp_path / "a" / "b.py").read_text()
    for entry in ("a.b", "a/b:train", "../b:train", "class.b:train", ":train"):
        refused(tmp_path, "promote-notebook", "model.ipynb", "--as", entry, code="COPML-045")


def test_a_simulated_workspace_says_so_in_what_it_shows(tmp_path: Path) -> None:
    with copml_package.Workspace.create(tmp_path / "ws", simulated_from=datetime(2026, 1, 1, tzinfo=UTC)) as workspace:
        assert "(simulated)" in workspace._repr_html_()
        assert "(simulated)" not in replace(workspace, mark=replace(workspace.mark, simulated=False))._repr_html_()
