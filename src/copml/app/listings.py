"""Results that are several records, which show themselves as a table in a notebook.

Invariant: each is the tuple that it was made of, to every program that reads it.
"""

from copml.conformance import RequirementVerdict
from copml.records import Incident, ModelVersion


class Verdicts(tuple[RequirementVerdict, ...]):
    """A verdict for every requirement."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        from copml.reporting import verdicts_html

        return verdicts_html(self)


class Versions(tuple[ModelVersion, ...]):
    """Model versions, oldest first."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        from copml.reporting import versions_html

        return versions_html(self)


class Incidents(tuple[Incident, ...]):
    """Incidents, oldest first."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        from copml.reporting import table_html

        rows = [(item.id, item.state.value, f"{item.opened_at:%Y-%m-%d}", item.owner.value, item.what) for item in self]
        return table_html(f"{len(self)} incidents", ("incident", "state", "opened", "owner", "what"), rows)
