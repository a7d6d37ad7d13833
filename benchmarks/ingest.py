"""Ingesting a million rows of 20 columns of CSV, beside DuckDB's bare COPY of the same file to Parquet.

copml reads every row, checks it, replaces the identifier by its pseudonym, tells repeated and corrected rows from new
ones, profiles all columns, and writes a Delta version that is on the disk when it returns. `again` is a second pass
over a file with the same rows under another name, all of which are already known.
"""

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.csv
from customers import customers

from copml.data import IngestRequest, IngestResult, ingest
from copml.keys import Keys
from copml.records import TaskKey
from copml.spec.project import Project
from copml.store import Lake

TITLE = "Ingest of CSV into a durable Delta version, beside DuckDB's bare COPY to Parquet"
UNIT = "rows"
COUNT = 1_000_000
NOW = datetime(2026, 2, 1, tzinfo=UTC)
PROJECT = {
    "copml": 1,
    "project": "churn",
    "people": {"business": "b@example", "data": "d@example", "science": "s@example", "operations": "o@example"},
    "business": {
        "question": "Who will leave?",
        "decision": "An offer",
        "kpi": {"name": "churn_rate", "baseline": 0.1, "target": 0.05, "better": "lower"},
        "value": {"currency": "EUR", "kpi_unit": 400},
        "control_group": {"share": 0.05},
    },
    "data": {
        "sources": {"customers": {"path": "in/*.csv", "entity": "customer_id", "event_at": "as_of"}},
        "outcome": {"source": "customers", "horizon": "90d"},
        "personal": {"customer_id": "identifier"},
        "checks": {
            "MonthlyCharges": {"min": 0, "max": 500, "missing": 0.01},
            "Contract": {"values": ["Month-to-month", "One year", "Two year"]},
        },
    },
    "features": "churn.features:build",
    "training": {"entry": "churn.model:train", "gates": ["roc_auc >= 0.5"]},
    "deployment": {"mode": "batch", "schedule": "month", "objective": 0.99},
    "monitoring": {"every": "month"},
    "regulatory": {
        "affects_people": True,
        "solely_automated": False,
        "lawful_basis": "contract",
        "keep": {"predictions": "3 years", "evidence": "10 years"},
    },
}


def prepare(folder: Path, count: int) -> None:
    """A CSV file of 20 columns, a copy under another name, and keys."""
    rows = customers(count, np.random.default_rng(7)).drop_columns(["StreamingMovies"])
    names = pa.array([f"{number:07d}-CUST" for number in range(count)])
    days = pa.repeat(pa.scalar("2026-01-31"), count)
    rows = rows.add_column(0, "customer_id", names).add_column(1, "as_of", days)
    (folder / "in").mkdir()
    pyarrow.csv.write_csv(rows, folder / "in" / "january.csv")
    with (folder / "in" / "january.csv").open("rb") as file, (folder / "again.csv").open("wb") as again:
        head = file.readline()
        again.write(head)
        shutil.copyfileobj(file, again)
        # Another digest, so that the pass cannot tell by the file that it was there before.
        again.write(b"\n")
    Keys.create(folder / "keys")


def _bare(folder: Path) -> Callable[[], object]:
    sql = f"copy (from read_csv('{folder}/in/january.csv')) to '{folder}/bare.parquet' (format parquet)"
    connection = duckdb.connect(config={"threads": 2})
    return lambda: connection.execute(sql)


def _copml(folder: Path) -> Callable[[], object]:
    shutil.rmtree(folder / "workspace", ignore_errors=True)
    request = _request(folder, ())
    return lambda: _all(ingest(request), added=True)


def _again(folder: Path) -> Callable[[], object]:
    shutil.rmtree(folder / "workspace", ignore_errors=True)
    first = ingest(_request(folder, ()))
    (folder / "later" / "in").mkdir(parents=True, exist_ok=True)
    shutil.copyfile(folder / "again.csv", folder / "later" / "in" / "again.csv")
    request = _request(folder, (first,))
    return lambda: _all(ingest(request), added=False)


def _all(result: IngestResult, *, added: bool) -> None:
    found = result.ingest
    assert (found.rows_added if added else found.rows_repeated) == found.rows_read, found


def _request(folder: Path, earlier: tuple[IngestResult, ...]) -> IngestRequest:
    keys = Keys.open(folder / "keys")
    return IngestRequest(
        project=Project.model_validate_json(json.dumps(PROJECT)),
        source="customers",
        slot=NOW,
        now=NOW,
        root=folder / "later" if earlier else folder,
        staging=folder / "workspace" / "staging",
        lake=Lake(folder / "workspace" / "lake"),
        pseudonym=lambda names: keys.pseudonym("churn", names),
        seen=[file for result in earlier for file in result.ingest.files],
        first=not earlier,
        transaction=f"ingest/{len(earlier)}",
        task=TaskKey(f"ingest/{len(earlier)}"),
    )


CONTESTANTS = {"DuckDB COPY, bare": _bare, "copml": _copml, "copml, again": _again}
RATIOS = {"copml / DuckDB COPY": ("copml", "DuckDB COPY, bare")}
