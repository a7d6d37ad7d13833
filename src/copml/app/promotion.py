"""Carry a version, with its evidence, from one workspace (development) to another (production).

Invariant: nothing of a promotion is seen in the target before one transaction there, which holds the version and the
record of where it came from; the record in the source follows, and a promotion that was stopped between the two ends by
being repeated. What was altered, rejected, or is of another project does not arrive.
"""

import json
import secrets
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

from copml.app.ledger import checkpoint, origin, verifier_key
from copml.app.provenance import Provenance, provenance
from copml.app.workspace import Workspace
from copml.digest import digest_of
from copml.errors import PromotionRefused
from copml.ledger import kind_of
from copml.models import Description
from copml.operations import View, can_learn, keep, look, train_request, training_rows
from copml.records import Digest, Direction, ModelVersion, Promotion, Run, VersionName, VersionState
from copml.registry import load_version, next_name, register
from copml.store import LedgerTable
from copml.training import Given, Reassessment, reassess

ACCEPTED = frozenset({VersionState.CANDIDATE, VersionState.APPROVED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Promoted:
    """What a promotion came to: its record and the version in the target. `new`: False where it was there before."""

    promotion: Promotion
    version: ModelVersion
    new: bool


def promote(workspace: Workspace, project: str, version: str, *, to: Path, by: str) -> Promoted:
    """Register a version of this workspace in another one, judged again by the revision in force there.

    The same version again gives the promotion that there is.

    Raises:
        PromotionRefused: when there is no such project or revision there, the version may not go, or another waits.
        EvidenceAltered, ManifestUnsigned, ModelAltered, ArtifactMissing: when it is not what was registered.
        ModelLibraryDiffers, ModelColumnsMissing, …: when the model cannot predict there.
        WorkspaceMissing: when there is no workspace at `to`.
    """
    with Workspace.open(to) as target:
        source_view = look(workspace.stages, project, workspace.clock.now())
        assert source_view is not None, "a project that was named has a revision"
        found, run = _leaving(workspace, target, source_view, version)
        identity = digest_of([origin(workspace), found.name, found.content_digest, origin(target)])[:32]
        there = _view(target, project)
        known = next((item for item in there.promotions if item.id == identity), None)
        promotion = known or _carry(workspace, target, there, found, run, identity, by)
        _record_here(workspace, target, found, promotion)
        checkpoint(target)
        arrived = _view(target, project).version(promotion.version)
        assert arrived is not None, "a promotion and its version are kept together"
        return Promoted(promotion=promotion, version=arrived, new=known is None)


def _leaving(workspace: Workspace, target: Workspace, view: View, name: str) -> tuple[ModelVersion, Run]:
    """The version and its run, if they may leave for the target."""
    found = view.version(name)
    if found is None:
        raise PromotionRefused(name, f"there is no such version in {view.name}", "`copml versions` lists them")
    if workspace.folder == target.folder:
        raise PromotionRefused(name, "source and target are one workspace", "name another one with `--to`")
    if workspace.mark.simulated and not target.mark.simulated:
        raise PromotionRefused(
            name, "it was made in simulated time, and the target is real", "promote to a simulated workspace"
        )
    if found.state not in ACCEPTED:
        raise PromotionRefused(name, f"it is {found.state}: {found.state_reason}", "promote another version")
    run = next((item for item in view.runs if item.id == found.run), None)
    if run is None:
        raise PromotionRefused(
            name, "it was not trained in this workspace", "promote it from where it was trained, so that proofs hold"
        )
    return found, run


def _view(target: Workspace, project: str) -> View:
    view = look(target.stages, project, target.clock.now())
    if view is None:
        raise PromotionRefused(
            project,
            f"the workspace {target.folder} has no revision of this project in force",
            "run `copml apply` there first",
        )
    if view.retirement is not None:
        raise PromotionRefused(project, "it is retired in the target", "apply a new project there")
    if view.project.is_external:
        raise PromotionRefused(project, "its model runs elsewhere, says the target", "apply `mode: batch` there")
    return view


def _carry(
    source: Workspace, target: Workspace, view: View, version: ModelVersion, run: Run, identity: str, by: str
) -> Promotion:
    """Verify, judge and register; everything before the transaction at the end writes only what nobody reads yet."""
    _demand_room(view, version)
    source.stages.progress("proofs", 0, None)
    proven = provenance(source, version, run)
    staging = target.stages.staging(f"promote/{identity}-{secrets.token_hex(4)}")
    try:
        model = load_version(version, source.stages.blobs, source.stages.keys.verify, staging / "model")
        _demand_same_question(view, version, model)
        source.stages.progress("gates", 0, None)
        judged = _judged(target, view, version, model, identity)
        arrived = _arrived(target, view, version, judged, proven)
        _carry_blobs(source, target, version, run)
        arrived = register(arrived, model, target.stages.blobs, target.stages.keys.sign)
        promotion = Promotion(
            project=view.name,
            id=identity,
            direction=Direction.IN,
            version=arrived.name,
            named=version.name,
            ledger=proven.ledger,
            key=proven.key,
            entry=proven.entry,
            evidence=target.stages.blobs.put(proven.bundle),
            by=by,
            at=view.now,
        )
        _keep(target, view, arrived, promotion)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return promotion


def _demand_room(view: View, version: ModelVersion) -> None:
    if view.waiting is not None:
        raise PromotionRefused(
            version.name, f"{view.waiting.name} waits for approval in the target", "decide on that one first"
        )
    if not view.feature_sets:
        return
    missing = sorted(set(version.columns) - set(view.feature_sets[-1].columns))
    if missing:
        raise PromotionRefused(
            version.name,
            f"it takes {', '.join(missing)}, which the features of the target do not have",
            "apply the project file that it was trained under",
        )


def _demand_same_question(view: View, version: ModelVersion, model: Path) -> None:
    found, rule = Description.read(model / "model.json"), view.project.rule
    if (found.kind, found.classes) != (rule.kind, rule.classes):
        raise PromotionRefused(
            version.name,
            f"it predicts {found.kind} {', '.join(found.classes)}".rstrip() + f", and the target asks for {rule.kind}",
            "apply the project file that it was trained under",
        )


def _judged(target: Workspace, view: View, version: ModelVersion, model: Path, identity: str) -> Reassessment:
    request = train_request(view, target.stages, key=f"promote/{identity}", on=view.project.training.on)
    live = view.live.metrics if view.live is not None else None
    try:
        rows = training_rows(view, target.stages) if can_learn(view) else None
        return reassess(request, rows, Given(model=model, metrics=version.metrics, live=live))
    finally:
        shutil.rmtree(request.staging.parent, ignore_errors=True)


def _arrived(
    target: Workspace, view: View, version: ModelVersion, judged: Reassessment, proven: Provenance
) -> ModelVersion:
    """The version as the target keeps it: of another name, held to the gates of there, with its origin as its cause."""
    name, number = next_name(view.versions)
    failed = [gate.condition for gate in judged.gates if gate.passed is not True]
    where = f"{judged.rows:,} rows of here" if judged.rows else "the figures that it came with"
    words = f"did not pass on {where}: {'; '.join(failed)}" if failed else f"passed its gates on {where}"
    return replace(
        version,
        name=name,
        number=number,
        run=f"{proven.ledger}/{version.run}",
        cause=f"promoted from {proven.ledger}, ledger entry {proven.entry}",
        revision=view.revision.number,
        state=VersionState.CANDIDATE if judged.passed else VersionState.REJECTED,
        manifest=Digest(""),
        metrics=judged.metrics,
        gates=judged.gates,
        created_at=view.now,
        state_reason=words,
    )


def _carry_blobs(source: Workspace, target: Workspace, version: ModelVersion, run: Run) -> None:
    """The manifest as the source signed it, and the source archive; each is checked against its digest on reading."""
    for digest in (version.manifest, run.source):
        if digest is not None:
            target.stages.blobs.put(source.stages.blobs.get(digest))


def _keep(target: Workspace, view: View, arrived: ModelVersion, promotion: Promotion) -> None:
    with target.stages.state.write() as tx:
        taken = tx.get(ModelVersion, project=view.name, name=arrived.name)
        if taken is not None or tx.get(Promotion, project=view.name, id=promotion.id) is not None:
            raise PromotionRefused(
                promotion.named, "another version was made in the target meanwhile", "run the promotion again"
            )
        keep(tx, (arrived, promotion), view.now)


def _record_here(source: Workspace, target: Workspace, version: ModelVersion, promotion: Promotion) -> None:
    """The other half: the source's own record, unless it is there."""
    index = _entry_of(target, promotion)
    with source.stages.state.write() as tx:
        if tx.get(Promotion, project=version.project, id=promotion.id) is None:
            half = replace(
                promotion,
                direction=Direction.OUT,
                version=version.name,
                named=VersionName(promotion.version),
                ledger=origin(target),
                key=str(verifier_key(target)),
                entry=index,
                at=source.clock.now(),
            )
            keep(tx, (half,), half.at)
    checkpoint(source)


def _entry_of(target: Workspace, promotion: Promotion) -> int:
    """The index of the target's entry of a promotion."""
    with target.stages.state.read() as reader:
        table = LedgerTable(reader)
        own = [entry for entry in table.entries(0, table.size()) if entry.kind == kind_of(promotion)]
    return next(entry.index for entry in own if json.loads(entry.record)["record"]["id"] == promotion.id)
