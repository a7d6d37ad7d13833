"""Requirements of COPML → verdicts with the evidence behind them.

Invariant: a verdict is a pure function of an `Evidence`, which the caller fills from the store; nothing here reads a
clock, a file or a database, and evidence past its age never says that a requirement is met. Showing verdicts is for
`reporting` and `cli`; mending what they show is for people and for `operations`.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from copml.conformance.changes import UNWELCOME as UNWELCOME
    from copml.conformance.changes import StatedVerdict as StatedVerdict
    from copml.conformance.changes import VerdictChange as VerdictChange
    from copml.conformance.changes import compare as compare
    from copml.conformance.changes import stated as stated
    from copml.conformance.evidence import Advised as Advised
    from copml.conformance.evidence import Evidence as Evidence
    from copml.conformance.evidence import LedgerFacts as LedgerFacts
    from copml.conformance.open_questions import with_open as with_open
    from copml.conformance.requirement import Area as Area
    from copml.conformance.requirement import RequirementVerdict as RequirementVerdict
    from copml.conformance.sentences import why as why
    from copml.conformance.verdicts import areas as areas
    from copml.conformance.verdicts import check as check

_NAMES = {
    "UNWELCOME": "changes",
    "StatedVerdict": "changes",
    "VerdictChange": "changes",
    "Advised": "evidence",
    "Area": "requirement",
    "Evidence": "evidence",
    "LedgerFacts": "evidence",
    "RequirementVerdict": "requirement",
    "areas": "verdicts",
    "check": "verdicts",
    "compare": "changes",
    "stated": "changes",
    "why": "sentences",
    "with_open": "open_questions",
}


def __getattr__(name: str) -> object:
    if name not in _NAMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_NAMES[name]}"), name)
