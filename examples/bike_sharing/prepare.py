"""Turn the hours of the Bike Sharing table into what a project gets delivered: forecasts, and what was rented.

Invariant: what is known only afterwards (how many registered and casual riders there were) is left out. The weather of
an hour stands for its forecast, which the table does not have: real forecasts are worse.
"""

import sys
from pathlib import Path

import pandas as pd

KNOWN_BEFORE = ["hr", "weekday", "holiday", "workingday", "mnth", "weathersit", "temp", "hum", "windspeed"]


def prepare(table: Path, folder: Path) -> None:
    """Write `forecasts.parquet` and `rentals.parquet` into the folder, which is made. `table`: the hourly CSV."""
    rows = pd.read_csv(table)
    if missing := {"dteday", "cnt", *KNOWN_BEFORE} - set(rows.columns):
        raise SystemExit(f"{table} has no column {', '.join(sorted(missing))}")
    starts = pd.to_datetime(rows["dteday"], format="mixed") + pd.to_timedelta(rows["hr"], unit="h")
    rows["hour"] = starts.dt.strftime("%Y-%m-%dT%H:00")
    rows["issued_at"] = starts.dt.normalize() - pd.to_timedelta(starts.dt.day_of_week, unit="D")
    rows["counted_at"] = starts + pd.Timedelta(hours=1)
    folder.mkdir(parents=True, exist_ok=True)
    rows[["hour", "issued_at", *KNOWN_BEFORE]].to_parquet(folder / "forecasts.parquet")
    rows[["hour", "counted_at", "hr", "weekday", "cnt"]].to_parquet(folder / "rentals.parquet")


if __name__ == "__main__":
    prepare(Path(sys.argv[1]), Path(__file__).parent / "data")
