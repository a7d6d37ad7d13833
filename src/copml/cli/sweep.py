"""The command that searches for better parameters."""

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from copml.cli.output import progress, say, show_json, show_table, shown_path
from copml.cli.place import HERE, Place

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cyclopts import Token

    from copml.app import Swept
    from copml.records import Trial

SHOWN = 10
"""How many trials, the best, the table shows; the page has all of them."""


def _limit(_: object, tokens: "Sequence[Token]") -> timedelta:
    """A time limit as the project file has it, such as 10min."""
    from copml.spec.fields import parse_limit

    return parse_limit(tokens[0].value)


def sweep(
    *,
    trials: Annotated[int | None, Parameter(validator=Number(gte=1))] = None,
    time: Annotated[timedelta | None, Parameter(converter=_limit)] = None,
    candidate: bool = True,
    by: str | None = None,
    place: Place = HERE,
) -> None:
    """Search for better parameters within a budget; the best become a candidate, judged on the holdout.

    What is searched is `training.sweep` in the project file. Stopped, it goes on where it was when it is run again.

    Args:
        trials: How many trials there may be in all; as the project file says unless given.
        time: For how long, such as 10min; no trial goes on after it.
        candidate: Train a candidate with the best parameters.
        by: Who asks for it; the login name unless given.
    """
    from copml.app import SweepBudget
    from copml.app import sweep as run_sweep

    budget = SweepBudget(trials=trials, seconds=time.total_seconds() if time is not None else None)
    with place.opened() as (workspace, project), progress(enabled=not place.json) as shown:
        swept = run_sweep(workspace.showing(shown), project, by=place.who(by), budget=budget, candidate=candidate)
    if place.json:
        show_json(swept)
    else:
        _tell(project, swept)


def _tell(project: str, swept: "Swept") -> None:
    ended = sorted(swept.trials, key=lambda trial: _rank(swept, trial))
    rows = [(trial.id, _figure(swept, trial), _params(trial), trial.note) for trial in ended[:SHOWN]]
    show_table(
        f"{project}: sweep {swept.id}, {len(swept.trials)} trials", ("trial", swept.metric, "params", "note"), rows
    )
    if swept.best is not None and swept.figure is not None:
        figure = f"{swept.figure.value:.4f} ({swept.figure.low:.4f} to {swept.figure.high:.4f})"
        say(f"best by cross-validation, and so optimistic, being the best of several: {figure}")
    if swept.candidate is not None:
        _tell_candidate(swept, swept.candidate.name, swept.candidate.state, swept.candidate.state_reason)
    else:
        say(f"no candidate: {swept.note}")
    say(f"every trial as a chart: {shown_path(swept.page)}")


def _tell_candidate(swept: "Swept", name: str, state: str, reason: str) -> None:
    assert swept.best is not None
    if swept.holdout is not None:
        seen = swept.holdout
        say(f"on the holdout, which no trial saw: {seen.value:.4f} ({seen.low:.4f} to {seen.high:.4f})")
    say(f"{name} is {state}: {reason}")
    if swept.best.note == "":
        say("later trainings use the project file's parameters: to keep these, write them to `training.params`")


def _rank(swept: "Swept", trial: "Trial") -> tuple[bool, float]:
    seen = trial.metrics.get(swept.metric)
    if seen is None:
        return True, 0.0
    return False, -seen.value if swept.better == "higher" else seen.value


def _figure(swept: "Swept", trial: "Trial") -> str:
    seen = trial.metrics.get(swept.metric)
    return "failed" if seen is None else f"{seen.value:.4f}"


def _params(trial: "Trial") -> str:
    return ", ".join(
        f"{name} {value:.4g}" if isinstance(value, float) else f"{name} {value}" for name, value in trial.params.items()
    )
