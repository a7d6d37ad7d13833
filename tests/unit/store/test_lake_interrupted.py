"""A kill between any two steps of a write to the lake: a second try ends as an undisturbed one would have."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pyarrow as pa
import pytest

from copml.store import Lake, delta, durable, lake, parquet

TABLE = pa.table({"x": [1.0, 2.0, 3.0], "y": ["a", "b", "c"]})


class Killed(BaseException):
    """Stands for kill -9: no clean-up of ours catches it on purpose."""


def killed(*_: object, **__: object) -> None:
    raise Killed


def write(root: Path, rows: pa.Table = TABLE, transaction: str = "b") -> lake.Commit:
    return Lake(root).write("t", rows.to_batches(), rows.schema, transaction=transaction)


@pytest.mark.parametrize(
    ("where", "name"),
    [
        (parquet, "_finish"),
        (delta, "commit"),
        (lake, "_sweep"),
        (durable, "sync_folder"),
    ],
)
@pytest.mark.parametrize("calls", [1, 2, 3])
@pytest.mark.parametrize("first", [True, False])
def test_a_second_try_finishes_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: object, name: str, calls: int, first: bool
) -> None:
    monkeypatch.setattr(parquet, "FILE_ROWS_MAX", 1)
    monkeypatch.setattr(parquet, "ROW_GROUP_ROWS", 1)
    for root in (tmp_path / "killed", tmp_path / "calm"):
        if not first:
            write(root, transaction="a")
    with monkeypatch.context() as patch:
        patch.setattr(where, name, after(calls, getattr(where, name)))
        with suppress(Killed):
            write(tmp_path / "killed")
    assert write(tmp_path / "killed") == write(tmp_path / "calm")
    assert files(tmp_path / "killed") == files(tmp_path / "calm")


def after(calls: int, real: Callable[..., object]) -> Callable[..., object]:
    left = [calls]

    def call(*arguments: object) -> object:
        left[0] -= 1
        if left[0] == 0:
            raise Killed
        return real(*arguments)

    return call


def files(root: Path) -> list[str]:
    return sorted(path.name for path in root.rglob("*") if path.is_file())


def test_remains_with_other_rows_are_swept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(delta, "commit", killed)
        with pytest.raises(Killed):
            write(tmp_path)
    assert len(list((tmp_path / "t").glob("*.parquet"))) == 1
    write(tmp_path, TABLE.slice(1))
    assert [path.name for path in (tmp_path / "t").glob("*.parquet")] == [
        path.name for path in Lake(tmp_path).files("t")
    ]
    assert sorted(Lake(tmp_path).read("t")["x"].to_pylist()) == [2.0, 3.0]


def test_a_draft_left_by_a_kill_is_swept(tmp_path: Path) -> None:
    commit = write(tmp_path, transaction="other")
    prefix = commit.files[0].path[:16]
    (tmp_path / "t" / f".{prefix}.abc.tmp").write_bytes(b"half")
    write(tmp_path, transaction="b")
    assert list((tmp_path / "t").glob(".*.tmp")) != []
    lake._sweep(tmp_path / "t", prefix, {commit.files[0].path})
    assert list((tmp_path / "t").glob(".*.tmp")) == []


def test_a_checkpoint_that_was_not_made_is_no_loss(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delta, "CHECKPOINT_VERSIONS", 2)
    for name in "abc":
        with monkeypatch.context() as patch:
            patch.setattr(delta, "checkpoint", killed)
            with suppress(Killed):
                write(tmp_path, transaction=name)
    for name in "cdefg":
        write(tmp_path, transaction=name)
    assert Lake(tmp_path).version("t") == 6
    assert Lake(tmp_path).read("t").num_rows == 21
