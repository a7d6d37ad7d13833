"""Which explanation suits the model, and whether the law asks for one.

Invariant: what is owed follows from what the project file says of people; which method is exact follows from the kind
of model, and neither is said where it is not known.
"""

from copml.advice.answers import Advice, Alternative, Confidence, Figure
from copml.advice.facts import Facts, Family
from copml.advice.rates import BENCHMARK_ROWS, BENCHMARKS, duration
from copml.conformance.words import count
from copml.records import Stage, Topic

EXACT, AGNOSTIC, NONE = "exact", "model-agnostic", "none"
QUESTION = "How should single decisions be explained, and must they be?"
# Coalitions that sampling Shapley values evaluates for one row: twice the columns, and this many, as the method's
# authors propose (Lundberg and Lee 2017, whose program takes 2 m + 2048).
SAMPLES = 2048
METHODS: dict[Family, str] = {
    "linear": "Shapley values, exact: weight times distance from the mean, a sum with no sampling",
    "trees": "Shapley values, exact along the paths of the trees",
    "other": "Shapley values by sampling, which works for any model and comes out a little different each time",
}


def explanation(facts: Facts) -> Advice:
    """The answer on `explanation`."""
    regulatory = facts.evidence.project.regulatory
    owed = regulatory.affects_people
    answer = _answer(facts, owed=owed)
    return Advice(
        topic=Topic.EXPLANATION,
        question=QUESTION,
        answer=answer,
        decision=_decision(facts, answer),
        reason=f"{_law(facts)} {_model(facts)}",
        figures=_figures(facts, answer),
        cost=_cost(facts, answer),
        alternatives=_alternatives(facts, answer),
        confidence=Confidence.HIGH if facts.family is not None else Confidence.LOW,
        rests_on="what the project file says of people, and the model that is live"
        if facts.family is not None
        else "what the project file says of people only: no model is known yet",
        in_use=(NONE,) if regulatory.explanation == "none" else (EXACT, AGNOSTIC),
        missing=() if facts.family is not None else ("the kind of model: train a first version",),
    )


def _answer(facts: Facts, *, owed: bool) -> str:
    if not owed:
        return NONE
    return AGNOSTIC if facts.family == "other" else EXACT


def _decision(facts: Facts, answer: str) -> str:
    if answer == NONE:
        return "No explanation is owed; give one where it helps whoever uses the answers."
    if facts.family is None:
        return "Explain each decision with Shapley values; prefer a linear model or trees, for which they are exact."
    return f"Explain each decision with {METHODS[facts.family]}."


def _law(facts: Facts) -> str:
    regulatory = facts.evidence.project.regulatory
    if not regulatory.affects_people:
        return "The project file says that no decision materially affects a person (regulatory.affects_people)."
    if regulatory.solely_automated:
        return (
            "Decisions affect people and are taken by the machine alone: whoever is affected may ask for reasons, for "
            "a person to look, and contest the decision (GDPR, articles 13 to 15 and 22)."
        )
    return (
        "Decisions affect people (regulatory.affects_people), so that an explanation is owed to them; a person takes "
        "part, so that article 22 of the GDPR does not apply."
    )


def _model(facts: Facts) -> str:
    if facts.family is None:
        return "No version is live, so that the kind of model is not known."
    kind = {"linear": "a linear model", "trees": "made of trees", "other": "neither linear nor made of trees"}
    return f"The live version ({facts.estimator}) is {kind[facts.family]}."


def _evaluations(facts: Facts, answer: str) -> int:
    """Predictions for one explanation: the exact methods read the model and ask it nothing."""
    return 2 * (facts.columns or 0) + SAMPLES if answer == AGNOSTIC else 0


def _figures(facts: Facts, answer: str) -> tuple[Figure, ...]:
    found = []
    if facts.estimator:
        found.append(Figure(what="model", value=facts.estimator, source="the signed files of the live version"))
    if facts.columns:
        found.append(Figure(what="features", value=str(facts.columns), source="the newest feature set"))
    if answer != NONE:
        value = count(_evaluations(facts, answer), "prediction")
        found.append(Figure(what="predictions to explain one", value=value, source="the method"))
    return tuple(found)


def _cost(facts: Facts, answer: str) -> str:
    if answer == NONE:
        return "Nothing."
    if answer == EXACT:
        return "About the time of a prediction for each explanation, and its storage: one number for each feature."
    rate = BENCHMARKS[Stage.SCORE]
    rows = facts.rows or BENCHMARK_ROWS
    seconds = rows * _evaluations(facts, answer) / rate.rows_per_second
    return (
        f"{duration(seconds)} for a batch of {count(rows, 'row')}, at {rate.rows_per_second:,} predictions a second "
        f"({rate.source}); so explain those that are asked about."
    )


def _alternatives(facts: Facts, answer: str) -> tuple[Alternative, ...]:
    exact = Alternative(
        what="exact Shapley values, with a model for which there are some",
        right_when="a linear model or trees lose little accuracy against the model that is live",
        cost="a training with another model, and its gates",
    )
    sampled = Alternative(
        what=METHODS["other"], right_when="the model is neither linear nor trees", cost=_cost(facts, AGNOSTIC)
    )
    silent = Alternative(
        what="no explanation",
        right_when="no decision materially affects a person, and the project file says so",
        cost="nobody can tell a customer, or himself, why",
    )
    found = {EXACT: exact, AGNOSTIC: sampled, NONE: silent}
    return tuple(item for name, item in found.items() if name != answer)
