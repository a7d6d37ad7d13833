"""Use case: what can be said of a project at once, before its file is whole and before there is a workspace.

Invariant: nothing is left behind: what is read is read into a workspace that is thrown away. What rests on a question
that is still open is unproven, whatever it would say.
"""

import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from copml.app.evidence import check
from copml.app.loop import Part, run
from copml.app.projects import ProjectFile, register
from copml.app.workspace import Workspace
from copml.conformance import RequirementVerdict, with_open
from copml.errors import ProjectFileMissing
from copml.operations import no_progress
from copml.operations.stages import Progress
from copml.records import Verdict
from copml.spec import Project, parse
from copml.spec.stand_ins import Question, filled, questions

KEPT_IN_A_WORKSPACE = frozenset({"AD-2", "AD-4"})
BY = "copml, for a first check"


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstCheck:
    """The verdicts so far, the questions that are open, and what was read for it; `steps` failed, in words."""

    verdicts: tuple[RequirementVerdict, ...]
    questions: tuple[Question, ...]
    read: bool
    failures: tuple[str, ...]


def first_check(path: Path, *, progress: Progress = no_progress) -> FirstCheck:
    """A verdict for every requirement of a project file that may have open questions.

    Sources are read where the file says all that reading them needs; of a model that runs elsewhere, predictions are
    taken in as well. No code of the project is run.

    Raises:
        ProjectFileMissing: when there is no file.
        ProjectInvalid: when it has problems other than open questions.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ProjectFileMissing(str(path), error.strerror or str(error)) from error
    open_ = questions(text)
    whole = filled(text, open_) if open_ else text
    project = parse(whole, path=str(path))
    file = ProjectFile(path=path, text=whole, project=project)
    can_read = _can_read(project, open_)
    with (
        tempfile.TemporaryDirectory(prefix="copml-first-check-") as folder,
        Workspace.create(Path(folder) / ".copml").showing(progress) as workspace,
    ):
        register(workspace, file, by=BY)
        part = Part.ALL if project.is_external else Part.INGEST
        steps = list(run(workspace, project.project, part)) if can_read else []
        verdicts = check(workspace, project.project)
    return FirstCheck(
        verdicts=with_open(map(_not_kept, verdicts), [item.where for item in open_]),
        questions=open_,
        read=can_read,
        failures=tuple(f"{step.key}: {step.detail.splitlines()[0]}" for step in steps if step.outcome == "failed"),
    )


def _not_kept(item: RequirementVerdict) -> RequirementVerdict:
    """What is said of the workspace that is thrown away is not said of the one to come."""
    if item.id not in KEPT_IN_A_WORKSPACE:
        return item
    step = "Register the project with `copml apply`, which makes a workspace."
    return replace(item, verdict=Verdict.UNPROVEN, reason="Nothing is kept yet.", evidence=(), age=None, next_step=step)


def _can_read(project: Project, open_: tuple[Question, ...]) -> bool:
    """Whether every source that is there can be read: one whose place is open has nothing to read yet."""
    awaited = {item.place[2] for item in open_ if item.place[:2] == ("data", "sources") and item.place[-1] == "path"}
    log = {project.data.predictions.source} if project.data.predictions is not None else set()
    for item in open_:
        if item.place[:2] == ("data", "sources") and item.place[2] not in awaited:
            return False
        if item.place[:2] == ("data", "predictions") and not log <= awaited:
            return False
    return True
