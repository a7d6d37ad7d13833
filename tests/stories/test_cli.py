"""Bad input through the command line: one clear answer each, nothing lost, and on with the work once it is mended."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.commands import copml, done, refused

from copml.spec import REQUIREMENTS

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def applied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project that was applied and has not run."""
    folder = tmp_path_factory.mktemp("cli")
    done(folder, "init", "sports-club")
    project = folder / "sports-club"
    done(project, "validate")
    done(project, "apply", "--by", "author@example.org")
    return project


@pytest.fixture
def club(applied: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "sports-club"
    shutil.copytree(applied, folder)
    done(folder, "apply", "--by", "author@example.org")
    return folder


def newest(club: Path) -> Path:
    return sorted((club / "data" / "members").glob("*.csv"))[-1]


def text(path: Path, change: Callable[[str], str]) -> None:
    path.write_text(change(path.read_text()))


def ingest(club: Path) -> dict[str, str]:
    """What `copml run ingest` said of each source."""
    steps = copml(club, "run", "ingest", "--json").json
    return {step["key"].split("/")[1]: f"{step['outcome']} {step['detail']}" for step in steps}


FILES: dict[str, tuple[Callable[[Path], object], str]] = {
    "wrong delimiter": (lambda path: text(path, lambda old: old.replace(",", ";")), "COPML-03"),
    "mixed encodings": (
        lambda path: path.write_bytes(path.read_bytes() + b"M\xff,2026-11-01,1,a,1,1,x\n"),
        "COPML-033",
    ),
    "a column that is gone": (lambda path: text(path, lambda old: old.replace("member_id", "id")), "COPML-035"),
    "too many columns": (
        lambda path: path.write_text(",".join(f"c{number}" for number in range(3000)) + "\n"),
        "COPML-037",
    ),
}


@pytest.mark.parametrize(("change", "code"), FILES.values(), ids=FILES.keys())
def test_a_file_that_cannot_be_read_is_refused_and_read_once_it_is_mended(
    club: Path, change: Callable[[Path], object], code: str
) -> None:
    path = newest(club)
    right = path.read_bytes()
    change(path)
    said = ingest(club)
    assert said["members"].startswith(f"failed {code}"), said
    assert said["departures"].startswith("done"), said
    incidents = copml(club, "incidents", "--json").json
    assert [item["cause_stage"] for item in incidents if item["id"].startswith("failed/ingest/members")] == ["data"]
    path.write_bytes(right)
    done(club, "retry")
    assert ingest(club)["members"].startswith("done")


ROWS: dict[str, tuple[str, str]] = {
    "infinity": ("inf", "fee"),
    "an unseen category": ("weekly", "plan"),
    "beyond its limits": ("9999", "fee"),
    "no number": ("a lot", "fee"),
    "an absurd date": ("0001-01-01", "as_of"),
}


@pytest.mark.parametrize(("value", "column"), ROWS.values(), ids=ROWS.keys())
def test_a_row_that_fails_is_set_aside_with_its_reason_and_counted(club: Path, value: str, column: str) -> None:
    path = newest(club)
    header, first, *others = path.read_text().splitlines()
    place = header.split(",").index(column)
    cells = first.split(",")
    cells[place] = value
    path.write_text("\n".join([header, ",".join(cells), *others]) + "\n")
    assert "1 in quarantine" in ingest(club)["members"]
    (members,) = (item for item in copml(club, "data", "--json").json["sources"] if item["source"] == "members")
    assert sum(members["reasons"].values()) == members["quarantined"] == 1
    assert column in next(iter(members["reasons"]))


def test_a_header_alone_and_a_file_without_anything(club: Path) -> None:
    path = newest(club)
    path.write_text(path.read_text().splitlines()[0] + "\n")
    (club / "data" / "calls.csv").write_text("")
    said = ingest(club)
    assert said["members"].startswith("done"), said
    assert said["calls"].startswith("failed COPML-032"), said


def test_extra_and_reordered_columns_and_repeated_rows_lose_nothing(club: Path) -> None:
    path = newest(club)
    rows = [line.split(",") for line in path.read_text().splitlines()]
    turned = [",".join([*reversed(row), "note" if number == 0 else "hello"]) for number, row in enumerate(rows)]
    path.write_text("\n".join([*turned, turned[1]]) + "\n")
    before = sum(len(file.read_text().splitlines()) - 1 for file in path.parent.glob("*.csv")) - 1
    assert ingest(club)["members"].startswith("done")
    (members,) = (item for item in copml(club, "data", "--json").json["sources"] if item["source"] == "members")
    assert (members["rows"], members["repeated"]) == (before, 1)


def test_a_parquet_file_that_was_cut_in_the_middle(club: Path) -> None:
    text(club / "copml.yaml", lambda old: old.replace("data/departures.csv", "data/departures.parquet"))
    whole = club / "data" / "departures.parquet"
    rows = [line.split(",") for line in (club / "data" / "departures.csv").read_text().splitlines()]
    pq.write_table(pa.table({name: [row[place] for row in rows[1:]] for place, name in enumerate(rows[0])}), whole)
    right = whole.read_bytes()
    whole.write_bytes(right[: len(right) // 2])
    done(club, "apply", "--by", "author@example.org")
    assert ingest(club)["departures"].startswith("failed COPML-031")
    whole.write_bytes(right)
    done(club, "retry")
    assert ingest(club)["departures"].startswith("done")


def test_every_listing_is_json_and_every_requirement_has_a_verdict(club: Path) -> None:
    done(club, "run", "all")
    for command in (["status"], ["data"], ["versions"], ["incidents"], ["ledger", "verify"], ["plan"]):
        assert copml(club, *command, "--json").json is not None
    verdicts = copml(club, "check", "--json").json
    assert [item["id"] for item in verdicts] == list(REQUIREMENTS)
    assert "EF-3" in done(club, "why", "EF-3").out
    done(club, "report")
    assert (club / ".copml" / "reports" / "sports-club.html").stat().st_size > 10_000


def test_a_user_s_mistake_has_one_message_and_a_status(club: Path, tmp_path: Path) -> None:
    refused(tmp_path, "status", code="COPML-001")
    refused(tmp_path, "validate", code="COPML-006")
    refused(club, "approve", "v9", "--reason", "x", "--by", "y", code="COPML-090")
    refused(club, "status", "--project", "nobody", code="COPML-005")


def test_a_project_that_was_moved_goes_on_where_it_was(club: Path, tmp_path: Path) -> None:
    done(club, "run", "all")
    elsewhere = tmp_path / "another place" / "club"
    elsewhere.parent.mkdir()
    club.rename(elsewhere)
    assert done(elsewhere, "ledger", "verify").status == 0
    assert {item["name"] for item in done(elsewhere, "versions", "--json").json} == {"v1"}
    assert "v2 is" in done(elsewhere, "run", "train", "--json").json[0]["detail"]


def test_a_file_that_is_refused_makes_no_workspace(club: Path, tmp_path: Path) -> None:
    for command in (("plan",), ("apply", "--by", "author@example.org")):
        refused(tmp_path, *command, code="COPML-006")
    text(club / "copml.yaml", lambda old: old + "\nunknown: 1\n")
    refused(club, "apply", "--by", "author@example.org", "--workspace", str(tmp_path / "new"), code="COPML-010")
    assert not (tmp_path / ".copml").exists()
    assert not (tmp_path / "new").exists()


def test_a_project_whose_folder_is_gone_says_so(club: Path, tmp_path: Path) -> None:
    workspace = ("--workspace", str(tmp_path / "workspace"))
    done(club, "apply", "--by", "author@example.org", *workspace)
    club.rename(tmp_path / "moved")
    assert "COPML-012" in copml(tmp_path, "run", "ingest", *workspace, "--json").json[0]["detail"]
    done(tmp_path / "moved", "apply", "--by", "author@example.org", *workspace)
    done(tmp_path, "retry", *workspace)
    assert copml(tmp_path, "run", "ingest", *workspace, "--json").json[0]["outcome"] == "done"


PROJECT_FILES: dict[str, tuple[Callable[[str], str], str]] = {
    "empty": (lambda old: "", "COPML-010"),
    "tabs": (lambda old: old.replace("  entry:", "\tentry:"), "COPML-010"),
    "a duplicate": (lambda old: old + "\nproject: twice\n", "COPML-010"),
    "an unknown key": (lambda old: old + "\nmonitorng: {}\n", "COPML-010"),
    "wrong types": (lambda old: old.replace("seed: 7", "seed: [7]"), "COPML-010"),
    "ten megabytes": (lambda old: old + "# padding\n" * 1_000_000, "COPML-010"),
    "no text": (lambda old: "\x00\x01" + old, "COPML-010"),
}


@pytest.mark.parametrize(("change", "code"), PROJECT_FILES.values(), ids=PROJECT_FILES.keys())
def test_a_project_file_that_is_wrong_is_refused_and_the_old_one_holds(
    club: Path, change: Callable[[str], str], code: str
) -> None:
    text(club / "copml.yaml", change)
    for command in ("validate", "plan"):
        refused(club, command, code=code)
    refused(club, "apply", "--by", "author@example.org", code=code)
    assert done(club, "status", "--json").json
