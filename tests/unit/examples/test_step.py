import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import company.files
import numpy as np
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest
from company import Settings, step
from company.events import Name, month_of
from company.files import COLUMNS, customer_table
from company.state import load_state
from company.traits import VALUES
from company.truth import load_truth
from company.world import begin

SMALL = Settings(customers=600, seed=3)
EXAMPLE = Path(company.files.__file__).parents[1]


def decide(customers: Path, to: Path, *, share: float = 0.3) -> Path:
    """A table of decisions as the business gets it: every so many customers, some of them control or waiting."""
    names = pq.read_table(customers, columns=["customer_id"])["customer_id"].to_pylist()
    words = ["treat" if place % 10 < share * 10 else "none" for place in range(len(names))]
    words[0], words[10] = "control", "waiting"
    to.parent.mkdir(parents=True, exist_ok=True)
    lines = [f"{name},0.5,{word},{place + 1}" for place, (name, word) in enumerate(zip(names, words, strict=True))]
    to.write_text("\n".join(["customer_id,probability,decision,rank", *reversed(lines)]) + "\n")
    return to


def run(folder: Path, until: int, settings: Settings = SMALL) -> None:
    """From the first month on; decisions from month 0 on."""
    for month in range(-settings.history, until + 1):
        decisions = folder / "decisions" / f"{month - 1}.csv"
        files = step(folder / "state", month, decisions if decisions.exists() else None, folder / "out", settings)
        if month >= 0:
            decide(files[0], folder / "decisions" / f"{month}.csv")


def digests(folder: Path) -> dict[str, str]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The company up to month 3."""
    folder = tmp_path_factory.mktemp("before")
    run(folder, 3)
    return folder


@pytest.fixture(scope="module")
def lived(before: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The company up to month 4."""
    folder = tmp_path_factory.mktemp("lived") / "company"
    shutil.copytree(before, folder)
    decide(step(*fourth(folder))[0], folder / "decisions" / "4.csv")
    return folder


def fourth(folder: Path) -> tuple[Path, int, Path, Path, Settings]:
    """The arguments of month 4's step."""
    return folder / "state", 4, folder / "decisions" / "3.csv", folder / "out", SMALL


def test_the_first_step_writes_customers_only(lived: Path) -> None:
    names = {path.relative_to(lived / "out").as_posix() for path in (lived / "out").rglob("2025-*")}
    months = range(7, 13)
    assert names == {f"customers/2025-{month:02d}.parquet" for month in months} | {
        f"departures/2025-{month:02d}.csv" for month in months if month > 7
    }


def test_offers_are_told_of_the_months_that_had_decisions(lived: Path) -> None:
    assert sorted(path.name for path in (lived / "out" / "offers").iterdir()) == [
        f"2026-{month:02d}.csv" for month in (2, 3, 4, 5)
    ]


def test_customers_have_the_columns_of_the_public_table(lived: Path) -> None:
    table = pq.read_table(lived / "out" / "customers" / "2026-03.parquet")
    assert table.column_names == ["customer_id", "as_of", *COLUMNS]
    assert len(COLUMNS) == 19
    for name in set(VALUES) - {"senior_citizen"}:
        assert set(table[name].unique().to_pylist()) <= set(VALUES[name])
    assert table["as_of"].unique().to_pylist()[0].isoformat() == "2026-02-28T23:00:00+00:00"
    assert pc.max(table["tenure"]).as_py() <= 72


def test_who_has_had_no_bill_yet_has_no_total(lived: Path) -> None:
    for path in (lived / "out" / "customers").iterdir():
        table = pq.read_table(path)
        assert (pc.is_null(table["total_charges"]).to_numpy() == (table["tenure"].to_numpy() == 0)).all()


def test_a_month_again_gives_the_same_bytes(lived: Path, tmp_path: Path) -> None:
    run(tmp_path, 4)
    assert digests(tmp_path) == digests(lived)


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param(Settings(customers=600, seed=4), id="seed"),
        pytest.param(Settings(customers=601, seed=3), id="size"),
    ],
)
def test_other_settings_give_another_company(lived: Path, tmp_path: Path, settings: Settings) -> None:
    step(tmp_path, -6, None, tmp_path, settings)
    name = "customers/2025-07.parquet"
    assert (tmp_path / name).read_bytes() != (lived / "out" / name).read_bytes()


