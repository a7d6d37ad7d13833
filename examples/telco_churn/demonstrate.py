"""What `copml demo churn` calls, each function in a child process, with and answering values that JSON can carry.

Invariant: nothing here decides anything; it hands over to the company, or to the conversion of the real table.
"""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from churn.real import convert as convert_table
from company import Settings
from company import step as live_a_month
from company.events import EVENTS
from company.settings import first_day
from company.truth import load_truth


def step(argument: dict[str, Any]) -> list[str]:
    """One month of the company: `month`, `state`, `decisions` (or None), `out`, `settings`; the files that it wrote."""
    decisions = argument["decisions"]
    files = live_a_month(
        Path(argument["state"]),
        argument["month"],
        None if decisions is None else Path(decisions),
        Path(argument["out"]),
        Settings(**argument["settings"]),
    )
    return [str(path) for path in files]


def truth(argument: dict[str, Any]) -> list[dict[str, Any]]:
    """The truth about every month that is over, with its first day, its net value, and what began in it."""
    prices = {name: argument[name] for name in ("departure", "offer", "running")}
    begun = {event.month: event.name.value for event in EVENTS}
    return [
        {
            **asdict(month),
            "first_day": first_day(month.month).isoformat(),
            "net_value": month.net_value(**prices),
            "event": begun.get(month.month),
        }
        for month in load_truth(Path(argument["state"]))
    ]


def convert(argument: dict[str, Any]) -> int:
    """The real table at `csv` as Parquet at `out`; how many rows it has."""
    return convert_table(Path(argument["csv"]), Path(argument["out"]))
