"""Whether a candidate passes the project's gates (pure).

Invariant: what is not known does not pass. One exception: a gate that cannot be decided for nothing but the lack of a
live version to compare with passes, or no first version ever would.
"""

from collections.abc import Mapping, Sequence

from copml.records import GateResult, Interval
from copml.spec import Facts, parse_condition

NO_LIVE = "no live version yet"


def judge(
    gates: Sequence[str],
    values: Mapping[str, Interval],
    live: Mapping[str, Interval] | None,
    constants: Mapping[str, float],
) -> tuple[GateResult, ...]:
    """The result of each gate, in order; `live` is None where there is no live version.

    Raises:
        ConditionInvalid: when a gate is no condition.
    """
    return tuple(
        _judge(gate, Facts(values=values, live=live or {}, constants=constants), live is None) for gate in gates
    )


def passed(results: Sequence[GateResult]) -> bool:
    """Whether every gate passed."""
    return all(result.passed is True for result in results)


def _judge(gate: str, facts: Facts, is_first: bool) -> GateResult:
    condition = parse_condition(gate)
    holds, seen = condition.evaluate(facts), condition.seen(facts)
    missing = condition.missing(facts)
    if holds is None and is_first and missing and all(fact.startswith("live ") for fact in missing):
        return GateResult(condition=gate, passed=True, seen=f"{NO_LIVE}; {seen}")
    return GateResult(condition=gate, passed=holds, seen=seen)
