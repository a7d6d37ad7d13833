"""A file of earlier verdicts that is none is refused with the reason, whatever is in it."""

import json
from pathlib import Path

import pytest

from copml.app.changes import BYTES_MAX, kept_verdicts
from copml.errors import VerdictsUnreadable

ONE = {"id": "AV-1", "title": "…", "verdict": "met", "reason": "…", "owner": "operations"}
FILES = {
    "nothing": (b"", "truncated"),
    "no JSON": (b"id,verdict\n", "malformed"),
    "not text": (b"\xff\xfe\x00", "malformed"),
    "an empty list": (b"[]", "empty list"),
    "one verdict": (json.dumps(ONE).encode(), "array"),
    "an unknown verdict": (json.dumps([{**ONE, "verdict": "splendid"}]).encode(), "splendid"),
    "a verdict without an id": (json.dumps([{"verdict": "met"}]).encode(), "id"),
    "one twice": (json.dumps([ONE, ONE]).encode(), "AV-1 is in it twice"),
    "deep nesting": (b'[{"x":' + b"[" * 100_000, "recursion"),
}


@pytest.mark.parametrize(("content", "why"), FILES.values(), ids=FILES.keys())
def test_what_holds_no_verdicts_is_refused(tmp_path: Path, content: bytes, why: str) -> None:
    path = tmp_path / "before.json"
    path.write_bytes(content)
    with pytest.raises(VerdictsUnreadable, match=why):
        kept_verdicts(path)


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "before.json"
    with path.open("wb") as file:
        file.truncate(BYTES_MAX + 1)
    with pytest.raises(VerdictsUnreadable, match="at most"):
        kept_verdicts(path)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(VerdictsUnreadable, match=r"before\.json holds no verdicts: No such file"):
        kept_verdicts(tmp_path / "before.json")


def test_what_is_kept_is_what_was_stated(tmp_path: Path) -> None:
    path = tmp_path / "before.json"
    path.write_text(json.dumps([ONE]))
    (kept,) = kept_verdicts(path)
    assert (kept.id, kept.verdict) == ("AV-1", "met")
