"""What is an address of e-mail (pure).

Invariant: what passes here can stand in a header and in an SMTP command as it is: one address, nothing that breaks a
line, quotes, or names a second one. Addresses with other letters than ASCII are not taken, because servers differ.
"""

import re

LENGTH_MAX = 254
"""RFC 5321, section 4.5.3.1.3: 256 octets with the angle brackets."""
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})*")


def is_address(text: str) -> bool:
    r"""Whether a text is one address and nothing else.

    >>> is_address("ds@telco.example"), is_address("ds@telco.example\nBcc: me@x.example")
    (True, False)
    """
    return len(text) <= LENGTH_MAX and _ADDRESS.fullmatch(text) is not None
