"""Text into a `Project`, or all of its problems at once.

Invariant: a text either becomes a project that passed every check which needs nothing but the text, or is refused with
every problem, sorted by line; a key is reported once. Files that the project names are not opened here.
"""

from collections.abc import Callable, Iterator
from functools import lru_cache

from pydantic import ValidationError

from copml.errors import Problem, ProjectInvalid
from copml.spec import business_checks, data_checks, external_checks, operation_checks
from copml.spec.document import PROBLEMS_MAX, Node, Unreadable, dotted, plain, read_document, walk
from copml.spec.project import Project
from copml.spec.sheet import Sheet
from copml.spec.wording import shape_problem

FILL_IN = "FILL IN"
"""How a value starts that `copml init --from` leaves open."""

CHECKS: tuple[Callable[[Sheet], Iterator[Problem]], ...] = (
    business_checks.question,
    business_checks.kpi,
    business_checks.value,
    business_checks.control_group,
    business_checks.effect,
    business_checks.learned_from,
    business_checks.owners,
    data_checks.named_sources,
    data_checks.source_columns,
    data_checks.classified,
    data_checks.column_checks,
    data_checks.outcome_column,
    external_checks.needed,
    external_checks.log,
    external_checks.answers,
    external_checks.elsewhere,
    operation_checks.zone,
    operation_checks.sweep,
    operation_checks.gates,
    operation_checks.triggers,
    operation_checks.escalation,
    operation_checks.metrics,
    operation_checks.shares,
    operation_checks.deciding,
    operation_checks.keeping,
    operation_checks.explaining,
    operation_checks.switched_off,
)


def parse(text: str | bytes, *, path: str = "copml.yaml") -> Project:
    """The project that a text describes, or a file's bytes. `path` is only used to name the file in errors.

    Raises:
        ProjectInvalid: with every problem, its line and what would be right; at most `PROBLEMS_MAX` of them.
    """
    project, problems = _parsed(text if isinstance(text, str) else _decoded(text, path))
    if project is None:
        raise ProjectInvalid(path, problems)
    return project


def _decoded(data: bytes, path: str) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        message = f"the byte 0x{data[error.start]:02x} is not UTF-8 text"
        raise ProjectInvalid(path, (_of_file(line, message, "save the file as UTF-8"),)) from error


# The loop asks for the same text at every turn; a text always gives the same answer.
@lru_cache(maxsize=32)
def _parsed(text: str) -> tuple[Project | None, tuple[Problem, ...]]:
    try:
        root, problems = read_document(text)
    except Unreadable as error:
        return None, _sorted(list(error.problems))
    blanks = list(_blanks(root))
    project, shape = _shaped(root)
    open_places = {blank.where for blank in blanks}
    checked = [problem for check in CHECKS for problem in check(Sheet(root))]
    found = _sorted([*problems, *blanks, *(one for one in (*shape, *checked) if one.where not in open_places)])
    return (None if found else project), found


def _shaped(root: Node) -> tuple[Project | None, list[Problem]]:
    try:
        return Project.model_validate(plain(root)), []
    except ValidationError as error:
        details = error.errors(include_url=False)
        return None, [shape_problem(root, detail) for detail in details[: 2 * PROBLEMS_MAX]]


def _blanks(root: Node) -> Iterator[Problem]:
    """Values that were left open for people to fill in."""
    for path, node in walk(root):
        if isinstance(node.value, str) and node.value.startswith(FILL_IN):
            asked = node.value.removeprefix(FILL_IN).strip(" :")
            yield Problem(
                line=node.line, column=node.column, where=dotted(path), message="this is still open", hint=asked
            )


def _sorted(problems: list[Problem]) -> tuple[Problem, ...]:
    """By line, each key once, with a word on those left out."""
    unique: dict[tuple[int, int, str], Problem] = {}
    for problem in sorted(problems, key=lambda one: (one.line, one.column)):
        unique.setdefault((problem.line, problem.column, problem.where), problem)
    found = tuple(unique.values())
    if len(found) <= PROBLEMS_MAX:
        return found
    rest = _of_file(found[PROBLEMS_MAX].line, "there are more problems from here on", "correct the ones above first")
    return (*found[:PROBLEMS_MAX], rest)


def _of_file(line: int, message: str, hint: str) -> Problem:
    return Problem(line=line, column=1, where="", message=message, hint=hint)
