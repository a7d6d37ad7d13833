"""A project of each kind goes through the whole loop: learned, judged, deployed, scored, measured, told."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
from tests.kinds import ENTITIES, KINDS, UNKNOWN, Kind
from tests.things import BOSS, FIRST, SCIENTIST, Play

from copml.app import (
    Workspace,
    advise,
    apply,
    check,
    explore,
    export_mlflow,
    export_predictions,
    promote,
    report,
    sweep,
    verify_ledger,
    versions,
)
from copml.operations import View
from copml.predictions import predictions_schema
from copml.records import ProblemKind

pytestmark = pytest.mark.slow

MONTHS = 4


@dataclass(frozen=True)
class Played:
    """What the tests look at."""

    kind: Kind
    workspace: Workspace
    view: View


@pytest.fixture(scope="module", params=list(KINDS))
def played(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    """The loop over four months; a quarter of the things have no note, and some end in a way that nobody knows."""
    kind = KINDS[request.param]
    play = Play(kind.project, tmp_path_factory.mktemp(request.param)).to(FIRST + MONTHS - 1)
    with play.workspace:
        yield Played(kind, play.workspace, play.view)


def test_the_model_was_learned_judged_and_deployed(played: Played) -> None:
    assert played.view.live is not None
    assert played.view.project.rule.kind is played.kind.name
    assert {gate.passed for gate in played.view.live.gates} == {True}


def test_predictions_are_kept_sealed_and_handed_over(played: Played) -> None:
    kind, workspace, view = played.kind, played.workspace, played.view
    rows = workspace.stages.lake.read(f"{kind.name}/predictions")
    assert set(predictions_schema(pa.schema([]), kind.name).names) <= set(rows.column_names)
    assert len(rows) == MONTHS * ENTITIES
    assert [seal.rows for seal in view.seals] == [ENTITIES] * MONTHS
    assert verify_ledger(workspace).problems == ()
    table = workspace.folder / "outputs" / view.scoring_runs[-1].output
    given = pd.read_parquet(table) if table.suffix == ".parquet" else pd.read_csv(table)
    assert "prediction" in given.columns
    decided = view.scoring_runs[-1].positives
    assert 0 < decided < ENTITIES
    if kind.name is ProblemKind.RANKING:
        assert decided == ENTITIES // 10
        assert (given["prediction"].diff().dropna() <= 0).all()


def test_windows_are_measured_once_outcomes_have_matured(played: Played) -> None:
    view, window = played.view, played.view.windows[0]
    for metric in view.project.metrics:
        seen = view.latest(metric, window)
        assert seen is not None, metric
        assert seen.low <= seen.value <= seen.high
    matured = view.latest("matured_ratio", window)
    assert matured is not None
    assert matured.value == pytest.approx((ENTITIES - UNKNOWN) / ENTITIES)
    assert view.latest(view.project.business.kpi.name, window) is not None
    assert view.latest("drift_max", window) is not None


def test_verdicts_and_the_page_are_about_this_kind(played: Played) -> None:
    kind, workspace = played.kind, played.workspace
    verdicts = {item.id: item for item in check(workspace, str(kind.name))}
    assert verdicts["EF-1"].verdict in ("met", "at risk")
    page = report(workspace, str(kind.name), workspace.folder / "report.html").read_text()
    assert kind.heading in page
    assert played.view.project.business.kpi.name.replace("_", " ") in page


def test_it_is_explored_searched_exported_and_advised_on(played: Played, tmp_path: Path) -> None:
    workspace, name = played.workspace, str(played.kind.name)
    assert {"size", "age", "note"} <= {item.name for item in explore(workspace, name).found.columns}
    found = sweep(workspace, name, by=SCIENTIST)
    assert len(found.trials) == 3
    assert found.figure is not None
    assert found.candidate is not None, found.note
    assert found.holdout is not None
    assert advise(workspace, name)
    exported = export_predictions(workspace, name, tmp_path / "all.csv", format="csv")
    assert len(pd.read_csv(tmp_path / "all.csv")) == exported.rows == MONTHS * ENTITIES
    assert (export_mlflow(workspace, name, "v1", tmp_path / "mlflow") / "MLmodel").is_file()


def test_its_version_goes_to_production_on_postgresql(played: Played, postgres_database: str, tmp_path: Path) -> None:
    name, here = str(played.kind.name), played.view.version("v1")
    production = tmp_path / "production"
    with Workspace.create(production, simulated_from=played.view.now, state=postgres_database) as target:
        apply(target, played.workspace.folder.parent / "copml.yaml", by=SCIENTIST)
    carried = promote(played.workspace, name, "v1", to=production, by=BOSS)
    with Workspace.open(production) as target:
        assert [item.content_digest for item in versions(target, name)] == [here.content_digest]
        assert verify_ledger(target).problems == ()
    assert carried.version.metrics.keys() == here.metrics.keys()
