"""The table of routes: for each, its address, the right that it takes, and the use case that it calls.

Invariant: what is asked for is the signature of the use case. `workspace` and `project` come from the address, `by`
from whoever signed in; all other parameters are the query of a GET and the body of anything else. The client,
the page of permissions and the tests are made of this table.
"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from copml import app
from copml.access import Right
from copml.api import calls

Method = Literal["GET", "POST", "DELETE"]
FROM_ELSEWHERE = ("workspace", "project", "by")


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """`path` is below `/api/v1`. `answers`: `job` for what runs beside, `page` for HTML, `list` in pages."""

    method: Method
    path: str
    right: Right
    use_case: Callable[..., Any]
    tag: str
    answers: Literal["value", "list", "job", "page"] = "value"

    @property
    def name(self) -> str:
        """The name of the use case, which the client's method has as well."""
        return self.use_case.__name__

    @property
    def parameters(self) -> tuple[inspect.Parameter, ...]:
        """What the caller says."""
        known = inspect.signature(self.use_case, eval_str=True).parameters.values()
        return tuple(item for item in known if item.name not in FROM_ELSEWHERE)

    @property
    def returns(self) -> Any:
        """The type of what it answers."""
        return inspect.signature(self.use_case, eval_str=True).return_annotation

    @property
    def takes_name(self) -> bool:
        """Whether the use case is told who asks."""
        return "by" in inspect.signature(self.use_case).parameters


def _read(path: str, use_case: Callable[..., Any], tag: str, **more: Any) -> Route:
    return Route(method="GET", path=path, right=Right.READ, use_case=use_case, tag=tag, **more)


def _post(path: str, right: Right, use_case: Callable[..., Any], tag: str, **more: Any) -> Route:
    return Route(method="POST", path=path, right=right, use_case=use_case, tag=tag, **more)


_PROJECT = "/projects/{project:str}"
ROUTES: tuple[Route, ...] = (
    _read(f"{_PROJECT}/status", app.status, "evidence"),
    _read(f"{_PROJECT}/verdicts", app.check, "evidence"),
    _read(f"{_PROJECT}/reasons", app.why, "evidence"),
    _read(f"{_PROJECT}/versions", app.versions, "evidence", answers="list"),
    _read(f"{_PROJECT}/incidents", app.incidents, "evidence", answers="list"),
    _read(f"{_PROJECT}/deployments", calls.deployments, "evidence", answers="list"),
    _read(f"{_PROJECT}/decisions", calls.decisions, "evidence", answers="list"),
    _read(f"{_PROJECT}/dossiers", calls.dossiers, "evidence", answers="list"),
    _read(f"{_PROJECT}/measurements", calls.measurements, "evidence", answers="list"),
    _read(f"{_PROJECT}/scoring-runs", calls.scoring_runs, "evidence", answers="list"),
    _read(f"{_PROJECT}/report", calls.report_page, "evidence", answers="page"),
    _read(f"{_PROJECT}/ledger", calls.ledger, "evidence"),
    _read(f"{_PROJECT}/data", app.data, "data"),
    _read(f"{_PROJECT}/trials", calls.trials, "data", answers="list"),
    _read(f"{_PROJECT}/revisions", app.revisions, "project file", answers="list"),
    _read(f"{_PROJECT}/advice", app.advise, "evidence"),
    _read(f"{_PROJECT}/failures", app.failures, "loop"),
    _post(f"{_PROJECT}/runs", Right.RUN, calls.run, "loop", answers="job"),
    _post(f"{_PROJECT}/retries", Right.RUN, app.retry, "loop"),
    _post(f"{_PROJECT}/sweeps", Right.EXPLORE, calls.sweep, "data", answers="job"),
    _post(f"{_PROJECT}/explorations", Right.EXPLORE, calls.explore, "data", answers="job"),
    _post(f"{_PROJECT}/approvals", Right.DECIDE, app.approve, "decisions"),
    _post(f"{_PROJECT}/rejections", Right.DECIDE, app.reject, "decisions"),
    _post(f"{_PROJECT}/judgements", Right.DECIDE, app.judge, "decisions"),
    _post(f"{_PROJECT}/choices", Right.DECIDE, app.decide, "decisions"),
    _post(f"{_PROJECT}/retirements", Right.DECIDE, app.retire, "decisions"),
    _post(f"{_PROJECT}/acknowledgements", Right.ACKNOWLEDGE, app.acknowledge, "decisions"),
    _read(f"{_PROJECT}/delegations", app.delegations, "decisions", answers="list"),
    _post(f"{_PROJECT}/delegations", Right.DECIDE, app.delegate, "decisions"),
    _post(f"{_PROJECT}/delegations/ends", Right.DECIDE, app.end_delegation, "decisions"),
    _read(f"{_PROJECT}/notes", app.notes, "notes", answers="list"),
    _post(f"{_PROJECT}/notes", Right.NOTE, app.note, "notes"),
    Route(
        method="GET",
        path=f"{_PROJECT}/predictions",
        right=Right.READ_VALUES,
        use_case=app.predictions,
        tag="data",
        answers="list",
    ),
)
"""Everything that is asked of one project, beside jobs and the project file itself."""
