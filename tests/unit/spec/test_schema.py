"""The JSON Schema for editors."""

from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from ruamel.yaml import YAML

from copml.spec import Project, json_schema

TELCO = (Path(__file__).parent / "telco.yaml").read_text()
SCHEMA = json_schema()


def errors(text: str) -> list[str]:
    document: Any = YAML(typ="safe", pure=True).load(text)
    return [error.json_path for error in Draft202012Validator(SCHEMA).iter_errors(document)]


def test_is_a_schema_that_accepts_the_example() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert errors(TELCO) == []
    assert SCHEMA["title"] == "copml project file"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("share: 5%", "share: 0.05"),
        ("baseline: 0.10", "baseline: 10%"),
        ("schedule: monthly", "schedule: month"),
        ("horizon: 90d", "horizon: 3 months"),
        ("do: retrain}", "do: [retrain, alert]}"),
        ("[Month-to-month, One year, Two year]", "[0, 1]"),
        ("for: 3 months\n", "for: 12 weeks\n"),
    ],
)
def test_accepts_human_forms(before: str, after: str) -> None:
    assert before in TELCO
    assert errors(TELCO.replace(before, after)) == []


@pytest.mark.parametrize(
    ("before", "after", "path"),
    [
        ("share: 5%", "share: 5 percent", "$.business.control_group.share"),
        ("horizon: 90d", "horizon: 90", "$.data.outcome.horizon"),
        ("schedule: monthly", "schedule: fortnightly", "$.deployment.schedule"),
        ("do: retrain}", "do: retrian}", "$.monitoring.triggers[0].do"),
        ("zone: Europe/Berlin", "zonne: Europe/Berlin", "$"),
        ("by: business", "by: boss", "$.deployment.approval"),
        ("project: telco-churn", "project: Telco", "$.project"),
    ],
)
def test_refuses_what_parse_refuses(before: str, after: str, path: str) -> None:
    assert before in TELCO
    assert path in errors(TELCO.replace(before, after))


def test_every_part_and_every_field_is_described() -> None:
    parts = [SCHEMA, *SCHEMA["$defs"].values()]
    assert len(parts) == 28
    for part in parts:
        assert part["description"], part["title"]
        for name, field in part.get("properties", {}).items():
            assert field.get("description"), f"{part['title']}.{name}"


def test_names_the_keys_of_the_file_and_not_those_of_python() -> None:
    assert "for" in SCHEMA["$defs"]["Trigger"]["properties"]
    assert set(SCHEMA["required"]) == {name for name, field in Project.model_fields.items() if field.is_required()}


def test_defaults_are_valid_values() -> None:
    described = [
        (place, described)
        for name, part in {**SCHEMA["$defs"], "project": SCHEMA}.items()
        for place, described in ((f"{name}.{key}", value) for key, value in part.get("properties", {}).items())
        if "default" in described
    ]
    assert described
    for place, value in described:
        validator = Draft202012Validator({**value, "$defs": SCHEMA["$defs"]})
        assert list(validator.iter_errors(value["default"])) == [], place
