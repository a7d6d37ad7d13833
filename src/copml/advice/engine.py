"""Embedded or an engine beyond one machine: whether a batch fits into the time and the memory that there are.

Invariant: a bigger engine is advised for a stage that was shown not to fit, never for fear of growth; how far the
embedded one reaches stands beside it.
"""

from math import ceil, floor

from copml.advice.answers import Advice, Alternative, Confidence, Figure
from copml.advice.facts import SECONDS_OF_DAY, Facts
from copml.advice.rates import BENCHMARK_ROWS, BENCHMARKS, Work, duration, memory_mb, own_seconds, work
from copml.advice.replicas import replicas
from copml.conformance.words import count, number
from copml.records import Stage, Topic
from copml.spec.periods import Duration

EMBEDDED, POSTGRESQL, RAY, WAREHOUSE = "embedded", "postgresql", "ray", "warehouse"
QUESTION = "Do the embedded engines do, or is one needed that spans several machines?"
# A batch that takes at most half of the time it has can fail and be repeated, and still be on time.
TIME_SHARE = 0.5
# The rest is for the operating system, project code and whatever else runs there.
MEMORY_SHARE = 0.5
STAGES = (Stage.INGEST, Stage.FEATURES, Stage.SCORE, Stage.SEAL)
# One actor of Ray Data on the churn rows of the scoring benchmark, by hand on the same two cores: no result file.
RAY_ROWS_PER_SECOND = 23_000


def engine(facts: Facts) -> Advice:
    """The answer on `engine`."""
    rows = facts.rows
    works = [found for stage in STAGES if (found := work(facts, stage, rows)) is not None] if rows else []
    answer = _answer(facts, works)
    return Advice(
        topic=Topic.ENGINE,
        question=QUESTION,
        answer=answer,
        decision=DECISIONS[answer],
        reason=_reason(facts, works, answer),
        figures=_figures(facts, works),
        cost=COSTS[answer],
        alternatives=_alternatives(facts, answer),
        confidence=_confidence(works),
        rests_on=_rests_on(works),
        missing=() if works else ("how many entities a batch has: ingest once with `copml run ingest`",),
    )


def seconds_allowed(facts: Facts) -> float:
    """How long a batch may take: until it would be late, at most until the next."""
    project = facts.evidence.project
    delays = [source.delay.days for source in project.data.sources.values()]
    return min(max(delays) or 1.0, Duration(1, project.deployment.schedule).days) * SECONDS_OF_DAY


def rows_embedded(facts: Facts) -> int:
    """How many rows a batch may have on this machine, by the benchmarks: by time or memory, in thousands."""
    per_row = sum(1 / rate.rows_per_second for rate in BENCHMARKS.values())
    by_time = TIME_SHARE * seconds_allowed(facts) / per_row
    by_memory = MEMORY_SHARE * facts.machine.memory_mb / memory_mb(BENCHMARK_ROWS) * BENCHMARK_ROWS
    return floor(min(by_time, by_memory) / 1000) * 1000


DECISIONS = {
    EMBEDDED: "Stay with the embedded engines on one machine.",
    POSTGRESQL: "Stay with the embedded engines, and keep the state in PostgreSQL, so that several machines share it.",
    RAY: "Spread scoring over several machines, with Ray or what you run of its kind.",
    WAREHOUSE: "Let a warehouse or Spark build what is read, and read its result.",
}
NAMES = {
    EMBEDDED: "the embedded engines on one machine",
    POSTGRESQL: "the embedded engines, their state in PostgreSQL",
    RAY: "scoring spread over machines with Ray",
    WAREHOUSE: "features built by a warehouse or Spark",
}
COSTS = {
    EMBEDDED: "Nothing beside the machine.",
    POSTGRESQL: "A database server to run, back up and watch; what a workspace can be told is in "
    "docs/how-to/several-workers.md.",
    RAY: f"A cluster to run, and a start of its own: one actor scored {RAY_ROWS_PER_SECOND:,} rows/s where copml "
    f"scored {BENCHMARKS[Stage.SCORE].rows_per_second:,}, so that the first "
    f"{ceil(BENCHMARKS[Stage.SCORE].rows_per_second / RAY_ROWS_PER_SECOND)} actors only make up for it.",
    WAREHOUSE: "The warehouse's price for a query over all rows in every period, and a second place where features are "
    "made: keep its SQL with the project.",
}
RIGHT_WHEN = {
    EMBEDDED: "a batch fits into half of the time and half of the memory of one machine",
    POSTGRESQL: "workers on several machines are to take over from each other",
    RAY: "scoring is what takes the time: a heavy model, or many rows for each core",
    WAREHOUSE: "reading and joining sources is what takes the time, or the rows are in a warehouse already",
}


