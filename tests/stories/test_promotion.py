"""A version goes from development to production: with its evidence, whole or not at all, and never altered."""

import json
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from tests.commands import done, refused

from copml.app import Workspace, apply, approve, check, promote, promotion, reject, run, verify_ledger
from copml.clock import SystemClock
from copml.errors import (
    CopmlError,
    EvidenceAltered,
    FourEyes,
    ManifestUnsigned,
    ModelAltered,
    PromotionRefused,
    WorkspaceMissing,
)
from copml.ledger import VerifierKey, implied_root, open_checkpoint
from copml.merkle import commitment
from copml.records import Direction, VersionState

pytestmark = pytest.mark.slow

CLUB = "sports-club"
BOSS = "club-manager@example.org"
ENGINEER = "engineer@example.org"


@pytest.fixture(scope="module")
def developed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a development workspace in which v1 was trained, and a production workspace that never ran."""
    folder = tmp_path_factory.mktemp("promotion")
    done(folder, "init", CLUB)
    project = folder / CLUB
    done(project, "apply", "--by", "author@example.org")
    done(project, "run", "all")
    done(project, "apply", "--by", "operator@example.org", "--workspace", "production")
    return project


@pytest.fixture
def project(developed: Path, tmp_path: Path) -> Path:
    """The same again, to be changed; both workspaces moved along, since they lie within the project's folder."""
    return Path(shutil.copytree(developed, tmp_path / CLUB))


def carry(project: Path, **changes: object) -> promotion.Promoted:
    with Workspace.open(project / ".copml") as workspace:
        return promote(workspace, CLUB, "v1", to=project / "production", by=ENGINEER, **changes)  # type: ignore[arg-type]


def names(project: Path, workspace: str = "production") -> list[str]:
    return [item["name"] for item in done(project, "versions", "--workspace", workspace, "--json").json]


def test_a_version_arrives_with_its_evidence_and_goes_live_there(project: Path) -> None:
    told = done(project, "promote", "v1", "--to", "production", "--by", ENGINEER).out
    assert "v1 is v1 in production, candidate" in " ".join(told.split())
    with Workspace.open(project / ".copml") as source, Workspace.open(project / "production") as target:
        here, there = source[CLUB].view(), target[CLUB].view()
        assert here is not None
        assert there is not None
        (given,), (taken,) = here.promotions, there.promotions
        assert (given.direction, taken.direction, given.id) == (Direction.OUT, Direction.IN, taken.id)
        original, arrived = here.versions[0], there.versions[0]
        assert arrived.content_digest == original.content_digest
        assert arrived.manifest != original.manifest, "it is signed by the target's key"
        assert arrived.cause == f"promoted from {taken.ledger}, ledger entry {taken.entry}"
        assert all(gate.seen.startswith("by the figures that it came with") for gate in arrived.gates)
        assert verify_ledger(source).holds
        assert verify_ledger(target).holds
        bundle = json.loads(target.stages.blobs.get(taken.evidence))
        approve(target, CLUB, "v1", by=BOSS, reason="it was tried in development")
    _bears_out(bundle, taken.key)
    done(project, "run", "all", "--workspace", "production")
    (version,) = done(project, "versions", "--workspace", "production", "--json").json
    assert (version["state"], version["live"]) == ("approved", True)
    with Workspace.open(project / "production") as target:
        verdict = next(item for item in check(target, CLUB) if item.id == "ENV-1")
    assert verdict.verdict == "met"
    assert "promoted on" in verdict.reason


def test_who_promotes_does_not_approve(project: Path) -> None:
    done(project, "promote", "v1", "--to", "production", "--by", BOSS)
    with Workspace.open(project / "production") as target, pytest.raises(FourEyes, match=BOSS):
        approve(target, CLUB, "v1", by=BOSS, reason="mine")


def _bears_out(bundle: dict[str, object], key: str) -> None:
    """Whoever has the bundle and the source's verifier key can check every entry without the source."""
    head = open_checkpoint(str(bundle["checkpoint"]), VerifierKey.parse(key))
    entries = bundle["entries"]
    assert isinstance(entries, list)
    for entry in entries:
        salt, *hashes = (bytes.fromhex(value.removeprefix("hex:")) for value in (entry["salt"], *entry["proof"]))
        leaf = commitment(salt, entry["record"].encode())
        assert implied_root(leaf, entry["index"], head.size, hashes) == head.root
    kinds = {entry["kind"] for entry in entries}
    assert kinds >= {"model-version", "run", "revision", "snapshot", "feature-set"}


def test_the_same_again_changes_nothing(project: Path) -> None:
    first, second = carry(project), carry(project)
    assert (first.new, second.new) == (True, False)
    assert first.promotion == second.promotion
    assert names(project) == ["v1"]
    with Workspace.open(project / ".copml") as source, Workspace.open(project / "production") as target:
        assert len(source[CLUB].view().promotions) == len(target[CLUB].view().promotions) == 1  # type: ignore[union-attr]


