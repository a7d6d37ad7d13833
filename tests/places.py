"""A project with a source or two, and what the loop would remember of its ingests."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from copml.data import IngestRequest, IngestResult, ingest
from copml.records import TaskKey
from copml.spec.project import Project
from copml.store import Lake

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def pseudonym(identifiers: Sequence[str]) -> list[str]:
    return [hashlib.sha256(identifier.encode()).hexdigest()[:32] for identifier in identifiers]


def project(**data: Any) -> Project:
    """A project whose `data` part has `sources`, `outcome`, … as given; `rows` is its only source by default."""
    source = {"path": "in/*.csv", "entity": "id", "event_at": "day"}
    zone = data.pop("zone", "UTC")
    features = data.pop("features", "mine:build")
    tree = {
        "copml": 1,
        "project": "proj",
        "zone": zone,
        "people": {"business": "b@x", "data": "d@x", "science": "s@x", "operations": "o@x"},
        "business": {
            "question": "Who?",
            "decision": "Something",
            "kpi": {"name": "rate", "baseline": 0.1, "target": 0.05, "better": "lower"},
            "value": {"currency": "EUR", "kpi_unit": 1},
            "control_group": {"share": 0.1},
        },
        "data": {"sources": {"rows": source}, "outcome": {"source": "rows", "horizon": "30d"}, **data},
        "features": features,
        "training": {"entry": "mine:train", "gates": ["roc_auc >= 0.5"]},
        "deployment": {"mode": "batch", "schedule": "month", "objective": 0.9},
        "monitoring": {"every": "month"},
        "regulatory": {
            "affects_people": False,
            "solely_automated": False,
            "lawful_basis": "contract",
            "keep": {"predictions": "1 year", "evidence": "1 year"},
        },
    }
    return Project.model_validate_json(json.dumps(tree))


@dataclass
class Place:
    """A folder with files to ingest and a lake."""

    root: Path
    project: Project = field(default_factory=project)
    results: list[IngestResult] = field(default_factory=list)

    @property
    def lake(self) -> Lake:
        return Lake(self.root / "ws" / "lake")

    def file(self, name: str, content: str | bytes) -> None:
        path = self.root / "in" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())

    def request(self, *, now: datetime = NOW, source: str = "rows", number: int | None = None) -> IngestRequest:
        earlier = [result.ingest for result in self.results if result.ingest.source == source]
        turn = len(earlier) if number is None else number
        return IngestRequest(
            project=self.project,
            source=source,
            slot=now,
            now=now,
            root=self.root,
            staging=self.root / "ws" / "staging" / f"{source}-{turn}",
            lake=self.lake,
            pseudonym=pseudonym,
            seen=[file for item in earlier for file in item.files],
            first=not any(item.rows_added for item in earlier),
            transaction=f"ingest/{source}/{turn}",
            task=TaskKey(f"ingest/{source}/{turn}"),
            like=next((item.profile for item in earlier if item.profile), {}),
        )

    def ingest(self, *, now: datetime = NOW, source: str = "rows") -> IngestResult:
        result = ingest(self.request(now=now, source=source))
        self.results.append(result)
        return result

    def rows(self, source: str = "rows") -> list[dict[str, Any]]:
        return self._sorted(self.lake.read(f"proj/sources/{source}"))

    def quarantine(self, source: str = "rows") -> list[dict[str, Any]]:
        return self._sorted(self.lake.read(f"proj/quarantine/{source}"))

    def _sorted(self, table: pa.Table) -> list[dict[str, Any]]:
        names = {pseudonym([name])[0]: name for name in "abcdefgh0123456789"}
        rows = [{**row, "entity": names.get(row["entity"], row["entity"])} for row in table.to_pylist()]
        return sorted(rows, key=lambda row: (str(row.get("event_at", row.get("row"))), str(row["entity"]), str(row)))
