"""Where the command line keeps the tokens of the servers that one signed in to.

Invariant: a file that only its owner can read, in the folder for settings of the operating system's user; a token in
the environment (`COPML_TOKEN`) goes before it.
"""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

TOKEN = "COPML_TOKEN"  # noqa: S105 - the name of a variable


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """A token of a server, and whose it is."""

    server: str
    account: str
    token: str


def token_for(server: str) -> str | None:
    """The token to send to a server; None when one has not signed in there."""
    found = os.environ.get(TOKEN)
    if found:
        return found
    kept = _kept().get(normal(server))
    return None if kept is None else kept.token


def keep(credentials: Credentials) -> Path:
    """Keep a token, in place of one for the same server; the file that it is in."""
    return _write({**_kept(), normal(credentials.server): credentials})


def forget(server: str) -> Credentials | None:
    """Forget the token of a server, and give it back."""
    kept = _kept()
    found = kept.pop(normal(server), None)
    if found is not None:
        _write(kept)
    return found


def normal(server: str) -> str:
    """A server's address as it is kept: without a slash at its end."""
    return server.rstrip("/")


def _path() -> Path:
    folder = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(folder) / "copml" / "credentials.json"


def _kept() -> dict[str, Credentials]:
    try:
        found = json.loads(_path().read_text(encoding="utf-8"))
        return {name: Credentials(**item) for name, item in found.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def _write(kept: dict[str, Credentials]) -> Path:
    path = _path()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_suffix(f".{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_text(json.dumps({name: asdict(item) for name, item in kept.items()}), encoding="utf-8")
    draft.replace(path)
    return path
