"""The card of a model version: what it is for, how good it is, what it learned from, what is not known about it.

Invariant: a card speaks of one version; what it was used for and how that went is for the report.
"""

from copml.conformance import Evidence
from copml.conformance.words import count, day, share
from copml.records import DecisionRule, ModelVersion, ProblemKind, Run
from copml.reporting.rendering import fill
from copml.reporting.rows import version_row
from copml.spec.project import Project


def model_card(evidence: Evidence, version: ModelVersion) -> str:
    """The card as a self-contained HTML page."""
    run = next((item for item in evidence.runs if item.id == version.run), None)
    return fill(
        "card.html.j2",
        project=evidence.project,
        version=version_row(evidence, version),
        columns=version.columns,
        purpose=_purpose(evidence),
        learned=_learned(evidence, run) if run is not None else (),
        made=_made(version, run),
        limits=_limits(evidence),
        title=f"{evidence.project.project}: {version.name}",
        simulated=evidence.simulated,
        as_of=day(version.created_at, evidence.project.tz),
    )


def _purpose(evidence: Evidence) -> tuple[tuple[str, str], ...]:
    project = evidence.project
    horizon = f"within {project.data.outcome.horizon}" if project.data.outcome.horizon else "now"
    return (
        ("Question", project.business.question),
        ("Used for", project.business.decision),
        ("Predicts", f"{_predicted(project)} {horizon}"),
        ("Decision", _decision(project.rule)),
        ("Affects people", "yes" if project.regulatory.affects_people else "no"),
        ("Lawful basis", project.regulatory.lawful_basis),
    )


def _predicted(project: Project) -> str:
    outcome = project.data.outcome
    if outcome.column is None:
        return f"an event of {outcome.source}"
    if outcome.classes is not None:
        return f"{outcome.column} of {outcome.source}, one of {', '.join(outcome.classes)},"
    return f"{outcome.column} of {outcome.source}" + (f", {outcome.positive} or not," if outcome.positive else "")


def _decision(rule: DecisionRule) -> str:
    if rule.top is not None:
        return f"positive for the {share(rule.top)} with the highest scores"
    if rule.act_on:
        return f"positive where {' or '.join(rule.act_on)} is the most probable"
    if rule.threshold is None:
        return "none: the prediction informs people"
    if rule.kind is ProblemKind.BINARY:
        return f"positive from a probability of {share(rule.threshold)} on"
    return f"positive from {rule.threshold:g} on"


def _learned(evidence: Evidence, run: Run) -> tuple[tuple[str, str], ...]:
    policy = {
        "untreated": "what happens without treatment: treated customers are left out, controls stand in for them",
        "all": "what happened to everybody, treated or not",
    }[evidence.project.training.on]
    left_out = "outcomes that are not known yet, or that the holdout shares"
    if evidence.project.data.treatment is not None:
        left_out += ", or that a treatment may have changed"
    tables = ", ".join(f"{table} version {number}" for table, number in sorted(run.snapshots.items()))
    return (
        ("Learned from", f"{count(run.rows_train, 'row')}, worth {run.rows_effective:,.0f} independent ones"),
        ("Judged on", f"{count(run.rows_holdout, 'row')} of entities that it did not learn from"),
        ("Left out", f"{count(run.rows_left_out, 'row')}: {left_out}"),
        ("Target", policy),
        ("Data", tables or "not on record"),
    )


def _made(version: ModelVersion, run: Run | None) -> tuple[tuple[str, str], ...]:
    digests = (("Content digest", version.content_digest), ("Manifest", version.manifest))
    kept = [*((name, digest or "not on record") for name, digest in digests), ("Runtime", version.runtime)]
    if run is None:
        return tuple(kept)
    environment = run.environment
    packages = environment.packages if environment is not None else {}
    return (
        ("Code", run.entry),
        ("Parameters", ", ".join(f"{name} = {value}" for name, value in sorted(run.params.items())) or "none"),
        ("Seed", str(run.seed)),
        ("Data digest", run.dataset or "not on record"),
        ("Source digest", run.source or "not on record"),
        ("Python", environment.python if environment is not None else "not on record"),
        ("Packages", ", ".join(f"{name} {number}" for name, number in sorted(packages.items())) or "not on record"),
        *kept,
    )


def _limits(evidence: Evidence) -> tuple[str, ...]:
    groups = evidence.project.risk.fairness
    by = f" ({', '.join(groups.by)})" if groups is not None else ""
    return (
        "Figures hold for customers like those it was judged on; drift against them is in the report.",
        f"Errors were not compared between groups of people{by}.",
        "Whether it gives away who it was trained on was not tested.",
        "Single predictions are not explained.",
    )
