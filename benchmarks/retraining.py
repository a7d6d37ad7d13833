"""What retraining is worth on two real histories: never, every week, by the project's triggers, and the naive answer.

The tables are not part of copml: they are looked for below COPML_DATA (default ../shared/data). Electricity is a market
whose relations change after a year; bike sharing a business that grows by two thirds. `last outcome` says again what
the half-hour before was: it needs to know that at once, while the loop learns an outcome eight days later.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from copml.app import backtest
from copml.reporting import Backtest, backtest_page, conclusion, standings

HERE = Path(__file__).parent
EXAMPLES = HERE.parent / "examples"
DATA = Path(os.environ.get("COPML_DATA", HERE.parent.parent / "shared" / "data"))
PROJECTS = {
    "electricity": DATA / "elec2" / "elec2_timestamped.csv",
    "bike_sharing": DATA / "bike_sharing" / "hour.csv",
}


def main() -> None:
    """Play both, show what wins, keep the figures."""
    missing = [str(table) for table in PROJECTS.values() if not table.is_file()]
    if missing:
        raise SystemExit(f"not there: {', '.join(missing)}; name the folder of the tables in COPML_DATA")
    results = {name: _played(name, table) for name, table in PROJECTS.items()}
    for name, result in results.items():
        _show(name, result)
    (HERE / "results" / "retraining.json").write_text(json.dumps(results, indent=2) + "\n")


def _played(name: str, table: Path) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="copml-bench-") as folder, Progress(transient=True) as bar:
        root = Path(folder) / name
        shutil.copytree(EXAMPLES / name, root, ignore=shutil.ignore_patterns("data", "__pycache__"))
        subprocess.run([sys.executable, str(root / "prepare.py"), str(table)], check=True)
        task = bar.add_task(name, total=None)
        begun = time.perf_counter()
        found = backtest(
            root / "copml.yaml",
            Path(folder) / "played",
            progress=lambda what, done, total: bar.update(task, description=what, completed=done, total=total),
        )
        seconds = time.perf_counter() - begun
        (HERE / "results" / f"retraining-{name}.html").write_text(backtest_page(found))
    return {
        "metric": found.metric,
        "since": f"{found.since:%Y-%m-%d}",
        "until": f"{found.until:%Y-%m-%d}",
        "policies": [asdict(item) for item in standings(found)],
        "usual outcome": _mean([item.value for item in found.naive]),
        "last outcome": _last(found, table) if name == "electricity" else None,
        "conclusion": conclusion(found),
        "seconds": round(seconds),
    }


def _last(found: Backtest, table: Path) -> float:
    """Accuracy of saying again what the half-hour before was, over the time that was played."""
    rows = pd.read_csv(table, parse_dates=["timestamp"])
    right = rows["class_up"].eq(rows["class_up"].shift())
    at = rows["timestamp"].dt.tz_localize("UTC")
    return float(right[(at >= found.since) & (at < found.until)].mean())


def _mean(values: list[float]) -> float | None:
    return sum(values) / len(values) if values else None


def _show(name: str, result: dict[str, Any]) -> None:
    table = Table("policy", f"mean {result['metric']}", "better than never", "new versions", title=name)
    for item in result["policies"]:
        gain = item["gain"]
        words = f"{gain['value']:.3f} ({gain['low']:.3f} to {gain['high']:.3f})" if gain else "–"
        table.add_row(item["policy"], f"{item['value']['value']:.3f}", words, str(item["trainings"]))
    for naive in ("usual outcome", "last outcome"):
        if result[naive] is not None:
            table.add_row(naive, f"{result[naive]:.3f}", "–", "–")
    console = Console()
    console.print(table)
    console.print(f"{result['conclusion']} {result['since']} to {result['until']}, {result['seconds']} s")


if __name__ == "__main__":
    main()
