"""The project file's JSON Schema, for editors.

Invariant: every project that `parse` accepts is valid under the schema; not the other way round, since most of what
`parse` refuses is about how values fit together.
"""

from datetime import timedelta
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core.core_schema import WithDefaultSchema

from copml.spec.fields import limit_words
from copml.spec.periods import Duration
from copml.spec.project import Project

SCHEMA_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of a project file, human forms such as `5%`, `90d` and `monthly` included."""
    schema = Project.model_json_schema(by_alias=True, schema_generator=_Schema)
    return {
        "$schema": SCHEMA_DIALECT,
        **schema,
        "title": "copml project file",
        "description": "What business and regulators require of one machine-learning model, in one file: copml.yaml.",
    }


class _Schema(GenerateJsonSchema):
    def default_schema(self, schema: WithDefaultSchema) -> JsonSchemaValue:
        """Without the default where that is an empty list: nothing was given, and nobody would write it."""
        found = super().default_schema(schema)
        return {key: value for key, value in found.items() if (key, value) != ("default", [])}

    def encode_default(self, dft: Any) -> Any:
        """A default as a person would write it."""
        match dft:
            case Duration():
                return str(dft)
            case timedelta():
                return limit_words(dft)
            case _:
                return super().encode_default(dft)
