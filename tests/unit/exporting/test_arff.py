"""ARFF: what scikit-learn's own reader gives back is what was written."""

import io
import warnings
from datetime import UTC, datetime

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from copml.exporting.arff import ArffWriter

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from sklearn.externals import _arff  # type: ignore[attr-defined]

# A line of its own is what the reader splits at, whatever the quotes: copml's texts of one line are what counts.
TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=20)


def written(batch: pa.RecordBatch, nominal: dict[str, tuple[str, ...]]) -> dict[str, object]:
    file = io.BytesIO()
    writer = ArffWriter(file, batch.schema, "a relation", nominal)
    writer.write_batch(batch)
    writer.close()
    found: dict[str, object] = _arff.load(file.getvalue().decode())
    return found


@given(st.lists(st.tuples(TEXTS, st.none() | st.floats(allow_nan=False, allow_infinity=False)), min_size=1))
def test_texts_and_numbers_come_back(rows: list[tuple[str, float | None]]) -> None:
    texts, numbers = zip(*rows, strict=True)
    batch = pa.record_batch({"a text": pa.array(texts), "n": pa.array(numbers, pa.float64())})
    assert written(batch, {})["data"] == [[text, number] for text, number in rows]


def test_categories_truths_times_and_gaps() -> None:
    batch = pa.record_batch(
        {
            "kind": pa.array(["one year", None, "it's 5 %"]),
            "yes": pa.array([True, None, False]),
            "at": pa.array([datetime(2026, 1, 2, tzinfo=UTC)] * 3, pa.timestamp("us", "UTC")),
            "n": pa.array([1, None, 3], pa.int32()),
            "x": pa.array([float("nan"), 2.5, float("inf")]),
        }
    )
    found = written(batch, {"kind": ("it's 5 %", "one year")})
    assert found["attributes"] == [
        ("kind", ["it's 5 %", "one year"]),
        ("yes", ["false", "true"]),
        ("at", "STRING"),
        ("n", "NUMERIC"),
        ("x", "NUMERIC"),
    ]
    assert found["data"] == [
        ["one year", "true", "2026-01-02T00:00:00.000000Z", 1.0, None],
        [None, None, "2026-01-02T00:00:00.000000Z", None, 2.5],
        ["it's 5 %", "false", "2026-01-02T00:00:00.000000Z", 3.0, None],
    ]
