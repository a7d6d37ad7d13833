"""Conditions under any text, any form and any facts."""

from hypothesis import given, settings
from hypothesis import strategies as st

from copml.errors import ConditionInvalid
from copml.records import Interval
from copml.spec import Facts, parse_condition
from copml.spec.condition_tree import (
    And,
    BetterThanMajority,
    Comparison,
    Condition,
    Constant,
    Flag,
    Metric,
    Mode,
    Node,
    Not,
    Or,
    Quantity,
)
from copml.spec.conditions import OPERATORS
from copml.spec.implication import implies

# No deadline: the machine may be busy, and what counts is what is true.
LAW = settings(max_examples=50, deadline=None)
finite = st.floats(min_value=-1e6, max_value=1e6).map(lambda number: number + 0.0)
small = st.sampled_from([-1.0, -0.5, 0.0, 0.25, 0.5, 1.0])
modes = st.sampled_from(list(Mode))
metrics = st.builds(
    Metric, st.sampled_from(["accuracy", "roc_auc", "majority_accuracy"]), st.sampled_from(["all", "control"])
)
flags = st.builds(Metric, st.just("drift"), st.sampled_from(["all", "fee"]))


def quantities(numbers: st.SearchStrategy[float]) -> st.SearchStrategy[Quantity]:
    return st.builds(Quantity, st.one_of(st.none(), metrics, st.sampled_from(list(Constant))), numbers)


def atoms(numbers: st.SearchStrategy[float]) -> st.SearchStrategy[Node]:
    against = st.tuples(st.builds(Quantity, metrics, numbers), quantities(numbers))
    turned = st.one_of(against, against.map(lambda pair: (pair[1], pair[0])))
    comparisons = st.builds(
        lambda pair, sign, mode: Comparison(pair[0], sign, pair[1], mode), turned, st.sampled_from(OPERATORS), modes
    )
    return st.one_of(comparisons, st.builds(Flag, flags, modes), st.builds(BetterThanMajority, modes))


