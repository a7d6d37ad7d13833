"""Feature sets: what `build` sees, what it may return, what is kept."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from tests.places import NOW, Place, project

from copml.data import AsOf, FeatureRequest, build_features
from copml.errors import CodeFailed, CopmlError, EntryInvalid, FeaturesInvalid, SourceUnknown
from copml.records import Digest, FeatureSet, TaskKey
from copml.sandbox import Limits

MAY, JUNE, JULY = (datetime(2026, month, 1, tzinfo=UTC) for month in (5, 6, 7))
SOURCES = {
    "rows": {"path": "in/rows*.csv", "entity": "id", "event_at": "day"},
    "events": {"path": "in/events*.csv", "entity": "id", "event_at": "day", "columns": {"what": "text"}},
}
Build = Callable[..., list[FeatureSet]]


@pytest.fixture(scope="module")
def ingested(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A place after two ingests of `rows`."""
    place = Place(tmp_path_factory.mktemp("ingested"), project(sources=SOURCES))
    place.file("rows1.csv", "id,day,x,plan\na,2026-04-01,1,u\na,2026-05-15,2,v\nb,2026-04-01,3,u\nb,2026-06-15,99,u\n")
    place.ingest(now=JUNE)
    place.file("rows2.csv", "id,day,x,plan\na,2026-04-01,77,u\nc,2026-04-01,5,w\n")
    place.ingest(now=JULY)
    return place


@pytest.fixture
def build(place: Place, ingested: Place) -> Build:
    """Builds features with the body of a `build` function."""
    shutil.copytree(ingested.root, place.root, dirs_exist_ok=True)
    place.project = ingested.project

    def run(body: str, *times: AsOf, number: int = 0) -> list[FeatureSet]:
        code = ["import pandas as pd", "def build(tables, as_of):", *(f"    {line}" for line in body.splitlines())]
        (place.root / "mine.py").write_text("\n".join(code))
        return [item for item, _ in build_features(feature_request(place, times or (at(JUNE),), number))]

    return run


def test_past_times_without_rows_are_left_out(place: Place, build: Build) -> None:
    build("return tables.sql('select entity, x from rows where event_at >= $as_of - interval 20 days')")
    before, after = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 2, tzinfo=UTC)
    request = replace(feature_request(place, (at(before), at(after)), number=1), history=True)
    assert [item.as_of for item, _ in build_features(request)] == [after]
    with pytest.raises(FeaturesInvalid, match="it has no rows"):
        build_features(replace(request, times=(at(before),), history=False, transaction="other"))


def at(as_of: datetime, known_by: datetime | None = None) -> AsOf:
    return AsOf(as_of=as_of, known_by=known_by or as_of)


def feature_request(place: Place, times: tuple[AsOf, ...], number: int = 0) -> FeatureRequest:
    return FeatureRequest(
        project=place.project,
        times=times,
        versions={"rows": 1},
        root=place.root,
        staging=place.root / "ws" / "staging" / "features",
        log=place.root / "ws" / "logs" / "features.log",
        lake=place.lake,
        limits=Limits(seconds=60, memory_mb=2000),
        transaction=f"features/{number}",
        task=TaskKey("features"),
        now=NOW,
        code_digest=Digest("0" * 64),
        history=False,
    )


def kept(place: Place, as_of: datetime) -> dict[str, dict[str, object]]:
    rows = place._sorted(place.lake.read("proj/features"))
    return {row.pop("entity"): row for row in rows if row["as_of"] == as_of}


def test_several_times_in_one_child(place: Place, build: Build) -> None:
    sets = build("return tables.latest('rows')[['entity', 'x', 'plan']]", at(MAY), at(JUNE), at(JULY))
    assert [(item.as_of, item.rows, item.version, item.columns) for item in sets] == [
        (MAY, 2, 0, ("x", "plan")),
        (JUNE, 2, 1, ("x", "plan")),
        (JULY, 3, 2, ("x", "plan")),
    ]
    assert sets[0].inputs == {"rows": 1}
    seen = {when: {name: row["x"] for name, row in kept(place, when).items()} for when in (MAY, JUNE, JULY)}
    assert seen == {MAY: {"a": 1, "b": 3}, JUNE: {"a": 2, "b": 3}, JULY: {"a": 2, "b": 99, "c": 5}}


QUERIES = (
    "select entity, max(event_at) as t, max(known_at) as k from rows group by all",
    "select entity, event_at as t, known_at as k from rows qualify row_number() over (partition by entity) = 1",
    "select r.entity, max(s.event_at) as t, max(s.known_at) as k from rows r, rows s group by all",
    "with z as (from rows) select entity, max(event_at) as t, max(known_at) as k from z group by all",
)


@pytest.mark.parametrize(("as_of", "known_by"), [(MAY, MAY), (JUNE, JUNE), (MAY, JULY), (JULY, MAY)])
def test_no_query_sees_the_future(place: Place, build: Build, as_of: datetime, known_by: datetime) -> None:
    body = f"""
frames = [tables.sql(query) for query in {QUERIES}]
frames.append(tables.latest("rows").rename(columns={{"event_at": "t", "known_at": "k"}})[["entity", "t", "k"]])
f = pd.concat(frames).groupby("entity", as_index=False).max()
return f.assign(t=f.t.map(pd.Timestamp.timestamp), k=f.k.map(pd.Timestamp.timestamp))"""
    build(body, at(as_of, known_by))
    rows = kept(place, as_of).values()
    assert rows
    assert max(float(str(row["t"])) for row in rows) <= as_of.timestamp()
    assert max(float(str(row["k"])) for row in rows) <= known_by.timestamp()


