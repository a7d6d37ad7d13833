"""Run project code in a process of its own: bounded in time, memory, processes and output, and killed as a whole.

Invariant: project code never runs in the process that calls this room; every way in which it can end is a JSON value
or one `CopmlError`; nothing that it started outlives the call. What the code is asked to do is for the caller. This is
a fence against accidents, not against malice: the code has the rights of the person who deployed it.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from copml.sandbox.checks import check_entries as check_entries
    from copml.sandbox.client import run_child as run_child
    from copml.sandbox.entries import load_entry as load_entry
    from copml.sandbox.limits import Limits as Limits
    from copml.sandbox.limits import thread_settings as thread_settings
    from copml.sandbox.presence import in_child as in_child
    from copml.sandbox.presence import is_offline as is_offline

_NAMES = {
    "Limits": "limits",
    "check_entries": "checks",
    "in_child": "presence",
    "is_offline": "presence",
    "load_entry": "entries",
    "run_child": "client",
    "thread_settings": "limits",
}


def __getattr__(name: str) -> object:
    if name not in _NAMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_NAMES[name]}"), name)
