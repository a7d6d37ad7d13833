"""An input that shows what a model takes, made of the training profile and of nobody's row (pure).

Invariant: no value of a personal column is in it, and no text that fewer than `COUNT_MIN` training rows share.
"""

from collections.abc import Collection, Mapping

from copml.models import NUMBER
from copml.records import Bins, Profile

# Ten is the usual smallest cell of published statistics: a rarer text could point at somebody.
COUNT_MIN = 10


def input_example(
    kinds: Mapping[str, str], profile: Profile, personal: Collection[str]
) -> dict[str, float | str | None]:
    """A value for each column: a number from the middle of its bins, the most frequent text; None where none is fit."""
    return {
        name: None if name in personal or name not in profile else _typical(profile[name], kind)
        for name, kind in kinds.items()
    }


def _typical(bins: Bins, kind: str) -> float | str | None:
    if kind == NUMBER:
        return float(bins.edges[len(bins.edges) // 2]) if bins.edges else None
    frequent = [
        (count, label) for label, count in zip(bins.labels[:-1], bins.counts[:-1], strict=True) if count >= COUNT_MIN
    ]
    return max(frequent)[1] if frequent else None
