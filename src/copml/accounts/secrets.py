"""Secrets that machines keep: tokens, invitations, the cookies of sessions.

Invariant: 256 random bits, so that SHA-256 without a salt is enough to keep of them. A token says what it is
(`copml_`), so that tools which look for leaked secrets know it, and names its record, which is no secret.
"""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass

PREFIX = "copml"
_TOKEN = re.compile(rf"{PREFIX}_(?P<id>[0-9a-f]{{16}})_(?P<secret>[A-Za-z0-9_-]{{43}})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Minted:
    """A new token: the name of its record, what is shown once, what is kept."""

    id: str
    shown: str
    digest: str


def mint_token() -> Minted:
    """A new token."""
    name, secret = secrets.token_hex(8), secrets.token_urlsafe(32)
    return Minted(id=name, shown=f"{PREFIX}_{name}_{secret}", digest=digest_secret(secret))


def split_token(shown: str) -> tuple[str, str] | None:
    """The name of a token's record and its secret; None for what cannot be a token."""
    found = _TOKEN.fullmatch(shown)
    return None if found is None else (found["id"], found["secret"])


def mint_secret() -> str:
    """A new secret of an invitation or a session, 43 characters that a URL and a cookie can hold."""
    return secrets.token_urlsafe(32)


def digest_secret(secret: str) -> str:
    """What is kept of a secret, in hexadecimal."""
    return hashlib.sha256(secret.encode()).hexdigest()


def is_secret(secret: str, digest: str) -> bool:
    """Whether this is the secret that the digest was made of, in constant time."""
    return hmac.compare_digest(digest_secret(secret), digest)