def test_late_corrections_are_seen_by_who_knows_them(place: Place, build: Build) -> None:
    body = "return tables.sql('select entity, sum(x) as x from rows group by entity')"
    build(body, at(MAY), number=1)
    assert {name: row["x"] for name, row in kept(place, MAY).items()} == {"a": 1, "b": 3}
    build(body, at(JUNE, JULY), number=2)
    assert {name: row["x"] for name, row in kept(place, JUNE).items()} == {"a": 79, "b": 3, "c": 5}


def test_a_source_without_rows_is_an_empty_table(place: Place, build: Build) -> None:
    query = "select entity, count(what) as n from rows left join events using (entity) group by entity"
    build(f"assert len(tables.latest('events')) == 0\nreturn tables.sql('{query}')")
    assert {name: row["n"] for name, row in kept(place, JUNE).items()} == {"a": 0, "b": 0}


def test_parameters_and_types(place: Place, build: Build) -> None:
    body = """query = "select entity, x::int as i, x > $low as flag, null as nothing from rows where event_at < $as_of"
f = tables.sql(query, {"low": 2}).groupby("entity").max()
f["c"] = pd.Categorical(["u"] * len(f))
f["n"] = float("nan")
return f"""
    (features,) = build(body)
    assert features.columns == ("i", "flag", "nothing", "c", "n")
    row = kept(place, JUNE)["b"]
    assert (row["i"], row["flag"], row["nothing"], row["c"], row["n"]) == (3.0, True, None, "u", None)
    assert isinstance(row["i"], float)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("return None", "it returned NoneType; return a data frame"),
        ("return tables.latest('rows')[['x']]", "no column `entity`, only x"),
        ("return tables.latest('rows').head(0)", "it has no rows"),
        ("return tables.latest('rows')[['entity']]", "no column beside"),
        ("return tables.sql('select entity, x from rows')", "1 rows repeat an entity"),
        ("return tables.latest('rows').assign(entity=None)[['entity', 'x']]", "must be the pseudonym"),
        ("return tables.latest('rows').assign(entity=[1, 2])[['entity', 'x']]", "must be the pseudonym"),
        ("return tables.latest('rows').assign(x=[1, float('inf')])[['entity', 'x']]", "'x' is infinite in 1 rows"),
        ("return tables.latest('rows')[['entity', 'event_at']]", "'event_at' is of type timestamp"),
        ("return tables.latest('rows').assign(x=[1, 'u'])[['entity', 'x']]", "'x' mixes types"),
        ("return tables.latest('rows')[['entity', 'x', 'x']]", "columns of the same name: x"),
        ("return tables.latest('rows').assign(l=[[1], [2]])[['entity', 'l']]", "'l' is of type list"),
    ],
)
def test_what_is_no_table_of_features(place: Place, build: Build, body: str, words: str) -> None:
    with pytest.raises(FeaturesInvalid, match=words):
        build(body)
    assert place.lake.version("proj/features") is None


@pytest.mark.parametrize(
    ("body", "error", "words"),
    [
        ("return tables.latest('nobody')", SourceUnknown, "no source 'nobody'; the project file has rows, events"),
        ("return tables.sql('select * from nobody')", CodeFailed, "nobody"),
        ("raise ValueError('mine')", CodeFailed, "mine"),
    ],
)
def test_code_that_fails(build: Build, body: str, error: type[CopmlError], words: str) -> None:
    with pytest.raises(error, match=words):
        build(body)


@pytest.mark.parametrize("empty", ["None", "pd.NA", "float('nan')"])
def test_a_column_that_is_wholly_missing_at_some_times_is_still_what_it_is(
    place: Place, build: Build, empty: str
) -> None:
    body = f"""
frame = tables.sql('select distinct entity from rows')
some = as_of.month == 6
return frame.assign(word='u' if some else {empty}, flag=True if some else {empty}, size=1 if some else {empty})"""
    build(body, at(MAY), at(JUNE))
    build(body, at(JULY), number=1)
    assert kept(place, JUNE)["a"].items() >= {"word": "u", "flag": True, "size": 1.0}.items()
    for gap in (MAY, JULY):
        assert kept(place, gap)["a"].items() >= {"word": None, "flag": None, "size": None}.items()


def test_a_missing_function(place: Place, build: Build) -> None:
    place.project = project(sources=SOURCES, features="mine:bild")
    with pytest.raises(EntryInvalid, match="mine:build"):
        build("return None")


def test_another_attempt_keeps_the_same(place: Place, build: Build) -> None:
    body = "return tables.latest('rows')[['entity', 'x']]"
    first = build(body, at(MAY), at(JUNE))
    assert build(body, at(MAY), at(JUNE)) == first
    assert place.lake.version("proj/features") == 1
    request = replace(feature_request(place, (at(JUNE),), 9), code_digest=Digest("1" * 64))
    again, snapshot = build_features(request)[0]
    assert again.digest == first[1].digest
    assert (snapshot.rows, snapshot.rows_added) == (6, 2)


def test_the_child_starts_without_heavy_libraries() -> None:
    code = "import sys, copml.data.child; print(*{'deltalake', 'sklearn', 'sqlalchemy'} & sys.modules.keys())"
    started = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert started.stdout.split() == []
