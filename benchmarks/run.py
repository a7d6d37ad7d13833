"""Run a benchmark: contestants side by side, paired, in one session: `python benchmarks/run.py NAME`.

A benchmark is a module beside this one with `TITLE`, `UNIT`, `COUNT`, `CONTESTANTS`, `RATIOS` and `prepare`. Each
repetition runs every contestant once, each in a process of its own, every second time in the opposite order; ratios are
medians over the pairs. Peak memory comes from a repetition that is not timed. What is kept in `results/NAME.json`
names versions, medians and ratios, and no machine.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from types import ModuleType

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from copml.sandbox import thread_settings

HERE = Path(__file__).parent
RESULTS = HERE / "results"
PACKAGES = ("duckdb", "numpy", "pandas", "pyarrow", "deltalake", "scikit-learn")

Reading = dict[str, float]
"""`seconds` and `peak_mb` of one contestant in one repetition."""


def main() -> None:
    """Parse the command line, run, show, keep."""
    names = sorted(path.stem for path in HERE.glob("*.py") if path.stem not in {"run", "contestant", "customers"})
    parser = argparse.ArgumentParser(description="Run a benchmark.")
    parser.add_argument("name", choices=names)
    parser.add_argument("--count", type=int, help="units of work, where the benchmark has a choice")
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1, help="threads of numerical libraries, for all contestants")
    parser.add_argument("--only", default="", help="contestants whose name has this in it; nothing is kept then")
    asked = parser.parse_args()
    benchmark = import_module(asked.name)
    if hasattr(benchmark, "main"):
        benchmark.main()
        return
    count = asked.count or benchmark.COUNT
    with tempfile.TemporaryDirectory(prefix="copml-bench-") as folder:
        readings = _measure(benchmark, asked, Path(folder), count)
    result = _summary(benchmark, asked, count, readings)
    _show(benchmark, result)
    if not asked.only:
        _keep(asked.name, result)


def _measure(benchmark: ModuleType, asked: argparse.Namespace, folder: Path, count: int) -> dict[str, list[Reading]]:
    """Readings of each contestant; the first is the one for memory."""
    contestants = [name for name in benchmark.CONTESTANTS if asked.only in name]
    readings: dict[str, list[Reading]] = {name: [] for name in contestants}
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("prepare", total=(asked.repetitions + 1) * len(contestants))
        benchmark.prepare(folder, count)
        for repetition in range(asked.repetitions + 1):
            for name in contestants if repetition % 2 else contestants[::-1]:
                progress.update(task, description=f"{name} {repetition}/{asked.repetitions}")
                readings[name].append(_child(asked.name, name, folder, asked.threads, memory=repetition == 0))
                progress.advance(task)
    return readings


def _child(module: str, contestant: str, folder: Path, threads: int, *, memory: bool) -> Reading:
    command = [sys.executable, str(HERE / "contestant.py"), module, contestant, str(folder), str(int(memory))]
    environment = os.environ | thread_settings(threads)
    ended = subprocess.run(command, env=environment, check=False, capture_output=True, text=True)
    if ended.returncode:
        sys.exit(f"{contestant} failed:\n{ended.stderr}")
    reading: Reading = json.loads(ended.stdout.splitlines()[-1])
    return reading


def _summary(
    benchmark: ModuleType, asked: argparse.Namespace, count: int, readings: dict[str, list[Reading]]
) -> dict[str, object]:
    seconds = {name: [reading["seconds"] for reading in all_[1:]] for name, all_ in readings.items()}
    contestants = {
        name: {
            "seconds": round(statistics.median(seconds[name]), 4),
            f"{benchmark.UNIT}_per_second": round(count / statistics.median(seconds[name])),
            "peak_mb": round(readings[name][0]["peak_mb"]),
        }
        for name in readings
    }
    ratios = {
        what: [slow / fast for fast, slow in zip(seconds[one], seconds[other], strict=True)]
        for what, (one, other) in benchmark.RATIOS.items()
        if {one, other} <= seconds.keys()
    }
    return {
        "title": benchmark.TITLE,
        "python": platform.python_version(),
        "packages": {"copml": version("copml"), **{name: version(name) for name in PACKAGES}},
        "count": count,
        "repetitions": asked.repetitions,
        "threads": asked.threads,
        "contestants": contestants,
        "ratios": {
            what: {"median": round(statistics.median(all_), 3), "low": round(min(all_), 3), "high": round(max(all_), 3)}
            for what, all_ in ratios.items()
        },
    }


def _show(benchmark: ModuleType, result: dict[str, object]) -> None:
    console = Console()
    table = Table(title=f"{result['title']}\n{result['count']:,} {benchmark.UNIT}, medians of {result['repetitions']}")
    for heading in ("", "seconds", f"{benchmark.UNIT}/s", "peak MB"):
        table.add_column(heading, justify="right" if heading else "left")
    for name, found in result["contestants"].items():  # type: ignore[attr-defined]
        rate = found[f"{benchmark.UNIT}_per_second"]
        table.add_row(name, f"{found['seconds']:.3f}", f"{rate:,}", f"{found['peak_mb']:,}")
    console.print(table)
    for what, found in result["ratios"].items():  # type: ignore[attr-defined]
        console.print(f"{what}: [bold]{found['median']:.2f}[/] ({found['low']:.2f} to {found['high']:.2f})")


def _keep(name: str, result: dict[str, object]) -> None:
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    path.write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n", "utf-8")
    Console().print(f"kept in benchmarks/results/{path.name}")


if __name__ == "__main__":
    main()
