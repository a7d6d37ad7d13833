"""The one table: every requirement of COPML, in the order of the framework.

Invariant: each of the 39 ids stands here once. `check` walks it; `why` and tests look rows up in it.
"""

from copml.conformance.business import BUSINESS
from copml.conformance.regulatory import REGULATORY
from copml.conformance.requirement import Requirement
from copml.spec import REQUIREMENTS as TITLES

REQUIREMENTS: tuple[Requirement, ...] = (*BUSINESS, *REGULATORY)
BY_ID: dict[str, Requirement] = {requirement.id: requirement for requirement in REQUIREMENTS}

assert [requirement.id for requirement in REQUIREMENTS] == [*TITLES]
assert all(other in BY_ID for requirement in REQUIREMENTS for other in requirement.rests_on)
