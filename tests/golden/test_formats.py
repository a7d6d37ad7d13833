"""The formats of keys, ledger and predictions are final: these bytes were written once and must come out for ever.

A change that fails here breaks every proof made before it. A new format gets a new version byte and new vectors.
"""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from tests import leaves
from tests.ledgers import AT, GOLDEN, ORIGIN, MemoryLedger, golden_keys, retirement, salt

from copml.keys import Keys
from copml.ledger import VerifierKey, append, root, verify
from copml.ledger.checkpoints import checkpoint, open_checkpoint
from copml.ledger.log import leaf
from copml.ledger.tiles import bundle_bytes, tile_bytes, tiles
from copml.merkle import leaf_hash
from copml.predictions import encode, merkle_root, prediction_ids, predictions_schema
from copml.records import Entry, WorkspaceMark

KINDS = {
    "tenure": pa.int64(),
    "contract": pa.string(),
    "senior": pa.bool_(),
    "charges": pa.float64(),
    "calls": pa.int64(),
}


def vectors(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((GOLDEN / "formats" / f"{name}.json").read_text(encoding="utf-8"))
    return found


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    return golden_keys(tmp_path)


def test_keys_are_read_and_have_their_ids(keys: Keys) -> None:
    known = vectors("keys")
    assert (keys.public_key.hex(), keys.ids) == (known["public_key"], known["ids"])
    assert str(VerifierKey(ORIGIN, keys.public_key)) == known["verifier_key"]
    assert keys.sign(known["signature"]["data"].encode()).hex() == known["signature"]["signature"]


def test_pseudonyms(keys: Keys) -> None:
    known = vectors("keys")["pseudonyms"]
    assert dict(zip(known["of"], keys.pseudonym(known["project"], known["of"]), strict=True)) == known["of"]


def test_draws(keys: Keys) -> None:
    known = vectors("keys")["draws"]
    drawn = keys.draw(known["purpose"], known["project"], known["epoch"], list(known["of"]))
    assert drawn.tolist() == list(known["of"].values())


def test_sealed_identifiers(keys: Keys) -> None:
    known = vectors("keys")["sealed"]
    for identifier, (pseudonym, sealed) in known["of"].items():
        assert keys.open_identifier(known["project"], pseudonym, bytes.fromhex(sealed)) == identifier
        assert keys.seal_identifier(known["project"], pseudonym, identifier).hex() == sealed


def test_prediction_ids(keys: Keys) -> None:
    known = vectors("keys")["prediction_ids"]
    entities, ordinals, ids = zip(*known["of"], strict=True)
    slot = datetime.fromisoformat(known["slot"])
    minted = prediction_ids(keys.prediction_id_key, known["run"], slot, entities, ordinals)
    assert [value.hex() for value in minted.to_pylist()] == list(ids)


def kept(known: dict[str, Any]) -> list[Entry]:
    return [
        Entry(
            index=index,
            kind=entry["kind"],
            project=entry["project"],
            record=entry["record"].encode(),
            salt=bytes.fromhex(entry["salt"]),
            at=datetime.fromisoformat(entry["at"]),
        )
        for index, entry in enumerate(known["entries"])
    ]


def written() -> MemoryLedger:
    store = MemoryLedger()
    mark = WorkspaceMark(id="w", created_at=AT, simulated=True, copml="0.1.0")
    append(store, [(mark, salt(0)), *((retirement(number), salt(number)) for number in range(1, 6))], at=AT)
    return store


def test_entries_are_written_as_they_were() -> None:
    known = vectors("ledger")
    entries = list(written().entries(0, 6))
    assert entries == kept(known)
    assert [leaf(entry).hex() for entry in entries] == [entry["leaf"] for entry in known["entries"]]
    assert [leaf_hash(leaf(entry)).hex() for entry in entries] == [entry["leaf_hash"] for entry in known["entries"]]


def test_roots_checkpoint_and_tiles_are_written_as_they_were(keys: Keys) -> None:
    known, store = vectors("ledger"), written()
    assert [root(store, size).hex() for size in range(7)] == known["roots"]
    assert checkpoint(ORIGIN, 6, root(store, 6), keys) == known["checkpoint"]
    (tile,) = tiles(6)
    assert (tile.path, tile.entries_path) == (known["tile"]["path"], known["bundle"]["path"])
    assert tile_bytes(store, tile).hex() == known["tile"]["bytes"]
    assert bundle_bytes(store.entries(0, 6)).hex() == known["bundle"]["bytes"]


def test_a_ledger_of_old_still_verifies() -> None:
    known, store = vectors("ledger"), written()
    store.kept = {entry.index: entry for entry in kept(known)}
    key = VerifierKey.parse(vectors("keys")["verifier_key"])
    found = verify(store, [known["checkpoint"]], key)
    assert (found.problems, found.signed, found.root) == ((), 6, known["roots"][6])
    assert open_checkpoint(known["checkpoint"], key).size == 6


def test_predictions_are_written_as_they_were() -> None:
    known = vectors("predictions")
    rows = [read(entry["row"]) for entry in known["rows"]]
    batch = pa.RecordBatch.from_pylist(rows, schema=predictions_schema(pa.schema(KINDS)))
    assert [data.hex() for data in encode(batch).to_pylist()] == [entry["bytes"] for entry in known["rows"]]
    assert [leaves.row_bytes(row).hex() for row in rows] == [entry["bytes"] for entry in known["rows"]]
    assert [leaves.leaf(row).hex() for row in rows] == [entry["leaf"] for entry in known["rows"]]
    assert merkle_root([batch]) == (known["root"], 3)


def read(row: dict[str, Any]) -> dict[str, Any]:
    features = {name: float("nan") if value == "float:nan" else value for name, value in row["input"].items()}
    return {
        **row,
        "id": bytes.fromhex(row["id"]),
        "salt": bytes.fromhex(row["salt"]),
        "slot": datetime.fromisoformat(row["slot"]),
        "input": features,
    }
