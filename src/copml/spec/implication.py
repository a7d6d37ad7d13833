"""Whether one condition holds whenever another does, as far as their form shows it.

Invariant: sound, not complete. `implies(a, b)` is True only when no facts make `a` true and `b` not true, given
intervals with low ≤ value ≤ high and the same facts known to both; False means "cannot be shown". What follows for
gates and triggers is for `spec.weakening`.
"""

from copml.spec.condition_tree import (
    And,
    BetterThanMajority,
    Comparison,
    Condition,
    Flag,
    Metric,
    Mode,
    Node,
    Not,
    Or,
    Quantity,
)

_STRENGTH = {Mode.POSSIBLY: 0, Mode.VALUE: 1, Mode.SURELY: 2}
_TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}


def implies(stronger: Condition, weaker: Condition) -> bool:
    """Whether `weaker` holds whenever `stronger` does."""
    return _implies(stronger.root, weaker.root)


def _implies(a: Node, b: Node) -> bool:
    if a == b:
        return True
    if isinstance(a, Or):
        return all(_implies(part, b) for part in a.parts)
    if isinstance(b, And):
        return all(_implies(a, part) for part in b.parts)
    if isinstance(b, Or) and any(_implies(a, part) for part in b.parts):
        return True
    if isinstance(a, And):
        return any(_implies(part, b) for part in a.parts)
    if isinstance(a, Not) and isinstance(b, Not):
        return _implies(b.part, a.part)
    return _atom_implies(a, b)


def _atom_implies(a: Node, b: Node) -> bool:
    if isinstance(a, BetterThanMajority) and isinstance(b, BetterThanMajority):
        return _STRENGTH[a.mode] >= _STRENGTH[b.mode]
    one, other = _normal(a), _normal(b)
    if one is None or other is None or (one.left.base, one.right.base) != (other.left.base, other.right.base):
        return False
    return _STRENGTH[one.mode] >= _STRENGTH[other.mode] and _bound_implies(one, other)


def _bound_implies(a: Comparison, b: Comparison) -> bool:
    """Both compare the same two bases. A bound that is at least as tight implies the other."""
    tight, loose = a.right.offset, b.right.offset
    match a.operator, b.operator:
        case (">" | ">=", ">") | (">", ">="):
            return tight >= loose and (a.operator == ">" or b.operator == ">=" or tight > loose)
        case ("<" | "<=", "<") | ("<", "<="):
            return tight <= loose and (a.operator == "<" or b.operator == "<=" or tight < loose)
        case (">=", ">="):
            return tight >= loose
        case ("<=", "<="):
            return tight <= loose
        case one, other:
            return one == other and tight == loose
    return False


def _normal(node: Node) -> Comparison | None:
    """A comparison with a metric alone on the left; None for one that has no such form."""
    if isinstance(node, Flag):
        return Comparison(Quantity(node.metric), ">", Quantity(None), node.mode)
    if not isinstance(node, Comparison):
        return None
    left, operator, right = node.left, node.operator, node.right
    if _rank(right) < _rank(left):
        left, operator, right = right, _TURNED[operator], left
    # Moving a number to the other side would round, and what is shown here must hold exactly.
    return Comparison(left, operator, right, node.mode) if left.offset == 0 else None


def _rank(quantity: Quantity) -> tuple[bool, bool, str]:
    return not isinstance(quantity.base, Metric), quantity.base is None, str(quantity.base)
