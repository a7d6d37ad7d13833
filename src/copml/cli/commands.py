"""The tree of commands.

Invariant: building it imports nothing heavy, so that `copml --help` answers at once.
"""

from collections.abc import Callable

from cyclopts import App

import copml
from copml.cli import (
    adopt,
    advise,
    backtests,
    data,
    decide,
    demo,
    doctor,
    evidence,
    exploration,
    export,
    ledger,
    loop,
    notify,
    people,
    project,
    promote,
    sweep,
)

app = App(
    name="copml",
    version=copml.__version__,
    help="Keep machine-learning models worth running after the proof of concept.",
    help_format="plaintext",
)
ledger_app = App(name="ledger", help="The append-only record of every decision.", group="Evidence")
notify_app = App(name="notify", help="How you are told of what needs you.", group="People decide")
export_app = App(name="export", help="Write what other tools read.", group="Export")

GROUPS: dict[str, tuple[Callable[..., None], ...]] = {
    "Project file": (project.init, adopt.adopt, project.validate, project.schema, project.plan, project.apply),
    "Exploration": (exploration.explore, exploration.trials, exploration.promote_notebook),
    "The loop": (
        loop.run,
        loop.up,
        loop.status,
        loop.retry,
        doctor.doctor,
        promote.promote,
        sweep.sweep,
        backtests.backtest,
    ),
    "People decide": (decide.approve, decide.reject, decide.judge, decide.acknowledge, decide.retire),
    "Evidence": (
        evidence.check,
        advise.advise,
        evidence.why,
        evidence.report,
        evidence.versions,
        evidence.incidents,
        data.data,
    ),
}

for group, commands in GROUPS.items():
    for command in commands:
        app.command(command, group=group)
for command in (people.login, people.logout):
    app.command(command, group="People")
for tree in (people.accounts, people.tokens, people.notes, people.deputies):
    app.command(tree)
ledger_app.command(ledger.verify)
app.command(ledger_app)
notify_app.command(notify.show)
notify_app.command(notify.set_, name="set")
notify_app.command(notify.trial, name="test")
app.command(notify_app)
export_app.command(export.mlflow)
export_app.command(export.predictions)
app.command(export_app)
app.command(demo.app)
app.register_install_completion_command()
