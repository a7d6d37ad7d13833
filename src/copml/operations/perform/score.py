"""Score the features of a slot with the live version, and seal what was scored.

Invariant: what is scored is recorded before the business sees it; the run's id names the slot, so that another attempt
replaces its own output.
"""

from datetime import datetime

from copml.operations.agenda import Task, label
from copml.operations.perform.features import code_limits
from copml.operations.stages import Kept, Stages
from copml.operations.view import View
from copml.records import Digest, Snapshot
from copml.registry import load_version, signed_pickle
from copml.scoring import Control, Rows, ScoreRequest, Surroundings
from copml.scoring import score as score_rows
from copml.scoring import seal as seal_rows
from copml.spec.periods import window_at
from copml.store import Commit, vault


def score(task: Task, view: View, stages: Stages) -> Kept:
    """Score one slot."""
    assert task.slot is not None
    assert view.live is not None
    assert view.deployment is not None
    features = view.features[task.slot]
    staging = stages.staging(task.key)
    request = ScoreRequest(
        project=view.name,
        run=f"s-{label(task.slot)}",
        slot=task.slot,
        zone=view.project.tz,
        version=view.live.name,
        deployment=view.deployment.id,
        model=load_version(view.live, stages.blobs, stages.keys.verify, staging / "model"),
        pickle=signed_pickle(view.live, stages.blobs, stages.keys.verify),
        columns=view.live.columns,
        reference=view.live.profile,
        rows=Rows(files=tuple(stages.lake.files(f"{view.name}/features", features.version)), as_of=task.slot),
        rule=view.project.rule,
        control=_control(view, task),
        episodes_since=_episodes_since(view, task),
        entity_column=_entity_column(view),
        output=view.project.deployment.output,
        transaction=f"{view.name}/{task.key}",
        on_time=_on_time(view, task),
        now=view.now,
    )
    result = score_rows(
        request,
        Surroundings(
            lake=stages.lake,
            keys=stages.keys,
            reveal=lambda pseudonyms: _revealed(view, stages, pseudonyms),
            staging=staging,
            outputs=stages.folder / "outputs",
            project_root=stages.root(view.revision),
            limits=code_limits(view),
            log=stages.log(view.name, task.key),
            progress=lambda done, total: stages.progress("score", done, total),
        ),
    )
    table = f"{view.name}/predictions"
    columns = tuple(stages.lake.schema(table, result.commit.version).names)
    return Kept(records=(snapshot(view, task, table, result.commit, columns), result.run))


def seal(task: Task, view: View, stages: Stages) -> Kept:
    """Seal one scoring run."""
    run = next(item for item in view.scoring_runs if item.id == task.subject)
    return Kept(records=(seal_rows(run, stages.lake, now=view.now, log=stages.log(view.name, task.key)),))


def snapshot(view: View, task: Task, table: str, commit: Commit, columns: tuple[str, ...]) -> Snapshot:
    """The record of a table version that a task made."""
    return Snapshot(
        project=view.name,
        table=table,
        version=commit.version,
        digest=Digest(commit.digest),
        rows=commit.rows,
        rows_added=commit.rows_added,
        columns=columns,
        files=commit.files,
        task=task.key,
        created_at=view.now,
    )


def _control(view: View, task: Task) -> Control | None:
    group = view.project.business.control_group
    if group.share is None:
        return None
    assert task.slot is not None
    epoch = window_at(task.slot, group.redraw, view.project.tz).starts_at
    return Control(share=group.share, epoch=label(epoch))


def _episodes_since(view: View, task: Task) -> datetime | None:
    treatment = view.project.data.treatment
    assert task.slot is not None
    return None if treatment is None else treatment.cooldown.before(task.slot, view.project.tz)


def _entity_column(view: View) -> str:
    """What the business calls its entities: the entity column of the first source that is no event."""
    data = view.project.data
    events = {data.outcome.source, data.treatment.source if data.treatment else ""}
    own = [source for name, source in data.sources.items() if name not in events]
    return (own or list(data.sources.values()))[0].entity


def _on_time(view: View, task: Task) -> bool:
    """Whether the slot is scored by the time when every source had to have come in since the project began."""
    assert task.slot is not None
    begun = max(task.slot, view.started_at)
    delays = [source.delay.after(begun, view.project.tz) for source in view.project.data.sources.values()]
    return view.now <= max(delays)


def _revealed(view: View, stages: Stages, pseudonyms: list[str]) -> list[str]:
    with stages.state.read() as reader:
        sealed = vault.reveal_identifiers(reader, view.name, pseudonyms)
    return [
        stages.keys.open_identifier(view.name, pseudonym, sealed[pseudonym]) if pseudonym in sealed else pseudonym
        for pseudonym in pseudonyms
    ]
