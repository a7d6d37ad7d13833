"""Artifacts, logs and reports: bytes named by their SHA-256.

Invariant: a blob, once put, is on the disk under its digest and never changes; putting it again writes nothing. What a
blob means is for whoever holds its digest.
"""

import hashlib
from pathlib import Path

from copml.digest import READ_BYTES, sha256
from copml.errors import BlobAltered, BlobMissing
from copml.records import Digest
from copml.store.durable import draft, make_folder, publish, sync_folder, write_bytes


class Blobs:
    """A folder of content-addressed files."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def put(self, data: bytes) -> Digest:
        """Keep bytes; returns their digest.

        Raises:
            DiskFull: when no space is left.
            WorkspaceReadOnly: when the folder cannot be written.
        """
        digest = Digest(sha256(data))
        if not self._holds(digest):
            write_bytes(self.path(digest), data)
        return digest

    def put_file(self, path: Path) -> Digest:
        """Keep a copy of a file, in bounded memory; returns its digest.

        Raises:
            DiskFull: when no space is left.
            WorkspaceReadOnly: when the folder cannot be written.
        """
        state = hashlib.sha256()
        with path.open("rb") as source, draft(self._root, "put") as copy:
            while chunk := source.read(READ_BYTES):
                state.update(chunk)
                copy.file.write(chunk)
            digest = Digest(state.hexdigest())
            if not self._holds(digest):
                make_folder(self.path(digest).parent)
                publish(copy, self.path(digest))
                sync_folder(self._root)
        return digest

    def get(self, digest: Digest) -> bytes:
        """The bytes under a digest, checked against it.

        Raises:
            BlobMissing: when there is none.
            BlobAltered: when the file's bytes no longer hash to its name.
        """
        try:
            data = self.path(digest).read_bytes()
        except FileNotFoundError:
            raise BlobMissing(digest, str(self._root)) from None
        if sha256(data) != digest:
            raise BlobAltered(digest, str(self.path(digest)))
        return data

    def path(self, digest: Digest) -> Path:
        """Where a blob lies, or would lie."""
        return self._root / digest[:2] / digest

    def _holds(self, digest: Digest) -> bool:
        """Whether a blob is there, and if so, is on the disk: whoever put it may have been killed before the sync."""
        if digest not in self:
            return False
        make_folder(self.path(digest).parent)
        sync_folder(self.path(digest).parent)
        return True

    def __contains__(self, digest: object) -> bool:
        return isinstance(digest, str) and self.path(Digest(digest)).is_file()
