"""A project file whose open questions are answered for the moment, so that what is known can be judged already.

Invariant: the stand-ins make a file of blanks one that `parse` accepts and say nothing about the project; whoever uses
them must not believe what rests on them. The places of the questions go with the text.
"""

from dataclasses import dataclass

from copml.spec.document import dotted, read_document, walk
from copml.spec.project_file import FILL_IN
from copml.spec.variant import varied

_PEOPLE = "nobody is named yet"
_STAND_INS: dict[str, object] = {
    "question": "What is not said yet?",
    "decision": "It is not said yet",
    "name": "not_said_yet",
    "baseline": 0.5,
    "target": 0.4,
    "better": "lower",
    "currency": "XXX",
    "kpi_unit": 1,
    "none": "it is not said yet",
    "objective": "99%",
    "affects_people": False,
    "solely_automated": False,
    "lawful_basis": "it is not said yet",
    "predictions": "10 years",
    "evidence": "10 years",
    "equal_opportunity_difference": "10%",
    "horizon": "30d",
    "path": "not-said-yet/*",
}
_COLUMN = "not said yet"


@dataclass(frozen=True, slots=True)
class Question:
    """A place of the project file that is open, and what is to be said there."""

    place: tuple[str, ...]
    asks: str

    @property
    def where(self) -> str:
        """The place as people write it."""
        return dotted(self.place)


def questions(text: str) -> tuple[Question, ...]:
    """The open places of a project file, in their order.

    Raises:
        Unreadable: when the text is no YAML.
    """
    root, _ = read_document(text)
    return tuple(
        Question(tuple(map(str, path)), node.value.removeprefix(FILL_IN).strip(" :"))
        for path, node in walk(root)
        if isinstance(node.value, str) and node.value.startswith(FILL_IN)
    )


def filled(text: str, open_: tuple[Question, ...]) -> str:
    """The text with a stand-in at every open place."""
    return varied(text, {item.place: _stand_in(item.place, number) for number, item in enumerate(open_)})


def _stand_in(place: tuple[str, ...], number: int) -> object:
    if place[0] == "people":
        return _PEOPLE
    return _STAND_INS.get(place[-1], f"{_COLUMN} {number}")
