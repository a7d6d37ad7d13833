"""Durable writing and blobs: nothing half written, nothing unsynced, clear words for a full or read-only disk."""

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from copml.errors import BlobAltered, BlobMissing, DiskFull, WorkspaceReadOnly
from copml.records import Digest
from copml.store import Blobs, Lake, durable


@pytest.fixture
def synced(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The real paths of all descriptors that were synced, in order."""
    seen: list[str] = []
    real = os.fsync

    def fsync(handle: int) -> None:
        seen.append(str(Path(f"/proc/self/fd/{handle}").readlink()))
        real(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    return seen


def test_bytes_name_and_new_folders_are_synced(tmp_path: Path, synced: list[str]) -> None:
    durable.write_bytes(tmp_path / "a" / "b" / "file", b"data")
    assert (tmp_path / "a/b/file").read_bytes() == b"data"
    folders = [path for path in synced if Path(path).is_dir()]
    assert folders == [str(path) for path in (tmp_path.parent, tmp_path, tmp_path / "a", tmp_path / "a/b")]
    assert len(synced) == 5


def test_what_a_killed_process_may_not_have_synced_is_synced_when_it_is_found(
    tmp_path: Path, synced: list[str]
) -> None:
    blobs, lake, table = Blobs(tmp_path / "blobs"), Lake(tmp_path / "lake"), pa.table({"x": [1.0]})
    for _ in range(2):
        synced.clear()
        digest = blobs.put(b"data")
        lake.write("t", table.to_batches(), table.schema, transaction="a")
    assert {str(blobs.path(digest).parent), str(tmp_path / "lake/t/_delta_log")} <= set(synced)
    (tmp_path / "made").mkdir()
    durable.make_folder(tmp_path / "made")
    assert synced[-1] == str(tmp_path)


def test_lines_are_added_durably_and_a_torn_one_spoils_no_other(tmp_path: Path, synced: list[str]) -> None:
    path = tmp_path / "alerts" / "p.jsonl"
    durable.append_line(path, "ä")
    assert synced[-2:] == [str(path), str(path.parent)]
    with path.open("a") as file:
        file.write("tor")
    durable.append_line(path, "b")
    durable.append_line(path, "c")
    assert path.read_text("utf-8").splitlines() == ["ä", "tor", "b", "c"]


def test_every_file_of_a_lake_write_is_synced_before_it_is_named(
    tmp_path: Path, synced: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    table = pa.table({"x": [1.0]})
    real = Path.replace

    def replace(self: Path, target: Path) -> Path:
        assert str(self) in synced
        return real(self, target)

    monkeypatch.setattr(Path, "replace", replace)
    Lake(tmp_path / "lake").write("p/t", table.to_batches(), table.schema, transaction="a")
    folders = {path for path in synced if Path(path).is_dir()}
    made = {str(path) for path in [tmp_path, *(path for path in tmp_path.rglob("*") if path.is_dir())]}
    assert made <= folders


def test_a_failed_write_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    durable.write_bytes(tmp_path / "file", b"old")
    monkeypatch.setattr(os, "fsync", failing(errno.ENOSPC))
    with pytest.raises(DiskFull, match="free some"):
        durable.write_bytes(tmp_path / "file", b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert (tmp_path / "file").read_bytes() == b"old"


def failing(number: int) -> Callable[..., None]:
    def fail(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    return fail


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (errno.ENOSPC, DiskFull),
        (errno.EDQUOT, DiskFull),
        (errno.EROFS, WorkspaceReadOnly),
        (errno.EACCES, WorkspaceReadOnly),
        (errno.EIO, OSError),
    ],
)
def test_what_the_system_says_is_explained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, expected: type[Exception]
) -> None:
    table = pa.table({"x": [1.0]})
    monkeypatch.setattr(os, "fsync", failing(number))
    with pytest.raises(expected):
        Blobs(tmp_path).put(b"data")
    with pytest.raises(expected):
        Lake(tmp_path / "lake").write("t", table.to_batches(), table.schema, transaction="a")


def test_a_full_disk_under_the_parquet_writer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.fdopen
    monkeypatch.setattr(
        os, "fdopen", lambda handle, mode: (os.dup2(os.open("/dev/full", os.O_WRONLY), handle), real(handle, mode))[1]
    )
    table = pa.table({"x": [float(i) for i in range(100_000)]})
    with pytest.raises(DiskFull):
        Lake(tmp_path / "lake").write("t", table.to_batches(), table.schema, transaction="a")
    assert list((tmp_path / "lake" / "t").iterdir()) == []


def test_a_name_is_taken_once(tmp_path: Path) -> None:
    assert durable.write_new(tmp_path / "1", b"mine")
    assert not durable.write_new(tmp_path / "1", b"yours")
    assert (tmp_path / "1").read_bytes() == b"mine"
    assert [path.name for path in tmp_path.iterdir()] == ["1"]


def test_blobs_are_named_by_their_bytes(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path / "blobs")
    digest = blobs.put(b"data")
    assert blobs.put(b"data") == digest
    assert blobs.get(digest) == b"data"
    assert digest in blobs
    assert Digest("0" * 64) not in blobs
    file = tmp_path / "file"
    file.write_bytes(b"data")
    assert blobs.put_file(file) == digest
    file.write_bytes(b"more")
    assert blobs.get(blobs.put_file(file)) == b"more"
    names = [path.name for path in (tmp_path / "blobs").rglob("*") if path.is_file()]
    assert all(len(name) == 64 for name in names)
    assert len(names) == 2


def test_a_missing_or_altered_blob_is_said(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path)
    with pytest.raises(BlobMissing, match="restore"):
        blobs.get(Digest("0" * 64))
    digest = blobs.put(b"data")
    blobs.path(digest).write_bytes(b"date")
    with pytest.raises(BlobAltered, match="restore"):
        blobs.get(digest)
