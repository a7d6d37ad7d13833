"""What a process can know of itself: whether it is a child, and whether it has a network.

Invariant: both are false until `worker` says otherwise, which it does before any code of a project or of a model runs.
"""

from dataclasses import dataclass


@dataclass(slots=True)
class _Presence:
    is_child: bool = False
    is_offline: bool = False


_OWN = _Presence()


def enter(*, offline: bool) -> None:
    """From now on this process is a child. `offline`: whether its network was taken away."""
    _OWN.is_child, _OWN.is_offline = True, offline


def in_child() -> bool:
    """Whether this process was made by `run_child`, and may run code that is not copml's."""
    return _OWN.is_child


def is_offline() -> bool:
    """Whether this process has no network."""
    return _OWN.is_offline
