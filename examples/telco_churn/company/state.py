"""What the simulator remembers from one month to the next.

Invariant: a month's state is one file, a function of the state of the month before and of the decisions published then;
it is never changed afterwards, so that any month can be simulated again.
"""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .draws import Keys
from .files import month_path, write_bytes
from .reports import Reports, no_reports
from .settings import Settings
from .traits import TRAITS
from .world import World, begin

_WORLD = ("customer", "tenure", "billed", "offered_on")
_REPORTS = ("customer", "left_on", "reason")


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """The start of a month: the world, the same world had there never been an offer, and reports to come."""

    world: World
    without: World
    pending: Reports


def first_state(settings: Settings) -> State:
    """The start of the history."""
    world = begin(settings)
    return State(world=world, without=world, pending=no_reports())


def save_state(state: State, folder: Path, month: int) -> Path:
    """Write a month's state."""
    arrays = {f"pending.{name}": getattr(state.pending, name) for name in _REPORTS}
    for prefix, world in (("world", state.world), ("without", state.without)):
        arrays |= {f"{prefix}.{name}": getattr(world, name) for name in _WORLD}
        arrays[f"{prefix}.traits"] = np.stack([world.traits[name] for name in TRAITS])
    sink = io.BytesIO()
    np.savez(sink, allow_pickle=False, **{name: _compact(array) for name, array in arrays.items()})
    path = month_path(folder, "state", month, ".npz")
    write_bytes(path, sink.getvalue())
    return path


def load_state(folder: Path, month: int) -> State:
    """Read a month's state.

    Raises:
        FileNotFoundError: when that month was not simulated.
    """
    with np.load(month_path(folder, "state", month, ".npz"), allow_pickle=False) as arrays:
        pending = {name: arrays[f"pending.{name}"].astype(np.int64) for name in _REPORTS}
        return State(world=_world("world", arrays), without=_world("without", arrays), pending=Reports(**pending))


def _compact(array: np.ndarray) -> np.ndarray:
    return array if array.dtype == np.int8 else array.astype(np.int32)


def _world(prefix: str, arrays: Mapping[str, np.ndarray]) -> World:
    numbers: dict[str, Keys] = {name: arrays[f"{prefix}.{name}"].astype(np.int64) for name in _WORLD}
    return World(**numbers, traits=dict(zip(TRAITS, arrays[f"{prefix}.traits"], strict=True)))
