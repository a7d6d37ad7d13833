"""Read the conditions of gates and triggers: `surely(accuracy.control < 0.75)`.

    condition  = conjunction, { "or", conjunction } ;
    conjunction = negation, { "and", negation } ;
    negation   = "not", negation | atom ;
    atom       = "(", condition, ")" | ( "surely" | "possibly" ), "(", test, ")" | test ;
    test       = "better", "than", "majority" | quantity, operator, quantity | flag ;
    operator   = "<" | "<=" | ">" | ">=" | "==" | "!=" ;
    quantity   = ( [ "-" ], number | metric | "live" | "baseline" | "target" ), { ( "+" | "-" ), number } ;
    flag       = metric ;                                 (* of `vocabulary.FLAGS`, such as drift: above 0 *)
    metric     = name, [ ".", segment ] ;                 (* accuracy.control; without a segment: .all *)
    number     = digits, [ ".", digits ], [ ("e" | "E"), [ "+" | "-" ], digits ], [ "%" ] ;

Invariant: any text is either read or refused with `ConditionInvalid`, in bounded time; `str` of what was read reads
back as the same. `live` is the other side's metric on the live version. Which metrics exist is for `spec.cross_checks`.
"""

import math
import re
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import NoReturn

from copml.errors import ConditionInvalid
from copml.records import SEGMENT_ALL
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
from copml.spec.condition_tree import Facts as Facts
from copml.spec.vocabulary import FLAGS

CONDITION_CHARS_MAX = 1000
CONDITION_DEPTH_MAX = 20
KEYWORDS = frozenset({"and", "or", "not", "surely", "possibly", "better", "than", "majority", *Constant})
OPERATORS = ("<", "<=", ">", ">=", "==", "!=")

_TOKEN = re.compile(
    r"(?P<number>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?%?)"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z0-9_]+)?)"
    r"|(?P<operator><=|>=|==|!=|<|>)"
    r"|(?P<sign>[+-])|(?P<open>\()|(?P<close>\))"
)
_SPACE = re.compile(r"[ \t\r\n]*")
_MISTAKES = {
    "=": "write == to compare",
    "&": "write `and`",
    "|": "write `or`",
    "!": "write `not`, or != to compare",
    "*": "conditions add and subtract only; write the number out",
    "/": "conditions add and subtract only; write the number out",
    "≤": "write <=",
    "≥": "write >=",
    "≠": "write !=",
    ",": "write a point in numbers, and `and` between conditions",
}
_EXAMPLE = "write a comparison such as accuracy.control < 0.75"


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    column: int


@lru_cache(maxsize=512)
def parse_condition(text: str) -> Condition:
    """Read a condition.

    Raises:
        ConditionInvalid: with the column and a hint, when the text is no condition, too long or nested too deep.
    """
    if len(text) > CONDITION_CHARS_MAX:
        message = f"it has {len(text)} characters, and at most {CONDITION_CHARS_MAX} are read"
        raise ConditionInvalid(text, CONDITION_CHARS_MAX + 1, message, "split it over several gates or triggers")
    reader = _Reader(text)
    root = reader.condition(0)
    reader.end()
    return Condition(root)


def _tokens(text: str) -> list[_Token]:
    tokens: list[_Token] = []
    at = _skip_space(text, 0)
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            hint = _MISTAKES.get(text[at], _EXAMPLE)
            raise ConditionInvalid(text, at + 1, f"the character {text[at]!r} has no meaning here", hint)
        tokens.append(_Token(match.lastgroup or "", match[0], at + 1))
        at = _skip_space(text, match.end())
    return [*tokens, _Token("end", "", len(text) + 1)]


