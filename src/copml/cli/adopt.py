"""The command that adopts a model which runs elsewhere, and how a first check is shown."""

from pathlib import Path
from typing import TYPE_CHECKING

from copml.cli.output import progress, say, show_json, show_table

if TYPE_CHECKING:
    from copml.app import Adopted, FirstCheck

QUESTIONS_SHOWN = 4


def adopt(
    model: str,
    *,
    data: Path,
    predictions: Path | None = None,
    outcome: str | None = None,
    positive: str | None = None,
    name: str | None = None,
    folder: Path = Path(),
    trust_pickle: bool = False,
    json: bool = False,
) -> None:
    """Write a project for a model that runs elsewhere, and say what is known of it; nothing of the data is copied.

    Args:
        model: The model's file: joblib, pickle, skops, ONNX, XGBoost, LightGBM; the folder of an MLflow model;
            or where MLflow has it, such as `models:/churn/3` (with the extra `mlflow`).
        data: A table of what the model is given, CSV or Parquet, with outcomes or without.
        predictions: A file of the log of its predictions, CSV or Parquet.
        outcome: The column of the table that holds what is predicted; guessed from its name when not given.
        positive: The value of that column that counts as yes.
        name: Name of the project; that of the model's file when not given.
        folder: Where the project's folder is made.
        trust_pickle: You know who made the file: open a pickle, which runs whatever it says, to predict the table.
        json: Print JSON instead of tables.
    """
    from copml.app import adopt as adopt_model

    with progress(enabled=not json) as shown:
        found = adopt_model(
            model,
            data,
            folder=folder,
            name=name,
            predictions=predictions,
            outcome=outcome,
            positive=positive,
            trust_pickle=trust_pickle,
            progress=shown,
        )
    if json:
        show_json(found)
        return
    _tell(found)
    show_first_check(found.project, found.first)
    where = found.files[0].parent
    say(f"next: answer what is open in {found.files[0]}, then: cd {where} && copml apply && copml run all")


def show_first_check(project: str, first: "FirstCheck") -> None:
    """Print the verdicts so far, and how many questions are open."""
    rows = [(item.id, item.verdict, item.reason) for item in first.verdicts]
    show_table(f"{project}: a first check of {len(rows)} requirements", ("id", "verdict", "why so far"), rows)
    for failure in first.failures:
        say(f"could not be read: {failure}", "yellow")
    if not first.read:
        say("no source was read yet: what reading them needs is still open", "yellow")
    if first.questions:
        say(f"{len(first.questions)} questions are open, marked FILL IN; the first:")
        for item in first.questions[:QUESTIONS_SHOWN]:
            say(f"  {item.where}: {item.asks}")


def _tell(found: "Adopted") -> None:
    model = found.model
    made = f", made with {model.library}" if model.library else ""
    say(f"model: {model.format}{made}, SHA-256 {model.digest[:16]}…")
    for warning in model.warnings:
        say(f"  {warning}", "yellow")
    if found.not_opened:
        say(f"not opened: {found.not_opened}", "yellow")
    elif model.columns is not None:
        say(f"it took {len(model.columns)} columns of the table and answered every row")
    for metric, seen in model.figures.items():
        say(f"  {metric} on the table {seen.value:.3f} ({seen.low:.3f} to {seen.high:.3f}, n = {seen.n:,})")
    if model.figures:
        say("  if it was trained on these rows, it is better on them than it will be on others")
    if found.protected:
        say(f"likely protected: {', '.join(found.protected)}")
    for proxy in found.proxies:
        say(f"  {proxy.words}")
    for path in found.files:
        say(f"wrote {path}")
