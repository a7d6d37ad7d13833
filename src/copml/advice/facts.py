"""What advice is given from: the evidence of the project, the machine, the kind of model.

Invariant: a fact that nobody knows is None, never a guess; where advice assumes something, the answer says so.
"""

from dataclasses import dataclass
from typing import Literal

from copml.conformance import Evidence
from copml.records import Ingest, Interval
from copml.spec.periods import Duration

Family = Literal["linear", "trees", "other"]
DAYS_OF_YEAR = 365.25
SECONDS_OF_DAY = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """The machine that the question is asked on."""

    cores: int
    memory_mb: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """Predictions whose outcomes are known, by probability; bin i of k holds i/k ≤ probability < (i+1)/k.

    `scored`: entities of a mean batch that may be treated, as nobody treated them lately. `held` and `held_events`:
    predictions of untreated control entities, and how many of them had the outcome, over `batches` batches. `effect` is
    that of the treatment on those who got it.
    """

    scored: tuple[float, ...]
    held: tuple[int, ...]
    held_events: tuple[int, ...]
    batches: int
    effect: Interval | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything that advice may look at."""

    evidence: Evidence
    machine: Machine
    family: Family | None = None
    estimator: str = ""
    curve: Curve | None = None

    @property
    def rows(self) -> int | None:
        """How many entities one batch has; None before any were seen."""
        evidence = self.evidence
        if evidence.scored:
            return evidence.scored[-1].rows
        if evidence.feature_sets:
            return max(evidence.feature_sets, key=lambda item: item.as_of).rows
        seen = [item for item in evidence.ingests if item.source in self.inputs and item.rows_added]
        return max((item.rows_added for item in _newest(seen)), default=None)

    @property
    def columns(self) -> int | None:
        """How many features the newest set has; None before any were built."""
        sets = self.evidence.feature_sets
        return len(max(sets, key=lambda item: item.as_of).columns) if sets else None

    @property
    def inputs(self) -> tuple[str, ...]:
        """Sources that features are built from first of all: those that are neither outcome nor treatment."""
        data = self.evidence.project.data
        events = {data.outcome.source, data.treatment.source if data.treatment else ""}
        return tuple(name for name in data.sources if name not in events) or tuple(data.sources)

    @property
    def batches_per_year(self) -> float:
        """How many batches the schedule asks for in a year."""
        return DAYS_OF_YEAR / Duration(1, self.evidence.project.deployment.schedule).days


def _newest(ingests: list[Ingest]) -> list[Ingest]:
    last: dict[str, Ingest] = {}
    for item in sorted(ingests, key=lambda ingest: ingest.slot):
        last[item.source] = item
    return list(last.values())
