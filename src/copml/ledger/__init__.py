"""The ledger: an append-only, tamper-evident list of everything that was decided.

Invariant: an entry never changes and never moves; whoever holds a checkpoint can tell whether one did. The ledger knows
no stage: it takes records as they are. Where entries, nodes and checkpoints are kept is for `store`; all formats are
final and stand in docs/reference/formats.md.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from copml.ledger.checkpoints import checkpoint as checkpoint
    from copml.ledger.checkpoints import open_checkpoint as open_checkpoint
    from copml.ledger.kinds import kind_of as kind_of
    from copml.ledger.log import LedgerStore as LedgerStore
    from copml.ledger.log import append as append
    from copml.ledger.log import leaf as leaf
    from copml.ledger.log import root as root
    from copml.ledger.notes import VerifierKey as VerifierKey
    from copml.ledger.proofs import implied_root as implied_root
    from copml.ledger.proofs import inclusion as inclusion
    from copml.ledger.verification import Verification as Verification
    from copml.ledger.verification import verify as verify

_NAMES = {
    "LedgerStore": "log",
    "Verification": "verification",
    "VerifierKey": "notes",
    "append": "log",
    "checkpoint": "checkpoints",
    "implied_root": "proofs",
    "inclusion": "proofs",
    "kind_of": "kinds",
    "open_checkpoint": "checkpoints",
    "leaf": "log",
    "root": "log",
    "verify": "verification",
}


def __getattr__(name: str) -> object:
    if name not in _NAMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_NAMES[name]}"), name)
