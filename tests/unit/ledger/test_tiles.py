"""Tiles and bundles as c2sp.org/tlog-tiles describes them, its own example included."""

from collections import Counter

import pytest
from tests.ledgers import filled

from copml.errors import LedgerIncomplete
from copml.ledger import root
from copml.ledger.log import leaf
from copml.ledger.tiles import Tile, bundle_bytes, tile_bytes, tiles
from copml.merkle import Frontier, leaf_hash


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        (Tile(level=0, index=0, width=256), "tile/0/000"),
        (Tile(level=0, index=0, width=1), "tile/0/000.p/1"),
        (Tile(level=1, index=999, width=256), "tile/1/999"),
        (Tile(level=0, index=1000, width=256), "tile/0/x001/000"),
        (Tile(level=2, index=1234067, width=255), "tile/2/x001/x234/067.p/255"),
        (Tile(level=0, index=1_000_000_000, width=256), "tile/0/x001/x000/x000/000"),
    ],
)
def test_paths(tile: Tile, path: str) -> None:
    assert tile.path == path


def test_entry_bundles_stand_beside_the_tiles_of_level_0() -> None:
    assert Tile(level=0, index=1234067, width=17).entries_path == "tile/entries/x001/x234/067.p/17"
    with pytest.raises(AssertionError):
        _ = Tile(level=1, index=0, width=1).entries_path


def test_the_tree_of_the_specification() -> None:
    found = list(tiles(70_000))
    assert Counter((tile.level, tile.width) for tile in found) == {
        (0, 256): 273,
        (0, 112): 1,
        (1, 256): 1,
        (1, 17): 1,
        (2, 1): 1,
    }
    assert found[273] == Tile(level=0, index=273, width=112)


@pytest.mark.parametrize(
    ("size", "paths"),
    [
        (0, []),
        (1, ["tile/0/000.p/1"]),
        (255, ["tile/0/000.p/255"]),
        (256, ["tile/0/000", "tile/1/000.p/1"]),
        (257, ["tile/0/000", "tile/0/001.p/1", "tile/1/000.p/1"]),
    ],
)
def test_tiles_of_small_trees(size: int, paths: list[str]) -> None:
    assert [tile.path for tile in tiles(size)] == paths


def test_tiles_lead_to_the_root() -> None:
    store = filled(600)
    level_0 = [tile_bytes(store, tile) for tile in tiles(600) if tile.level == 0]
    level_1 = [tile_bytes(store, tile) for tile in tiles(600) if tile.level == 1]
    assert [len(data) for data in level_0 + level_1] == [8192, 8192, 88 * 32, 2 * 32]
    hashes = [data[at : at + 32] for data in level_0 for at in range(0, len(data), 32)]
    tree = Frontier()
    tree.extend(hashes)
    assert tree.root() == root(store, 600)
    first = Frontier()
    first.extend(hashes[:256])
    assert first.root() == level_1[0][:32]


def test_a_bundle_holds_the_leaves_and_nothing_of_the_records() -> None:
    store = filled(3)
    data = bundle_bytes(store.entries(0, 3))
    assert len(data) == 3 * 35
    found = [data[at + 2 : at + 35] for at in range(0, len(data), 35)]
    assert {data[at : at + 2] for at in range(0, len(data), 35)} == {b"\x00\x21"}
    assert found == [leaf(entry) for entry in store.entries(0, 3)]
    assert tile_bytes(store, Tile(level=0, index=0, width=3)) == b"".join(leaf_hash(one) for one in found)


def test_a_tile_with_a_hole_is_refused() -> None:
    store = filled(5)
    del store.hashes[0, 3]
    with pytest.raises(LedgerIncomplete):
        tile_bytes(store, Tile(level=0, index=0, width=5))
