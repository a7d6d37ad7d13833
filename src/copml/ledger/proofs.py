"""Proofs that an entry stands in the ledger, as RFC 9162 has them (sections 2.1.3.1 and 2.1.3.2).

Invariant: a proof holds hashes alone, so that it tells nothing of other entries; whoever has the entry's leaf, a proof
and a checkpoint needs nothing else of the ledger.
"""

from collections.abc import Sequence

from copml.ledger.log import LedgerStore, present
from copml.merkle import fold, leaf_hash, node_hash, peaks


def inclusion(store: LedgerStore, index: int, size: int) -> list[bytes]:
    """Hashes that lead from entry `index` to the root over the first `size` entries, from the leaf upward.

    Raises:
        LedgerIncomplete: when the store lacks a node of it.
    """
    assert 0 <= index < size, f"entry {index} is not among the first {size}"
    tops = peaks(size)
    own = next(place for place, (level, number) in enumerate(tops) if index >> level == number)
    siblings = [present(store, level, (index >> level) ^ 1) for level in range(tops[own][0])]
    hashes = [present(store, level, number) for level, number in tops]
    right = [fold(hashes[own + 1 :])] if hashes[own + 1 :] else []
    return [*siblings, *right, *reversed(hashes[:own])]


def implied_root(leaf: bytes, index: int, size: int, proof: Sequence[bytes]) -> bytes | None:
    """The root that a proof gives for a leaf (33 bytes) at `index` of `size`; None for a proof of another length."""
    if not 0 <= index < size:
        return None
    root, place, last = leaf_hash(leaf), index, size - 1
    for sibling in proof:
        if last == 0:
            return None
        if place & 1 or place == last:
            root = node_hash(sibling, root)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            root = node_hash(root, sibling)
        place, last = place >> 1, last >> 1
    return root if last == 0 else None
