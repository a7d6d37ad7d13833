"""Whether a candidate passes the project's gates (pure).

Invariant: what is not known does not pass, and a holdout with hardly an outcome of one sort knows nothing, whatever a
figure of it happens to be. One exception: a gate that cannot be decided for nothing but the lack of a live version to
compare with passes, or no first version ever would.
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
    lacking: str | None = None,
) -> tuple[GateResult, ...]:
    """The result of each gate, in order; `live` is None where there is no live version.

    `lacking`: what the holdout's outcomes lack for anybody to be judged by them (`dataset.lacking`).

    Raises:
        ConditionInvalid: when a gate is no condition.
    """
    facts = Facts(values=values, live=live or {}, constants=constants)
    if lacking is not None:
        return tuple(_unjudged(gate, facts, lacking) for gate in gates)
    return tuple(_judge(gate, facts, live is None) for gate in gates)


def passed(results: Sequence[GateResult]) -> bool:
    """Whether every gate passed."""
    return all(result.passed is True for result in results)


def state_reason(results: Sequence[GateResult], lacking: str | None = None) -> str:
    """Why a version is a candidate or not, in words."""
    failed = [result.condition for result in results if result.passed is not True]
    if not failed:
        return "passed its gates"
    if lacking is not None:
        return f"cannot be judged: of its holdout {lacking}; wait for more outcomes, or raise `training.holdout`"
    return f"did not pass: {'; '.join(failed)}"


def _unjudged(gate: str, facts: Facts, lacking: str) -> GateResult:
    seen = parse_condition(gate).seen(facts)
    return GateResult(condition=gate, passed=None, seen=f"{seen}; too few outcomes: {lacking}")


def _judge(gate: str, facts: Facts, is_first: bool) -> GateResult:
    condition = parse_condition(gate)
    holds, seen = condition.evaluate(facts), condition.seen(facts)
    missing = condition.missing(facts)
    if holds is None and is_first and missing and all(fact.startswith("live ") for fact in missing):
        return GateResult(condition=gate, passed=True, seen=f"{NO_LIVE}; {seen}")
    return GateResult(condition=gate, passed=holds, seen=seen)
