"""The demonstration's company: copies the example project, and lives its months in child processes.

Invariant: the project sees the company's files only; the truth about it lies beside the project, not within.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from zoneinfo import ZoneInfo

from copml.errors import CodeFailed, DemonstrationDiffers, ExampleMissing, RealTableUnusable
from copml.reporting import Truth, TruthMonth
from copml.sandbox import Limits, run_child
from copml.spec.periods import Period
from copml.spec.project import Value
from copml.store import make_folder, write_bytes
from copml.value import running_cost

EXAMPLE = "telco_churn"
ZONE = ZoneInfo("Europe/Berlin")
FIRST = datetime(2026, 1, 1, tzinfo=ZONE).astimezone(UTC)
HISTORY_MONTHS = 6
STEP_LIMITS = Limits(seconds=600, memory_mb=2048)


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """Where the example, the project and the company's own state are, and how large the company is."""

    example: Path
    project: Path
    state: Path
    customers: int
    seed: int

    def begin(self) -> None:
        """Note with which settings the company begins.

        Raises:
            DemonstrationDiffers: when it began with others.
        """
        path, settings = self.state / "settings.json", {"customers": self.customers, "seed": self.seed}
        if not path.exists():
            write_bytes(path, json.dumps(settings).encode())
        elif (begun := json.loads(path.read_text())) != settings:
            raise DemonstrationDiffers(str(self.state.parent), _words(begun), _words(settings))

    def live(self, month: int, decisions: Path | None) -> None:
        """Live the month before `month`, and write what is known on its first day."""
        self._call(
            "step",
            {
                "month": month,
                "state": str(self.state),
                "decisions": None if decisions is None else str(decisions),
                "out": str(self.project / "data"),
                "settings": {"customers": self.customers, "seed": self.seed, "history": HISTORY_MONTHS},
            },
        )

    def truth(self, value: Value) -> Truth:
        """What is really so, month by month, since the programme began."""
        prices = {
            "departure": value.kpi_unit,
            "offer": value.treatment_cost,
            "running": running_cost(value.running, Period.MONTH),
        }
        months = self._call("truth", {"state": str(self.state), **prices})
        assert isinstance(months, list)
        return Truth(months=tuple(_month(item) for item in months if item["month"] >= 0))

    def convert(self, csv: Path, out: Path) -> None:
        """The real table in the words of the project.

        Raises:
            RealTableUnusable: when it is not that table.
        """
        try:
            self._call("convert", {"csv": str(csv.resolve()), "out": str(out.resolve())})
        except CodeFailed as error:
            raise RealTableUnusable(str(csv), error.exception) from error

    def _call(self, function: str, argument: dict[str, object]) -> object:
        make_folder(self.state)
        log = self.state / f"{function}.log"
        return run_child(f"demonstrate:{function}", argument, root=self.example, limits=STEP_LIMITS, log=log)


def found(folder: Path, *, customers: int, seed: int) -> Company:
    """Copy the example project to where the demonstration runs; what is there already stays.

    Raises:
        ExampleMissing: when this installation came without the example.
    """
    example = _example()
    project = folder.resolve() / EXAMPLE
    company = Company(
        example=example, project=project, state=folder.resolve() / "company", customers=customers, seed=seed
    )
    make_folder(project)
    for path in sorted([*example.glob("*.yaml"), *(example / "churn").glob("*.py")]):
        target = project / path.relative_to(example)
        if not target.exists():
            write_bytes(target, path.read_bytes())
    return company


def _words(settings: dict[str, int]) -> str:
    return f"{settings['customers']:,} customers and seed {settings['seed']}"


def slot(month: int) -> datetime:
    """The first of a month, 00:00 in Berlin; UTC."""
    local = FIRST.astimezone(ZONE)
    return datetime(local.year + month // 12, month % 12 + 1, 1, tzinfo=ZONE).astimezone(UTC)


def month_of(at: datetime) -> int:
    """The month that a time lies in, counted from the first."""
    local = at.astimezone(ZONE)
    return (local.year - FIRST.astimezone(ZONE).year) * 12 + local.month - 1


def _month(item: dict[str, object]) -> TruthMonth:
    keys = ("churn_rate_without", "churn_rate", "accuracy_possible", "net_value", "event")
    month, change = item["month"], item["effect"]
    assert isinstance(month, int)
    # The company knows by how much an offer changes the chance of leaving; here a positive effect is a good one.
    effect = -change if isinstance(change, float) else None
    return TruthMonth(starts_at=slot(month), effect=effect, **{key: item[key] for key in keys})  # type: ignore[arg-type]


def _example() -> Path:
    """The example as installed with the package, or in the checkout that the package was installed from."""
    package = Path(str(resources.files("copml")))
    for place in (package / "examples" / EXAMPLE, package.parents[1] / "examples" / EXAMPLE):
        if (place / "copml.yaml").is_file():
            return place
    raise ExampleMissing(EXAMPLE)
