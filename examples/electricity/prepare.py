"""Turn the half-hours of the Elec2 table into what a project gets delivered: the market, and what was settled later.

Invariant: each row goes over as it is. A half-hour is known when it is over; its direction is settled eight days later.
"""

import sys
from pathlib import Path

import pandas as pd

SETTLED_AFTER = pd.Timedelta(days=8)
COLUMNS = {"period", "nswprice", "nswdemand", "vicprice", "vicdemand", "transfer"}


def prepare(table: Path, folder: Path) -> None:
    """Write `market.parquet` and `settlements.parquet` into the folder, which is made.

    `table`: CSV with `timestamp`, `period` (0..1 over a day), the normalised prices, demands and transfer of New South
    Wales and Victoria, and `class_up` (1: the price is above its mean of the last 24 hours).
    """
    rows = pd.read_csv(table, parse_dates=["timestamp"])
    if missing := {"timestamp", "class_up", *COLUMNS} - set(rows.columns):
        raise SystemExit(f"{table} has no column {', '.join(sorted(missing))}")
    rows["half_hour"] = rows["timestamp"].dt.strftime("%Y-%m-%dT%H:%M")
    rows["over_at"] = rows["timestamp"] + pd.Timedelta(minutes=30)
    folder.mkdir(parents=True, exist_ok=True)
    rows[["half_hour", "over_at", *sorted(COLUMNS)]].to_parquet(folder / "market.parquet")
    settled = rows.assign(
        settled_at=rows["over_at"] + SETTLED_AFTER, direction=rows["class_up"].map({1: "UP", 0: "DOWN"})
    )
    settled[["half_hour", "settled_at", "direction"]].to_parquet(folder / "settlements.parquet")


if __name__ == "__main__":
    prepare(Path(sys.argv[1]), Path(__file__).parent / "data")
