"""What a scoring run is asked to do, what it works with, and what it returns.

Invariant: everything that decides an answer is in the request; the surroundings only say where things are. Who asks,
and what becomes of the result, is for the loop.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from copml.keys import Keys
from copml.records import DecisionRule, Digest, Profile, ScoringRun, VersionName
from copml.sandbox import Limits
from copml.scoring.rows import Rows
from copml.store import Commit, Lake


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """The share of entities from whom treatment is withheld, and the start of the epoch that the draw holds for."""

    share: float
    epoch: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreRequest:
    """One batch of predictions.

    `rows`: one row of features for each entity. `model`: the folder of the artifact; `pickle`: the signed digest of a
    model that was kept as a pickle; `columns` is what it was trained
    on, in that order; `reference` is its training profile. `episodes_since`: an entity whose latest episode started
    after this (and before `slot`) waits; None: no entity ever waits. `transaction`: the same request under the same
    one changes nothing.
    """

    project: str
    run: str
    slot: datetime
    zone: ZoneInfo
    version: VersionName
    deployment: str
    model: Path
    columns: tuple[str, ...]
    reference: Profile
    rows: Rows
    rule: DecisionRule
    control: Control | None
    episodes_since: datetime | None
    entity_column: str
    output: Literal["csv", "parquet"]
    transaction: str
    on_time: bool
    now: datetime
    pickle: Digest | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """Where a scoring run reads and writes.

    `reveal` gives the real identifier of each pseudonym, in order. `project_root` is what project code in a pipeline is
    imported from. `progress` is called with the rows done and their total.
    """

    lake: Lake
    keys: Keys
    reveal: Callable[[list[str]], list[str]]
    staging: Path
    outputs: Path
    project_root: Path
    limits: Limits
    log: Path
    progress: Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreResult:
    """The run to keep, and the version of the predictions table that it made."""

    run: ScoringRun
    commit: Commit
