"""The business's own table."""

import errno
import os
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from copml.errors import DiskFull
from copml.records import DecisionRule
from copml.scoring.assign import answer
from copml.scoring.output import _WRITERS, discard_drafts, output_name, output_table, publish, write_draft

RULE = DecisionRule(threshold=0.5)

BERLIN = ZoneInfo("Europe/Berlin")
ANSWERS = answer(
    np.array([0.1, 0.9, 0.9, 0.7]),
    pa.array(["a", "c", "b", "d"]),
    rule=RULE,
    control=np.array([False, True, False, False]),
    in_cooldown=np.array([False, False, False, True]),
)
TABLE = output_table("customer", pa.array(["Ann", "Cem", "Bo, Ltd", "Dee"]), ANSWERS)


@pytest.mark.parametrize(
    ("slot", "name"),
    [
        (datetime(2026, 1, 31, 23, tzinfo=UTC), "2026-02-01.csv"),
        (datetime(2026, 7, 31, 22, tzinfo=UTC), "2026-08-01.csv"),
        (datetime(2026, 2, 1, tzinfo=UTC), "2026-02-01T0100+0100.csv"),
        (datetime(2026, 10, 25, 0, tzinfo=UTC), "2026-10-25T0200+0200.csv"),
        (datetime(2026, 10, 25, 1, tzinfo=UTC), "2026-10-25T0200+0100.csv"),
    ],
)
def test_the_file_is_named_by_the_projects_own_date(slot: datetime, name: str) -> None:
    assert output_name(slot, BERLIN, "csv") == name


def test_rows_come_by_rank_with_the_word_for_what_to_do() -> None:
    assert TABLE.to_pydict() == {
        "customer": ["Bo, Ltd", "Cem", "Dee", "Ann"],
        "probability": [0.9, 0.9, 0.7, 0.1],
        "decision": ["treat", "control", "waiting", "none"],
        "rank": [1, 2, 3, 4],
    }


def test_csv_quotes_what_needs_it(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    publish(write_draft(TABLE, path), path)
    lines = path.read_text("utf-8").splitlines()
    assert lines[:2] == ['"customer","probability","decision","rank"', '"Bo, Ltd",0.9,"treat",1']


def test_parquet_keeps_the_table(tmp_path: Path) -> None:
    path = tmp_path / "out.parquet"
    publish(write_draft(TABLE, path), path)
    assert pq.read_table(path).equals(TABLE)


def test_only_its_owner_may_read_it(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    draft = write_draft(TABLE, path)
    assert draft.stat().st_mode & 0o777 == 0o600
    publish(draft, path)
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_draft_is_not_the_output_and_can_be_taken_back(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    path.write_text("the one before")
    write_draft(TABLE, path)
    assert path.read_text() == "the one before"
    discard_drafts(path)
    assert [file.name for file in tmp_path.iterdir()] == ["out.csv"]


def test_a_full_disk_is_said_so_and_leaves_no_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setitem(_WRITERS, ".csv", full)
    with pytest.raises(DiskFull, match="no space left"):
        write_draft(TABLE, tmp_path / "out.csv")
    discard_drafts(tmp_path / "out.csv")
    assert not list(tmp_path.iterdir())
