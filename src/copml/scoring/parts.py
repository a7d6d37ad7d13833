"""Answers on their way from the child to the parent: one file for each batch, in a folder for each scoring run.

Invariant: a part that has its name is whole and on the disk, and the folder's name binds it to model, files and
columns, so that a resumed run may skip it. A part is little-endian float64 and nothing else, row by row.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from copml.store import write_bytes

ITEM = np.dtype("<f8")


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts in one folder; `width` is the number of classes of a multiclass model, 1 of any other."""

    folder: Path
    width: int = 1

    def has(self, number: int, rows: int) -> bool:
        """Whether the part of this batch is complete."""
        path = self._path(number)
        return path.exists() and path.stat().st_size == rows * self._row_bytes

    def write(self, number: int, answer: npt.NDArray[np.float64]) -> None:
        """Keep the answers to a batch, durably."""
        write_bytes(self._path(number), answer.astype(ITEM).tobytes())

    def read(self, count: int) -> npt.NDArray[np.float64]:
        """The answers to the first `count` batches, joined; shape (rows,), or (rows, width)."""
        flat = np.concatenate([np.empty(0), *(np.fromfile(self._path(number), ITEM) for number in range(count))])
        return flat.reshape(-1, self.width) if self.width > 1 else flat

    def rows(self) -> int:
        """How many rows are done."""
        if not self.folder.is_dir():
            return 0
        return sum(path.stat().st_size for path in self.folder.glob("*.f8")) // self._row_bytes

    def remove(self) -> None:
        """Forget them, and those of the run's earlier models or files; they are in the lake now."""
        shutil.rmtree(self.folder.parent, ignore_errors=True)

    @property
    def _row_bytes(self) -> int:
        return self.width * ITEM.itemsize

    def _path(self, number: int) -> Path:
        return self.folder / f"{number:06d}.f8"
