"""The lifecycle of a model version.

Invariant: a version's state changes along `MOVES` only, each time with a reason. Being live is a deployment's role and
no state; who may decide is for `app`.
"""

from dataclasses import replace

from copml.errors import MoveRefused
from copml.records import ModelVersion, VersionState

MOVES: dict[VersionState, frozenset[VersionState]] = {
    VersionState.CANDIDATE: frozenset({VersionState.APPROVED, VersionState.REJECTED, VersionState.RETIRED}),
    VersionState.APPROVED: frozenset({VersionState.RETIRED}),
    VersionState.REJECTED: frozenset(),
    VersionState.RETIRED: frozenset(),
}
assert MOVES.keys() == set(VersionState)


def move(version: ModelVersion, state: VersionState, reason: str) -> ModelVersion:
    """The version in another state.

    Raises:
        MoveRefused: when that state cannot follow the one it is in.
    """
    if state not in MOVES[version.state]:
        raise MoveRefused(version.name, version.state, state, sorted(MOVES[version.state]))
    return replace(version, state=state, state_reason=reason)
