"""The command that looks at the installation."""

import sys

from copml.cli import EXIT_ERROR
from copml.cli.output import say, show_json
from copml.cli.place import HERE, Place

STYLES = {"well": "green", "warning": "yellow", "wrong": "red"}
MARKS = {"well": "✓", "warning": "!", "wrong": "✗"}


def doctor(*, place: Place = HERE) -> None:
    """Say what is wrong with this installation and what to do; exit status 1 when something is.

    Looks at Python and packages, the disk, the state database, the keys, the whole ledger, the clock, whether anybody
    runs the loop, accounts and tokens, and of each project its tasks, messages, sources and people.
    """
    if place.server is not None:
        with place.client() as client:
            found = client.doctor()
    else:
        from copml.app import doctor as look

        found = [*look(place.workspace)]
    if place.json:
        show_json(found)
    else:
        for item in found:
            say(f"{MARKS[item.health]} {item.about}: {item.what}", STYLES[item.health])
            if item.do:
                say(f"    {item.do}")
        bad = [item.health.value for item in found if item.do]
        say(f"{bad.count('wrong')} wrong, {bad.count('warning')} to look at, {len(found) - len(bad)} well")
    if any(item.health == "wrong" for item in found):
        sys.exit(EXIT_ERROR)
