"""What a training ran with: source, interpreter, packages, threads, settings (RE-3).

Invariant: the same files give the same archive, byte for byte, whatever their dates and owners. Data are not source:
they are in snapshots, and erasure must reach them, so data files that git does not track stay out of the archive.
"""

import importlib.metadata
import io
import os
import platform
import subprocess
import tarfile
from functools import cache
from pathlib import Path

from copml.records import Environment
from copml.sandbox import thread_settings

FILE_BYTES_MAX = 5 << 20
GIT_SECONDS_MAX = 60.0
VARIABLES = ("LANG", "LC_ALL", "TZ", "CUDA_VISIBLE_DEVICES")
"""Environment variables that may be kept: none of them can hold a secret."""
_FIXED = {"PYTHONHASHSEED": "0"}
_JUNK = frozenset({".git", ".venv", "venv", ".copml", "__pycache__", "node_modules", ".ipynb_checkpoints", ".tox"})
_DATA = frozenset(
    {".csv", ".tsv", ".parquet", ".jsonl", ".ndjson", ".db", ".sqlite", ".arrow", ".feather", ".gz", ".zip"}
)
_DRAFTS = frozenset({".tmp", ".part", ".partial", ".swp"})
"""What somebody has not finished writing: a killed process leaves it, and it is no code."""


def environment(root: Path, threads: int) -> Environment:
    """What a child with that many threads runs in, now."""
    commit = _git(root, "rev-parse", "HEAD")
    return Environment(
        python=platform.python_version(),
        platform=platform.platform(),
        packages=_packages(),
        threads=thread_settings(threads),
        variables={name: os.environ[name] for name in VARIABLES if name in os.environ} | _FIXED,
        git_commit=commit.strip() if commit else None,
        git_dirty=bool(_git(root, "status", "--porcelain", "--", ".")),
    )


def source_archive(root: Path) -> bytes:
    """A tar of the project's source: what git tracks or would track, else all but junk and data; small files only."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path in source_files(root):
            data = (root / path).read_bytes()
            member = tarfile.TarInfo(path)
            member.size = len(data)
            member.mode = 0o755 if os.access(root / path, os.X_OK) else 0o644
            archive.addfile(member, io.BytesIO(data))
    return buffer.getvalue()


def source_files(root: Path) -> list[str]:
    """Paths of the source relative to the root, sorted."""
    tracked = _git(root, "ls-files", "-z", "--cached")
    if tracked is None:
        return sorted(path for path in _walk(root) if _is_source(root, path))
    others = _git(root, "ls-files", "-z", "--others", "--exclude-standard") or ""
    kept = {path for path in tracked.split("\0") if path and _is_small_file(root / path)}
    return sorted(kept | {path for path in others.split("\0") if path and _is_source(root, path)})


def _walk(root: Path) -> list[str]:
    found = []
    for folder, folders, files in os.walk(root):
        folders[:] = [name for name in folders if name not in _JUNK]
        found += [(Path(folder) / name).relative_to(root).as_posix() for name in files]
    return found


def _is_source(root: Path, path: str) -> bool:
    parts = Path(path)
    is_code = not _JUNK & set(parts.parts) and parts.suffix.lower() not in _DATA | _DRAFTS
    return is_code and _is_small_file(root / path)


def _is_small_file(path: Path) -> bool:
    return path.is_file() and not path.is_symlink() and path.stat().st_size <= FILE_BYTES_MAX


def _git(root: Path, *arguments: str) -> str | None:
    """What git says; None without git, or outside a repository with a commit."""
    try:
        done = subprocess.run(  # noqa: S603 - fixed arguments, no shell
            ["git", "-C", str(root), *arguments],  # noqa: S607 - the user's own git
            capture_output=True,
            timeout=GIT_SECONDS_MAX,
            check=True,
        )
    except (FileNotFoundError, subprocess.CalledProcessError, subprocess.TimeoutExpired):
        return None
    return done.stdout.decode(errors="surrogateescape")


@cache
def _packages() -> dict[str, str]:
    installed = {item.metadata["Name"]: item.version for item in importlib.metadata.distributions()}
    return dict(sorted(installed.items()))
