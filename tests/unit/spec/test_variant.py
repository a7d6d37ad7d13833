"""The text of a project file with places changed."""

from pathlib import Path

from copml.spec import parse
from copml.spec.variant import REMOVED, varied

TELCO = (Path(__file__).parent / "telco.yaml").read_text()


def test_what_is_not_named_stays_and_what_is_named_is_so() -> None:
    text = varied(
        TELCO,
        {
            ("deployment", "approval"): REMOVED,
            ("training", "every"): "month",
            ("monitoring", "triggers"): REMOVED,
            ("risk", "nothing", "here"): REMOVED,
        },
    )
    before, after = parse(TELCO), parse(text)
    assert (after.deployment.approval, str(after.training.every), after.monitoring.triggers) == (None, "month", ())
    assert after.business == before.business
    assert after.data == before.data


def test_places_that_are_not_there_are_made() -> None:
    assert varied("copml: 1\n", {("monitoring", "alerts", "file"): "a.jsonl"}) == (
        "copml: 1\nmonitoring:\n  alerts:\n    file: a.jsonl\n"
    )
