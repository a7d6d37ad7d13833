"""Whether two workspaces ended in the same state: everything that is kept, but wall times and what is drawn at random.

Random are the salts of commitments, and with them leaves, seals and the digests of files that hold salts. A model's
file may differ byte by byte (its format writes memory addresses); its content digest may not.
"""

import dataclasses
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
from sqlalchemy import select

from copml import records
from copml.app import Workspace, verify_ledger
from copml.app.evidence import check
from copml.digest import canonical
from copml.records import Digest, Entry, Record
from copml.store import LedgerTable, Reader
from copml.store.tables import VAULT

Likeness = dict[str, list[str]]
"""What was found, under the name of where; in an order that does not depend on who did what first."""

RECORDS = (
    records.Revision, records.Snapshot, records.Ingest, records.FeatureSet, records.Run, records.ModelVersion,
    records.Decision, records.Deployment, records.ScoringRun, records.Seal, records.Measurement, records.Firing,
    records.Incident, records.Dossier, records.Delivery, records.Retirement, records.Preference, records.Message,
)  # fmt: skip
RANDOM: dict[str, set[str]] = {"Seal": {"root"}, "ScoringRun": {"digest"}, "ModelVersion": {"manifest"}, "Run": {"log"}}
SALTED_TABLE = "predictions"


def likeness(folder: Path) -> Likeness:
    """Everything about a workspace that must not depend on how often it was interrupted."""
    found: Likeness = {}
    with Workspace.open(folder) as workspace:
        with workspace.stages.state.read() as reader:
            for kind in RECORDS:
                found[kind.__name__] = sorted(_words(record) for record in reader.find(kind))
            found["TaskRecord"] = sorted(f"{task.key} {task.state}" for task in reader.find(records.TaskRecord))
            found["entries"] = sorted(_entry(entry) for entry in _entries(reader))
            found["vault"] = sorted(
                f"{row.pseudonym} {row.sealed.hex()}" for row in reader.connection.execute(select(VAULT))
            )
            tables = sorted({snapshot.table for snapshot in reader.find(records.Snapshot)})
            blobs = sorted(_blobs(reader))
        for table in tables:
            found[f"lake {table}"] = _content(workspace.stages.lake.read(table))
        for digest in blobs:
            workspace.stages.blobs.get(digest)
        found["ledger"] = list(verify_ledger(workspace).problems)
        found["verdicts"] = [f"{item.id} {item.verdict}" for item in check(workspace, workspace.project(None))]
    for name in ("outputs", "alerts"):
        found[name] = sorted(_files(folder / name))
    found["file of alerts"] = sorted(_files(folder.parent, "alerts.jsonl"))
    return found


def assert_alike(undisturbed: Likeness, folder: Path, when: str = "") -> None:
    """Demand that a workspace ended as the undisturbed one did."""
    changed = differences(undisturbed, likeness(folder))
    assert not changed, "\n".join([when, *changed])


def differences(undisturbed: Likeness, disturbed: Likeness) -> list[str]:
    """What is not the same, in words short enough to read."""
    words = []
    for name in sorted(undisturbed.keys() | disturbed.keys()):
        one, other = undisturbed.get(name, []), disturbed.get(name, [])
        if one != other:
            lost = [item[:400] for item in one if item not in other][:2]
            new = [item[:400] for item in other if item not in one][:2]
            words.append(f"{name}: {len(one)} against {len(other)}; lost {lost}; new {new}")
    return words


def _words(record: Record) -> str:
    fields = {field.name: getattr(record, field.name) for field in dataclasses.fields(record)}
    return json.dumps(_comparable(type(record).__name__, json.loads(canonical(fields))), sort_keys=True)


def _entries(reader: Reader) -> Iterator[Entry]:
    table = LedgerTable(reader)
    return table.entries(0, table.size())


def _entry(entry: Entry) -> str:
    record = json.loads(entry.record)["record"]
    name = "".join(word.capitalize() for word in entry.kind.split("-"))
    return f"{entry.kind} {json.dumps(_comparable(name, record), sort_keys=True)}"


def _comparable(kind: str, fields: dict[str, object]) -> dict[str, object]:
    kept = {name: value for name, value in fields.items() if name not in RANDOM.get(kind, set())}
    if kind == "Snapshot" and str(fields["table"]).endswith(f"/{SALTED_TABLE}"):
        kept |= {"digest": "", "files": []}
    return kept


def _blobs(reader: Reader) -> Iterator[Digest]:
    """What records say is kept; one that is lost or altered raises when it is read."""
    for run in reader.find(records.Run):
        yield from (digest for digest in (run.source, run.log) if digest is not None)
    for version in reader.find(records.ModelVersion):
        yield version.manifest


def _content(table: pa.Table) -> list[str]:
    """A digest of a table's rows, whatever their order."""
    columns = [name for name in sorted(table.column_names) if name != "salt"]
    rows = sorted(json.dumps(row, sort_keys=True, default=str) for row in table.select(columns).to_pylist())
    return [f"{len(rows)} rows {hashlib.sha256(''.join(rows).encode()).hexdigest()}"]


def _files(folder: Path, name: str = "*") -> Iterator[str]:
    """Names of files with digests of what is in them. Alerts may come twice, but must not be lost."""
    for path in folder.rglob(name):
        if path.suffix == ".jsonl":
            yield from (f"{path.name} {line}" for line in sorted(set(path.read_text().splitlines())))
        elif path.is_file() and path.suffix != ".log":
            yield f"{path.relative_to(folder)} {hashlib.sha256(path.read_bytes()).hexdigest()}"
