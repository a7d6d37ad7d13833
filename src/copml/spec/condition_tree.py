"""What conditions mean: a small tree, decided with three-valued logic over measured intervals.

Invariant: a missing fact makes a comparison unknown (None), and unknown is never guessed: it survives unless the other
side of an `and` or `or` settles the matter. Where low ≤ value ≤ high, `surely c` implies `c` implies `possibly c`.
Reading text into a tree is for `spec.conditions`.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import assert_never

from copml.records import SEGMENT_ALL, SEGMENT_CONTROL, Interval


class Mode(StrEnum):
    """Which part of the interval must satisfy a comparison: the value, all of it, some of it."""

    VALUE = "value"
    SURELY = "surely"
    POSSIBLY = "possibly"


class Constant(StrEnum):
    """A number that the project or its live version holds."""

    LIVE = "live"
    BASELINE = "baseline"
    TARGET = "target"


@dataclass(frozen=True, slots=True, order=True)
class Metric:
    """A measured quantity on a segment of the entities."""

    name: str
    segment: str = SEGMENT_ALL

    @property
    def key(self) -> str:
        """The name under which facts hold it: `accuracy.control`."""
        return f"{self.name}.{self.segment}"

    def __str__(self) -> str:
        return self.name if self.segment == SEGMENT_ALL else self.key


@dataclass(frozen=True, slots=True)
class Quantity:
    """A metric or a constant plus a number; a number alone when there is no base."""

    base: Metric | Constant | None
    offset: float = 0.0

    def __str__(self) -> str:
        if self.base is None:
            return _digits(self.offset)
        if self.offset == 0:
            return str(self.base)
        return f"{self.base} {'-' if self.offset < 0 else '+'} {_digits(abs(self.offset))}"


@dataclass(frozen=True, slots=True)
class Comparison:
    """`left operator right`."""

    left: Quantity
    operator: str
    right: Quantity
    mode: Mode = Mode.VALUE

    def __str__(self) -> str:
        return _moded(f"{self.left} {self.operator} {self.right}", self.mode)


@dataclass(frozen=True, slots=True)
class Flag:
    """A metric alone: its value is above 0."""

    metric: Metric
    mode: Mode = Mode.VALUE

    def __str__(self) -> str:
        return _moded(str(self.metric), self.mode)


@dataclass(frozen=True, slots=True)
class BetterThanMajority:
    """Accuracy above that of always naming the more frequent outcome; on control where both are known there."""

    mode: Mode = Mode.VALUE

    def __str__(self) -> str:
        return _moded("better than majority", self.mode)


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite; unknown stays unknown."""

    part: "Node"

    def __str__(self) -> str:
        return f"not {_grouped(self.part)}"


@dataclass(frozen=True, slots=True)
class And:
    """All parts; at least two."""

    parts: tuple["Node", ...]

    def __str__(self) -> str:
        return " and ".join(map(_grouped, self.parts))


@dataclass(frozen=True, slots=True)
class Or:
    """Any part; at least two."""

    parts: tuple["Node", ...]

    def __str__(self) -> str:
        return " or ".join(map(_grouped, self.parts))


Atom = Comparison | Flag | BetterThanMajority
Node = Atom | Not | And | Or

_NO_FACTS: Mapping[str, Interval] = {}
_NO_CONSTANTS: Mapping[str, float] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known when a condition is decided; `values` and `live` by `metric.segment`.

    `live` are the metrics of the live version; `constants` are `baseline` and `target` of the KPI.
    """

    values: Mapping[str, Interval]
    live: Mapping[str, Interval] = field(default_factory=lambda: _NO_FACTS)
    constants: Mapping[str, float] = field(default_factory=lambda: _NO_CONSTANTS)


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition that was read from text; `str` gives a text that reads back as the same condition."""

    root: Node

    def __str__(self) -> str:
        return str(self.root)

    @property
    def names(self) -> frozenset[tuple[str, str]]:
        """The metrics it reads, as (name, segment)."""
        return frozenset(
            (base.name, base.segment)
            for atom in atoms(self.root)
            for base in _bases(_as_comparison(atom, None))
            if isinstance(base, Metric)
        )

    @property
    def asks_majority(self) -> bool:
        """Whether it asks to be better than majority."""
        return any(isinstance(atom, BetterThanMajority) for atom in atoms(self.root))

    def evaluate(self, facts: Facts) -> bool | None:
        """Whether it holds; None when the facts do not settle it."""
        return _truth(self.root, facts)

    def missing(self, facts: Facts) -> frozenset[str]:
        """The facts that it reads and that are not known, such as `accuracy.control` or `live accuracy.control`."""
        return frozenset(label for label, fact in _readings(self.root, facts) if fact is None)

    def seen(self, facts: Facts) -> str:
        """What was seen of everything that it reads, in plain words."""
        return "; ".join(_words(label, fact) for label, fact in dict(_readings(self.root, facts)).items())


def atoms(node: Node) -> Iterator[Atom]:
    """Every comparison, flag and majority test, from left to right."""
    match node:
        case Not():
            yield from atoms(node.part)
        case And() | Or():
            for part in node.parts:
                yield from atoms(part)
        case _:
            yield node