@pytest.mark.parametrize("write", range(6))
def test_a_step_that_breaks_off_is_taken_again(
    before: Path, lived: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: int
) -> None:
    folder = tmp_path / "company"
    shutil.copytree(before, folder)
    whole, left = company.files.write_bytes, write

    def breaking(path: Path, data: bytes) -> None:
        nonlocal left
        if left == 0:
            path.with_name(f".{path.name}.{os.getpid()}.tmp").write_bytes(data[: len(data) // 2])
            raise KeyboardInterrupt
        left -= 1
        whole(path, data)

    with monkeypatch.context() as patched:
        for module in (company.files, company.state, company.truth):
            patched.setattr(module, "write_bytes", breaking)
        with pytest.raises(KeyboardInterrupt):
            step(*fourth(folder))
    decide(step(*fourth(folder))[0], folder / "decisions" / "4.csv")
    assert digests(folder) == digests(lived)


RESUMED = """
import sys
from pathlib import Path
class Without:  # the company needs numpy and pyarrow only
    def find_spec(self, name, path=None, target=None):
        if name == "pandas":
            raise ImportError(name)
sys.meta_path.insert(0, Without())
from company import Settings, step
folder, decisions = map(Path, sys.argv[1:])
done = len(list((folder / "state" / "state").glob("*.npz"))) if folder.exists() else 0
for month in range(max(done - 1, 0) - 6, 5):
    print(month, flush=True)
    given = decisions / f"{month - 1}.csv"
    step(folder / "state", month, given if given.exists() else None, folder / "out", Settings(customers=600, seed=3))
"""


def test_a_company_that_is_killed_goes_on_as_if_nothing_had_been(lived: Path, tmp_path: Path) -> None:
    arguments = [sys.executable, "-c", RESUMED, str(tmp_path), str(lived / "decisions")]
    for killed_in, after_seconds in ((-3, 0.03), (2, 0.01)):
        with subprocess.Popen(arguments, cwd=EXAMPLE, stdout=subprocess.PIPE, text=True) as child:
            assert child.stdout is not None
            months = iter(child.stdout.readline, f"{killed_in}\n")
            assert all(months), "it ended before it was killed"
            time.sleep(after_seconds)
            child.kill()
    subprocess.run(arguments, cwd=EXAMPLE, stdout=subprocess.DEVNULL, check=True)
    left_behind = digests(tmp_path)
    assert {name: left_behind.get(name) for name in digests(lived) if not name.startswith("decisions")} == {
        name: digest for name, digest in digests(lived).items() if not name.startswith("decisions")
    }


def test_strangers_among_the_decisions_are_refused(lived: Path, tmp_path: Path) -> None:
    run(tmp_path, 0)
    stranger = tmp_path / "decisions.csv"
    stranger.write_text("customer_id,probability,decision,rank\nC9999999,0.9,treat,1\n")
    with pytest.raises(ValueError, match="decides on 1 who are no customers"):
        step(tmp_path / "state", 1, stranger, tmp_path / "out", SMALL)


def test_a_month_needs_the_one_before(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        step(tmp_path / "state", 0, None, tmp_path / "out", SMALL)


def test_departures_come_late_twice_and_corrected(tmp_path: Path) -> None:
    settings = Settings(customers=6_000, seed=3)
    for month in range(-6, 1):
        step(tmp_path / "state", month, None, tmp_path / "out", settings)
    tables = [pa_csv.read_csv(path) for path in sorted((tmp_path / "out" / "departures").iterdir())]
    told = [list(zip(*(table[name].to_pylist() for name in table.column_names), strict=True)) for table in tables]
    seen: dict[str, tuple[object, ...]] = {}
    late = again = corrected = 0
    for place, rows in enumerate(told):
        days = [row[1] for row in rows]
        assert days == sorted(days)
        for row in rows:
            late += row[1].month != (7 + place - 1) % 12 + 1 and row[0] not in seen
            again += seen.get(row[0]) == row
            corrected += row[0] in seen and seen[row[0]][2] == "unknown" != row[2]
            assert row[0] not in seen or seen[row[0]][1] == row[1], "a correction keeps the day"
            seen[row[0]] = row
    assert 0.02 < late / len(seen) < 0.04
    assert 0.002 < again / len(seen) < 0.01
    assert 0.0005 < corrected / len(seen) < 0.007


def test_the_outage_empties_one_column_of_one_file() -> None:
    world = begin(SMALL)
    empty = {}
    for month in range(-6, 30):
        table = customer_table(world, month, SMALL)
        assert table.schema.field("tech_support").type == "string"
        empty[month] = [name for name in table.column_names if table[name].null_count == len(table)]
    assert {month: names for month, names in empty.items() if names} == {month_of(Name.OUTAGE): ["tech_support"]}


def test_truth_lies_beside_and_covers_every_month_that_is_over(lived: Path) -> None:
    told = list(load_truth(lived / "state"))
    assert [truth.month for truth in told] == list(range(-6, 4))
    assert all(truth.effect is None for truth in told if truth.month < 0)
    assert all(truth.effect is not None and truth.effect < 0 for truth in told if truth.month >= 0)
    assert not any("truth" in path.parts for path in (lived / "out").rglob("*"))


def test_who_arrives_does_not_depend_on_offers(lived: Path) -> None:
    state = load_state(lived / "state", 4)
    first_after = 7 * SMALL.customers
    new = [world.customer[world.customer >= first_after] for world in (state.world, state.without)]
    came = np.union1d(*new)
    assert np.isin(new[1], came).all()
    assert len(state.world) > len(state.without), "offers keep people"
