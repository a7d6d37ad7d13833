"""One month of the company: `step` reads what was decided and writes what comes of it.

Invariant: a month's files depend on the settings, the state of the month before and the decisions published at its
start, on nothing else; so a step that was interrupted is simply taken again, and gives the same bytes.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .draws import Keys
from .files import (
    customer_table,
    departure_table,
    month_path,
    nothing_decided,
    offer_table,
    read_decisions,
    write_csv,
    write_parquet,
)
from .reports import Reports, reported
from .settings import Settings
from .state import State, first_state, load_state, save_state
from .truth import month_truth, save_truth
from .world import live


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What is reported of a month when it is over: departures, and offers as customers and day numbers."""

    departures: Reports
    offered: Keys
    made_on: Keys


def step(state_folder: Path, month: int, decisions: Path | None, out: Path, settings: Settings) -> list[Path]:
    """Simulate the month before `month`, and write what the company knows on the first of `month`.

    `decisions` is the table published at the start of the month before (None: there was none). The first step is that
    of month -settings.history; each needs the one before it. Returns the files below `out`: `customers/2026-01.parquet`
    (everybody on the first) and, of the month before, `departures/2026-01.csv` (not at the first step) and
    `offers/2026-01.csv` (where there were decisions). State and truth go to `state_folder`.

    Raises:
        FileNotFoundError: when the month before was not simulated.
        ValueError: when the decisions name somebody who is no customer.
    """
    told = None
    if month == -settings.history:
        state = first_state(settings)
    else:
        before = load_state(state_folder, month - 1)
        state, told = _live_on(before, month - 1, decisions, state_folder, settings)
    files = [
        write_parquet(month_path(out, "customers", month, ".parquet"), customer_table(state.world, month, settings))
    ]
    if told is not None:
        files.append(write_csv(month_path(out, "departures", month, ".csv"), departure_table(told.departures)))
    if told is not None and decisions is not None:
        offers = offer_table(told.offered, told.made_on)
        files.append(write_csv(month_path(out, "offers", month, ".csv"), offers))
    save_state(state, state_folder, month)
    return files


def _live_on(
    before: State, month: int, decisions: Path | None, state_folder: Path, settings: Settings
) -> tuple[State, Told]:
    """The state after a month, and what is reported of it; the truth about it is written down."""
    world, without = before.world, before.without
    decided = nothing_decided(world) if decisions is None else read_decisions(decisions, world)
    happened, world_after = live(world, decided.treat, month, settings)
    nobody = np.zeros(len(without), dtype=np.bool_)
    happened_without, without_after = live(without, nobody, month, settings)
    truth, chances = month_truth((world, without), (happened, happened_without), decided, month, settings)
    save_truth(truth, chances, world, state_folder)
    now, later = reported(world, happened, month, settings)
    offered = happened.offered
    told = Told(departures=before.pending + now, offered=world.customer[offered], made_on=happened.made_on[offered])
    return State(world=world_after, without=without_after, pending=later), told
