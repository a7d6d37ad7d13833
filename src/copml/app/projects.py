"""Use cases around the project file: validate, plan, apply.

Invariant: an applied revision never changes. One that weakens a gate, a threshold or a requirement waits for somebody
other than its author to approve it; until then the one before it stays in force.
"""

import math
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path

from copml.app.authority import demand_identity
from copml.app.workspace import Workspace
from copml.clock import SystemClock
from copml.data import doubts
from copml.digest import sha256
from copml.errors import ProjectFileMissing, RevisionMoved
from copml.operations import keep
from copml.records import Digest, FeatureSet, Record, Revision, RevisionState
from copml.sandbox import check_entries
from copml.spec import Difference, Project, differences, parse, write_skeleton
from copml.value import smallest_effect

POPULATIONS = (1_000, 10_000, 100_000)
"""Examples of how many entities a programme may reach, where nobody knows yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectFile:
    """A project file that was read: its path, text, meaning."""

    path: Path
    text: str
    project: Project

    @property
    def root(self) -> Path:
        """The folder that its paths are relative to."""
        return self.path.resolve().parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Validation:
    """What validating found beside that the file is right.

    `smallest_effects`: by population, the smallest change of the KPI that the control group can show; None where even a
    change to nothing would not be seen. Empty without a control group, or for a KPI that is no share. `doubts`: where
    the file does not fit the data that are there.
    """

    project: str
    smallest_effects: dict[int, float | None]
    words: str
    doubts: tuple[str, ...]


def read_project(path: Path) -> ProjectFile:
    """Read and check a project file.

    Raises:
        ProjectFileMissing: when there is none.
        ProjectInvalid: with every problem, each with its line.
    """
    found = path / "copml.yaml" if path.is_dir() else path
    try:
        data = found.read_bytes()
    except OSError as error:
        raise ProjectFileMissing(str(found), error.strerror or str(error)) from error
    project = parse(data, path=str(found))
    return ProjectFile(path=found, text=data.decode(), project=project)


def init_project(folder: Path, name: str, sample: Path | None) -> tuple[Path, ...]:
    """Write a new project's files into a folder of its own: a runnable skeleton, or one for the table in a file."""
    today = SystemClock().now().date()
    if sample is None:
        return write_skeleton(folder / name, name, today=today)
    # What reads tables is heavy, and only this way needs it.
    from copml.app.adoption import likely_proxies
    from copml.exploration import remarks
    from copml.spec.infer import guess
    from copml.spec.infer_columns import read_columns

    found = likely_proxies(sample, guess(read_columns(sample)))
    return write_skeleton(folder / name, name, today=today, sample=sample, remarks=remarks(found))


def validate(path: Path, *, population: int | None = None, workspace: Path | None = None) -> Validation:
    """Check the file, and in a child process the project's code; work out what its control group can show.

    The population is the one given, else what the workspace has seen, else some examples.

    Raises:
        ProjectInvalid: with every problem of the file.
        CopmlError: when the project's code cannot be imported or has the wrong signature.
    """
    file = read_project(path)
    if not file.project.is_external:
        check_entries(file.root, {"features": file.project.features, "training": file.project.training.entry})
    known = population or _population(workspace, file.project.project)
    effects = _smallest_effects(file.project, (known,) if known else POPULATIONS)
    return Validation(
        project=file.project.project,
        smallest_effects=effects,
        words=_power_words(file.project, effects),
        doubts=doubts(file.project, file.root),
    )


def _population(folder: Path | None, project: str) -> int | None:
    """How many entities the newest features are of, where there is a workspace that knows."""
    if folder is None or not Workspace.is_at(folder):
        return None
    with Workspace.open(folder) as workspace, workspace.stages.state.read() as reader:
        sets = reader.find(FeatureSet, project=project)
    return sets[-1].rows if sets else None


def _smallest_effects(project: Project, populations: tuple[int, ...]) -> dict[int, float | None]:
    share, baseline = project.business.control_group.share, project.business.kpi.baseline
    if share is None or not 0 < baseline < 1:
        return {}
    effects = {
        size: smallest_effect(population=size, share=share, baseline=baseline) for size in populations if size > 1
    }
    return {size: effect if math.isfinite(effect) else None for size, effect in effects.items()}


