"""Train a candidate on what has matured, and register what comes out.

Invariant: whatever becomes of it, the run is kept; a failed run opens an incident with its reason. The new version's
name follows from those that exist, so that another attempt has the same.
"""

from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from copml.clock import SimulatedClock
from copml.data import labels, treatments
from copml.operations.actions import deliveries
from copml.operations.agenda import Task, label, learnable
from copml.operations.failures import TRAINING
from copml.operations.perform.features import code_limits, source_versions
from copml.operations.stages import Kept, Stages
from copml.operations.view import View
from copml.records import Cause, CauseStage, Incident, IncidentState, ModelVersion, Record, Role
from copml.registry import load_version, next_name, register, signed_pickle
from copml.training import Policy, TrainingRows, TrainRequest, TrainResult
from copml.training import train as train_candidate

EPISODES = ["entity", "slot", "control"]
TIME = pa.timestamp("us", "UTC")


def train(task: Task, view: View, stages: Stages) -> Kept:
    """Train one candidate."""
    stages.progress("train", 0, None)
    request = train_request(view, stages, key=task.key, on=view.project.training.on)
    result = train_candidate(request, training_rows(view, stages), stages.blobs, SimulatedClock(view.now))
    if result.version is None:
        return Kept(records=tuple(_failed(task, view, result)), note=result.run.reason, failed=True)
    version = register(result.version, result.folder, stages.blobs, stages.keys.sign)
    note = f"{version.name} is {version.state}: {version.state_reason}"
    return Kept(records=(result.run, version, *_mended(view, version)), note=note)


def training_rows(view: View, stages: Stages) -> TrainingRows:
    """Features whose outcomes are known by now, with those outcomes, treatments and episodes."""
    times = learnable(view) if view.project.data.outcome.is_timed else sorted(view.features)[-1:]
    features = stages.lake.read(
        f"{view.name}/features", filter=pc.is_in(pc.field("as_of"), pa.array(times, TIME))
    ).sort_by([("as_of", "ascending"), ("entity", "ascending")])
    return TrainingRows(
        features=features,
        labels=labels(
            stages.lake,
            view.project,
            entities=features["entity"].combine_chunks(),
            as_of=features["as_of"].combine_chunks(),
            now=view.now,
        ),
        treatments=_treatments(view, stages),
        episodes=_episodes(view, stages),
        now=view.now,
    )


def train_request(view: View, stages: Stages, *, key: str, on: str) -> TrainRequest:
    """What a training of the project is asked, as things stand; `key` names it, `on` is what it learns from."""
    name, number = next_name(view.versions)
    training, kpi = view.project.training, view.project.business.kpi
    staging, live = stages.staging(key), view.live
    return TrainRequest(
        project=view.name,
        run=f"t-{label(view.now)}-{number}",
        cause=key.removeprefix("train/"),
        revision=view.revision.number,
        name=name,
        number=number,
        entry=training.entry,
        params=training.params,
        seed=training.seed,
        policy=policy(view, on),
        rule=view.project.rule,
        gates=training.gates,
        constants={"baseline": kpi.baseline, "target": kpi.target},
        snapshots=versions_read(view),
        live=load_version(live, stages.blobs, stages.keys.verify, staging / "live") if live is not None else None,
        live_pickle=signed_pickle(live, stages.blobs, stages.keys.verify) if live is not None else None,
        pickle=training.pickle,
        limits=code_limits(view),
        root=stages.root(view.revision),
        staging=staging / "run",
        log=stages.log(view.name, key),
    )


def versions_read(view: View) -> dict[str, int]:
    """The newest version of every table that training rows come from, by table."""
    features = {"features": max(item.version for item in view.feature_sets)} if view.feature_sets else {}
    return source_versions(view) | features


def policy(view: View, on: str) -> Policy:
    """How rows are chosen and weighed."""
    treatment = view.project.data.treatment
    return Policy(
        on=on,
        holdout=view.project.training.holdout,
        share=view.project.business.control_group.share,
        cooldown=treatment.cooldown if treatment is not None else None,
        zone=view.project.tz,
        rule=view.project.rule,
    )


def _treatments(view: View, stages: Stages) -> pa.Table:
    treatment = view.project.data.treatment
    reach = treatment.cooldown if treatment is not None else view.project.data.outcome.corrections
    since = reach.before(min(view.features), view.project.tz)
    return treatments(stages.lake, view.project, since=since, until=view.now, known_by=view.now)


def _episodes(view: View, stages: Stages) -> pa.Table:
    table = f"{view.name}/predictions"
    if stages.lake.version(table) is None:
        return pa.table(
            {"entity": pa.array([], pa.string()), "slot": pa.array([], TIME), "control": pa.array([], pa.bool_())}
        )
    return stages.lake.read(table, columns=EPISODES, filter=pc.field("eligible"))


def _failed(task: Task, view: View, result: TrainResult) -> list[Record]:
    incident = Incident(
        project=view.name,
        id=f"{TRAINING}{result.run.id}",
        what=f"A training failed: {result.run.reason.splitlines()[0].rstrip('.')}. Nothing was deployed. "
        "Mend the project's code or data, then run `copml run train`.",
        cause_stage=CauseStage.MODEL,
        cause=Cause.SERVICE,
        owner=Role.SCIENCE,
        evidence={"run": result.run.id, "cause": result.run.cause},
        starts_at=view.now,
        opened_at=view.now,
        state=IncidentState.OPEN,
        closed_at=None,
        resolution="",
    )
    return [result.run, incident, *deliveries(view, incident)]


def _mended(view: View, version: ModelVersion) -> list[Incident]:
    """Incidents of failed trainings end with one that came to its end."""
    return [
        replace(
            item, state=IncidentState.RESOLVED, closed_at=view.now, resolution=f"a later training made {version.name}"
        )
        for item in view.incidents
        if item.id.startswith(TRAINING) and item.state is not IncidentState.RESOLVED
    ]
