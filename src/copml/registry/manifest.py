"""The signed list of a version's files, and loading by it.

Invariant: what is loaded is what was signed. The manifest is a blob of canonical JSON with an Ed25519 signature over
its inner object; its digest is in the version's record, and thereby in the ledger. Files are blobs.
"""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from copml.digest import canonical, digest_file
from copml.errors import ArtifactMissing, BlobAltered, BlobMissing, ManifestUnsigned, ModelAltered
from copml.records import Digest, ModelVersion
from copml.store import Blobs, explained

FORMAT = 1
PICKLE_FILE = "model.pkl"
"""What `models` calls a model that runs code when it is read."""
Sign = Callable[[bytes], bytes]
Verify = Callable[[bytes, bytes], bool]
"""Data and signature → whether the signature is ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file of a version: path relative to its folder, SHA-256, bytes."""

    path: str
    digest: Digest
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a version is made of, and which run made it."""

    project: str
    version: str
    run: str
    runtime: str
    content_digest: Digest
    columns: tuple[str, ...]
    files: tuple[File, ...]
    format: int = FORMAT


def register(version: ModelVersion, folder: Path, blobs: Blobs, sign: Sign) -> ModelVersion:
    """Keep the files of a folder and their signed manifest as blobs; returns the version with its manifest's digest.

    Registering the same again writes nothing and returns the same.
    """
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    manifest = Manifest(
        project=version.project,
        version=version.name,
        run=version.run,
        runtime=version.runtime,
        content_digest=version.content_digest,
        columns=version.columns,
        files=tuple(
            File(path=path.relative_to(folder).as_posix(), digest=blobs.put_file(path), size=path.stat().st_size)
            for path in paths
        ),
    )
    signature = sign(canonical(manifest)).hex()
    return replace(version, manifest=blobs.put(canonical({"manifest": asdict(manifest), "signature": signature})))


def read_manifest(version: ModelVersion, blobs: Blobs, verify: Verify) -> Manifest:
    """The manifest of a version, checked against its signature and the version's record.

    Raises:
        ArtifactMissing: when it is not among the blobs.
        ManifestUnsigned: when it, or its signature, is not what was signed for this version.
    """
    try:
        envelope = json.loads(blobs.get(version.manifest))
        body, signature = envelope["manifest"], bytes.fromhex(envelope["signature"])
    except BlobMissing:
        raise ArtifactMissing(version.name, "the manifest", version.manifest) from None
    except BlobAltered as error:
        raise ManifestUnsigned(version.name, "its bytes were altered") from error
    except (ValueError, KeyError, TypeError) as error:
        raise ManifestUnsigned(version.name, "it cannot be read") from error
    if not verify(canonical(body), signature):
        raise ManifestUnsigned(version.name, "the signature is not of its key")
    files = tuple(File(**file) for file in body["files"])
    manifest = Manifest(**(body | {"files": files, "columns": tuple(body["columns"])}))
    named = (manifest.project, manifest.version, manifest.content_digest)
    if named != (version.project, version.name, version.content_digest):
        raise ManifestUnsigned(version.name, f"it is that of {manifest.version} of {manifest.project}")
    return manifest


def signed_pickle(version: ModelVersion, blobs: Blobs, verify: Verify) -> Digest | None:
    """The digest that the signed manifest states for a model that was kept as a pickle; None for all other models.

    Raises:
        ArtifactMissing, ManifestUnsigned: as `read_manifest`.
    """
    files = read_manifest(version, blobs, verify).files
    return next((file.digest for file in files if file.path == PICKLE_FILE), None)


def load_version(version: ModelVersion, blobs: Blobs, verify: Verify, folder: Path) -> Path:
    """Lay out a version's files in a folder, for `models.load`; what is there already and right is left.

    Raises:
        ArtifactMissing: when a file is not among the blobs.
        ManifestUnsigned: when the manifest is not signed by this workspace.
        ModelAltered: when a file is not what was registered.
        DiskFull, WorkspaceReadOnly: when the folder cannot be written.
    """
    manifest = read_manifest(version, blobs, verify)
    for file in manifest.files:
        target = folder / file.path
        if not target.resolve().is_relative_to(folder.resolve()):
            raise ManifestUnsigned(version.name, f"it names a file outside its folder, {file.path}")
        if not target.is_file() or digest_file(target) != file.digest:
            data = _blob(version, file, blobs)
            with explained(target):
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(data)
    return folder


def _blob(version: ModelVersion, file: File, blobs: Blobs) -> bytes:
    try:
        return blobs.get(file.digest)
    except BlobMissing:
        raise ArtifactMissing(version.name, file.path, file.digest) from None
    except BlobAltered:
        raise ModelAltered(
            f"{file.path} of {version.name}", digest_file(blobs.path(file.digest)), file.digest
        ) from None
