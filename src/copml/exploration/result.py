"""What is asked about a table, and what was found: values, for pages, notebooks and JSON alike.

Invariant: every figure that is estimated carries its interval; nothing here holds a row of the table, only counts,
shares, limits and the labels of columns that have few.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal
from zoneinfo import ZoneInfo

from copml.records import Bins, Interval, Window

UTC = ZoneInfo("UTC")
# The limit that a project file has unless it says otherwise; a rule of thumb of credit scoring.
DRIFT_PSI = 0.25

Kind = Literal["number", "category", "time", "empty", "other"]


class Concern(StrEnum):
    """What a finding is about, the most urgent first."""

    LEAKAGE = "leakage"
    HISTORY = "history"
    MISSING = "missing"
    DRIFT = "drift"
    CONTENT = "content"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is known of a table beforehand. Everything but its name may be left open.

    `outcome`: the column to be predicted; `positive`: its value that counts as the event. `entity`: whose rows they
    are. `time`: when they are of; a single column of times is taken unless one is named. `drift`: the stability index
    (nats) above which a column has drifted. `aside`: columns that are not looked at.
    """

    name: str
    outcome: str | None = None
    positive: str | None = None
    entity: str | None = None
    time: str | None = None
    zone: ZoneInfo = UTC
    drift: float = DRIFT_PSI
    aside: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something that a person should look at, in a sentence; the columns that it is about."""

    concern: Concern
    columns: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The smallest and largest finite value of a column of numbers, its mean and quartiles."""

    low: float
    lower: float
    median: float
    upper: float
    high: float
    mean: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnProfile:
    """One column: its kind, how many rows miss it, how many distinct values it has, counts in bins.

    `words`: rows in which a word such as `?` or `n/a` stands for a missing value; they are counted as missing.
    `unread`: rows of a column of numbers whose text is no number; missing as well. `limits`: of columns of numbers.
    `histogram`: rows in parts of equal width, for columns of many numbers, without the outermost 1 % on either side.
    `is_prose`: texts of several words that hardly repeat.
    """

    name: str
    kind: Kind
    rows: int
    missing: int
    distinct: int
    bins: Bins
    words: int = 0
    unread: int = 0
    limits: Limits | None = None
    histogram: tuple[int, ...] = ()
    is_prose: bool = False

    @property
    def missing_ratio(self) -> float:
        """Share of rows without a value, 0..1; 0 of no rows."""
        return self.missing / self.rows if self.rows else 0.0

    @property
    def is_constant(self) -> bool:
        """Whether every row that has a value has the same one."""
        return self.distinct == 1

    @property
    def is_key(self) -> bool:
        """Whether each row has a text of its own, as an identifier does."""
        return self.kind == "category" and self.rows > 1 and self.distinct == self.rows and not self.is_prose


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What is to be predicted: `column`, and in words which of its values count as the event.

    `share`: of the event among rows whose outcome is known; None where none is. `unknown`: rows without an outcome.
    """

    column: str
    positive: str
    share: Interval | None
    positives: int
    unknown: int


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """The column of times, and calendar windows that cover it, oldest first; `rows` of each."""

    column: str
    every: str
    windows: tuple[Window, ...]
    rows: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """The share of the event among the rows of one bin."""

    label: str
    share: Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Association:
    """How well a column alone tells the outcome.

    `strength`: area under the ROC curve of the best ranking by this column alone, measured on the half of the entities
    that the ranking was not made on: 0.5 tells nothing, 1 everything. `right`: share of rows whose outcome it names.
    `by_window`: the strength in each window of the history; None where a window knows one outcome only. `rates`: the
    event by bin, for the strongest columns.
    """

    column: str
    strength: Interval
    right: Interval
    by_window: tuple[Interval | None, ...] = ()
    rates: tuple[Rate, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A column's missing values beside the outcome: the share of the event where it is missing, and where it is not."""

    column: str
    missing: Interval
    present: Interval
    difference: Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Together:
    """Columns that are missing in the same rows, and the share of rows in which the first of them is."""

    columns: tuple[str, ...]
    ratio: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """How far each window of a column is from the reference, the first part of the history.

    `by_window`: the stability index (nats) of each window after it; None where a window has no rows. `missing_jump`:
    whether missing values alone explain it.
    """

    column: str
    by_window: tuple[Interval | None, ...]
    drifted: tuple[bool, ...]
    missing_jump: bool

    @property
    def worst(self) -> float:
        """The largest index of any window."""
        return max((seen.value for seen in self.by_window if seen is not None), default=0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exploration:
    """What was found in a table: findings first, the most urgent at the top.

    `associations`: the strongest first; empty without an outcome. `drift`: the farthest first; empty without history.
    `reference`: how many of the first windows are the reference of the drift; above `drift_limit` (nats) a column has
    drifted. `notes`: what was not looked at, and why.
    """

    name: str
    rows: int
    findings: tuple[Finding, ...]
    columns: tuple[ColumnProfile, ...]
    outcome: Outcome | None
    history: History | None
    associations: tuple[Association, ...]
    together: tuple[Together, ...]
    gaps: tuple[Gap, ...]
    drift: tuple[Drift, ...]
    reference: int
    drift_limit: float
    notes: tuple[str, ...]
