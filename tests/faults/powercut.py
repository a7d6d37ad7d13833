"""Run copml on a disk that forgets: at a chosen moment the power is cut, and what was not synced is gone.

    python powercut.py ROOT END MOMENT SEED -- ARGUMENTS OF COPML

All durable writing of copml goes through `os.fsync` in `copml.store.durable`; this program listens there and keeps what
the disk of the folder ROOT would hold: of a file, what it held at its last sync; of a folder, the names at its last
sync. A name that was synced before its file leads to a torn file. SQLite syncs by itself (synchronous=FULL), and is
taken to hold its last commit; files below ROOT/data come from the world outside, and are taken as they are.

Moments are counted: each sync and each commit is one. At moment number MOMENT the process, and all that it started, is
killed. If END is `cut`, ROOT.after gets what the disk holds; if it is `kill`, the page cache survives, and ROOT.disk
remembers for the next run what of it is on the disk.
"""

import os
import pickle
import random
import shutil
import signal
import sqlite3
import stat
import sys
import threading
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, event

from copml.cli import main

OUTSIDE = "data"
DATABASE = "state.db"
Inode = int


@dataclass(frozen=True)
class Entry:
    inode: Inode
    is_folder: bool


@dataclass
class Disk:
    """What a disk holds for certain, by inode. Open descriptors keep an inode from being given to another file."""

    root: Path
    rng: random.Random
    files: dict[Inode, tuple[bytes, int]] = field(default_factory=dict)
    folders: dict[Inode, tuple[dict[str, Entry], int]] = field(default_factory=dict)
    held: dict[Inode, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self._memory.exists():
            self.files, self.folders = pickle.loads(self._memory.read_bytes())
            for path in self.root.rglob("*"):
                self._hold(os.open(path, os.O_RDONLY))
        else:
            self._sync_all(self.root)

    @property
    def _memory(self) -> Path:
        return self.root.with_name(f"{self.root.name}.disk")

    def sync(self, descriptor: int) -> None:
        """What is behind a descriptor is on the disk now."""
        status = os.fstat(descriptor)
        self._hold(os.dup(descriptor))
        path = Path(f"/proc/self/fd/{descriptor}")
        if stat.S_ISDIR(status.st_mode):
            with os.scandir(path) as found:
                names = {item.name: Entry(item.inode(), item.is_dir(follow_symlinks=False)) for item in found}
            self.folders[status.st_ino] = names, status.st_mode
        else:
            self.files[status.st_ino] = path.read_bytes(), status.st_mode

    def remember(self) -> None:
        """Keep for the next process what the disk holds."""
        self._memory.write_bytes(pickle.dumps((self.files, self.folders)))

    def write_to(self, target: Path) -> None:
        """Write down what the disk holds."""
        self._memory.unlink(missing_ok=True)
        living = {path.lstat().st_ino: path for path in [self.root, *self.root.rglob("*")]}
        self._write_folder(Entry(self.root.stat().st_ino, True), target, living)

    def _hold(self, descriptor: int) -> None:
        if self.held.setdefault(os.fstat(descriptor).st_ino, descriptor) != descriptor:
            os.close(descriptor)

    def _sync_all(self, path: Path) -> None:
        descriptor = os.open(path, os.O_RDONLY)
        self.sync(descriptor)
        os.close(descriptor)
        if path.is_dir() and path != self.root / OUTSIDE:
            for inner in path.iterdir():
                self._sync_all(inner)

    def _write_folder(self, entry: Entry, target: Path, living: dict[Inode, Path]) -> None:
        names, mode = self.folders.get(entry.inode, ({}, stat.S_IFDIR | 0o755))
        target.mkdir()
        for name, inner in names.items():
            if inner.is_folder:
                self._write_folder(inner, target / name, living)
            elif name == DATABASE and inner.inode in living:
                _copy_database(living[inner.inode], target / name)
            elif not name.startswith(f"{DATABASE}-"):
                self._write_file(inner, target / name, living)
        target.chmod(stat.S_IMODE(mode))

    def _write_file(self, entry: Entry, target: Path, living: dict[Inode, Path]) -> None:
        if entry.inode in self.files:
            data, mode = self.files[entry.inode]
        else:
            whole = living[entry.inode].read_bytes() if entry.inode in living else b""
            data, mode = whole[: self.rng.randint(0, max(0, len(whole) - 1))], 0o644
        target.write_bytes(data)
        target.chmod(stat.S_IMODE(mode))


def _copy_database(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(source)) as live, closing(sqlite3.connect(target)) as copy:
        live.backup(copy)


class Power:
    """Counts moments and is cut at one of them."""

    def __init__(self, disk: Disk, end: str, moment: int) -> None:
        self._disk, self._end, self._left, self._lock = disk, end, moment, threading.Lock()

    def sync(self, descriptor: int) -> None:
        """In place of `os.fsync`."""
        with self._lock:
            self._pass_moment()
            self._disk.sync(descriptor)

    def commit(self, connection: Connection) -> None:
        """Before each commit of the state database."""
        if connection.get_execution_options().get("copml_write"):
            with self._lock:
                self._pass_moment()

    def _pass_moment(self) -> None:
        self._left -= 1
        if self._left:
            return
        _stop_all(os.getpid())
        if self._end == "kill":
            self._disk.remember()
        else:
            self._cut()
        os.kill(os.getpid(), signal.SIGKILL)

    def _cut(self) -> None:
        root = self._disk.root
        after = root.with_name(f"{root.name}.after")
        self._disk.write_to(after)
        if (root / OUTSIDE).is_dir():
            shutil.copytree(root / OUTSIDE, after / OUTSIDE, dirs_exist_ok=True)


def _stop_all(process: int) -> None:
    """Kill everything that a process started."""
    for thread in Path(f"/proc/{process}/task").iterdir():
        with suppress(FileNotFoundError, ProcessLookupError):
            for child in (thread / "children").read_text().split():
                os.kill(int(child), signal.SIGSTOP)
                _stop_all(int(child))
                os.kill(int(child), signal.SIGKILL)


def run(root: str, end: str, moment: str, seed: str, *arguments: str) -> None:
    power = Power(Disk(Path(root), random.Random(int(seed))), end, int(moment))
    durable_sync: Any = power.sync
    os.fsync = durable_sync
    event.listen(Engine, "commit", power.commit)
    sys.argv = ["copml", *arguments]
    main()


if __name__ == "__main__":
    run(*sys.argv[1:5], *sys.argv[6:])
