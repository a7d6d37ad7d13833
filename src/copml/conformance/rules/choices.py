"""What the project file says: choices, environments, and whether a requirement applies (DE-1, ENV-1).

Invariant: a choice that merely stands in the project file is an answer without its reasons, and is not called recorded;
a revision that is not in force proves nothing.
"""

from copml.conformance.evidence import Evidence
from copml.conformance.requirement import Finding, unproven
from copml.records import RevisionState


def advised(evidence: Evidence) -> Finding:
    """DE-1: choices are made in the project file; reason, figure and alternative are not asked for yet."""
    deployment = evidence.project.deployment
    return unproven(
        f"The project file chooses {deployment.mode} every {deployment.schedule} and "
        f"{evidence.project.regulatory.explanation} explanations; copml does not ask for the reason, the figure and "
        "the alternative behind each choice yet."
    )


def separated(evidence: Evidence) -> Finding:
    """ENV-1: no promotion between workspaces yet."""
    revision = evidence.revision
    commit = f"git commit {revision.git_commit[:12]}" if revision.git_commit else "no git commit"
    dirty = " with uncommitted changes" if revision.git_dirty else ""
    return unproven(
        f"Revision {revision.number} came from {commit}{dirty}; copml does not promote versions from a development "
        "workspace to a production workspace yet."
    )


def not_in_force(evidence: Evidence) -> Finding | None:
    """The finding on whatever the project file says while its revision is not active."""
    if evidence.revision.state is RevisionState.ACTIVE:
        return None
    return unproven(
        f"Revision {evidence.revision.number} of the project file is {evidence.revision.state}, not in force.",
        step=f"Approve r{evidence.revision.number} with `copml approve`, or apply another with `copml apply`.",
    )


def nobody_affected(evidence: Evidence) -> str | None:
    """Why RI-5 and EX-2 to EX-4 do not apply, if they do not."""
    if evidence.project.regulatory.affects_people:
        return None
    return "Does not apply: the project file says that no decision affects a person (regulatory.affects_people)."