def _truth(node: Node, facts: Facts) -> bool | None:
    match node:
        case Not():
            inner = _truth(node.part, facts)
            return None if inner is None else not inner
        case And():
            return _all([_truth(part, facts) for part in node.parts])
        case Or():
            opposite = _all([None if one is None else not one for one in (_truth(part, facts) for part in node.parts)])
            return None if opposite is None else not opposite
        case Comparison() | Flag() | BetterThanMajority():
            return _compare(_as_comparison(node, facts), facts)
    assert_never(node)


def _all(truths: list[bool | None]) -> bool | None:
    return False if False in truths else None if None in truths else True


def _as_comparison(atom: Atom, facts: Facts | None) -> Comparison:
    match atom:
        case Comparison():
            return atom
        case Flag():
            return Comparison(Quantity(atom.metric), ">", Quantity(None), atom.mode)
        case BetterThanMajority():
            segment = _majority_segment(facts)
            accuracy, majority = Metric("accuracy", segment), Metric("majority_accuracy", segment)
            return Comparison(Quantity(accuracy), ">", Quantity(majority), atom.mode)
    assert_never(atom)


def _majority_segment(facts: Facts | None) -> str:
    wanted = {f"accuracy.{SEGMENT_CONTROL}", f"majority_accuracy.{SEGMENT_CONTROL}"}
    return SEGMENT_CONTROL if facts is not None and wanted <= facts.values.keys() else SEGMENT_ALL


def _compare(comparison: Comparison, facts: Facts) -> bool | None:
    left = _range(comparison.left, comparison.right, facts, comparison.mode)
    right = _range(comparison.right, comparison.left, facts, comparison.mode)
    if left is None or right is None:
        return None
    return _holds(comparison.operator, left, right, everywhere=comparison.mode is Mode.SURELY)


def _range(quantity: Quantity, other: Quantity, facts: Facts, mode: Mode) -> tuple[float, float] | None:
    """Low and high end of what a quantity may be; both are the value in mode VALUE."""
    if quantity.base is None:
        return quantity.offset, quantity.offset
    fact = _fact(quantity.base, other, facts)
    if fact is None:
        return None
    ends = (fact.value, fact.value) if mode is Mode.VALUE else (fact.low, fact.high)
    return None if any(map(math.isnan, ends)) else (ends[0] + quantity.offset, ends[1] + quantity.offset)


def _fact(base: Metric | Constant, other: Quantity, facts: Facts) -> Interval | None:
    if isinstance(base, Metric):
        fact = facts.values.get(base.key)
    elif base is Constant.LIVE:
        assert isinstance(other.base, Metric), "the grammar lets `live` stand only against a metric"
        fact = facts.live.get(other.base.key)
    else:
        number = facts.constants.get(base.value)
        fact = None if number is None else Interval(value=number, low=number, high=number, n=0)
    return None if fact is None or math.isnan(fact.value) else fact


def _holds(operator: str, left: tuple[float, float], right: tuple[float, float], *, everywhere: bool) -> bool:
    """Compare two ranges: for every pair of points, or for some pair. On single points both are the same."""
    match operator:
        case "<":
            return left[1] < right[0] if everywhere else left[0] < right[1]
        case "<=":
            return left[1] <= right[0] if everywhere else left[0] <= right[1]
        case ">" | ">=":
            return _holds(operator.replace(">", "<"), right, left, everywhere=everywhere)
        case "==":
            same = left[0] == left[1] == right[0] == right[1]
            return same if everywhere else left[0] <= right[1] and right[0] <= left[1]
        case "!=":
            return not _holds("==", left, right, everywhere=not everywhere)
    raise AssertionError(f"operator {operator!r} is not in the grammar")


def _bases(comparison: Comparison) -> tuple[Metric | Constant, ...]:
    return tuple(side.base for side in (comparison.left, comparison.right) if side.base is not None)


def _readings(node: Node, facts: Facts) -> Iterator[tuple[str, Interval | None]]:
    for atom in atoms(node):
        comparison = _as_comparison(atom, facts)
        sides = ((comparison.left, comparison.right), (comparison.right, comparison.left))
        for side, other in sides:
            if side.base is not None:
                yield _label(side.base, other), _fact(side.base, other, facts)


def _label(base: Metric | Constant, other: Quantity) -> str:
    if isinstance(base, Metric):
        return base.key
    return f"live {other.base.key}" if base is Constant.LIVE and isinstance(other.base, Metric) else base.value


def _words(label: str, fact: Interval | None) -> str:
    if fact is None:
        return f"{label} is not known"
    if fact.low == fact.high == fact.value:
        return f"{label} is {_plain(fact.value)}"
    return f"{label} is {_plain(fact.value)} ({_plain(fact.low)} to {_plain(fact.high)})"


def _digits(number: float) -> str:
    return repr(number).removesuffix(".0")


def _moded(text: str, mode: Mode) -> str:
    return text if mode is Mode.VALUE else f"{mode}({text})"


def _grouped(node: Node) -> str:
    return f"({node})" if isinstance(node, (And, Or)) else str(node)


def _plain(value: float) -> str:
    """Four digits, or whole numbers in groups of three from ten thousand on."""
    return f"{value:,.0f}" if abs(value) >= 10_000 else f"{value:.4g}"
