"""Which files a source has, and which of them are news.

Invariant: a file whose bytes were read before is never read again, under whatever name; a file that changed since is.
Every byte is looked at once here, for its digest, its encoding and whether a quote was left open; splitting it into
rows is for `data.readers`.
"""

import codecs
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from glob import glob
from pathlib import Path

from copml.digest import READ_BYTES
from copml.errors import EncodingWrong, FileDamaged, FileEmpty
from copml.records import Digest, FileDigest

_TEXT = {".csv", ".tsv", ".txt", ".jsonl", ".ndjson", ".json"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A file to read: `name` is its path relative to the project's root; `has_quotes`, `ends_whole`: CSV only.

    `columns`: where they are known without looking into the file, which then may have no rows.
    """

    path: Path
    name: str
    digest: Digest
    size: int
    changed_ns: int
    has_quotes: bool
    ends_whole: bool
    columns: tuple[str, ...] = ()

    def check_unchanged(self) -> None:
        """See that nobody wrote to the file while it was read.

        Raises:
            FileDamaged: when somebody did.
        """
        if self.path.stat().st_mtime_ns != self.changed_ns:
            raise FileDamaged(self.name, "it changed while it was read (write under another name, then rename)")


def find_files(root: Path, pattern: str) -> list[str]:
    """Names of the files that a path or glob means, sorted; relative to the root, unless the pattern is absolute."""
    # Path.glob refuses absolute patterns.
    matches = glob(pattern, root_dir=root, recursive=True)  # noqa: PTH207
    return sorted(match for match in matches if (root / match).is_file())


def is_pattern(path: str) -> bool:
    """Whether a path means files that arrive one by one, rather than one file that is replaced."""
    return any(sign in path for sign in "*?[")


def inspect(path: Path, name: str, encoding: str, columns: tuple[str, ...] = ()) -> Arrival:
    """Look at every byte of a file.

    Raises:
        FileEmpty: when it has none.
        EncodingWrong: when it is text and not in its encoding.
        FileDamaged: when a quote is left open: the file was cut.
    """
    is_text = path.suffix.lower() in _TEXT
    decoder = codecs.getincrementaldecoder(encoding)() if is_text else None
    state, size, quotes, last = hashlib.sha256(), 0, 0, b""
    changed_ns = path.stat().st_mtime_ns
    with path.open("rb") as file:
        while chunk := file.read(READ_BYTES):
            state.update(chunk)
            _decode(decoder, chunk, size, name, encoding)
            quotes += chunk.count(b'"')
            size, last = size + len(chunk), chunk[-1:]
    if size == 0 and not columns:
        raise FileEmpty(name)
    _decode(decoder, None, size, name, encoding)
    if is_csv(path) and quotes % 2:
        raise FileDamaged(name, "a quoted value is not closed, as when a file was cut in the middle")
    return Arrival(
        path=path,
        name=name,
        digest=Digest(state.hexdigest()),
        size=size,
        changed_ns=changed_ns,
        has_quotes=quotes > 0,
        ends_whole=last in (b"\n", b"\r"),
        columns=columns,
    )


def is_csv(path: Path) -> bool:
    """Whether a file is delimited text: everything that is not JSON lines or Parquet."""
    return path.suffix.lower() not in {".jsonl", ".ndjson", ".json", ".parquet", ".pq"}


def news(arrivals: Sequence[Arrival], seen: Sequence[FileDigest]) -> list[Arrival]:
    """Arrivals to read: not those whose bytes were the last ones seen under their name, or ever under another.

    Files without rows are all alike: the second empty month is a delivery of its own.
    """
    latest = {file.path: file.digest for file in seen}
    elsewhere: dict[Digest, set[str]] = {}
    for file in seen:
        if file.rows:
            elsewhere.setdefault(file.digest, set()).add(file.path)
    return [
        arrival
        for arrival in arrivals
        if latest.get(arrival.name) != arrival.digest and not elsewhere.get(arrival.digest, set()) - {arrival.name}
    ]


def _decode(
    decoder: codecs.IncrementalDecoder | None, chunk: bytes | None, before: int, name: str, encoding: str
) -> None:
    """Decode a chunk that starts at byte `before`, or None at the end."""
    if decoder is None:
        return
    held = len(decoder.getstate()[0])
    try:
        decoder.decode(chunk or b"", final=chunk is None)
    except UnicodeDecodeError as error:
        raise EncodingWrong(name, encoding, before - held + error.start) from error