@pytest.mark.parametrize("stopped_at", ["provenance", "load_version", "_judged", "register", "_keep", "_record_here"])
def test_a_promotion_that_was_stopped_leaves_nothing_half_done(
    project: Path, stopped_at: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Stopped(BaseException):
        """As a kill: no handler for exceptions sees it."""

    def stop(*_: object, **__: object) -> None:
        raise Stopped

    with monkeypatch.context() as patched:
        patched.setattr(promotion, stopped_at, stop)
        with pytest.raises(Stopped):
            carry(project)
    assert names(project) == (["v1"] if stopped_at == "_record_here" else [])
    assert carry(project).new is (stopped_at != "_record_here")
    assert names(project) == ["v1"]
    with Workspace.open(project / ".copml") as source, Workspace.open(project / "production") as target:
        (given,) = source[CLUB].view().promotions  # type: ignore[union-attr]
        (taken,) = target[CLUB].view().promotions  # type: ignore[union-attr]
        assert given.id == taken.id
        assert verify_ledger(source).holds
        assert verify_ledger(target).holds


def _model_file(workspace: Workspace) -> Path:
    from copml.registry import read_manifest

    view = workspace[CLUB].view()
    assert view is not None
    stages = workspace.stages
    manifest = read_manifest(view.versions[0], stages.blobs, stages.keys.verify)
    return stages.blobs.path(next(file.digest for file in manifest.files if file.path == "model.skops"))


def alter_model(folder: Path) -> None:
    with Workspace.open(folder) as workspace:
        path = _model_file(workspace)
    data = path.read_bytes()
    path.write_bytes(data[:100] + bytes([data[100] ^ 1]) + data[101:])


def alter_manifest(folder: Path) -> None:
    with Workspace.open(folder) as workspace:
        view = workspace[CLUB].view()
        assert view is not None
        path = workspace.stages.blobs.path(view.versions[0].manifest)
    path.write_bytes(path.read_bytes().replace(b'"signature":"', b'"signature":"00'))


def alter_figures(folder: Path) -> None:
    with sqlite3.connect(folder / "state.db") as state:
        state.execute("update model_version set metrics = replace(metrics, '\"value\":0.', '\"value\":0.9')")
    state.close()


def alter_entry(folder: Path) -> None:
    with sqlite3.connect(folder / "state.db") as state:
        state.execute("update entry set salt = zeroblob(32) where kind = 'run'")
    state.close()


ALTERED: dict[str, tuple[Callable[[Path], None], type[CopmlError]]] = {
    "a file of the model": (alter_model, ModelAltered),
    "the manifest": (alter_manifest, ManifestUnsigned),
    "the figures": (alter_figures, EvidenceAltered),
    "an entry of the ledger": (alter_entry, EvidenceAltered),
}


@pytest.mark.parametrize(("alter", "error"), ALTERED.values(), ids=ALTERED.keys())
def test_what_was_altered_does_not_arrive(
    project: Path, alter: Callable[[Path], None], error: type[CopmlError]
) -> None:
    alter(project / ".copml")
    with pytest.raises(error):
        carry(project)
    assert names(project) == []


def test_what_may_not_go_is_refused_with_the_reason(project: Path, tmp_path: Path) -> None:
    assert "no such version" in refused(project, "promote", "v9", "--to", "production", code="COPML-133")
    assert "one workspace" in refused(project, "promote", "v1", "--to", ".copml", code="COPML-133")
    refused(project, "promote", "v1", "--to", "nowhere", code="COPML-001")
    with Workspace.create(tmp_path / "empty"):
        pass
    assert "copml apply" in refused(project, "promote", "v1", "--to", str(tmp_path / "empty"), code="COPML-133")
    with Workspace.open(project / ".copml") as source:
        reject(source, CLUB, "v1", by=BOSS, reason="too coarse")
    assert "too coarse" in refused(project, "promote", "v1", "--to", "production", code="COPML-133")
    assert names(project) == []


def test_a_simulated_version_does_not_enter_a_real_workspace(project: Path) -> None:
    with Workspace.open(project / ".copml") as source:
        simulated = replace(source, mark=replace(source.mark, simulated=True))
        with pytest.raises(PromotionRefused, match="simulated"):
            promote(simulated, CLUB, "v1", to=project / "production", by=ENGINEER)
        with pytest.raises(WorkspaceMissing):
            promote(source, CLUB, "v1", to=project / "elsewhere", by=ENGINEER)


def test_where_there_are_rows_the_gates_are_judged_on_them(project: Path) -> None:
    done(project, "run", "all", "--workspace", "production")
    with pytest.raises(PromotionRefused, match="v1 waits for approval"):
        carry(project)
    with Workspace.open(project / "production") as target:
        approve(target, CLUB, "v1", by=BOSS, reason="the first")
        list(run(target, CLUB))
    arrived = carry(project).version
    assert arrived.name == "v2"
    assert "rows of here" in arrived.state_reason
    with Workspace.open(project / ".copml") as source:
        original = source[CLUB].versions()[0]
    assert arrived.metrics.keys() == original.metrics.keys()
    # The draw of the holdout goes by pseudonyms, which are others here.
    assert arrived.metrics != original.metrics
    assert not [gate for gate in arrived.gates if "came with" in gate.seen]
    assert "live" in arrived.gates[1].condition
    assert arrived.gates[1].passed is True
    assert arrived.state is VersionState.CANDIDATE


def test_a_stricter_gate_there_rejects_it_there(project: Path) -> None:
    text = (project / "copml.yaml").read_text()
    strict = project / "strict.yaml"
    strict.write_text(text.replace("    - possibly(", "    - roc_auc.all >= 0.999\n    - possibly(", 1))
    with Workspace.open(project / "production") as target:
        apply(target, strict, by="operator@example.org")
    arrived = carry(project).version
    assert arrived.state is VersionState.REJECTED
    assert "roc_auc.all >= 0.999" in arrived.state_reason
    assert SystemClock().now() - arrived.created_at < timedelta(hours=1)
