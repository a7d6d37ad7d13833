"""How often something is there, and how many of it are needed.

One replica is there with probability a; n of which one is enough, if they fail independently, with 1 − (1 − a)^n. If a
share β of the failures strikes all of them at once (the beta-factor model of common causes), with
1 − (β(1 − a) + ((1 − β)(1 − a))^n), which no n lifts above 1 − β(1 − a).

Invariant: pure arithmetic; a stricter objective never needs fewer replicas.
"""

from math import ceil, inf, log

# What is assumed of one machine until runs have shown better or worse: three and a half days a year without it. It
# weighs as much as a hundred runs, so that one late run in the first month does not turn every advice around.
ASSUMED_AVAILABILITY = 0.99
ASSUMED_RUNS = 100
REPLICAS_MAX = 100


def attained_by(one: float, replicas: int, *, common: float = 0.0) -> float:
    """Availability of `replicas` of which one is enough; `one`, `common` in 0..1, replicas ≥ 1.

    >>> round(attained_by(0.99, 2), 6)
    0.9999
    """
    down = 1 - one
    return max(0.0, 1 - (common * down + ((1 - common) * down) ** replicas))


def replicas_needed(one: float, objective: float) -> float:
    """The fewest replicas whose availability is at least the objective; infinite where no number is enough.

    >>> replicas_needed(0.99, 0.999), replicas_needed(0.99, 1.0)
    (2, inf)
    """
    if objective <= one:
        return 1
    if objective >= 1 or one <= 0:
        return inf
    near = max(1, ceil(log(1 - objective) / log(1 - one)) - 1)
    # Logarithms round: whether this many are enough is asked of the formula itself.
    return next((n for n in range(near, REPLICAS_MAX) if attained_by(one, n) >= objective - 1e-12), inf)


def availability_of(runs: int, failed: int) -> float:
    """What one replica attains, from runs of which some failed, and the assumption, which counts as `ASSUMED_RUNS`.

    >>> availability_of(0, 0), round(availability_of(100, 3), 3)
    (0.99, 0.98)
    """
    return 1 - (failed + ASSUMED_RUNS * (1 - ASSUMED_AVAILABILITY)) / (runs + ASSUMED_RUNS)


def may_fail(objective: float, runs: float) -> float:
    """How many of some runs may be late without breaking the objective.

    >>> may_fail(0.75, 12)
    3.0
    """
    return (1 - objective) * runs
