"""The description of a model folder follows from the version, and shows nobody's values."""

import json
from typing import Any

import pytest

from copml.exporting.example import COUNT_MIN, input_example
from copml.exporting.mlmodel import signature
from copml.models import Description
from copml.records import Bins, Digest, ProblemKind

KINDS = {"fee": "number", "plan": "text", "gender": "text", "note": "text", "empty": "number", "new": "text"}
PROFILE = {
    "fee": Bins(kind="number", counts=(5, 5, 5, 5), missing=0, edges=(10.0, 20.0, 30.0)),
    "plan": Bins(kind="category", counts=(500, 800, 0), missing=0, labels=("month", "year", "…")),
    "gender": Bins(kind="category", counts=(700, 600, 0), missing=0, labels=("a", "b", "…")),
    "note": Bins(kind="category", counts=(COUNT_MIN - 1, 900), missing=0, labels=("call Ms Smith", "…")),
    "empty": Bins(kind="number", counts=(0,), missing=9),
}


def test_the_example_is_of_nobody() -> None:
    found = input_example(KINDS, PROFILE, personal={"gender"})
    assert found == {"fee": 20.0, "plan": "year", "gender": None, "note": None, "empty": None, "new": None}
    assert list(found) == list(KINDS)


def description(**changes: Any) -> Description:
    return Description(
        runtime="estimator", columns={"b": "number", "a": "text"}, content_digest=Digest("d"), batch_difference=0.0,
        library="1.9.1", **changes,
    )  # fmt: skip


def test_the_signature_names_the_columns_in_the_order_of_training() -> None:
    found = signature(description())
    assert found == {
        "inputs": '[{"type": "double", "name": "b", "required": true}, '
        '{"type": "string", "name": "a", "required": true}]',
        "outputs": '[{"type": "double", "name": "probability", "required": true}]',
        "params": None,
    }


@pytest.mark.parametrize(
    ("changes", "outputs"),
    [
        ({"kind": ProblemKind.REGRESSION}, [("prediction", "double")]),
        ({"kind": ProblemKind.RANKING}, [("prediction", "double")]),
        (
            {"kind": ProblemKind.MULTICLASS, "classes": ("low", "high")},
            [("prediction", "string"), ("probability of low", "double"), ("probability of high", "double")],
        ),
    ],
)
def test_the_signature_says_what_is_answered(changes: dict[str, Any], outputs: list[tuple[str, str]]) -> None:
    found = json.loads(str(signature(description(**changes))["outputs"]))
    assert [(item["name"], item["type"]) for item in found] == outputs
