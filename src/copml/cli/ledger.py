"""Commands on the ledger."""

import sys

from copml.cli import EXIT_ERROR
from copml.cli.output import say, show_json
from copml.cli.place import HERE, Place


def verify(*, place: Place = HERE) -> None:
    """Recompute every entry, every node and every checkpoint, and name whatever does not fit."""
    if place.server is not None:
        with place.remote() as (client, project):
            found = client.ledger(project)
    else:
        from copml.app import verify_ledger

        with place.open() as workspace:
            found = verify_ledger(workspace)
    if place.json:
        show_json(found)
    elif found.problems:
        for problem in found.problems:
            say(problem, "red")
    else:
        say(f"{found.size} entries, all in order, {found.signed} of them signed; root {found.root}")
    if found.problems:
        sys.exit(EXIT_ERROR)
