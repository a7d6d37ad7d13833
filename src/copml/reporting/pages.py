"""The report of a project: one self-contained page, for the business owner first.

Invariant: the page follows from its arguments alone, and a project to which nothing has happened yet has one too.
"""

from collections.abc import Sequence

from copml.conformance import Evidence, RequirementVerdict, areas
from copml.conformance.words import count, day, moment
from copml.records import Dossier, IncidentState
from copml.reporting.business_charts import cumulated_chart, effect_chart, kpi_chart, net_chart
from copml.reporting.dossiers import dossier_view
from copml.reporting.drawing import Figure
from copml.reporting.events import events
from copml.reporting.headlines import headline
from copml.reporting.model_charts import explained, naive_chart, performance_chart
from copml.reporting.rendering import fill
from copml.reporting.rows import firing_rows, version_rows
from copml.reporting.steps import NextStep
from copml.reporting.truth import Naive, Truth
from copml.reporting.watch_charts import drift_chart, incident_chart


def report(
    evidence: Evidence,
    verdicts: tuple[RequirementVerdict, ...],
    *,
    truth: Truth | None = None,
    naive: Naive | None = None,
    title: str = "",
) -> str:
    """The report as HTML text.

    `truth` and `naive` are shown beside what was measured, where a simulation knows them.
    """
    zone = evidence.project.tz
    happened, head = events(evidence, truth), headline(evidence, verdicts)
    return fill(
        "report.html.j2",
        evidence=evidence,
        project=evidence.project,
        title=title or evidence.project.project,
        simulated=evidence.simulated,
        as_of=moment(evidence.now, zone),
        headline=head,
        incidents_more=_unlisted(evidence, head.next_steps),
        figures=_figures(evidence, truth, naive),
        happened=[(item, day(item.at, zone)) for item in happened],
        performance_words=explained(evidence),
        versions=version_rows(evidence),
        firings=firing_rows(evidence),
        dossiers=[dossier_view(evidence, item) for item in sorted(evidence.dossiers, key=_urgency)],
        open_incidents=len(_open(evidence)),
        areas=[(area, worst, [v for v in verdicts if v.area is area]) for area, worst in areas(verdicts).items()],
        facts=_facts(evidence),
    )


def _urgency(dossier: Dossier) -> tuple[bool, float]:
    """Dossiers that wait come first, then the newest."""
    return bool(dossier.decided), -dossier.opened_at.timestamp()


def _open(evidence: Evidence) -> set[str]:
    return {item.id for item in evidence.incidents if item.state is not IncidentState.RESOLVED}


def _unlisted(evidence: Evidence, steps: Sequence[NextStep]) -> int:
    """How many open incidents the next steps do not name."""
    return len(_open(evidence) - {step.subject for step in steps})


def _figures(evidence: Evidence, truth: Truth | None, naive: Naive | None) -> dict[str, Figure]:
    marks = events(evidence, truth)
    drawn = (
        kpi_chart(evidence, truth, marks),
        net_chart(evidence, marks),
        cumulated_chart(evidence, truth, marks),
        effect_chart(evidence, truth, marks),
        performance_chart(evidence, truth, marks),
        naive_chart(evidence, naive),
        drift_chart(evidence),
        incident_chart(evidence),
    )
    return {figure.id: figure for figure in drawn if figure is not None}


def _facts(evidence: Evidence) -> tuple[tuple[str, str], ...]:
    """What the report rests on, as name and figure."""
    zone, ledger, revision = evidence.project.tz, evidence.ledger, evidence.revision
    verified = {True: "verifies", False: "does not verify", None: "not verified yet"}[ledger.verified]
    outside = day(ledger.held_outside_at, zone) if ledger.held_outside_at else "nobody"
    commit = f"git commit {revision.git_commit[:12]}" if revision.git_commit else "no git commit"
    rows = sum(run.rows for run in evidence.scoring_runs)
    return (
        (
            "Revision",
            f"{revision.number} of {day(revision.applied_at, zone)}, by {revision.applied_by}, {commit}",
        ),
        ("Predictions", f"{count(rows, 'prediction')} in {count(len(evidence.scoring_runs), 'batch', 'batches')}"),
        ("Training", f"{count(len(evidence.runs), 'run')}, {count(len(evidence.versions), 'version')}"),
        ("Measurements", f"{len(evidence.measurements):,}, every one with its interval and the number of entities"),
        ("Ledger", f"{count(ledger.size, 'entry', 'entries')}, {verified}; checkpoint held outside: {outside}"),
    )
