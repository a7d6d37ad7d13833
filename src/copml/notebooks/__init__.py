"""From a notebook to a module: cells that a data scientist tagged become the functions that a project names.

Invariant: nothing of a notebook is run; a module comes out whole and compiled, or one error names the cell, the line
and what to do. Where a module is written to is for `app`.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from copml.notebooks.cells import read_cells as read_cells
    from copml.notebooks.composing import Module as Module
    from copml.notebooks.composing import compose as compose

_NAMES = {
    "Module": "composing",
    "compose": "composing",
    "read_cells": "cells",
}


def __getattr__(name: str) -> object:
    if name not in _NAMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_NAMES[name]}"), name)