def grown(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    several = st.lists(inner, min_size=2, max_size=3).map(tuple)
    return st.one_of(st.builds(Not, inner), st.builds(And, several), st.builds(Or, several))


def conditions(numbers: st.SearchStrategy[float] = finite) -> st.SearchStrategy[Condition]:
    return st.recursive(atoms(numbers), grown, max_leaves=6).map(Condition)


def intervals(numbers: st.SearchStrategy[float]) -> st.SearchStrategy[Interval]:
    ends = st.tuples(numbers, numbers, numbers).map(sorted)
    return ends.map(lambda three: Interval(value=three[1], low=three[0], high=three[2], n=10))


KEYS = [f"{name}.{segment}" for name in ("accuracy", "roc_auc", "majority_accuracy") for segment in ("all", "control")]


def facts(numbers: st.SearchStrategy[float] = finite) -> st.SearchStrategy[Facts]:
    some = st.dictionaries(st.sampled_from([*KEYS, "drift.all", "drift.fee"]), intervals(numbers))
    constants = st.dictionaries(st.sampled_from(["baseline", "target"]), numbers)
    return st.builds(
        lambda values, live, known: Facts(values=values, live=live, constants=known), some, some, constants
    )


def not_(truth: bool | None) -> bool | None:
    return None if truth is None else not truth


@LAW
@given(conditions())
def test_written_and_read_back_is_the_same(condition: Condition) -> None:
    assert parse_condition(str(condition)) == condition


@LAW
@given(st.one_of(st.text(max_size=60), st.text(alphabet="adrift.live05%<>=!()+- notsurely", max_size=60)))
def test_any_text_is_read_or_refused(text: str) -> None:
    condition = _read(text)
    if isinstance(condition, ConditionInvalid):
        assert 1 <= condition.column <= len(text) + 1
    else:
        assert parse_condition(str(condition)) == condition


@LAW
@given(atoms(small), facts(small))
def test_surely_implies_the_value_implies_possibly(atom: Node, known: Facts) -> None:
    assert isinstance(atom, (Comparison, Flag, BetterThanMajority))
    truths = [_in_mode(atom, mode, known) for mode in (Mode.SURELY, Mode.VALUE, Mode.POSSIBLY)]
    assert truths == [None, None, None] or [bool(truth) for truth in truths] == sorted(bool(truth) for truth in truths)


@LAW
@given(atoms(small), facts(small))
def test_surely_not_is_not_possibly(atom: Node, known: Facts) -> None:
    opposite = {"<": ">=", ">=": "<", ">": "<=", "<=": ">", "==": "!=", "!=": "=="}
    if isinstance(atom, Comparison):
        turned = Comparison(atom.left, opposite[atom.operator], atom.right)
        assert _in_mode(turned, Mode.SURELY, known) is not_(_in_mode(atom, Mode.POSSIBLY, known))


@LAW
@given(conditions(small), facts(small))
def test_two_negations_cancel(condition: Condition, known: Facts) -> None:
    assert Condition(Not(Not(condition.root))).evaluate(known) is condition.evaluate(known)


@LAW
@given(conditions(small), conditions(small), facts(small))
def test_kleene_and_de_morgan(a: Condition, b: Condition, known: Facts) -> None:
    one, other = a.evaluate(known), b.evaluate(known)
    both = Condition(And((a.root, b.root))).evaluate(known)
    either = Condition(Or((a.root, b.root))).evaluate(known)
    assert both is (False if False in (one, other) else None if None in (one, other) else True)
    assert either is (True if True in (one, other) else None if None in (one, other) else False)
    assert either is not_(Condition(And((Not(a.root), Not(b.root)))).evaluate(known))
    assert both is Condition(And((b.root, a.root))).evaluate(known)


@LAW
@given(conditions(small), facts(small), facts(small))
def test_more_facts_never_change_what_was_decided(condition: Condition, few: Facts, more: Facts) -> None:
    # `better than majority` moves to the control group when that becomes known, by design.
    if "majority" not in str(condition):
        merged = Facts(
            values={**more.values, **few.values},
            live={**more.live, **few.live},
            constants={**more.constants, **few.constants},
        )
        before = condition.evaluate(few)
        assert before is None or condition.evaluate(merged) is before


@LAW
@given(conditions(small), facts(small))
def test_unknown_only_where_something_is_missing(condition: Condition, known: Facts) -> None:
    assert (condition.evaluate(known) is None) <= bool(condition.missing(known))
    assert condition.seen(known)


@LAW
@given(conditions(small), conditions(small), facts(small))
def test_what_implies_holds_first(a: Condition, b: Condition, known: Facts) -> None:
    if implies(a, b) and a.evaluate(known) is True:
        assert b.evaluate(known) is True


@LAW
@given(atoms(small), small, small, facts(small))
def test_a_tighter_bound_implies_a_looser_one(atom: Node, one: float, other: float, known: Facts) -> None:
    if isinstance(atom, Comparison) and atom.right.base is None and atom.left.offset == 0:
        tight, loose = (
            Condition(Comparison(atom.left, ">=", Quantity(None, bound), atom.mode))
            for bound in (max(one, other), min(one, other))
        )
        assert implies(tight, loose)
        assert implies(loose, tight) == (one == other)
        assert implies(Condition(Not(loose.root)), Condition(Not(tight.root)))


def _read(text: str) -> Condition | ConditionInvalid:
    try:
        return parse_condition(text)
    except ConditionInvalid as error:
        return error


def _in_mode(atom: Node, mode: Mode, known: Facts) -> bool | None:
    match atom:
        case Comparison():
            return Condition(Comparison(atom.left, atom.operator, atom.right, mode)).evaluate(known)
        case Flag():
            return Condition(Flag(atom.metric, mode)).evaluate(known)
        case _:
            return Condition(BetterThanMajority(mode)).evaluate(known)
