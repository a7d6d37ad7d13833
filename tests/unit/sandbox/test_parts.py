"""The log's bounds, the frames, the check of entries."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copml.errors import CodeFailed, CodeTimedOut, CopmlError, EntriesInvalid, EntryInvalid
from copml.sandbox import Limits, check_entries, thread_settings
from copml.sandbox.boundedlog import BoundedLog
from copml.sandbox.frames import framed, unframed


@given(st.lists(st.binary(max_size=40), max_size=30), st.integers(0, 30), st.integers(0, 30))
def test_a_log_keeps_both_ends(
    tmp_path_factory: pytest.TempPathFactory, chunks: list[bytes], head: int, tail: int
) -> None:
    path = tmp_path_factory.getbasetemp() / "bounded.log"
    log = BoundedLog(path, head, tail)
    for chunk in chunks:
        log.write(chunk)
    log.close()
    whole, kept = b"".join(chunks), path.read_bytes()
    left_out = len(whole) - head - tail
    if left_out <= 0:
        assert kept == whole
    else:
        note = f"\n… {left_out} bytes left out …\n".encode()
        assert kept == whole[:head] + note + whole[len(whole) - tail :]


def test_a_full_disk_cuts_the_log_short() -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("no /dev/full here")
    log = BoundedLog(full)
    log.write(b"words")
    log.close()


@given(st.binary(max_size=50), st.integers(0, 60))
def test_a_cut_frame_is_none(body: bytes, cut: int) -> None:
    whole = framed(body)
    assert unframed(whole) == body
    assert unframed(whole[:cut]) == (body if cut >= len(whole) else None)
    assert unframed(whole + b"x") is None


def test_threads_are_one_unless_told() -> None:
    assert set(thread_settings().values()) == {"1"}
    assert thread_settings(4)["OPENBLAS_NUM_THREADS"] == "4"


MODULE = """
import functools
def build(tables): return None
def train(data, params): return None
def loose(*args, **kwargs): return None
def keyword(data, params, *, seed): return None
def more(data, params, seed, extra=1): return None
async def later(data, params, seed): return None
class Train:
    def __init__(self, data, params, seed): ...
part = functools.partial(more, extra=2)
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "model_.py").write_text(MODULE)
    (tmp_path / "hangs.py").write_text("import time; time.sleep(60)")
    (tmp_path / "fails.py").write_text("raise OSError('cannot read')")
    return tmp_path


@pytest.mark.parametrize("name", ["loose", "more", "Train", "part"])
def test_entries_that_can_be_called(root: Path, name: str) -> None:
    check_entries(root, {"training": f"model_:{name}"})


@pytest.mark.parametrize(
    ("entry", "kind", "says"),
    [
        ("model_:train", EntryInvalid, r"it is called as train\(data, params, seed\): too many positional arguments"),
        ("model_:keyword", EntryInvalid, "too many positional arguments"),
        ("model_:later", EntryInvalid, "async function"),
        ("model_:absent", EntryInvalid, "has no function absent"),
        ("hangs:train", CodeTimedOut, "limit of 1 seconds"),
        ("fails:train", CodeFailed, r"fails.py:1 in <module>"),
    ],
)
def test_entries_that_cannot(root: Path, entry: str, kind: type[CopmlError], says: str) -> None:
    with pytest.raises(kind, match=says):
        check_entries(root, {"training": entry}, Limits(seconds=1, memory_mb=300))


def test_all_problems_come_at_once(root: Path) -> None:
    with pytest.raises(EntriesInvalid) as raised:
        check_entries(root, {"features": "model_:build", "training": "fails:train"})
    assert [type(problem) for problem in raised.value.problems] == [EntryInvalid, CodeFailed]
    assert "[COPML-045] entry model_:build" in str(raised.value)
    assert "[COPML-040]" in str(raised.value)
