"""Installed size of the core and of each distribution in it, in a clean environment: `python benchmarks/run.py sizes`.

Sizes are what pip leaves on the disk, compiled bytecode included, in MB of 10^6 bytes. `with` counts what would go too
if the dependency went: distributions that nothing else in the core needs. MLflow is installed beside it the same way.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
from importlib.metadata import Distribution, distributions
from pathlib import Path

from rich.console import Console
from rich.table import Table

HERE = Path(__file__).parent
BESIDE = "mlflow"
OWN = "copml"
# In every environment, asked for by nobody.
TOOLS = {"pip", "setuptools", "wheel"}

Needs = dict[str, set[str]]


def main() -> None:
    """Install, measure, show, keep."""
    with tempfile.TemporaryDirectory(prefix="copml-sizes-") as folder:
        core = _installed(Path(folder) / "core", str(HERE.parent))
        result = _summary(core) | {BESIDE: _total(_installed(Path(folder) / "beside", BESIDE))}
    _show(result)
    (HERE / "results").mkdir(exist_ok=True)
    (HERE / "results" / "sizes.json").write_text(json.dumps(result, indent=2) + "\n", "utf-8")


def _summary(core: dict[str, Distribution]) -> dict[str, object]:
    """Sizes of all distributions, and of what each direct dependency brings along."""
    sizes = {name: round(_bytes(found) / 1e6, 1) for name, found in core.items()}
    needs = {name: _needs(found) & core.keys() for name, found in core.items()}
    alone = {name: _alone(name, needs) for name in needs[OWN]}
    costs = {name: round(sum(sizes[gone] for gone in gone_with), 1) for name, gone_with in alone.items()}
    direct = {
        name: {
            "version": core[name].version,
            "mb": sizes[name],
            "with_mb": costs[name],
            "with": sorted(alone[name] - {name}),
        }
        for name in sorted(alone, key=lambda name: -costs[name])
    }
    indirect = {
        name: {"version": core[name].version, "mb": sizes[name]}
        for name in sorted(core.keys() - alone.keys() - {OWN}, key=lambda name: -sizes[name])
    }
    return _total(core) | {"direct": direct, "indirect": indirect}


def _total(found: dict[str, Distribution]) -> dict[str, object]:
    whole, compiled = (sum(_bytes(item, suffix) for item in found.values()) for suffix in ("", ".pyc"))
    mb, source = round(whole / 1e6), round((whole - compiled) / 1e6)
    return {"total_mb": mb, "without_bytecode_mb": source, "packages": len(found)}


def _installed(environment: Path, requirement: str) -> dict[str, Distribution]:
    """Distributions by name, less the tools, after installing into a new environment."""
    subprocess.run([sys.executable, "-m", "venv", str(environment)], check=True)
    pip = [str(environment / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check", requirement]
    subprocess.run(pip, check=True, env=os.environ | {"PYTHONDONTWRITEBYTECODE": ""})
    (site,) = environment.glob("lib/python*/site-packages")
    found = {_normal(item.metadata["Name"]): item for item in distributions(path=[str(site)])}
    return {name: item for name, item in found.items() if name not in TOOLS}


def _bytes(found: Distribution, suffix: str = "") -> int:
    paths = [Path(str(file.locate())) for file in found.files or [] if file.name.endswith(suffix)]
    return sum(path.stat().st_size for path in paths if path.is_file())


def _needs(found: Distribution) -> set[str]:
    """Names that it asks for, without its extras."""
    asked = [text for text in found.requires or [] if "extra ==" not in text]
    return {_normal(re.split(r"[^A-Za-z0-9._-]", text, maxsplit=1)[0]) for text in asked}


def _alone(name: str, needs: Needs) -> set[str]:
    """The distribution and those that are there for it alone."""
    return set(needs) - _reached(OWN, {key: found - {name} for key, found in needs.items()} | {name: set()})


def _reached(start: str, needs: Needs) -> set[str]:
    reached, waiting = set(), [start]
    while waiting:
        if (name := waiting.pop()) not in reached:
            reached.add(name)
            waiting += needs.get(name, ())
    return reached


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _show(result: dict[str, object]) -> None:
    table = Table(title=f"The core: {result['total_mb']} MB in {result['packages']} distributions")
    for heading in ("", "version", "MB", "with what only it needs"):
        table.add_column(heading, justify="left" if heading in ("", "version") else "right")
    for name, found in result["direct"].items():  # type: ignore[attr-defined]
        table.add_row(name, found["version"], f"{found['mb']:.1f}", f"{found['with_mb']:.1f}")
    console = Console()
    console.print(table)
    beside = result[BESIDE]
    console.print(f"{BESIDE}: {beside['total_mb']} MB in {beside['packages']} distributions")  # type: ignore[index]
    console.print("without bytecode:", result["without_bytecode_mb"], "and", beside["without_bytecode_mb"])  # type: ignore[index]


if __name__ == "__main__":
    main()
