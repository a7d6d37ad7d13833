"""The document as cross-checks see it: values by path, of the kind that is asked for or not at all.

Invariant: asking never fails. A value that is absent, or of another kind, is None: its kind is checked elsewhere, so
that a mistake is reported once and the checks that do not depend on it still run.
"""

import math
from dataclasses import dataclass

from copml.errors import Problem
from copml.records import ProblemKind
from copml.spec.document import Node, Path, descend, dotted
from copml.spec.fields import percent
from copml.spec.periods import Duration, Period, parse_duration


@dataclass(frozen=True, slots=True)
class Sheet:
    """A document that is read by path."""

    root: Node

    def node(self, *path: str | int) -> Node | None:
        """What stands at a path; None where nothing does, or nothing but an empty value."""
        node, _, taken = descend(self.root, path)
        return node if taken == path and node.value is not None else None

    def has(self, *path: str | int) -> bool:
        """Whether something stands at a path."""
        return self.node(*path) is not None

    def text(self, *path: str | int) -> str | None:
        """A text that is not blank."""
        node = self.node(*path)
        return node.value if node is not None and isinstance(node.value, str) and node.value.strip() else None

    def number(self, *path: str | int) -> float | None:
        """A finite number; a percentage counts as one."""
        node = self.node(*path)
        value = percent(node.value) if node is not None and isinstance(node.value, str) else node and node.value
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
            return None
        return float(value)

    def truth(self, *path: str | int) -> bool | None:
        """True or false."""
        node = self.node(*path)
        return node.value if node is not None and isinstance(node.value, bool) else None

    def span(self, *path: str | int) -> Duration | None:
        """A duration."""
        text = self.text(*path)
        try:
            return None if text is None else parse_duration(text)
        except ValueError:
            return None

    def period(self, *path: str | int) -> Period | None:
        """A calendar period, in either of its forms."""
        text = self.text(*path)
        known = next((period for period in Period if text in (period.value, f"{period}ly")), None)
        return Period.DAY if text == "daily" else known

    @property
    def kind(self) -> ProblemKind:
        """The kind of problem; binary where none is named that there is."""
        text = self.text("data", "outcome", "kind")
        return ProblemKind(text) if text in set(ProblemKind) else ProblemKind.BINARY

    def keys(self, *path: str | int) -> tuple[str, ...]:
        """The keys of a mapping; none where there is no mapping."""
        node = self.node(*path)
        return tuple(node.value) if node is not None and isinstance(node.value, dict) else ()

    def items(self, *path: str | int) -> tuple[Path, ...]:
        """The paths of a list's items; of the value itself where a single one stands for a list."""
        node = self.node(*path)
        if node is None or isinstance(node.value, dict):
            return ()
        return tuple((*path, index) for index in range(len(node.value))) if isinstance(node.value, list) else (path,)

    def words(self, *path: str | int) -> tuple[str, ...]:
        """The texts of a list, or a single one."""
        return tuple(text for item in self.items(*path) if (text := self.text(*item)) is not None)

    def problem(self, path: Path, message: str, hint: str, *, at_key: bool = False) -> Problem:
        """A problem of what stands at a path; where nothing does, of what stands nearest above it."""
        node, place, taken = descend(self.root, path)
        line, column = place if at_key or taken != path or isinstance(node.value, dict) else (node.line, node.column)
        return Problem(line=line, column=column, where=dotted(path), message=message, hint=hint)
