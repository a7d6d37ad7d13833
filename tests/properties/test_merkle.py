"""The tree is that of RFC 6962, whatever the leaves and however they arrive."""

from hypothesis import assume, given
from hypothesis import strategies as st
from tests.leaves import tree_root

from copml.merkle import Frontier, fold, leaf_hash, node_hash, peaks


@given(st.lists(st.lists(st.binary(max_size=40), max_size=9), max_size=12))
def test_any_portions_give_the_root_of_the_definition(portions: list[list[bytes]]) -> None:
    tree = Frontier()
    for portion in portions:
        tree.extend(map(leaf_hash, portion))
    leaves = [leaf for portion in portions for leaf in portion]
    assert (tree.size, tree.root()) == (len(leaves), tree_root(leaves))


@given(st.integers(0, 600))
def test_peaks_cover_every_leaf_once_from_the_left_and_fold_to_the_root(size: int) -> None:
    leaves = [number.to_bytes(2, "big") for number in range(size)]
    covered = [leaf for level, index in peaks(size) for leaf in leaves[index << level : (index + 1) << level]]
    assert covered == leaves
    hashes = [tree_root(leaves[index << level : (index + 1) << level]) for level, index in peaks(size)]
    assert fold(hashes) == tree_root(leaves)


@given(st.lists(st.binary(max_size=8), min_size=1, max_size=20), st.data())
def test_any_other_leaves_have_another_root(leaves: list[bytes], data: st.DataObject) -> None:
    others = data.draw(st.lists(st.sampled_from([*leaves, b"other"]), max_size=20))
    assume(others != leaves)
    assert tree_root(others) != tree_root(leaves)


@given(st.binary(max_size=64), st.binary(min_size=32, max_size=32), st.binary(min_size=32, max_size=32))
def test_leaves_and_nodes_never_meet(leaf: bytes, left: bytes, right: bytes) -> None:
    assert leaf_hash(leaf) != node_hash(left, right)
