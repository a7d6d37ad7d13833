"""Who acts, until accounts exist: as asserted.

Invariant: importing this costs nothing, because every command does.
"""

import getpass
import os


def me() -> str:
    """Who runs this, as asserted: `COPML_USER`, else the login name."""
    return os.environ.get("COPML_USER") or getpass.getuser()