def _skip_space(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return at if match is None else match.end()


class _Reader:
    """Recursive descent over the tokens of one condition; one method for each rule of the grammar."""

    def __init__(self, text: str) -> None:
        self.text, self.tokens, self.at = text, _tokens(text), 0

    def condition(self, depth: int) -> Node:
        parts = [self.conjunction(depth)]
        while self.takes("or"):
            parts.append(self.conjunction(depth))
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def conjunction(self, depth: int) -> Node:
        parts = [self.negation(depth)]
        while self.takes("and"):
            parts.append(self.negation(depth))
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def negation(self, depth: int) -> Node:
        if depth > CONDITION_DEPTH_MAX:
            self.refuse(f"it is nested deeper than {CONDITION_DEPTH_MAX} levels", "use fewer brackets and `not`s")
        return Not(self.negation(depth + 1)) if self.takes("not") else self.atom(depth)

    def atom(self, depth: int) -> Node:
        if self.takes("("):
            inner = self.condition(depth + 1)
            self.close()
            return inner
        for mode in (Mode.SURELY, Mode.POSSIBLY):
            if self.takes(mode):
                return self.moded(mode)
        return self.test(Mode.VALUE)

    def moded(self, mode: Mode) -> Node:
        if not self.takes("("):
            self.refuse(f"`{mode}` needs brackets", f"write {mode}(accuracy.control < 0.75)")
        inner = self.test(mode)
        if self.token.text in {"and", "or"}:
            self.refuse(f"`{mode}` takes one comparison", f"write {mode}(…) {self.token.text} {mode}(…)")
        self.close()
        return inner

    def test(self, mode: Mode) -> Node:
        if self.takes("better"):
            if not (self.takes("than") and self.takes("majority")):
                self.refuse("`better` must go on with `than majority`", "write: better than majority")
            return BetterThanMajority(mode)
        start = self.token
        left = self.quantity()
        if self.token.kind != "operator":
            return self.flag(left, start, mode)
        operator = self.token.text
        self.at += 1
        right = self.quantity()
        self.check_sides(left, right, start)
        return Comparison(left, operator, right, mode)

    def flag(self, quantity: Quantity, start: _Token, mode: Mode) -> Node:
        if isinstance(quantity.base, Metric) and quantity.base.name in FLAGS and quantity.offset == 0:
            return Flag(quantity.base, mode)
        if self.token.kind in {"end", "close"} or self.token.text in KEYWORDS:
            self.refuse(f"`{start.text}` is compared with nothing", f"write something like {start.text} >= 0.8", start)
        self.refuse(f"a comparison cannot go on with `{self.token.text}`", f"use one of {', '.join(OPERATORS)}")

    def quantity(self) -> Quantity:
        token = self.token
        base, offset = self.base(token)
        while self.token.kind == "sign":
            sign = -1.0 if self.token.text == "-" else 1.0
            self.at += 1
            offset += sign * self.number()
        if not math.isfinite(offset):
            self.refuse("the number is too large", "write a number that a measurement could have", token)
        return Quantity(base, offset + 0.0)

    def base(self, token: _Token) -> tuple[Metric | Constant | None, float]:
        if token.kind == "sign" and token.text == "-":
            self.at += 1
            return None, -self.number()
        if token.kind == "number":
            return None, self.number()
        if token.kind != "name" or token.text in KEYWORDS - set(Constant):
            self.refuse(f"a metric or a number must stand here, and {self.found()} does", _EXAMPLE)
        self.at += 1
        if token.text in set(Constant):
            return Constant(token.text), 0.0
        name, _, segment = token.text.partition(".")
        if name in KEYWORDS:
            self.refuse(f"`{name}` has a meaning of its own and takes no segment", f"write `{name}` alone", token)
        return Metric(name, segment or SEGMENT_ALL), 0.0

    def number(self) -> float:
        token = self.token
        if token.kind != "number":
            self.refuse(f"a number must follow, and {self.found()} does", "write something like live - 0.01")
        self.at += 1
        digits = token.text.rstrip("%")
        value = float(digits)
        if not math.isfinite(value):
            self.refuse("the number is too large", "write a number that a measurement could have", token)
        # Decimal, so that 5% is the same number as 0.05.
        return float(Decimal(digits) / 100) if digits != token.text and value else value

    def check_sides(self, left: Quantity, right: Quantity, start: _Token) -> None:
        if not any(isinstance(quantity.base, Metric) for quantity in (left, right)):
            self.refuse("no metric is compared", "name one on one side, such as roc_auc >= live - 0.01", start)
        if self.token.kind == "operator":
            self.refuse("three quantities are compared at once", "compare two at a time and join them with `and`")

    @property
    def token(self) -> _Token:
        return self.tokens[self.at]

    def takes(self, text: str) -> bool:
        if self.token.text != text:
            return False
        self.at += 1
        return True

    def close(self) -> None:
        if not self.takes(")"):
            self.refuse(f"a closing bracket must stand here, and {self.found()} does", "close every bracket")

    def end(self) -> None:
        if self.token.kind != "end":
            self.refuse(f"it cannot go on with `{self.token.text}`", "join two conditions with `and` or `or`")

    def found(self) -> str:
        return "nothing" if self.token.kind == "end" else f"`{self.token.text}`"

    def refuse(self, message: str, hint: str, token: _Token | None = None) -> NoReturn:
        raise ConditionInvalid(self.text, (token or self.token).column, message, hint)
