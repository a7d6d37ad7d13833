"""Tell people: how each wants to be told, when, in which words, over which channel.

Invariant: deciding is pure, and sending is done at least once with an id that stays the same. Where a message goes is
kept by reference where it is a secret. Who is told of what is for `operations`.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from copml.notifying.mail import can_mail as can_mail
    from copml.notifying.mail import smtp as smtp
    from copml.notifying.preferences import NEVER_STATED as NEVER_STATED
    from copml.notifying.preferences import check_preference as check_preference
    from copml.notifying.preferences import default_preference as default_preference
    from copml.notifying.preferences import ways as ways
    from copml.notifying.sending import send as send
    from copml.notifying.sending import write_out as write_out
    from copml.notifying.timing import is_due as is_due
    from copml.notifying.timing import zone_of as zone_of
    from copml.notifying.wording import letter as letter
    from copml.notifying.wording import one_line as one_line

_NAMES = {
    "NEVER_STATED": "preferences",
    "can_mail": "mail",
    "smtp": "mail",
    "check_preference": "preferences",
    "default_preference": "preferences",
    "is_due": "timing",
    "letter": "wording",
    "one_line": "wording",
    "send": "sending",
    "ways": "preferences",
    "write_out": "sending",
    "zone_of": "timing",
}


def __getattr__(name: str) -> object:
    if name not in _NAMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_NAMES[name]}"), name)
