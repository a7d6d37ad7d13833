"""A bought model runs elsewhere: its log arrives each month, it becomes worse in July, and everybody is told."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest
import sqlalchemy as sa
from tests.commands import copml, done, refused
from tests.external import BROKEN, LOANS, PROJECT, as_sql, begin, month, outcomes_by
from tests.servers import Server

from copml.app import Workspace, apply, run
from copml.records import Action, Cause, CauseStage, Role, Verdict, VersionState

pytestmark = pytest.mark.slow
START, LAST = 3, 10


@dataclass(frozen=True)
class Bank:
    """The project's folder, and how a month of its log and outcomes are delivered."""

    folder: Path
    text: str
    deliver: Callable[[str, pd.DataFrame, str], None]


@pytest.fixture(scope="module", params=["files", "sqlite", "postgresql"])
def bank(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bank]:
    folder = tmp_path_factory.mktemp("bank")
    if request.param == "files":
        text = PROJECT.replace("{SCORES", "{path: 'log/*.parquet'").replace("{MISSED", "{path: 'missed/*.csv'")
        yield Bank(folder, text, lambda table, rows, name: _write(folder, table, rows, name))
        return
    url = f"sqlite:///{folder / 'bank.db'}"
    if request.param == "postgresql":
        server: Server = request.getfixturevalue("postgres_server")
        server.run("create database bank_of_loans")
        url = server.url.set(database="bank_of_loans").render_as_string(hide_password=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BANK_URL", url)
        text = PROJECT.replace("{SCORES", "{url: BANK_URL, query: 'select * from scores'")
        text = text.replace("{MISSED", "{url: BANK_URL, query: 'select * from missed'")
        yield Bank(folder, text, lambda table, rows, _: _insert(url, table, rows))


def _write(folder: Path, table: str, rows: pd.DataFrame, name: str) -> None:
    place = folder / ("log" if table == "scores" else "missed")
    place.mkdir(exist_ok=True)
    if table == "scores":
        rows.to_parquet(place / f"{name}.parquet", index=False)
    else:
        rows.to_csv(place / f"{name}.csv", index=False)


def _insert(url: str, table: str, rows: pd.DataFrame) -> None:
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    numbers = {name for name in rows.columns if rows[name].dtype.kind == "f"}
    columns = ", ".join(f"{name} {'double precision' if name in numbers else 'text'}" for name in rows.columns)
    with engine.begin() as connection:
        connection.execute(sa.text(f"create table if not exists {table} ({columns})"))
        names = ", ".join(f":{name}" for name in rows.columns)
        connection.execute(sa.text(f"insert into {table} values ({names})"), as_sql(rows))
    engine.dispose()


@pytest.fixture(scope="module")
def played(bank: Bank) -> Iterator[Workspace]:
    """From March on the loop looks at the second of each month; January and February are there when it begins."""
    (bank.folder / "copml.yaml").write_text(bank.text)
    with Workspace.create(bank.folder / ".copml", simulated_from=begin(START, 2)) as workspace:
        apply(workspace, bank.folder / "copml.yaml", by="it@bank")
        known = 0
        for number in range(START, LAST + 1):
            workspace.move_clock(begin(number, 2))
            for past in (1, 2) if number == START else (number - 1,):
                bank.deliver("scores", month(past).scores, f"2026-{past:02}")
            events = outcomes_by(begin(number), range(1, number)).sort_values(["due_on", "borrower"])
            bank.deliver("missed", events.iloc[known:], f"by-2026-{number:02}")
            known = len(events)
            steps = list(run(workspace, "loans"))
            assert {step.outcome for step in steps} <= {"done", "not yet"}, steps
        yield workspace


def test_what_arrived_is_recorded_measured_and_sealed_like_any_prediction(played: Workspace) -> None:
    view = played["loans"].view()
    assert view is not None
    assert [(run.version, run.rows) for run in view.scoring_runs] == [("1.9", LOANS)] * 2 + [("2.0", LOANS)] * 7
    assert {seal.scoring_run: seal.rows for seal in view.seals} == {run.id: run.rows for run in view.scoring_runs}
    assert [(item.name, item.state, item.run) for item in view.versions] == [
        ("1.9", VersionState.APPROVED, ""),
        ("2.0", VersionState.APPROVED, ""),
    ]
    assert view.live is not None
    assert (view.live.name, view.live.columns) == ("2.0", ("income", "strain", "sex"))
    rows = played.stages.lake.read("loans/predictions", columns=["id", "entity", "slot", "decision", "probability"])
    assert rows.num_rows == 9 * LOANS == len(set(rows["id"].to_pylist()))
    assert not {"training", "features", "deploy"} & {task.key.split("/")[0] for task in view.tasks}
    first = view.windows[0]
    assert f"{first.starts_at:%Y-%m}" == "2026-01"
    seen = view.latest("roc_auc", first)
    assert seen is not None
    assert seen.value > 0.8


def test_the_model_becomes_worse_in_july_and_its_owner_is_told(played: Workspace) -> None:
    view = played["loans"].view()
    assert view is not None
    acted = [firing for firing in view.firings if Action.RETRAIN in firing.actions]
    assert acted[0].starts_at.month == BROKEN
    assert acted[0].mode == "acted"
    (told, *_) = [item for item in view.incidents if item.starts_at == acted[0].starts_at]
    assert (told.cause, told.cause_stage, told.owner) == (Cause.CONCEPT_SHIFT, CauseStage.MODEL, Role.SCIENCE)
    assert "in its first window" in told.what
    alerts = [json.loads(line) for line in (played.folder / "alerts" / "loans.jsonl").read_text().splitlines()]
    assert any("Asked of whoever runs the model: retrain" in alert["text"] for alert in alerts)
    assert not view.runs


def test_check_and_report_say_what_is_known_and_what_is_not(played: Workspace, bank: Bank) -> None:
    verdicts = {item.id: item for item in played["loans"].check()}
    for name in ("AV-2", "AU-5", "RE-1", "RE-2", "RE-3", "AD-1", "AD-2", "AD-3", "RI-4", "HO-2"):
        assert verdicts[name].verdict is Verdict.UNPROVEN, verdicts[name]
        assert "elsewhere" in verdicts[name].reason or "where the model runs" in verdicts[name].reason
        assert verdicts[name].next_step
    for name in ("AV-1", "AU-1", "AU-3", "AU-4", "EX-1"):
        assert verdicts[name].verdict is Verdict.MET, verdicts[name]
    answer = copml(bank.folder, "check")
    assert "runs elsewhere" in answer.out.replace("\n", " ") or "elsewhere" in answer.out
    page = done(bank.folder, "report", "--json").json["report"]
    text = Path(page).read_text()
    assert "roc_auc" in text
    assert "What makes the outcome happen has changed" in text
    assert "concept shift" in done(bank.folder, "incidents").out
    assert {item["name"] for item in done(bank.folder, "versions", "--json").json} == {"1.9", "2.0"}
    done(bank.folder, "status")
    done(bank.folder, "advise")


def test_what_only_a_model_here_can_do_is_refused_with_the_reason(played: Workspace, bank: Bank) -> None:
    played.stages.state.read()
    assert "runs elsewhere" in refused(bank.folder, "run", "train", code="COPML-151")
    assert "runs elsewhere" in refused(bank.folder, "run", "features", code="COPML-151")
    assert "runs elsewhere" in refused(bank.folder, "backtest", code="COPML-151")
    assert "decided where the model runs" in refused(bank.folder, "advise", "serving", code="COPML-150")
    assert "is right" in done(bank.folder, "validate").out


def test_another_look_changes_nothing(played: Workspace) -> None:
    before = played.stages.lake.version("loans/predictions")
    assert [step for step in run(played, "loans") if step.outcome == "failed"] == []
    assert played.stages.lake.version("loans/predictions") == before
