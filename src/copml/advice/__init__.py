"""Answers to the decisions that the framework asks for, each with reason, figure, cost and alternative (DE-1).

Invariant: advice is a pure function of `Facts`; it decides nothing and changes nothing. What people chose is a record,
and whether the facts have moved since is told by comparing what was advised then with what is advised now. Gathering
the facts is for `app`.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from copml.advice.answers import Advice as Advice
    from copml.advice.answers import Answered as Answered
    from copml.advice.choosing import answered as answered
    from copml.advice.choosing import chosen as chosen
    from copml.advice.curves import curve as curve
    from copml.advice.facts import Facts as Facts
    from copml.advice.facts import Machine as Machine
    from copml.advice.topics import standing as standing

_NAMES = {
    "Advice": "answers",
    "Answered": "answers",
    "Facts": "facts",
    "Machine": "facts",
    "answered": "choosing",
    "chosen": "choosing",
    "curve": "curves",
    "standing": "topics",
}


def __getattr__(name: str) -> object:
    if name not in _NAMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_NAMES[name]}"), name)
