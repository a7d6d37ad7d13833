"""The depth of governance: which requirements may be switched off in this project.

Invariant: follows from the project file alone; `governance` has what each requirement is worth.
"""

from copml.advice.answers import Advice, Alternative, Confidence, Figure
from copml.advice.facts import Facts
from copml.advice.governance import STAKES
from copml.conformance.words import count, listed
from copml.records import Topic
from copml.spec import REQUIREMENTS

QUESTION = "Which requirements may be switched off, and which not?"
NONE = "none"


def requirements(facts: Facts) -> Advice:
    """The answer on `requirements`."""
    project = facts.evidence.project
    forbidden = {name: reason for name, stake in STAKES.items() if (reason := stake.forbids(project)) is not None}
    may = [name for name in REQUIREMENTS if name not in forbidden]
    off = joined([*project.switched_off])
    wrong = [name for name in project.switched_off if name in forbidden]
    return Advice(
        topic=Topic.REQUIREMENTS,
        question=QUESTION,
        answer=joined(may),
        decision=f"{_these(may)} may be switched off; all others stay on." if may else "All requirements stay on.",
        reason=_reason(may, wrong, len(forbidden)),
        figures=(
            Figure(what="requirements that may be switched off", value=str(len(may)), source="the project file"),
            Figure(what="switched off today", value=str(len(project.switched_off)), source="switched_off"),
        ),
        cost="Each that is switched off is a question that nobody can answer later; the reason goes to the ledger.",
        alternatives=tuple(_alternative(name, forbidden.get(name)) for name in REQUIREMENTS),
        confidence=Confidence.HIGH,
        rests_on="what the project file says; what a regulator of your trade asks beside it is for people to add",
        in_use=(off,),
    )


def joined(names: list[str]) -> str:
    """Requirements as an answer: in the order of the framework, `none` for none.

    >>> joined(["RI-5", "AU-11"]), joined([])
    ('AU-11, RI-5', 'none')
    """
    return ", ".join(name for name in REQUIREMENTS if name in names) or NONE


def _these(names: list[str]) -> str:
    return listed(names, len(REQUIREMENTS))


def _reason(may: list[str], wrong: list[str], forbidden: int) -> str:
    against = f" Switched off against it today: {_these(wrong)}." if wrong else ""
    left = f"nothing in the project rests on the other {len(may)}" if may else "nothing is left over"
    return f"Something in the project rests on {count(forbidden, 'requirement')}, {left}.{against}"


def _alternative(name: str, forbids: str | None) -> Alternative:
    when = "nothing in this project forbids it" if forbids is None else f"not here, because {forbids}"
    return Alternative(what=f"without {name}: {REQUIREMENTS[name]}", right_when=when, cost=STAKES[name].cost)
