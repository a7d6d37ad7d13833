"""The tree against the vectors that certificate transparency logs are tested with, and against its definition."""

import pytest
from tests.leaves import tree_root

from copml.merkle import EMPTY_ROOT, Frontier, commitment, fold, leaf_hash, node_hash, peaks

# Inputs and roots of the reference implementation of RFC 6962 (certificate-transparency, merkle tree tests).
LEAVES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def root_of(leaves: list[bytes]) -> bytes:
    tree = Frontier()
    tree.extend(leaf_hash(leaf) for leaf in leaves)
    return tree.root()


@pytest.mark.parametrize("size", range(9))
def test_known_roots(size: int) -> None:
    assert root_of(LEAVES[:size]).hex() == ROOTS[size]


def test_the_empty_root_and_a_leaf_have_known_hashes() -> None:
    assert EMPTY_ROOT.hex() == ROOTS[0]
    assert leaf_hash(b"").hex() == ROOTS[1]


def test_a_leaf_that_looks_like_a_node_hashes_differently() -> None:
    left, right = leaf_hash(b"a"), leaf_hash(b"b")
    assert leaf_hash(left + right) != node_hash(left, right)


@pytest.mark.parametrize("portion", [1, 2, 3, 7, 64, 200])
def test_portions_do_not_matter(portion: int) -> None:
    leaves = [bytes([number]) for number in range(200)]
    tree = Frontier()
    for start in range(0, 200, portion):
        tree.extend(leaf_hash(leaf) for leaf in leaves[start : start + portion])
    assert (tree.size, tree.root()) == (200, tree_root(leaves))


def test_asking_for_the_root_leaves_the_tree_growing() -> None:
    tree, leaves = Frontier(), [bytes([number]) for number in range(70)]
    for size, leaf in enumerate(leaves):
        assert tree.root() == tree_root(leaves[:size])
        tree.extend([leaf_hash(leaf)])


@pytest.mark.parametrize(
    ("size", "found"), [(0, []), (1, [(0, 0)]), (6, [(2, 0), (1, 2)]), (8, [(3, 0)]), (11, [(3, 0), (1, 4), (0, 10)])]
)
def test_peaks(size: int, found: list[tuple[int, int]]) -> None:
    assert peaks(size) == found


def test_fold_of_nothing_is_the_empty_root() -> None:
    assert fold([]) == EMPTY_ROOT


@pytest.mark.parametrize("length", [0, 31, 33])
def test_a_salt_has_32_bytes(length: int) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        commitment(bytes(length), b"data")
