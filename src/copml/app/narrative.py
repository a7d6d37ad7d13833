"""What the demonstration tells at its end, in lines for a terminal and figures for a machine (pure).

Invariant: every figure is one that the loop measured, or is marked as the truth that only the simulator knows.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from shlex import quote
from statistics import fmean
from textwrap import shorten

from copml.conformance import Evidence, RequirementVerdict
from copml.reporting import Naive, Truth, headline

WORDS = 90
"""Characters of a next step that are shown; the report has the rest."""
MONTHS = 6
"""Over how many months the truth about the effect is told, as the measured effect is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What to print, where the report is, and the figures behind it. `look` are lines to copy from."""

    lines: tuple[str, ...]
    look: tuple[str, ...] = ()
    report: str
    figures: dict[str, object] = field(default_factory=dict)


def tell(
    found: Evidence,
    verdicts: Sequence[RequirementVerdict],
    truth: Truth,
    naive: Naive | None,
    *,
    report: Path,
    workspace: Path,
    seconds: float,
) -> Told:
    """The story of a finished demonstration."""
    head = headline(found, tuple(verdicts))
    counts = {str(verdict): count for verdict, count in head.verdicts.items() if count}
    lines = [
        f"{found.project.project}, {len(found.scoring_runs)} months, simulated, in {seconds:.0f} s",
        "",
        head.paragraph,
        "",
        *(f"{line.name}: {line.value} ({line.detail})" for line in head.lines),
        *_truth(found, truth),
        *_naive(naive),
        "requirements: " + ", ".join(f"{count} {name}" for name, count in counts.items()),
        "",
        "Next steps:",
        *(f"  {step.owner}: {shorten(step.what, WORDS)} ({step.subject})" for step in head.next_steps[:3]),
        "",
        "Look next:",
    ]
    look = (f"  the report     {report}", f"  every verdict  cd {quote(str(workspace.parent))} && copml check")
    figures: dict[str, object] = {"verdicts": counts, "seconds": round(seconds, 1)}
    return Told(lines=tuple(lines), look=look, report=str(report), figures=figures)


def _truth(found: Evidence, truth: Truth) -> Iterator[str]:
    measured = {item.starts_at for item in found.series("effect")}
    known = [item.effect for item in truth.months if item.effect is not None and item.starts_at in measured][-MONTHS:]
    if known:
        yield f"  the truth about that effect, known to the simulator alone: {fmean(known) * 100:.1f} points"


def _naive(naive: Naive | None) -> Iterator[str]:
    if naive is not None and naive.months:
        gap = max(naive.months, key=lambda item: item.right - item.naive)
        worse = sum(item.right > item.naive for item in naive.months)
        yield (
            f"Retrained on treated outcomes, {naive.metric} on untreated customers would have been lower "
            f"in {worse} of {len(naive.months)} trainings, at worst {gap.naive:.1%} instead of {gap.right:.1%} "
            f"({gap.starts_at:%B %Y})"
        )
