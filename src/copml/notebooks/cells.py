"""The cells of a notebook file, format 4.

Invariant: a cell has the number under which people find it, counted from the top over cells of every kind. What the
file says beside sources and tags is not looked at; outputs least of all.
"""

import json
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from copml.errors import NotebookUnusable

BYTES_MAX = 100_000_000
REMEDY = "give a notebook as Jupyter saves it"


class Tag(StrEnum):
    """What a tagged cell is for."""

    IMPORTS = "copml:imports"
    FEATURES = "copml:features"
    TRAIN = "copml:train"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A cell of code; `tag`: what it is for, None where it is for nothing but the notebook."""

    number: int
    source: str
    tag: Tag | None


def read_cells(path: Path) -> tuple[Cell, ...]:
    """The cells of code, from the top.

    Raises:
        NotebookUnusable: when the file is no notebook of format 4, or a cell has two of our tags.
    """
    try:
        if path.stat().st_size > BYTES_MAX:
            raise NotebookUnusable(str(path), f"it is larger than {BYTES_MAX // 1_000_000} MB", "clear its outputs")
        found = json.loads(path.read_bytes())
    except OSError as error:
        raise NotebookUnusable(str(path), (error.strerror or str(error)).lower(), REMEDY) from error
    except (ValueError, RecursionError) as error:
        raise NotebookUnusable(str(path), "it is no JSON", REMEDY) from error
    if not isinstance(found, dict) or not isinstance(found.get("cells"), list):
        raise NotebookUnusable(str(path), "it has no cells", f"{REMEDY}, in format 4")
    cells = [_cell(path, number, item) for number, item in enumerate(found["cells"], start=1)]
    return tuple(cell for cell in cells if cell is not None)


def _cell(path: Path, number: int, item: object) -> Cell | None:
    if not isinstance(item, dict) or item.get("cell_type") != "code":
        return None
    source, metadata = item.get("source", ""), item.get("metadata")
    text = "".join(source) if isinstance(source, list) and all(isinstance(line, str) for line in source) else source
    if not isinstance(text, str):
        raise NotebookUnusable(str(path), f"the source of cell {number} is no text", REMEDY)
    tags = metadata.get("tags", []) if isinstance(metadata, dict) else []
    return Cell(number=number, source=text, tag=_tag(path, number, tags if isinstance(tags, list) else []))


def _tag(path: Path, number: int, tags: list[object]) -> Tag | None:
    own = [tag for tag in tags if isinstance(tag, str) and tag.startswith("copml:")]
    known = [item.value for item in Tag]
    for tag in own:
        if tag not in known:
            raise NotebookUnusable(
                str(path), f"cell {number} has the tag {tag!r}, which means nothing", f"use one of {', '.join(known)}"
            )
    if len(own) > 1:
        raise NotebookUnusable(str(path), f"cell {number} has the tags {' and '.join(own)}", "split the cell")
    return Tag(own[0]) if own else None
