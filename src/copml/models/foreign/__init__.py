"""Model files from elsewhere: what they are, without opening them, and opening them.

Invariant: telling what a file is runs nothing that is in it and reads no other file. A file is opened in a child
process only, and a pickle only after somebody said that it is trusted. Both parse what a stranger wrote, so both belong
into a child with limits of time and memory; with `Limits(network=False)` it has no network where the machine allows it.
"""

from pathlib import Path

from copml.models.foreign.finding import Found
from copml.models.foreign.opening import Opened, open_foreign
from copml.models.foreign.registry import address_name, is_address

__all__ = ["Found", "Opened", "address_name", "inspect", "is_address", "open_foreign"]


def inspect(path: Path) -> Found:
    """What a file, or the folder of an MLflow model, is.

    Raises:
        ModelFileRefused: when opening it would do harm, with the reason.
        ModelUnreadable: when it is no model, damaged or empty.
        LibraryMissing: when the library that reads it is not installed.
    """
    from copml.models.foreign.finding import find

    return find(path)
