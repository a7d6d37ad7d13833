"""Who is likely to leave: a logistic regression on the customer table.

Invariant: the pipeline is made of scikit-learn's own parts, so that it can be saved without running code on load, and
takes rows as the features give them: with gaps, and with words that it has never seen.
"""

from typing import Any

from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from churn.features import NUMBERS, WORDS


def train(data: Any, params: dict[str, Any], seed: int) -> Pipeline:
    """Fit on the features in `data`, `data["outcome"]` (1: left) and `data["weight"]`; `params`: `C`, `max_iter`."""
    numbers = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    # A word that is missing is a word of its own; one that was never seen counts for nothing.
    words = OneHotEncoder(handle_unknown="ignore")
    columns = ColumnTransformer([("numbers", numbers, NUMBERS), ("words", words, WORDS)])
    model = LogisticRegression(C=params.get("C", 1.0), max_iter=params.get("max_iter", 500), random_state=seed)
    pipeline = Pipeline([("columns", columns), ("model", model)])
    pipeline.fit(data[NUMBERS + WORDS], data["outcome"], model__sample_weight=data["weight"])
    return pipeline
