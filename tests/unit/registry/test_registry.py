"""Names, lifecycle, signed manifests: what was not signed, or was altered, does not load."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from copml.digest import canonical
from copml.errors import ArtifactMissing, CopmlError, ManifestUnsigned, ModelAltered, MoveRefused
from copml.keys import Keys
from copml.records import Digest, ModelVersion, VersionName, VersionState
from copml.registry import MOVES, load_version, move, next_name, read_manifest, register, signed_pickle
from copml.store import Blobs

C, A, J, R = VersionState.CANDIDATE, VersionState.APPROVED, VersionState.REJECTED, VersionState.RETIRED


def make_version(number: int = 1, state: VersionState = C) -> ModelVersion:
    return ModelVersion(
        project="churn",
        name=VersionName(f"v{number}"),
        number=number,
        run="r1",
        cause="first",
        revision=1,
        state=state,
        runtime="sklearn 1.9.1, linear",
        content_digest=Digest("c" * 64),
        manifest=Digest(""),
        columns=("a", "b"),
        metrics={},
        gates=(),
        profile={},
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
        state_reason="",
    )


@pytest.mark.parametrize(("numbers", "name"), [([], "v1"), ([1], "v2"), ([3, 1], "v4"), ([9, 10], "v11")])
def test_names_are_never_used_twice(numbers: list[int], name: str) -> None:
    assert next_name([make_version(number) for number in numbers])[0] == name


@pytest.mark.parametrize("start", VersionState)
@pytest.mark.parametrize("end", VersionState)
def test_moves(start: VersionState, end: VersionState) -> None:
    allowed = {(C, A), (C, J), (C, R), (A, R)}
    assert (end in MOVES[start]) is ((start, end) in allowed)
    if (start, end) in allowed:
        moved = move(make_version(state=start), end, "because")
        assert (moved.state, moved.state_reason, moved.name) == (end, "because", "v1")
    else:
        with pytest.raises(MoveRefused, match=f"v1 is {start} and cannot become {end}"):
            move(make_version(state=start), end, "because")


class Place:
    def __init__(self, root: Path) -> None:
        self.blobs, self.folder = Blobs(root / "blobs"), root / "made"
        self.keys = Keys.create(root / "keys")
        (self.folder / "deep").mkdir(parents=True)
        (self.folder / "model.skops").write_bytes(b"model")
        (self.folder / "deep" / "more.json").write_bytes(b"{}")
        self.version = register(make_version(), self.folder, self.blobs, self.keys.sign)
        self.out = root / "out"

    def load(self) -> Path:
        return load_version(self.version, self.blobs, self.keys.verify, self.out)

    def rewrite(self, change: Callable[[dict[str, object]], object]) -> None:
        """Put another manifest in, and point the version to it, as one who has the database would."""
        envelope = json.loads(self.blobs.get(self.version.manifest))
        change(envelope)
        self.version = replace(self.version, manifest=self.blobs.put(canonical(envelope)))


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_files_come_back(place: Place) -> None:
    for _ in range(2):
        folder = place.load()
        found = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        assert found == {"model.skops": b"model", "deep/more.json": b"{}"}
    (place.out / "model.skops").write_bytes(b"altered in the staging folder")
    assert (place.load() / "model.skops").read_bytes() == b"model"


def test_registering_again_is_the_same(place: Place) -> None:
    assert register(make_version(), place.folder, place.blobs, place.keys.sign) == place.version
    manifest = read_manifest(place.version, place.blobs, place.keys.verify)
    assert (manifest.run, [file.path for file in manifest.files]) == ("r1", ["deep/more.json", "model.skops"])


def alter_file(place: Place) -> None:
    manifest = read_manifest(place.version, place.blobs, place.keys.verify)
    place.blobs.path(manifest.files[1].digest).write_bytes(b"other")


def remove_file(place: Place) -> None:
    manifest = read_manifest(place.version, place.blobs, place.keys.verify)
    place.blobs.path(manifest.files[1].digest).unlink()


def other_file(place: Place) -> None:
    digest = place.blobs.put(b"evil")
    place.rewrite(lambda envelope: envelope["manifest"]["files"][1].update(digest=digest))  # type: ignore[index]


def other_signature(place: Place) -> None:
    place.rewrite(lambda envelope: envelope.update(signature="00" * 64))


def other_key(place: Place) -> None:
    place.keys = Keys.create(place.out.parent / "other-keys")


def other_version(place: Place) -> None:
    second = replace(make_version(2), content_digest=Digest("d" * 64))
    manifest = register(second, place.folder, place.blobs, place.keys.sign).manifest
    place.version = replace(place.version, manifest=manifest)


def outside(place: Place) -> None:
    def change(envelope: dict[str, object]) -> None:
        manifest = envelope["manifest"]
        manifest["files"][1]["path"] = "../evil"  # type: ignore[index]
        envelope["signature"] = place.keys.sign(canonical(manifest)).hex()

    place.rewrite(change)


DAMAGES: list[tuple[Callable[[Place], object], type[CopmlError], str]] = [
    (alter_file, ModelAltered, "model.skops of v1 has the digest"),
    (remove_file, ArtifactMissing, r"model.skops of v1 \(blob .* is missing"),
    (lambda place: place.blobs.path(place.version.manifest).unlink(), ArtifactMissing, "the manifest of v1"),
    (lambda place: place.blobs.path(place.version.manifest).write_bytes(b"{}"), ManifestUnsigned, "altered"),
    (other_file, ManifestUnsigned, "signature is not of its key"),
    (other_signature, ManifestUnsigned, "signature is not of its key"),
    (lambda place: place.rewrite(lambda envelope: envelope.pop("signature")), ManifestUnsigned, "cannot be read"),
    (other_key, ManifestUnsigned, "signature is not of its key"),
    (other_version, ManifestUnsigned, "that of v2 of churn"),
    (outside, ManifestUnsigned, "outside its folder"),
]


@pytest.mark.parametrize(("damage", "kind", "says"), DAMAGES)
def test_what_was_altered_does_not_load(
    place: Place, damage: Callable[[Place], object], kind: type[CopmlError], says: str
) -> None:
    damage(place)
    with pytest.raises(kind, match=says):
        place.load()
    assert not (place.out / "model.skops").exists()
    assert not (place.out.parent / "evil").exists()


def test_the_digest_of_a_pickle_is_that_of_the_signed_manifest(place: Place) -> None:
    assert signed_pickle(place.version, place.blobs, place.keys.verify) is None
    (place.folder / "model.pkl").write_bytes(b"as trained")
    place.version = register(make_version(), place.folder, place.blobs, place.keys.sign)
    digest = signed_pickle(place.version, place.blobs, place.keys.verify)
    assert digest == hashlib.sha256(b"as trained").hexdigest()

    def forge(envelope: Any) -> None:
        for file in envelope["manifest"]["files"]:
            file["digest"] = hashlib.sha256(b"another").hexdigest()

    place.rewrite(forge)
    with pytest.raises(ManifestUnsigned):
        signed_pickle(place.version, place.blobs, place.keys.verify)
