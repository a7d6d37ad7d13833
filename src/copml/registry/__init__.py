"""Model versions: their names, their lifecycle, and the signed manifest that their files are held to.

Invariant: a model loads only if its manifest is signed by this workspace and every file has the digest that the
manifest states; a version moves along one table of states. Training versions and putting them live is for others;
records go back to the caller.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from copml.registry.lifecycle import MOVES as MOVES
    from copml.registry.lifecycle import move as move
    from copml.registry.manifest import Manifest as Manifest
    from copml.registry.manifest import load_version as load_version
    from copml.registry.manifest import read_manifest as read_manifest
    from copml.registry.manifest import register as register
    from copml.registry.manifest import signed_pickle as signed_pickle
    from copml.registry.names import next_name as next_name

_NAMES = {
    "MOVES": "lifecycle",
    "Manifest": "manifest",
    "load_version": "manifest",
    "move": "lifecycle",
    "next_name": "names",
    "read_manifest": "manifest",
    "register": "manifest",
    "signed_pickle": "manifest",
}


def __getattr__(name: str) -> object:
    if name not in _NAMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_NAMES[name]}"), name)
