"""Use cases around the ledger: sign a checkpoint, verify everything.

Invariant: verifying reads every entry and trusts nothing that is stored beside it but the public key.
"""

from copml.app.workspace import Workspace
from copml.ledger import Verification, VerifierKey, root, verify
from copml.ledger import checkpoint as sign_checkpoint
from copml.store import LedgerTable


def origin(workspace: Workspace) -> str:
    """The name under which this workspace signs."""
    return f"copml/{workspace.mark.created_at:%Y%m%d}-{workspace.stages.keys.ids['signing']}"


def verifier_key(workspace: Workspace) -> VerifierKey:
    """The public half of the key that it signs with, under that name."""
    return VerifierKey(name=origin(workspace), public_key=workspace.stages.keys.public_key)


def checkpoint(workspace: Workspace) -> None:
    """Sign the ledger as it stands, unless that was done."""
    with workspace.stages.state.write() as tx:
        table = LedgerTable(tx)
        size = table.size()
        if table.checkpoint(size) is None:
            text = sign_checkpoint(origin(workspace), size, root(table, size), workspace.stages.keys)
            table.put_checkpoint(size, text, workspace.clock.now())


def verify_ledger(workspace: Workspace) -> Verification:
    """Recompute the whole ledger and compare it with what is stored and signed."""
    key = verifier_key(workspace)
    with workspace.stages.state.read() as reader:
        table = LedgerTable(reader)
        return verify(table, [text for _, text, _ in table.checkpoints()], key)
