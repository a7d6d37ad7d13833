"""Use cases on the text of a project file from elsewhere: what is wrong with it, what it would change, apply.

Invariant: only the text comes from elsewhere. Data and code stay where the project is: in the folder of its revision in
force, or, of a new project, in the folder that the workspace is in.
"""

from dataclasses import dataclass

from copml.app.authority import has_role
from copml.app.projects import ProjectFile, active_revision, register
from copml.app.workspace import Workspace
from copml.errors import NotInRole, Problem, ProjectInvalid
from copml.operations import look
from copml.records import Revision, Role
from copml.spec import Difference, Project, differences, parse

NAME = "copml.yaml"
APPLIERS = (Role.BUSINESS, Role.DATA, Role.SCIENCE, Role.OPERATIONS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a project file would change against the revision in force; `revision` is None where there is none."""

    project: str
    revision: int | None
    differences: tuple[Difference, ...]


def problems(text: str) -> tuple[Problem, ...]:
    """Every problem of a project file, each with its line; none where it is right. No code is run."""
    try:
        parse(text.encode(), path=NAME)
    except ProjectInvalid as error:
        return tuple(error.problems)
    return ()


def plan_text(workspace: Workspace, text: str) -> Plan:
    """What applying the text would change.

    Raises:
        ProjectInvalid: with every problem.
    """
    project = parse(text.encode(), path=NAME)
    active = active_revision(workspace, project.project)
    changed = differences(parse(active.text), project) if active is not None else ()
    return Plan(project=project.project, revision=active.number if active else None, differences=changed)


def apply_text(workspace: Workspace, text: str, *, by: str, expected: int | None = None) -> Revision:
    """Register the text as a revision. `expected`: the number of the revision that it was written against.

    Raises:
        ProjectInvalid: with every problem.
        NotInRole: when the revision in force, or of a new project the text, names the person in no role that applies.
        RevisionMoved: when another revision is in force by now.
    """
    project = parse(text.encode(), path=NAME)
    active = active_revision(workspace, project.project)
    _demand_applier(workspace, project, by)
    root = workspace.stages.root(active) if active is not None else workspace.folder.parent
    return register(workspace, ProjectFile(path=root / NAME, text=text, project=project), by=by, expected=expected)


def revisions(workspace: Workspace, project: str) -> tuple[Revision, ...]:
    """Every revision of a project, oldest first."""
    with workspace.stages.state.read() as reader:
        return tuple(reader.find(Revision, project=project))


def _demand_applier(workspace: Workspace, project: Project, by: str) -> None:
    view = look(workspace.stages, project.project, workspace.clock.now())
    with workspace.stages.state.read() as reader:
        if view is not None and any(has_role(reader, view, by, role) for role in APPLIERS):
            return
    named = {name.lower() for role in APPLIERS for name in project.people.of(role)}
    if view is not None or by.lower() not in named:
        raise NotInRole(by, " or ".join(APPLIERS), sorted(named))
