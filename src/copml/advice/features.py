"""A feature table that is computed once and kept, or features made anew whenever somebody needs them.

Invariant: compares what both cost in seconds of building; that proofs need the features as they were is said beside it
and not counted.
"""

from statistics import median

from copml.advice.answers import Advice, Alternative, Confidence, Figure
from copml.advice.facts import DAYS_OF_YEAR, SECONDS_OF_DAY, Facts
from copml.advice.rates import duration, own_seconds
from copml.conformance.words import count, number, share
from copml.records import Action, Stage, Topic
from copml.spec.periods import Duration

TABLE, ON_DEMAND = "feature-table", "on-demand"
QUESTION = "Should features be computed once and kept, or made anew whenever they are needed?"
# Scoring reads a set once; who reads it after that is what keeping it is for.
READERS_MIN = 2.0
# How keys of tasks that build a single set begin: with a year. `features/history` builds many.
ONE_SLOT = "features/2"
# Trainings a year where only triggers ask for them, until a year has shown how often they do.
TRAININGS_ASSUMED = 1.0
OBSERVED_MIN = 1.0
SHARE_MIN = 0.0001
BYTES_MIN = 100_000


def features(facts: Facts) -> Advice:
    """The answer on `features`."""
    readers, source = _readers(facts)
    kept = readers >= READERS_MIN
    builds = own_seconds(facts, Stage.FEATURES, ONE_SLOT)
    build = median(builds) if builds else None
    return Advice(
        topic=Topic.FEATURES,
        question=QUESTION,
        answer=TABLE if kept else ON_DEMAND,
        decision="Keep a feature table." if kept else "Make features when they are needed.",
        reason=_reason(readers, build, kept=kept),
        figures=_figures(facts, readers, source, build),
        cost=_table_cost(facts) if kept else _demand_cost(readers, build),
        alternatives=(_on_demand(readers, build) if kept else _table(facts),),
        confidence=_confidence(facts, build),
        rests_on=RESTS_ON[_confidence(facts, build)],
        in_use=(TABLE,),
        missing=() if build is not None else ("how long a set takes to build: run `copml run features`",),
    )


RESTS_ON = {
    Confidence.HIGH: "trainings of a year or more, and build times of this workspace",
    Confidence.MEDIUM: "build times of this workspace, and trainings that the project file asks for",
    Confidence.LOW: "what the project file says only, because nothing was built yet",
}


def _confidence(facts: Facts, build: float | None) -> Confidence:
    if build is None:
        return Confidence.LOW
    return Confidence.HIGH if _observed_years(facts) >= OBSERVED_MIN else Confidence.MEDIUM


def _readers(facts: Facts) -> tuple[float, str]:
    """How often a feature set is read while it may be learned from, and where that is from."""
    years = _observed_years(facts)
    life = facts.evidence.project.training.history or facts.evidence.project.regulatory.keep.predictions
    if years >= OBSERVED_MIN:
        again = sum(run.succeeded for run in facts.evidence.trained[1:])
        source = f"one batch, and {count(again, 'retraining')} in {number(years, 1)} years"
        return 1 + again / years * life.days / DAYS_OF_YEAR, f"{source}, over {life}"
    source = f"one batch, and the trainings that the project file asks for, over {life}"
    return 1 + _trainings_per_year(facts) * life.days / DAYS_OF_YEAR, source


def _observed_years(facts: Facts) -> float:
    """Since the first training."""
    runs = facts.evidence.trained
    return (facts.evidence.until - runs[0].ended_at).total_seconds() / SECONDS_OF_DAY / DAYS_OF_YEAR if runs else 0.0


def _trainings_per_year(facts: Facts) -> float:
    training = facts.evidence.project.training
    if training.every is not None:
        return DAYS_OF_YEAR / Duration(1, training.every).days
    triggers = facts.evidence.project.monitoring.triggers
    return TRAININGS_ASSUMED if any(Action.RETRAIN in trigger.do for trigger in triggers) else 0.0


def _reason(readers: float, build: float | None, *, kept: bool) -> str:
    often = f"A feature set is read {number(readers, 1)} times"
    if not kept:
        return f"{often}: nobody comes back to it often enough to be worth keeping it."
    saved = f", which would take {duration((readers - 1) * build)} of building more for each" if build else ""
    return f"{often}: by its batch, and by trainings that need it as it was then{saved}."


def _figures(facts: Facts, readers: float, source: str, build: float | None) -> tuple[Figure, ...]:
    period = Duration(1, facts.evidence.project.deployment.schedule).days * SECONDS_OF_DAY
    found = [Figure(what="readings of a feature set", value=number(readers, 1), source=source)]
    if build is not None:
        found.append(
            Figure(what="building one set", value=duration(build), source="measured in this workspace, the median")
        )
        found.append(
            Figure(
                what="share of the time between two batches",
                value=share(build / period) if build / period >= SHARE_MIN else f"less than {share(SHARE_MIN)}",
                source="building one set against deployment.schedule",
            )
        )
    if (size := _bytes_per_set(facts)) is not None:
        found.append(Figure(what="keeping one set", value=_megabytes(size), source="files of the lake"))
    return tuple(found)


def _bytes_per_set(facts: Facts) -> float | None:
    kept = [item for item in facts.evidence.snapshots if item.table.endswith("/features")]
    sets = len(facts.evidence.feature_sets)
    if not kept or not sets:
        return None
    return sum(file.size for file in max(kept, key=lambda item: item.version).files) / sets


def _megabytes(size: float) -> str:
    return f"{number(size / 1e6, 1)} MB" if size >= BYTES_MIN else "less than 0.1 MB"


def _table_cost(facts: Facts) -> str:
    size = _bytes_per_set(facts)
    if size is None:
        return "Storage for every set; how much is known once one is built."
    year = size * facts.batches_per_year
    return f"For storage {_megabytes(year)} a year."


def _demand_cost(readers: float, build: float | None) -> str:
    if build is None:
        return "Building again at every reading; how long that takes is known once a set is built."
    return f"For building {duration(readers * build)} for each batch, and no proof of what the model was given."


def _table(facts: Facts) -> Alternative:
    return Alternative(
        what="a feature table",
        right_when="a second reader comes: a training that looks back, another model, an audit",
        cost=_table_cost(facts),
    )


def _on_demand(readers: float, build: float | None) -> Alternative:
    return Alternative(
        what="features on demand",
        right_when="only the batch reads them, and nobody will ask for them as they were (AU-2, RE-1 switched off)",
        cost=_demand_cost(readers, build),
    )