def _power_words(project: Project, effects: dict[int, float | None]) -> str:
    """What the control group can show, in a sentence for each population."""
    group, kpi = project.business.control_group, project.business.kpi
    if group.share is None:
        return f"there is no control group ({group.none}), so the programme's effect cannot be proven"
    if not effects:
        return f"the KPI {kpi.name} is no share, so the smallest effect that can be seen is not worked out"
    seen = (
        f"none at all among {size:,} entities"
        if effect is None
        else f"one of {effect * 100:.1f} points or more among {size:,} entities"
        for size, effect in effects.items()
    )
    asked = f"{abs(kpi.target - kpi.baseline) * 100:.1f} points, from {kpi.baseline:.1%} to {kpi.target:.1%}"
    return (
        f"a change of {kpi.name} that a control group of {group.share:.0%} shows in four cases of five: "
        f"{'; '.join(seen)} (asked for: {asked})"
    )


def plan(workspace: Workspace, path: Path) -> tuple[ProjectFile, Revision | None, tuple[Difference, ...]]:
    """What applying the file would change against the revision in force."""
    file = read_project(path)
    active = active_revision(workspace, file.project.project)
    changed = differences(parse(active.text), file.project) if active is not None else ()
    return file, active, changed


def apply(workspace: Workspace, path: Path, *, by: str) -> Revision:
    """Register the file at a path as an immutable revision; the same text again is the same revision."""
    return register(workspace, read_project(path), by=by)


def register(workspace: Workspace, file: ProjectFile, *, by: str, expected: int | None = None) -> Revision:
    """Register a file that was read as an immutable revision; the same text again is the same revision.

    What it weakens, and whether the revision that it was written against is still in force, is asked in the
    transaction that keeps it. `expected`: the number of that revision, where whoever applies it says so.

    Raises:
        RevisionMoved: when another revision is in force by now.
    """
    digest = Digest(sha256(file.text.encode()))
    commit, dirty = _git(file.root)
    root = workspace.stages.place_of(file.root)
    with workspace.stages.state.write() as tx:
        demand_identity(workspace, tx, by)
        earlier = tx.find(Revision, project=file.project.project)
        active = next((item for item in earlier if item.state is RevisionState.ACTIVE), None)
        if expected is not None and (active is None or active.number != expected):
            raise RevisionMoved(file.project.project, expected, active.number if active else None)
        changed = differences(parse(active.text), file.project) if active is not None else ()
        same = [item for item in earlier if (item.digest, item.root) == (digest, root)]
        known = next((item for item in same if item.state in (RevisionState.PROPOSED, RevisionState.ACTIVE)), None)
        if known is not None:
            return known
        weakens = tuple(f"{item.path}: {item.why}" for item in changed if item.weakens)
        revision = Revision(
            project=file.project.project,
            number=len(earlier) + 1,
            digest=digest,
            text=file.text,
            root=root,
            git_commit=commit,
            git_dirty=dirty,
            applied_by=by,
            applied_at=workspace.clock.now(),
            weakens=weakens,
            state=RevisionState.PROPOSED if weakens else RevisionState.ACTIVE,
        )
        keep(tx, _in_force(revision, earlier), workspace.clock.now())
    return revision


def decided_revision(revision: Revision, all_of_them: list[Revision], *, approve: bool) -> tuple[Record, ...]:
    """Records that follow from a decision on a proposed revision (pure)."""
    if not approve:
        return (replace(revision, state=RevisionState.REJECTED),)
    return _in_force(replace(revision, state=RevisionState.ACTIVE), all_of_them)


def active_revision(workspace: Workspace, project: str) -> Revision | None:
    """The revision in force."""
    with workspace.stages.state.read() as reader:
        found = reader.find(Revision, project=project, state=RevisionState.ACTIVE)
    return found[0] if found else None


def _in_force(revision: Revision, others: list[Revision]) -> tuple[Record, ...]:
    if revision.state is not RevisionState.ACTIVE:
        return (revision,)
    others = [item for item in others if item.state is RevisionState.ACTIVE and item.number != revision.number]
    return (*(replace(item, state=RevisionState.SUPERSEDED) for item in others), revision)


def _git(root: Path) -> tuple[str | None, bool]:
    """The commit that the project's folder stands at, and whether files in it differ from it."""
    try:
        commit = _run_git(root, "rev-parse", "HEAD")
        changes = _run_git(root, "status", "--porcelain", "--", ".")
    except (OSError, subprocess.CalledProcessError):
        return None, False
    return commit.strip(), bool(changes.strip())


def _run_git(root: Path, *arguments: str) -> str:
    command = ["git", "-C", str(root), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=30).stdout  # noqa: S603
