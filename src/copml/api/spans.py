"""How spans of time are described: as the ISO 8601 durations that are sent, fractions of a second included.

Invariant: the format `duration` of JSON Schema knows no fractions, so it is not claimed.
"""

from datetime import timedelta
from typing import Any

from litestar.openapi.spec import OpenAPIType, Schema
from litestar.plugins import OpenAPISchemaPlugin
from litestar.typing import FieldDefinition


class Spans(OpenAPISchemaPlugin):
    """Describes `timedelta`."""

    def is_plugin_supported_field(self, field_definition: FieldDefinition) -> bool:
        """Whether a field is a span of time."""
        return field_definition.annotation is timedelta

    def to_openapi_schema(self, field_definition: FieldDefinition, schema_creator: Any) -> Schema:
        """A span of time, such as PT3.5S."""
        return Schema(type=OpenAPIType.STRING, pattern=r"^-?P(T|\d)", description="ISO 8601 duration, such as PT3.5S")
