"""Commands that write what other tools read: export mlflow, export predictions."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from copml.cli.output import progress, say, show_json, shown_path
from copml.cli.place import HERE, Place

SUFFIXES = {"csv": "csv", "parquet": "parquet", "openml": "arff"}


def mlflow(version: str, *, output: Path, place: Place = HERE) -> None:
    """Write a model version as a folder that MLflow loads, without copml being installed there.

    Args:
        version: Which version, such as v3.
        output: The folder to make; it must not be there yet.
    """
    from copml.app import export_mlflow

    with place.opened() as (workspace, project):
        folder = export_mlflow(workspace, project, version, output)
    if place.json:
        show_json({"folder": folder})
    else:
        say(f"wrote {shown_path(folder)}; next, where MLflow is: mlflow.pyfunc.load_model({str(output)!r})")


def predictions(
    *,
    output: Path | None = None,
    format: Literal["csv", "parquet", "openml"] = "csv",
    version: str | None = None,
    from_: Annotated[datetime | None, Parameter(name="--from")] = None,
    to: datetime | None = None,
    place: Place = HERE,
) -> None:
    """Write predictions with their inputs and, where they are known, their outcomes; pseudonyms only.

    Args:
        output: The file to write; PROJECT-predictions in this folder unless given.
        format: csv, parquet, or openml, which is ARFF.
        version: Only those that this version made.
        from_: Only those scheduled at or after this time; UTC unless it says otherwise.
        to: Only those scheduled before this time.
    """
    from copml.app import Wanted, export_predictions

    wanted = Wanted(version=version, since=_utc(from_), until=_utc(to))
    with place.opened() as (workspace, project), progress(enabled=not place.json) as shown:
        path = output or Path(f"{project}-predictions.{SUFFIXES[format]}")
        done = export_predictions(workspace.showing(shown), project, path, format=format, wanted=wanted)
    if place.json:
        show_json(done)
        return
    say(f"wrote {shown_path(done.path)}: {done.rows:,} predictions, the outcome of {done.outcomes:,} is known")
    if done.left_out:
        say(f"left out because they are personal: {', '.join(done.left_out)}")


def _utc(at: datetime | None) -> datetime | None:
    return at if at is None or at.tzinfo is not None else at.replace(tzinfo=UTC)