def _answer(facts: Facts, works: list[Work]) -> str:
    if works and not (_fits_time(facts, works) and _fits_memory(facts)):
        slowest = max(works, key=lambda item: item.seconds).stage
        by_memory = _fits_time(facts, works)
        return WAREHOUSE if slowest in (Stage.INGEST, Stage.FEATURES) and not by_memory else RAY
    machines = replicas(facts).answer
    return POSTGRESQL if machines and int(machines) > 1 else EMBEDDED


def _confidence(works: list[Work]) -> Confidence:
    if not works:
        return Confidence.LOW
    return Confidence.HIGH if all(item.measured for item in works) else Confidence.MEDIUM


def _rests_on(works: list[Work]) -> str:
    measured = sum(item.measured for item in works)
    if not works:
        return "benchmarks on another machine, because nobody knows how many rows there will be"
    if measured == len(works):
        return f"all {measured} stages, timed in this workspace"
    return f"{count(measured, 'stage')} timed in this workspace, and benchmarks on another machine for the others"


def _fits_time(facts: Facts, works: list[Work]) -> bool:
    return sum(item.seconds for item in works) <= TIME_SHARE * seconds_allowed(facts)


def _fits_memory(facts: Facts) -> bool:
    return memory_mb(facts.rows or 0) <= MEMORY_SHARE * facts.machine.memory_mb


def _reason(facts: Facts, works: list[Work], answer: str) -> str:
    allowed = duration(seconds_allowed(facts))
    if not works:
        return f"Up to {rows_embedded(facts):,} rows in a batch the embedded engines fit into half of {allowed}."
    takes = f"A batch takes {duration(sum(item.seconds for item in works))} of the {allowed} until it would be late"
    needs = f"{number(memory_mb(facts.rows or 0))} MB of {number(facts.machine.memory_mb)} MB"
    slowest = max(works, key=lambda item: item.seconds).stage
    match answer:
        case "embedded":
            return f"{takes}, and at most about {needs}: it can fail and be repeated."
        case "postgresql":
            return f"{takes}, so that no engine is missing; but the objective needs more than one machine."
    which = "time" if not _fits_time(facts, works) else "memory"
    return f"{takes}, and about {needs}: the {which} is more than half, and most of the time goes to {slowest}."


def _figures(facts: Facts, works: list[Work]) -> tuple[Figure, ...]:
    machine = facts.machine
    trained = own_seconds(facts, Stage.TRAIN)
    return (
        *(item.figure for item in works),
        *(
            (Figure(what="training", value=duration(trained[-1]), source="measured in this workspace, the newest"),)
            if trained
            else ()
        ),
        Figure(
            what="time that a batch has",
            value=duration(seconds_allowed(facts)),
            source="the longest data.sources.*.delay, at most deployment.schedule",
        ),
        Figure(
            what="this machine",
            value=f"{count(machine.cores, 'core')}, {number(machine.memory_mb)} MB",
            source="asked of the machine on which this was run",
        ),
        Figure(
            what="rows that the embedded engines take",
            value=f"up to {rows_embedded(facts):,} a batch",
            source="half of that time and memory, by the benchmarks of 2026-11-23",
        ),
    )


def _alternatives(facts: Facts, answer: str) -> tuple[Alternative, ...]:
    larger = Alternative(
        what="a larger machine",
        right_when=f"a batch has between {rows_embedded(facts):,} rows and what fits into the larger one",
        cost="the difference in its price; nothing is to be changed",
    )
    others = [
        Alternative(what=NAMES[name], right_when=RIGHT_WHEN[name], cost=COSTS[name])
        for name in DECISIONS
        if name != answer
    ]
    return (larger, *others)
