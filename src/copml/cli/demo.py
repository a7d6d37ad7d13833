"""The command that runs the demonstration."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter
from cyclopts.validators import Number

from copml.cli.output import progress, say, say_whole, show_json
from copml.cli.place import NEW, NewPlace, Place

if TYPE_CHECKING:
    from copml.app.narrative import Told

app = App(name="demo", help="Run a complete project on simulated or real data.", group="Demonstration")


@app.command
def churn(
    *,
    months: Annotated[int, Parameter(validator=Number(gte=0))] = 30,
    customers: Annotated[int, Parameter(validator=Number(gte=1))] = 20_000,
    folder: Path = Path("demo"),
    data: Annotated[Path | None, Parameter(name="--data")] = None,
    comparison: bool = True,
    seed: int = 7,
    place: NewPlace = NEW,
) -> None:
    """A telephone company keeps its customers: thirty months, then a report.

    Args:
        months: How many months to run; a run that was stopped goes on where it was.
        customers: How many customers the company has at the start.
        folder: Where the project, its workspace and the report go.
        data: The real Telco churn table as CSV: trains and evaluates the same project on it instead.
        comparison: Train a naive model beside the right one, to show what learning from treated outcomes does.
        seed: Decides everything that is random in the company.
    """
    if data is not None:
        _real(data, folder, place)
        return
    from copml.app import demo

    with progress(enabled=not place.json) as shown:
        told = demo(
            folder,
            months=months,
            customers=customers,
            seed=seed,
            comparison=comparison,
            state=place.state,
            progress=shown,
        )
    _show(told, place)


def _real(data: Path, folder: Path, place: NewPlace) -> None:
    from copml.app import real_data

    with progress(enabled=not place.json) as shown:
        told = real_data(data, folder, state=place.state, progress=shown)
    _show(told, place)


def _show(told: "Told", place: Place) -> None:
    if place.json:
        show_json(told)
        return
    for line in told.lines:
        say(line)
    for line in told.look:
        say_whole(line)
