"""Tiles and entry bundles as C2SP defines them (c2sp.org/tlog-tiles), so that other people's tools read the ledger.

Invariant: a tile is 1 to 256 hashes of one level of the tree; a full one never changes. Entry bundles hold leaves,
which are commitments: nothing of a record is in them. Where the bytes go is for the caller.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from copml.ledger.log import LedgerStore, leaf, present
from copml.records import Entry

TILE_HEIGHT = 8
TILE_WIDTH = 1 << TILE_HEIGHT
_LENGTH_BYTES = 2


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Tile:
    """A tile by its level, its index within the level, and the number of hashes in it, 1 to 256."""

    level: int
    index: int
    width: int

    @property
    def path(self) -> str:
        """Path below the log's prefix, such as `tile/0/x001/067.p/17`."""
        return f"tile/{self.level}/{self._place}"

    @property
    def entries_path(self) -> str:
        """Path of the entry bundle of a tile of level 0."""
        assert self.level == 0, "entries stand behind the tiles of level 0"
        return f"tile/entries/{self._place}"

    @property
    def _place(self) -> str:
        number, elements = divmod(self.index, 1000)[0], [f"{self.index % 1000:03d}"]
        while number:
            number, low = divmod(number, 1000)
            elements.insert(0, f"x{low:03d}")
        return "/".join(elements) + ("" if self.width == TILE_WIDTH else f".p/{self.width}")


def tiles(size: int) -> Iterator[Tile]:
    """Every tile of a tree of this size, level by level; the last of a level may be partial, none is empty."""
    level, hashes = 0, size
    while hashes:
        full, rest = divmod(hashes, TILE_WIDTH)
        yield from (Tile(level=level, index=index, width=TILE_WIDTH) for index in range(full))
        if rest:
            yield Tile(level=level, index=full, width=rest)
        level, hashes = level + 1, full


def tile_bytes(store: LedgerStore, tile: Tile) -> bytes:
    """The hashes of a tile, one after the other: 32 bytes each.

    Raises:
        LedgerIncomplete: when the store lacks one.
    """
    first = tile.index * TILE_WIDTH
    places = range(first, first + tile.width)
    return b"".join(present(store, tile.level * TILE_HEIGHT, index) for index in places)


def bundle_bytes(entries: Iterable[Entry]) -> bytes:
    """The leaves of entries, each after its length in two bytes, big-endian."""
    leaves = (leaf(entry) for entry in entries)
    return b"".join(len(data).to_bytes(_LENGTH_BYTES, "big") + data for data in leaves)
