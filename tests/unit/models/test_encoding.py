"""What was encoded before is remembered, and changes nothing."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder

from copml.models import encoding
from copml.models.columns import TEXT, to_frame
from copml.models.encoding import ColumnEncoder

WORDS = st.sampled_from(["a", "b", "c", "new", "newer", None])
TABLES = st.lists(st.tuples(WORDS, WORDS), min_size=0, max_size=8)
LEARNT = pd.DataFrame({"one": ["a", "b", "c", "a"], "two": ["b", "c", "a", "a"]}, dtype="str")
TRANSFORMERS = [
    OneHotEncoder(handle_unknown="ignore"),
    OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1),
    make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore")),
]


def table(rows: list[tuple[str | None, str | None]]) -> pa.Table:
    one, two = zip(*rows, strict=True) if rows else ((), ())
    return pa.table({"one": pa.array(one, pa.string()), "two": pa.array(two, pa.string())})


@pytest.mark.parametrize("most", [10_000, 2])
@pytest.mark.parametrize("transformer", TRANSFORMERS)
@settings(max_examples=15, deadline=None)
@given(st.lists(TABLES, min_size=1, max_size=5))
def test_batch_after_batch_it_gives_what_the_pipeline_gives(
    transformer: object, most: int, batches: list[list[tuple[str | None, str | None]]]
) -> None:
    fitted = ColumnTransformer([("words", transformer, ["one", "two"])], sparse_threshold=0).fit(LEARNT)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(encoding, "KNOWN_MAX", most)
        encoder = ColumnEncoder.of(fitted, {"one": TEXT, "two": TEXT})
        assert encoder is not None
        for rows in batches:
            matrix = encoder.matrix(table(rows))
            assert len(matrix) == len(rows)
            if rows:
                np.testing.assert_array_equal(matrix, fitted.transform(to_frame(table(rows))))
