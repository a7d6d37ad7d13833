"""A project over things that are seen at the first of each month, and a simulated loop that plays it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from copml.app import Workspace, apply, approve, run
from copml.operations import Step, View, look

BOSS, SCIENTIST = "boss@x.example", "scientist@x.example"
FIRST = 6
"""The month of 2026 in which projects start; what lies before is history."""
SOURCES = ("things", "ends", "visits")
HEAD = """
copml: 1
project: {name}
people: {{business: boss@x.example, data: b@x.example, science: scientist@x.example, operations: d@x.example}}
business:
  question: {question}
  decision: Somebody reads it
  kpi: {kpi}
  value: {{currency: EUR, kpi_unit: 10}}
  control_group: {group}
data:
  sources:
    things: {{path: data/things/*.parquet, entity: thing, event_at: as_of}}
    ends: {{path: data/ends/*.parquet, entity: thing, event_at: ended_on}}
    visits: {{path: data/visits/*.parquet, entity: thing, event_at: visited_on}}
  outcome: {outcome}
  {treatment}
features: code_of.it:build
training:
  entry: code_of.it:train
  {on}
  {training}
  gates: {gates}
deployment: {deployment}
monitoring:
  every: month
  commissioning: 0
  metrics: {metrics}
  triggers: {triggers}
regulatory:
  affects_people: false
  solely_automated: true
  lawful_basis: no personal data
  keep: {{predictions: 1 year, evidence: 2 years}}
"""
USUAL = {
    "group": "{none: nobody is treated}",
    "kpi": "{name: fail_rate, baseline: 20%, target: 10%, better: lower}",
    "on": "on: all",
    "outcome": "{source: ends, horizon: 25 days}",
    "question": "Which things will fail?",
    "training": "holdout: 30%",
    "treatment": "",
    "triggers": "[{when: drift, do: alert}]",
}


@dataclass(frozen=True)
class Things:
    """What differs between the projects: places of the file, the code, the things of a month and how they end.

    `things` gives columns beside `thing` and `as_of`. `ends` gives, of the rows of the month before, those whose end is
    known with what else is known of it.
    """

    name: str
    places: dict[str, str]
    code: str
    things: Callable[[int], pd.DataFrame]
    ends: Callable[[int, pd.DataFrame], pd.DataFrame]

    def write(self, root: Path) -> Path:
        """The project's folder with its history, and nothing of the first month yet."""
        (root / "code_of").mkdir(parents=True)
        (root / "copml.yaml").write_text(HEAD.format(name=self.name, **USUAL | self.places))
        (root / "code_of" / "__init__.py").write_text("")
        (root / "code_of" / "it.py").write_text(self.code)
        for source in SOURCES:
            (root / "data" / source).mkdir(parents=True)
        for month in range(1, FIRST):
            self.deliver(root, month)
        return root

    def deliver(self, root: Path, month: int) -> None:
        """What is known at the first of a month: the things there are, and how those of the month before ended."""
        name = f"{month:02}.parquet"
        self.seen(month).to_parquet(root / "data" / "things" / name, index=False)
        before = self.seen(month - 1)
        ends = self.ends(month - 1, before)
        dated = ends.assign(ended_on=before["as_of"].iloc[0] + pd.Timedelta(days=20))
        dated.to_parquet(root / "data" / "ends" / name, index=False)
        visits = before[["thing"]].assign(visited_on=before["as_of"])[:5]
        visits.to_parquet(root / "data" / "visits" / name, index=False)

    def seen(self, month: int) -> pd.DataFrame:
        """The things of a month."""
        rows = self.things(month)
        at = pd.Timestamp(datetime(2026, 1, 1, tzinfo=UTC)) + pd.DateOffset(months=month - 1)
        rows.insert(0, "thing", [f"t{month}-{number}" for number in range(len(rows))])
        rows.insert(1, "as_of", at)
        return rows


class Play:
    """A project in a simulated workspace, played month by month; versions that wait are approved."""

    def __init__(self, project: Things, root: Path) -> None:
        self.project, self.root = project, project.write(root)
        self.workspace = Workspace.create(root / ".copml", simulated_from=datetime(2026, FIRST, 1, tzinfo=UTC))
        self.steps: list[Step] = []
        apply(self.workspace, root / "copml.yaml", by=SCIENTIST)

    def to(self, last: int) -> "Play":
        """Play the months up to this one; no task fails."""
        for month in range(self.next_month, last + 1):
            self.project.deliver(self.root, month)
            self.workspace.move_clock(datetime(2026, month, 1, 1, tzinfo=UTC))
            self._run()
            if (waiting := self.view.waiting) is not None:
                approve(self.workspace, self.project.name, waiting.name, by=BOSS, reason="it passed its gates")
                self._run()
        return self

    @property
    def next_month(self) -> int:
        """The month that was not played yet."""
        now = self.workspace.clock.now()
        return now.month if now.hour == 0 else now.month + 1

    @property
    def view(self) -> View:
        """The project as it stands."""
        found = look(self.workspace.stages, self.project.name, self.workspace.clock.now())
        assert found is not None
        return found

    def _run(self) -> None:
        steps = list(run(self.workspace, self.project.name))
        assert [step for step in steps if step.outcome == "failed"] == []
        self.steps += steps
