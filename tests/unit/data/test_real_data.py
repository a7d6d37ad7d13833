"""The real table of telco churn, which has no time, and blanks among its numbers."""

import os
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pytest
from tests.places import NOW, Place, project

from copml.data import labels

FOLDER = Path(os.environ.get("COPML_DATA", "../shared/data")) / "telco_churn"
FILE = FOLDER / "WA_Fn-UseC_-Telco-Customer-Churn-.csv"


@pytest.mark.skipif(not FILE.exists(), reason=f"the real table is not at {FILE}; set COPML_DATA to the folder of data")
def test_every_row_of_the_real_table_comes_in(place: Place) -> None:
    place.project = project(
        sources={"customers": {"path": str(FILE.resolve()), "entity": "customerID"}},
        outcome={"source": "customers", "column": "Churn", "positive": "Yes"},
        checks={
            "TotalCharges": {"min": 0, "missing": 0.01},
            "Contract": {"values": ["Month-to-month", "One year", "Two year"]},
        },
    )
    result = place.ingest(source="customers")
    assert (result.ingest.rows_read, result.ingest.rows_added, result.findings) == (7043, 7043, ())
    table = place.lake.read("proj/sources/customers")
    assert table["TotalCharges"].type == pa.float64()
    assert table["TotalCharges"].null_count == 11
    as_of = pa.array([NOW] * table.num_rows)
    found = labels(place.lake, place.project, entities=table["entity"].combine_chunks(), as_of=as_of, now=NOW)
    assert Counter(found["label"].to_pylist()) == {0.0: 5174, 1.0: 1869}
