"""Diagnosis: from the signs of a window to the stage that caused it."""

import re
from typing import Any

import pytest

from copml.monitoring import Signs, diagnose
from copml.records import Cause, CauseStage, Interval, Role


def _near(value: float, half: float = 0.02, n: int = 1000) -> Interval:
    return Interval(value=value, low=value - half, high=value + half, n=n)


HOLDOUT = {
    "accuracy.control": _near(0.80, 0.01),
    "roc_auc.control": _near(0.84, 0.01),
    "calibration_error.control": _near(0.02, 0.01),
    "positive_ratio.control": _near(0.27, 0.01),
}
WELL = {
    "accuracy.all": _near(0.79, 0.005),
    "accuracy.control": _near(0.79),
    "roc_auc.control": _near(0.83),
    "calibration_error.control": _near(0.03),
    "positive_ratio.control": _near(0.28),
}
DRIFTED = {"charges": _near(0.35)}

UP, SERVICE, CONCEPT = Cause.UPSTREAM_DATA, Cause.SERVICE, Cause.CONCEPT_SHIFT
LABEL, COVARIATE, TREATED, VALUE = Cause.LABEL_SHIFT, Cause.COVARIATE_SHIFT, Cause.INTERVENTION, Cause.VALUE


def _signs(changed: dict[str, Interval] | None = None, **others: Any) -> Signs:
    given: dict[str, Any] = {"measured": WELL | (changed or {}), "holdout": HOLDOUT} | others
    return Signs(**given)


@pytest.mark.parametrize(
    ("signs", "causes"),
    [
        (_signs(), []),
        (Signs(measured={}), []),
        (_signs(upstream={"charges": "40% missing"}), [UP]),
        (_signs(service=("the batch of 2026-01-01 was not scored",)), [SERVICE]),
        (_signs(upstream={"charges": "late"}, service=("late",)), [UP, SERVICE]),
        # Performance on control.
        (_signs({"roc_auc.control": _near(0.75)}), [CONCEPT]),
        (_signs({"accuracy.control": _near(0.70)}), [CONCEPT]),
        (_signs({"calibration_error.control": _near(0.12)}), [CONCEPT]),
        (_signs({"roc_auc.control": _near(0.75), "accuracy.all": _near(0.70)}), [CONCEPT, TREATED]),
        (_signs({"roc_auc.control": _near(0.75)}, drifted=DRIFTED), [CONCEPT]),
        # A fall that is not sure, or too small to matter, or on broken data, or without anything to compare with.
        (_signs({"roc_auc.control": _near(0.80, 0.06)}), []),
        (_signs({"accuracy.control": _near(0.785, 0.001)}), []),
        (_signs({"roc_auc.control": _near(0.75)}, upstream={"charges": "40% missing"}), [UP]),
        (_signs({"roc_auc.control": _near(0.75)}, holdout={}), []),
        # The share of outcomes.
        (_signs({"positive_ratio.control": _near(0.35)}), [LABEL]),
        (_signs({"positive_ratio.control": _near(0.18)}), [LABEL]),
        (_signs({"positive_ratio.control": _near(0.35), "accuracy.control": _near(0.72)}), [LABEL]),
        (_signs({"positive_ratio.control": _near(0.35), "roc_auc.control": _near(0.70)}), [CONCEPT]),
        (_signs({"positive_ratio.control": _near(0.35)}, drifted=DRIFTED), [COVARIATE]),
        # Inputs.
        (_signs(drifted=DRIFTED), [COVARIATE]),
        (Signs(measured={}, drifted=DRIFTED), [COVARIATE]),
        (_signs(drifted=DRIFTED, upstream={"tenure": "40% missing"}), [UP, COVARIATE]),
        # The programme.
        (_signs({"accuracy.all": _near(0.65, 0.005)}), [TREATED]),
        (_signs({"accuracy.all": _near(0.65, 0.005), "accuracy.control": _near(0.66)}), [CONCEPT]),
        (_signs({"accuracy.all": _near(0.77, 0.005)}), []),
        (_signs({"net_value.all": _near(-5000, 900)}), [VALUE]),
        (_signs({"net_value.all": _near(-5000, 9000)}), []),
        (_signs({"net_value.all": _near(5000, 900)}), []),
    ],
)
def test_causes(signs: Signs, causes: list[Cause]) -> None:
    assert [found.cause for found in diagnose(signs)] == causes


@pytest.mark.parametrize(
    ("signs", "stage", "owner", "words"),
    [
        (_signs(upstream={"charges": "40% missing"}), CauseStage.DATA, Role.DATA, "charges"),
        (_signs(service=("the batch of May was not scored",)), CauseStage.SERVICE, Role.OPERATIONS, "batch of May"),
        (
            _signs({"roc_auc.control": _near(0.75)}),
            CauseStage.MODEL,
            Role.SCIENCE,
            "roc_auc is 0.750 against 0.840 on the holdout",
        ),
        (_signs({"positive_ratio.control": _near(0.35)}), CauseStage.MODEL, Role.SCIENCE, "by 8.0 points"),
        (_signs(drifted=DRIFTED), CauseStage.MODEL, Role.SCIENCE, "is as good as on the holdout"),
        (Signs(measured={}, drifted=DRIFTED), CauseStage.MODEL, Role.SCIENCE, "is not known yet"),
        (_signs({"accuracy.all": _near(0.65)}), CauseStage.BUSINESS, Role.BUSINESS, "no fault of the model"),
        (
            _signs({"net_value.all": _near(-5000, 900), "effect.all": _near(0.01)}),
            CauseStage.BUSINESS,
            Role.BUSINESS,
            "by 5,000 in this window. Treated against control, the treatment changes the outcome by 1.0 points",
        ),
    ],
)
def test_owners_and_three_plain_sentences(signs: Signs, stage: CauseStage, owner: Role, words: str) -> None:
    (found,) = diagnose(signs)
    assert (found.cause_stage, found.owner) == (stage, owner)
    assert words in found.what
    assert len(re.findall(r"\.(?= [A-Z]|$)", found.what)) == 3
    assert found.evidence


def test_evidence_gives_both_sides_with_their_intervals() -> None:
    (found,) = diagnose(_signs({"roc_auc.control": _near(0.75)}, drifted=DRIFTED))
    assert found.evidence["roc_auc.control"] == "0.750 (0.730 to 0.770, n = 1000)"
    assert found.evidence["roc_auc on the holdout"] == "0.840 (0.830 to 0.850, n = 1000)"
    assert found.evidence["psi.charges"] == "0.350 (0.330 to 0.370, n = 1000)"
    assert "Inputs have changed as well: charges." in found.what


def test_many_columns_are_counted_not_listed() -> None:
    (found,) = diagnose(_signs(upstream={f"column_{place}": "missing" for place in range(7)}))
    assert "column_0, column_1, column_2 and 4 more" in found.what
    assert len(found.evidence) == 7


def test_a_holdout_on_all_entities_serves_where_there_is_no_other() -> None:
    holdout = {key.replace(".control", ".all"): seen for key, seen in HOLDOUT.items()}
    assert [found.cause for found in diagnose(_signs({"roc_auc.control": _near(0.75)}, holdout=holdout))] == [CONCEPT]
