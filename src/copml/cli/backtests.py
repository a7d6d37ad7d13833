"""The command that plays the loop over data of the past."""

from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from copml.cli.output import progress, say, show_json, show_table, shown_path
from copml.cli.place import HERE, Place
from copml.cli.project import FILE

if TYPE_CHECKING:
    from copml.reporting import Backtest

Policy = Literal["never", "every-window", "triggers"]


def backtest(
    file: Path = FILE,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    policy: Annotated[tuple[Policy, ...], Parameter(negative="")] = (),
    folder: Path | None = None,
    out: Path | None = None,
    place: Place = HERE,
) -> None:
    """Play the loop over the project's own past: never retraining, retraining every window, and its triggers.

    Args:
        file: The project file.
        since: When the first batch is; after a quarter of the data unless given.
        until: When the last batch is at the latest; the end of the data unless given.
        policy: A policy to play; may be given several times; all three unless given.
        folder: Where the workspaces of the backtest are kept, so that a run that was stopped goes on; else nowhere.
        out: Where the page goes; backtest.html unless given.
    """
    from copml.app import RetrainingPolicy
    from copml.app import backtest as play
    from copml.reporting import backtest_page

    policies = tuple(RetrainingPolicy(name) for name in policy) or tuple(RetrainingPolicy)
    with TemporaryDirectory(prefix="copml-backtest-") as scratch, progress(enabled=not place.json) as shown:
        found = play(
            file,
            folder or Path(scratch),
            since=_aware(since),
            until=_aware(until),
            policies=policies,
            progress=shown,
        )
    page = out or Path("backtest.html")
    page.write_text(backtest_page(found), encoding="utf-8")
    _show(found, page, place)


def _aware(at: datetime | None) -> datetime | None:
    return at if at is None or at.tzinfo is not None else at.replace(tzinfo=UTC)


def _show(found: "Backtest", page: Path, place: Place) -> None:
    from copml.reporting import conclusion, interval_words, standings

    rows = standings(found)
    if place.json:
        show_json(
            {
                "metric": found.metric,
                "better": found.better,
                "conclusion": conclusion(found),
                "policies": rows,
                "windows": {item.policy: item.windows for item in found.played},
                "naive": found.naive,
                "page": page,
            }
        )
        return
    show_table(
        f"{found.project.project}: {found.metric} over {found.since:%Y-%m-%d} to {found.until:%Y-%m-%d}",
        ("policy", "mean (95 % interval)", f"better than {found.played[0].policy}", "new versions"),
        [
            (
                item.policy,
                interval_words(item.value),
                interval_words(item.gain) if item.gain else "–",
                item.trainings,
            )
            for item in rows
        ],
    )
    say(conclusion(found))
    say(f"wrote {shown_path(page)}")
