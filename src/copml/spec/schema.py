"""The project file's JSON Schema, for editors.

Invariant: every project that `parse` accepts is valid under the schema; not the other way round, since most of what
`parse` refuses is about how values fit together.
"""

from typing import Any

from copml.spec.project import Project

SCHEMA_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of a project file, human forms such as `5%`, `90d` and `monthly` included."""
    schema = Project.model_json_schema(by_alias=True, mode="validation")
    return {
        "$schema": SCHEMA_DIALECT,
        **schema,
        "title": "copml project file",
        "description": "What business and regulators require of one machine-learning model, in one file: copml.yaml.",
    }
