"""Passwords: how they are kept, and which are refused.

Invariant: what is kept is an Argon2id hash with a salt of its own (RFC 9106, the profile for little memory). Strength
is length, as NIST SP 800-63B-4 asks; no rules on characters.
"""

from functools import cache
from typing import TYPE_CHECKING

from copml.errors import PasswordRefused

if TYPE_CHECKING:
    from argon2 import PasswordHasher

LENGTH_MIN, LENGTH_MAX = 12, 256
DIFFERENT_MIN = 5


def check_strength(password: str, account: str) -> None:
    """Refuse a password that is guessed easily.

    Raises:
        PasswordRefused: with the reason.
    """
    lowered = password.lower()
    if len(password) < LENGTH_MIN:
        raise PasswordRefused(f"it has {len(password)} characters, and at least {LENGTH_MIN} are asked for")
    if len(password) > LENGTH_MAX:
        raise PasswordRefused(f"it has {len(password)} characters, and at most {LENGTH_MAX} are taken")
    if len(set(lowered)) < DIFFERENT_MIN:
        raise PasswordRefused(f"it is made of {len(set(lowered))} different characters")
    if any(part in lowered for part in (account, account.partition("@")[0], "copml") if len(part) >= DIFFERENT_MIN):
        raise PasswordRefused("the name of the account, or of the product, is in it")


def hash_password(password: str) -> str:
    """What is kept of a password."""
    return _hasher().hash(password)


def is_password(password: str, kept: str | None) -> bool:
    """Whether this is the password that the hash was made of.

    It takes as long where nothing is kept, so that time does not tell which accounts there are.
    """
    from argon2.exceptions import InvalidHashError, VerificationError

    try:
        return _hasher().verify(kept or _nobody(), password) and kept is not None
    except (VerificationError, InvalidHashError):
        return False


@cache
def _hasher() -> "PasswordHasher":
    from argon2 import PasswordHasher
    from argon2.profiles import RFC_9106_LOW_MEMORY

    return PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)


@cache
def _nobody() -> str:
    return _hasher().hash("the password of nobody")
