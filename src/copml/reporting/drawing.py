"""Draw a chart as SVG, for a wide and for a narrow page.

Invariant: drawing needs no network and no browser; what comes out names no other host, has ids that no other chart on
the page has, and carries its title for those who cannot see it. What is drawn is for the modules of `charts`.
"""

import json
import re
import secrets
from dataclasses import dataclass, replace
from html import escape
from typing import Any, Protocol

import vl_convert

from copml.reporting.theme import config

NARROW_WIDTH = 350
FULL_WIDTH = 940
HALF_WIDTH = 470
NOTEBOOK_WIDTH = 640
LIST_ROW = 22
LIST_AXES = 50
TEXT_WIDE = 13
TEXT_NARROW = 12
_NAMESPACES = re.compile(r' xmlns(:xlink)?="[^"]*"')
_SIZE = re.compile(r'^<svg([^>]*?) width="[\d.]+" height="[\d.]+"')
_IDS = re.compile(r'(id="|url\(#|href="#)([\w-]+)')


class Chart(Protocol):
    """An Altair chart, as far as drawing needs it."""

    def to_dict(self, *, validate: bool) -> dict[str, Any]:
        """The Vega-Lite specification."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """An entry of a chart's key: the ink, the form (`line`, `dash`, `dot`, `bar`) and what it stands for."""

    ink: str
    form: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """The figures behind a chart, already written out."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A chart with its words: `title` names it, `caption` says what it shows, `wide` and `narrow` are SVG."""

    id: str
    title: str
    caption: str
    keys: tuple[Key, ...]
    table: Table
    wide: str
    narrow: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What a chart is called and how large it is drawn; `is_list`: as high on a narrow page as on a wide one."""

    id: str
    title: str
    caption: str
    keys: tuple[Key, ...]
    table: Table
    width: int = FULL_WIDTH
    height: int = 300
    is_list: bool = False


def draw(chart: Chart, frame: Frame) -> Figure:
    """Draw a chart twice, and keep its words and figures with it."""
    spec = chart.to_dict(validate=False)
    return Figure(
        id=frame.id,
        title=frame.title,
        caption=frame.caption,
        keys=frame.keys,
        table=frame.table,
        wide=_svg(spec, frame, width=frame.width, size=TEXT_WIDE, name=f"{frame.id}-w"),
        narrow=_svg(spec, frame, width=NARROW_WIDTH, size=TEXT_NARROW, name=f"{frame.id}-n"),
    )


def svg(chart: Chart, title: str, *, rows: int) -> str:
    """A list of so many rows drawn once, for a notebook."""
    frame = Frame(id="", title=title, caption="", keys=(), table=Table(columns=(), rows=()), is_list=True)
    height = LIST_AXES + LIST_ROW * rows
    # Ids of one drawing must differ from those of others on the page, which nobody here knows.
    name = f"c{secrets.token_hex(4)}"
    return _svg(chart.to_dict(validate=False), replace(frame, height=height), width=NOTEBOOK_WIDTH, size=12, name=name)


def _svg(spec: dict[str, Any], frame: Frame, *, width: int, size: int, name: str) -> str:
    sized = {
        **_without_config(spec),
        "width": width,
        "height": frame.height if frame.is_list else min(frame.height, max(240, width)),
        "autosize": {"type": "fit", "contains": "padding"},
        "config": config(size),
    }
    svg = vl_convert.vegalite_to_svg(json.dumps(sized))
    svg = _NAMESPACES.sub("", svg)
    svg = _IDS.sub(rf"\1{name}-\2", svg)
    label = escape(frame.title, quote=True)
    return _SIZE.sub(lambda found: f'<svg{found[1]} role="img" aria-label="{label}"', svg, count=1)


def _without_config(spec: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in spec.items() if name not in ("config", "$schema")}
