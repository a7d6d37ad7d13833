"""How long the stages take: what this workspace's own runs took, else what the benchmarks measured.

Invariant: a figure says where it is from and of when. The table holds what `benchmarks/results` holds, and a test
compares the two; own runs go first, because their rows, their columns and their machine are those that count.
"""

from dataclasses import dataclass
from statistics import median

from copml.advice.answers import Figure
from copml.advice.facts import Facts
from copml.conformance.words import count, number
from copml.records import Stage, TaskRecord, TaskState

# Longer ago, there may have been other rows and another machine.
NEWEST_RUNS = 6
BENCHMARK_ROWS = 1_000_000
BENCHMARK_COLUMNS = 19


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """What a benchmark measured of a stage: rows a second and peak memory, on how many rows, where and when."""

    stage: Stage
    contestant: str
    rows_per_second: int
    peak_mb: int
    source: str
    measured_on: str


BENCHMARKS: dict[Stage, Rate] = {
    rate.stage: rate
    for rate in (
        Rate(
            stage=Stage.INGEST,
            contestant="copml",
            rows_per_second=53_372,
            peak_mb=877,
            source="benchmarks/results/ingest.json",
            measured_on="2026-11-23",
        ),
        Rate(
            stage=Stage.SCORE,
            contestant="gradient boosting, copml",
            rows_per_second=94_574,
            peak_mb=915,
            source="benchmarks/results/scoring.json",
            measured_on="2026-11-23",
        ),
        Rate(
            stage=Stage.SEAL,
            contestant="seal",
            rows_per_second=139_058,
            peak_mb=1_123,
            source="benchmarks/results/scoring.json",
            measured_on="2026-11-23",
        ),
    )
}
"""Gradient boosting, the slower of the two models that are measured; a million rows, one thread."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What one batch takes of a stage, in seconds, and the figure of it."""

    stage: Stage
    seconds: float
    measured: bool
    figure: Figure


def own_seconds(facts: Facts, stage: Stage, start: str = "") -> list[float]:
    """What the newest tasks of a stage took in this workspace, oldest first; `start` is how their keys begin."""
    tasks = sorted(_finished(facts, stage), key=lambda task: task.started_at)
    kept = [task for task in tasks if task.key.startswith(start)]
    return [(task.ended_at - task.started_at).total_seconds() for task in kept if task.ended_at][-NEWEST_RUNS:]


def work(facts: Facts, stage: Stage, rows: int) -> Work | None:
    """What one batch of `rows` takes of a stage; None for a stage that was neither run nor benchmarked."""
    seconds = own_seconds(facts, stage)
    per_batch = len(facts.evidence.project.data.sources) if stage is Stage.INGEST else 1
    if seconds:
        value = median(seconds) * per_batch
        source = f"measured in this workspace, the median of its last {count(len(seconds), 'run')}"
        return _work(stage, value, rows, source, measured=True)
    if stage not in BENCHMARKS:
        return None
    rate = BENCHMARKS[stage]
    wider = max(1.0, (facts.columns or BENCHMARK_COLUMNS) / BENCHMARK_COLUMNS)
    source = f"{rate.rows_per_second:,} rows/s in {rate.source} of {rate.measured_on}; not this machine"
    return _work(stage, rows * wider / rate.rows_per_second, rows, source, measured=False)


def memory_mb(rows: int) -> float:
    """What a batch takes at its peak, in proportion to the benchmark's; at least half of that, for the libraries."""
    peak = max(rate.peak_mb for rate in BENCHMARKS.values())
    return max(peak / 2, peak * rows / BENCHMARK_ROWS)


def duration(seconds: float) -> str:
    """Seconds as people say them.

    >>> duration(0.4), duration(90), duration(7200)
    ('0.4 s', '1.5 min', '2.0 h')
    """
    for size, unit in ((3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{number(seconds / size, 1)} {unit}"
    return f"{number(seconds, 1)} s"


def _work(stage: Stage, seconds: float, rows: int, source: str, *, measured: bool) -> Work:
    figure = Figure(what=f"{stage} of {count(rows, 'row')}", value=duration(seconds), source=source)
    return Work(stage=stage, seconds=seconds, measured=measured, figure=figure)


def _finished(facts: Facts, stage: Stage) -> list[TaskRecord]:
    return [task for task in facts.evidence.tasks if task.stage is stage and task.state is TaskState.DONE]
