"""What the columns of a table seem to mean: whom a row is about, what is personal, what is to be predicted.

Invariant: pure; a guess is made from names and counts alone, and one that is not likely is not made. Reading the table
is for `spec.infer_columns`, writing guesses down for `spec.infer_text`.
"""

import re
from dataclasses import dataclass

from copml.errors import OutcomeUnusable
from copml.records import ProblemKind
from copml.spec.infer_columns import ColumnFacts

_DIRECT = {
    "email",
    "mail",
    "phone",
    "mobile",
    "telephone",
    "iban",
    "ssn",
    "passport",
    "surname",
    "firstname",
    "lastname",
}
_PERSONAL = {"name", "address", "street", "city", "birth", "birthday", "birthdate", "dob", "zip", "postcode", "ip"}
_PROTECTED = {"gender", "sex", "age", "senior", "race", "ethnic", "ethnicity", "religion", "nationality", "country"}
_PROTECTED |= {"disability", "disabled", "marital", "married", "orientation", "pregnant", "pregnancy"}
_OUTCOMES = {"churn", "churned", "left", "default", "defaulted", "fraud", "target", "label", "outcome", "response"}
_OUTCOMES |= {"class", "converted", "conversion", "cancelled", "canceled", "income", "survived", "y"}
_OUTCOMES |= {"price", "sales", "demand", "cnt", "species", "quality", "grade", "rating"}
_KEYS = {"id", "uuid", "guid", "key", "number", "no", "nr", "code"}
_YES = {"yes", "y", "true", "t", "1", "positive"}
CLASSES_MAX = 10
NUMBERS = ("integer", "number")
_TOKENS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Guesses:
    """What the columns of a table seem to mean. `outcome`: where one column is the likely one, and `kind` of problem.

    `outcomes` are the columns of two values that it might be.
    """

    columns: tuple[ColumnFacts, ...]
    entity: str | None
    event_at: str | None
    outcome: ColumnFacts | None
    kind: ProblemKind
    outcomes: tuple[ColumnFacts, ...]
    personal: dict[str, str]

    @property
    def protected(self) -> tuple[str, ...]:
        """Columns that the law may protect people by."""
        return tuple(name for name, kind in self.personal.items() if kind == "protected")

    @property
    def groups(self) -> tuple[str, ...]:
        """Protected columns of few values, whose groups can be compared."""
        return tuple(one.name for one in self.columns if one.name in self.protected and one.values)

    @property
    def left_out(self) -> tuple[str, ...]:
        """Columns that must not become features: whom it is about, what is personal, what may be the outcome."""
        outcomes = [self.outcome] if self.outcome is not None else self.outcomes
        times = [column.name for column in self.columns if column.kind == "time"]
        return tuple(dict.fromkeys([*self.personal, *times, *(column.name for column in outcomes)]))


def guess(columns: tuple[ColumnFacts, ...], *, outcome: str | None = None) -> Guesses:
    """What the columns seem to mean. `outcome`: the column that is to be predicted, where somebody said it. Pure.

    Raises:
        OutcomeUnusable: when there is no column of that name, or none that can be predicted.
    """
    entity = next((one.name for one in sorted(columns, key=_unlike_key) if one.is_key and _unlike_key(one) < 3), None)
    event_at = next((one.name for one in columns if one.kind == "time"), None)
    personal = {one.name: kind for one in columns if (kind := _personal(one)) and one.name != entity}
    possible = tuple(
        one for one in columns if one.name not in {*personal, entity} and one.kind != "time" and one.distinct > 1
    )
    likely = _likely(possible) if outcome is None else [_named(columns, outcome)]
    found = likely[0] if len(likely) == 1 else None
    if found is not None:
        personal.pop(found.name, None)
    return Guesses(
        columns=columns,
        entity=entity,
        event_at=event_at,
        outcome=found,
        kind=ProblemKind.BINARY if found is None else problem_kind(found),
        outcomes=tuple(one for one in possible if one.distinct == 2),
        personal={**({entity: "identifier"} if entity is not None else {}), **personal},
    )


def problem_kind(outcome: ColumnFacts) -> ProblemKind:
    """What kind of problem predicting a column is: of two values yes or no, of few classes, else a number.

    A whole number of at most `CLASSES_MAX` values is taken for classes, such as grades; texts always are.
    """
    if outcome.distinct == 2:
        return ProblemKind.BINARY
    is_number = outcome.kind in NUMBERS
    if not is_number or (outcome.kind == "integer" and outcome.distinct <= CLASSES_MAX):
        return ProblemKind.MULTICLASS
    return ProblemKind.REGRESSION


def positive_value(column: ColumnFacts) -> str:
    """The value that reads like yes, or else the rarer one."""
    return next((value for value, _ in column.values if value.lower() in _YES), column.values[-1][0])


def tokens(name: str) -> set[str]:
    """The words of a name: customerID and customer_id are customer and id."""
    return {token.lower() for token in _TOKENS.findall(name)}


def _likely(possible: tuple[ColumnFacts, ...]) -> list[ColumnFacts]:
    """Columns that are called like an outcome: of two values if there is one, else of few classes or numbers."""
    named = [one for one in possible if tokens(one.name) & _OUTCOMES and one.kind != "email"]
    return [one for one in named if one.distinct == 2] or [one for one in named if one.values or one.kind in NUMBERS]


def _named(columns: tuple[ColumnFacts, ...], outcome: str) -> ColumnFacts:
    found = next((one for one in columns if one.name == outcome), None)
    if found is None:
        raise OutcomeUnusable(outcome, f"there is no such column, only {', '.join(one.name for one in columns)}")
    if found.distinct < 2:
        raise OutcomeUnusable(outcome, "it has one value only, so there is nothing to predict")
    if problem_kind(found) is ProblemKind.MULTICLASS and not found.values:
        raise OutcomeUnusable(outcome, f"it has {found.distinct:,} different texts, which are too many for classes")
    return found


def _personal(column: ColumnFacts) -> str | None:
    words = tokens(column.name)
    if words & _PROTECTED:
        return "protected"
    if column.values:  # so few values tell nobody from the others
        return None
    if column.kind == "email" or words & _DIRECT:
        return "identifier"
    return "personal" if words & _PERSONAL else None


def _unlike_key(column: ColumnFacts) -> int:
    """How unlike the entity's key a column is: 0 and 1 by its name, 2 for a text, 3 for numbers and times."""
    words = tokens(column.name)
    if words & {"id", "uuid", "guid"}:
        return 0
    if words & _KEYS:
        return 1
    return 2 if column.kind == "text" else 3
