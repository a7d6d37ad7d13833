"""A scoring run from feature files to durable rows and the business's table."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pytest
from tests.scenes import COLUMNS, SLOT, Scene, features

from copml.errors import EntityRepeated, FeatureInfinite, FeaturesLackColumns, InputUnsupported, NothingToScore
from copml.models import load
from copml.predictions import merkle_root, prediction_ids
from copml.records import DecisionRule
from copml.scoring import Rows, ScoreResult, score, seal
from copml.store import Lake


def scored(scene: Scene) -> ScoreResult:
    return score(scene.request, scene.around)


def output(scene: Scene, result: ScoreResult) -> dict[str, list[object]]:
    table: dict[str, list[object]] = pyarrow.csv.read_csv(scene.around.outputs / result.run.output).to_pydict()
    return table


def test_every_row_is_in_the_lake_with_what_it_was_made_from(scene: Scene) -> None:
    table = features(60)
    scene = scene.given(table.slice(0, 25), table.slice(25))
    result = scored(scene)
    rows = scene.around.lake.read("churn/predictions").sort_by("entity")
    names = table["entity"].to_pylist()
    assert rows["entity"].to_pylist() == names
    assert (
        rows["id"].to_pylist()
        == prediction_ids(scene.around.keys.prediction_id_key, scene.request.run, SLOT, names).to_pylist()
    )
    assert rows["input"].to_pylist() == table.select(COLUMNS).to_pylist()
    assert rows["probability"].to_pylist() == load(scene.request.model).predict(table.select(COLUMNS)).tolist()
    assert set(rows["run"].to_pylist()) == {scene.request.run}
    assert set(rows["version"].to_pylist()) == {"v1"}
    assert set(rows["slot"].to_pylist()) == {SLOT}
    assert len(set(rows["salt"].to_pylist())) == 60
    drawn = scene.around.keys.draw("control", "churn", "2026-01-01T00:00:00Z", names)
    assert rows["control"].to_pylist() == (drawn < 0.3).tolist()
    assert result.run.rows == result.commit.rows_added == 60
    assert result.run.table_version == result.commit.version == 0


def test_many_entities_are_drawn_in_a_process_of_their_own_alike(
    scene: Scene, another: Callable[[str], Scene], monkeypatch: pytest.MonkeyPatch
) -> None:
    scored(scene.given(features(60)))
    monkeypatch.setattr("copml.scoring.draw.OWN_PROCESS_ROWS", 1)
    other = another("other").given(features(20), features(40, first=20))
    scored(other)
    assert other.predictions().equals(scene.predictions())
    assert (other.folder / "logs" / "score.draw.log").exists()


def test_paths_may_be_relative(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    scene = scene.given(features(5))
    monkeypatch.chdir(scene.folder)
    files = tuple(file.relative_to(scene.folder) for file in scene.request.rows.files)
    scene = scene.asked(rows=Rows(files=files, as_of=SLOT)).with_(
        staging=Path("staging"), outputs=Path("outputs"), project_root=Path("project"), lake=Lake(Path("lake"))
    )
    run = scored(scene).run
    assert seal(run, scene.around.lake, now=SLOT, log=Path("logs/seal.log")).rows == run.rows == 5


def test_the_record_counts_the_arms(scene: Scene) -> None:
    scene = scene.given(features(300))
    run = scored(scene).run
    rows = scene.predictions()
    decision, control, treat = (np.array(rows[name].to_pylist()) for name in ("decision", "control", "treat"))
    assert decision.tolist() == [value >= 0.5 for value in rows["probability"].to_pylist()]
    assert treat.tolist() == (decision & ~control).tolist()
    assert (run.positives, run.treated, run.control) == (decision.sum(), treat.sum(), (decision & control).sum())
    assert run.control > 0
    assert run.treated > 0
    assert run.positives < 300


def test_the_business_reads_real_identifiers_by_rank(scene: Scene) -> None:
    scene = scene.given(features(60))
    result = scored(scene)
    table = output(scene, result)
    assert result.run.output == "churn/2026-02-01.csv"
    assert list(table) == ["customer_id", "probability", "decision", "rank"]
    assert table["rank"] == list(range(1, 61))
    assert table["probability"] == sorted(table["probability"], reverse=True)
    by_rank = scene.predictions().sort_by("rank")
    assert table["customer_id"] == [f"customer {int(name, 16)}" for name in by_rank["entity"].to_pylist()]
    assert table["probability"] == by_rank["probability"].to_pylist()
    words = {(False, False): "none", (True, True): "treat", (True, False): "control"}
    arms = zip(by_rank["decision"].to_pylist(), by_rank["treat"].to_pylist(), strict=True)
    assert table["decision"] == [words[arm] for arm in arms]
    folder = scene.around.outputs / "churn"
    assert [file.name for file in folder.iterdir()] == ["2026-02-01.csv"]
    assert (folder / "2026-02-01.csv").stat().st_mode & 0o777 == 0o600


def test_nothing_is_left_in_staging_and_progress_was_shown(scene: Scene) -> None:
    shown: list[tuple[int, int]] = []
    scene = scene.given(features(30), features(30, first=30)).with_(progress=lambda *seen: shown.append(seen))
    scored(scene)
    assert shown[-1] == (60, 60)
    assert all(done <= total == 60 for done, total in shown)
    assert not scene.around.staging.exists()


def test_profiles_are_in_the_bins_of_the_reference(scene: Scene) -> None:
    profile = scored(scene.given(features(40), features(20, first=40))).run.profile
    assert set(profile) == {*COLUMNS, "probability"}
    for name in COLUMNS:
        assert profile[name].edges == scene.request.reference[name].edges
        assert profile[name].labels == scene.request.reference[name].labels
    assert all(sum(bins.counts) + bins.missing == 60 for bins in profile.values())
    assert len(profile["probability"].counts) == 20


def test_the_same_again_changes_nothing(scene: Scene) -> None:
    scene = scene.given(features(60))
    first, salts = scored(scene), scene.around.lake.read("churn/predictions")["salt"]
    again = scored(scene)
    assert again == first
    assert scene.around.lake.read("churn/predictions")["salt"].equals(salts)


def test_a_run_that_is_repeated_replaces_its_own_rows_and_output(scene: Scene) -> None:
    other = scored(scene.given(features(7)).asked(run="score-other", slot=SLOT - timedelta(days=31), transaction="o"))
    first = scored(scene.given(features(60)))
    changed = scene.given(features(50)).asked(transaction="again", rule=DecisionRule(threshold=0.9))
    second = scored(changed)
    rows = scene.predictions()
    assert rows.num_rows == 57
    assert sorted(set(rows["run"].to_pylist())) == ["score-2026-02-01", "score-other"]
    assert second.run.table_version == first.run.table_version + 1 == other.run.table_version + 2
    assert second.run.positives < first.run.positives
    assert len(output(scene, second)["rank"]) == 50


def test_another_attempt_with_another_threshold_does_not_pass_for_the_first(scene: Scene) -> None:
    scene = scene.given(features(60))
    first = scored(scene).run
    second = scored(scene.asked(rule=DecisionRule(threshold=0.9))).run
    assert second.table_version == first.table_version + 1
    assert sum(scene.predictions()["decision"].to_pylist()) == second.positives < first.positives


def test_ids_stay_the_same_in_a_repeated_run(scene: Scene) -> None:
    scene = scene.given(features(60))
    scored(scene)
    before = scene.predictions()
    scored(scene.asked(transaction="again"))
    assert scene.predictions().equals(before)


def test_an_entity_waits_until_its_cooldown_is_over(scene: Scene) -> None:
    scene = scene.given(features(60))
    first = scored(scene).run
    month = datetime(2026, 3, 1, tzinfo=UTC)
    waits = scene.asked(run="march", slot=month, transaction="march", episodes_since=datetime(2025, 12, 1, tzinfo=UTC))
    run = scored(waits).run
    assert (run.positives, run.treated, run.control) == (first.positives, 0, 0)
    assert set(output(scene, scored(waits)))
    words = output(scene, scored(waits))["decision"]
    assert words.count("waiting") == first.positives
    over = scene.asked(run="june", slot=datetime(2026, 6, 1, tzinfo=UTC), transaction="june", episodes_since=SLOT)
    run = scored(over).run
    assert (run.treated, run.control) == (first.treated, first.control), "an episode at the very start is over"


def test_episodes_of_the_same_or_a_later_slot_do_not_count(scene: Scene) -> None:
    scene = scene.given(features(60))
    later = scored(scene.asked(run="march", slot=datetime(2026, 3, 1, tzinfo=UTC), transaction="march")).run
    first = scored(scene).run
    again = scored(scene.asked(transaction="again")).run
    assert later.treated == first.treated == again.treated > 0


def test_without_control_group_or_cooldown_everybody_positive_is_treated(scene: Scene) -> None:
    scene = scene.given(features(60)).asked(control=None, episodes_since=None)
    scored(scene)
    again = scored(scene.asked(run="again", slot=SLOT + timedelta(days=1), transaction="again")).run
    assert (again.treated, again.control) == (again.positives, 0)


def test_unseen_categories_and_missing_values_of_text_are_scored(scene: Scene) -> None:
    table = features(3).set_column(4, "contract", pa.array(["Lifetime", None, "One year"]))
    assert scored(scene.given(table)).run.rows == 3
    assert [row["contract"] for row in scene.predictions().sort_by("entity")["input"].to_pylist()] == [
        "Lifetime",
        None,
        "One year",
    ]


def test_numbers_that_lie_in_another_type_are_recorded_as_they_are(scene: Scene) -> None:
    table = features(20).set_column(3, "tenure", features(20)["tenure"].cast(pa.int32()))
    scored(scene.given(table))
    expected = load(scene.request.model).predict(features(20).select(COLUMNS))
    assert scene.predictions().sort_by("entity")["probability"].to_pylist() == expected.tolist()


def with_column(name: str, values: list[object]) -> pa.Table:
    table = features(len(values))
    return table.set_column(table.schema.get_field_index(name), name, pa.array(values))


def test_without_files_there_is_nothing_to_score(scene: Scene) -> None:
    with pytest.raises(NothingToScore, match="no features"):
        scored(scene)


@pytest.mark.parametrize(
    ("table", "error", "says"),
    [
        (features(0), NothingToScore, "no features for 2026-02-01"),
        (features(3).drop_columns(["tenure"]), FeaturesLackColumns, "tenure"),
        (features(3).drop_columns(["entity"]), FeaturesLackColumns, "entity"),
        (with_column("tenure", [1.0, float("inf"), 2.0]), FeatureInfinite, "tenure is infinite in 1 rows"),
        (with_column("entity", ["a" * 32, "b" * 32, "a" * 32]), EntityRepeated, "1 rows repeat .* a{32}"),
        (with_column("tenure", [[1.0], [2.0]]), InputUnsupported, "tenure"),
    ],
)
def test_rows_that_cannot_be_scored_are_refused(
    scene: Scene, table: pa.Table, error: type[Exception], says: str
) -> None:
    scene = scene.given(table)
    with pytest.raises(error, match=says):
        scored(scene)
    assert scene.around.lake.version("churn/predictions") is None
    assert not list(scene.around.outputs.rglob("*.*"))


def test_a_vault_that_fails_leaves_neither_rows_nor_names(scene: Scene) -> None:
    def fails(names: list[str]) -> list[str]:
        raise OSError("vault")

    with pytest.raises(OSError, match="vault"):
        scored(scene.given(features(5)).with_(reveal=fails))
    assert scene.around.lake.version("churn/predictions") is None
    assert not list(scene.around.outputs.rglob("*.*"))


class Refusing(Lake):
    """A lake that fails once it has taken the rows."""

    def write(self, table: str, batches: object, *rest: object, **settings: object) -> object:  # type: ignore[override]
        list(batches)  # type: ignore[call-overload]
        raise OSError("disk")


def test_no_output_appears_when_the_rows_are_not_kept(scene: Scene) -> None:
    scene = scene.given(features(5))
    with pytest.raises(OSError, match="disk"):
        scored(scene.with_(lake=Refusing(scene.folder / "lake")))
    assert not list(scene.around.outputs.rglob("*.*"))
    assert scored(scene).run.rows == 5


def test_parquet_output(scene: Scene) -> None:
    result = scored(scene.given(features(5)).asked(output="parquet"))
    assert result.run.output == "churn/2026-02-01.parquet"
    assert pa.parquet.read_table(scene.around.outputs / result.run.output).num_rows == 5


def test_the_seal_is_over_the_rows_in_the_lake_in_the_order_of_their_ids(
    scene: Scene, another: Callable[[str], Scene]
) -> None:
    scene = scene.given(features(40), features(20, first=40))
    scored(scene.asked(run="before", transaction="before"))
    run = scored(scene).run
    found = seal(run, scene.around.lake, now=SLOT, log=scene.folder / "logs" / "seal.log")
    rows = scene.around.lake.read("churn/predictions")
    own = rows.filter(pa.compute.equal(rows["run"], run.id)).sort_by("id")
    assert (found.root, found.rows) == merkle_root(own.combine_chunks().to_batches())
    assert (found.project, found.scoring_run, found.sealed_at) == ("churn", run.id, SLOT)
    scored(scene.asked(transaction="again"))
    assert seal(run, scene.around.lake, now=SLOT, log=scene.folder / "logs" / "seal.log").root == found.root
