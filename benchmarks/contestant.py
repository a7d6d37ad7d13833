"""One contestant of a benchmark, once, in this process: set up, then timed work. Called by `run.py`.

The last line of the output is a JSON object with `seconds` and `peak_mb`: the largest proportional set size of this
process and all its descendants together, looked at only when memory is asked for, because looking takes time.
"""

import json
import sys
import time
from importlib import import_module
from pathlib import Path
from threading import Event, Thread

LOOK_SECONDS = 0.02


def main() -> None:
    """Run what the arguments name."""
    module, contestant, folder, memory = sys.argv[1:]
    work = import_module(module).CONTESTANTS[contestant](Path(folder))
    over = Event()
    seen: list[int] = [0]
    watcher = Thread(target=_look, args=(over, seen), daemon=True)
    if memory == "1":
        watcher.start()
    started = time.perf_counter()
    work()
    seconds = time.perf_counter() - started
    over.set()
    print(json.dumps({"seconds": seconds, "peak_mb": max(seen) / 1e6}))


def _look(over: Event, seen: list[int]) -> None:
    while not over.wait(LOOK_SECONDS):
        seen.append(sum(_bytes(process) for process in _family()))


def _family() -> set[int]:
    """This process and its descendants."""
    parents: dict[int, int] = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents[int(status.parent.name)] = int(fields[1])
    family = {int(Path("/proc/self").resolve().name)}
    while found := {process for process, parent in parents.items() if parent in family} - family:
        family |= found
    return family


def _bytes(process: int) -> int:
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))


if __name__ == "__main__":
    main()
