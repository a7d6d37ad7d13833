"""The entries of the ledger that a version rests on, each with a proof: what a promotion carries.

Invariant: what is returned was checked against the workspace's own public key, leaf by leaf, so that whoever holds the
verifier key and these bytes needs nothing else of that workspace to check them again.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from copml.app.ledger import checkpoint, verifier_key
from copml.app.workspace import Workspace
from copml.digest import canonical
from copml.errors import EvidenceAltered
from copml.ledger import implied_root, inclusion, leaf, open_checkpoint
from copml.records import Entry, ModelVersion, Run
from copml.store import LedgerTable

FORMAT = 1
KINDS = frozenset({"model-version", "run", "revision", "decision", "snapshot", "feature-set"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """`entry`: the index of the version's newest entry. `bundle`: the canonical JSON that is kept as a blob."""

    ledger: str
    key: str
    entry: int
    entries: int
    bundle: bytes


def provenance(workspace: Workspace, version: ModelVersion, run: Run) -> Provenance:
    """Collect the entries of a version, its run, revision, decisions, snapshots and feature sets, with proofs.

    Raises:
        EvidenceAltered: when the ledger does not bear out the version, or a proof does not hold.
        CheckpointInvalid, LedgerIncomplete: when the ledger was damaged.
    """
    checkpoint(workspace)
    key = verifier_key(workspace)
    with workspace.stages.state.read() as reader:
        table = LedgerTable(reader)
        size, text, _ = table.checkpoints()[-1]
        found = [entry for entry in table.entries(0, size) if _belongs(entry, version, run)]
        proofs = {entry.index: inclusion(table, entry.index, size) for entry in found}
    head = open_checkpoint(text, key)
    for entry in found:
        if implied_root(leaf(entry), entry.index, size, proofs[entry.index]) != head.root:
            raise EvidenceAltered(version.name, f"entry {entry.index} of its ledger does not fit the signed checkpoint")
    newest = _newest(version, run, found)
    bundle = {
        "format": FORMAT,
        "ledger": key.name,
        "key": str(key),
        "checkpoint": text,
        "entries": [_plain(entry, proofs[entry.index]) for entry in found],
    }
    return Provenance(ledger=key.name, key=str(key), entry=newest, entries=len(found), bundle=canonical(bundle))


def _plain(entry: Entry, proof: Iterable[bytes]) -> dict[str, object]:
    return {
        "index": entry.index,
        "kind": entry.kind,
        "record": entry.record.decode(),
        "salt": entry.salt,
        "proof": list(proof),
    }


def _newest(version: ModelVersion, run: Run, entries: list[Entry]) -> int:
    """The index of the version's newest entry; it and the run's must say what the state database says."""
    for record, kind in ((run, "run"), (version, "model-version")):
        own = [entry for entry in entries if entry.kind == kind]
        if not own or json.loads(own[-1].record)["record"] != json.loads(canonical(record)):
            raise EvidenceAltered(version.name, f"its {kind} is not what the ledger says")
    return own[-1].index


def _belongs(entry: Entry, version: ModelVersion, run: Run) -> bool:
    if entry.project != version.project or entry.kind not in KINDS:
        return False
    return _is_of(entry.kind, json.loads(entry.record)["record"], version, run)


def _is_of(kind: str, record: Mapping[str, Any], version: ModelVersion, run: Run) -> bool:
    match kind:
        case "model-version":
            return bool(record["name"] == version.name)
        case "run":
            return bool(record["id"] == run.id)
        case "revision":
            return bool(record["number"] == version.revision)
        case "decision":
            return record["subject_id"] in (version.name, f"r{version.revision}")
        case "snapshot":
            return run.snapshots.get(record["table"].rpartition("/")[2]) == int(record["version"])
    return int(record["version"]) <= run.snapshots.get("features", -1)
