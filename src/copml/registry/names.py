"""Names of versions: `v1`, `v2`, … within a project.

Invariant: a number is never used twice, also when the version that had it was rejected.
"""

from collections.abc import Iterable

from copml.records import ModelVersion, VersionName


def next_name(versions: Iterable[ModelVersion]) -> tuple[VersionName, int]:
    """The name and number of a project's next version.

    >>> next_name([])
    ('v1', 1)
    """
    number = 1 + max((version.number for version in versions), default=0)
    return VersionName(f"v{number}"), number
