"""The command on data."""

from typing import TYPE_CHECKING

from copml.cli.output import say, show_json, show_table
from copml.cli.place import HERE, Place

if TYPE_CHECKING:
    from copml.app.sources import SourceState


def _newest(state: "SourceState") -> str:
    if state.newest_event_at is not None:
        return f"{state.newest_event_at:%Y-%m-%d}"
    return "no times" if state.rows else "never"


def data(*, place: Place = HERE) -> None:
    """Show sources, freshness, snapshots, quality, what is personal, what is missing."""
    from copml.app import data as data_of

    found = place.ask(data_of)
    if place.json:
        show_json(found)
        return
    rows = [
        (
            item.source,
            f"{item.state}, late" if item.is_late else item.state,
            f"{item.rows:,}",
            f"{item.quarantined:,}",
            _newest(item),
            f"{item.expected_by:%Y-%m-%d}" if item.expected_by else "at once",
        )
        for item in found.sources
    ]
    show_table(f"{found.project}: sources", ("source", "state", "rows", "quarantined", "newest", "next by"), rows)
    for item in found.sources:
        for reason, count in item.reasons.items():
            say(f"  {item.source}: {count:,} rows in quarantine: {reason}")
        for column, ratio in item.missing.items():
            say(f"  {item.source}: {column} is missing in {ratio:.1%} of the newest rows")
    kinds = ", ".join(f"{column} ({kind})" for column, kind in found.personal.items())
    say(f"personal: {kinds or 'no column is classified'}")
    newest = f", the newest as of {found.features_as_of:%Y-%m-%d}" if found.features_as_of else ""
    say(f"feature sets: {found.feature_sets}{newest}")
