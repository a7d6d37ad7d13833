"""Inks of charts and pages, and how Vega-Lite is told about them.

Invariant: a chart is drawn once and read on light, dark and paper: every ink that it uses is named here with its light
value, and the page's style gives the same ink another value where the ground is dark. Inks of one chart also differ in
form (dashes, marks), so that none of them is told apart by colour alone.
"""

from typing import Any

INKS: dict[str, tuple[str, str]] = {
    "ink": ("#2b3138", "#dfe3e8"),
    "quiet": ("#5d6673", "#a4adb8"),
    "grid": ("#e3e6ea", "#343b44"),
    "first": ("#1b62a5", "#79b4ee"),
    "second": ("#b45309", "#f2a65a"),
    "truth": ("#7b3fa0", "#c79be6"),
    "target": ("#0b7561", "#4fc3a8"),
    "bad": ("#b0123c", "#ff8098"),
    "heat-0": ("#eaeef3", "#262d35"),
    "heat-1": ("#f6d6a0", "#5b4720"),
    "heat-2": ("#e08a2c", "#b5701f"),
    "heat-3": ("#9c2b1f", "#ff8a70"),
}
"""Ink by name: on a light ground, on a dark ground. Contrast on its ground is at least 4.5 for lines and text."""

# The font that the drawing measures texts with, and those of the same widths that a reader may have instead.
FONT = "'Liberation Sans', Arial, Helvetica, sans-serif"


def ink(name: str) -> str:
    """The light value of an ink, which stands for it in a chart."""
    return INKS[name][0]


def config(size: int) -> dict[str, Any]:
    """Vega-Lite's configuration with texts of `size` pixels."""
    return {
        "background": None,
        "aria": False,
        "font": FONT,
        "padding": {"top": 6, "left": 6, "right": 8, "bottom": 4},
        "view": {"stroke": None},
        "axis": {
            "labelColor": ink("quiet"),
            "labelFontSize": size,
            "titleColor": ink("quiet"),
            "titleFontSize": size,
            "titleFontWeight": "normal",
            "domainColor": ink("quiet"),
            "tickColor": ink("quiet"),
            "gridColor": ink("grid"),
            "labelLimit": 12 * size,
            "labelFlush": True,
            "titlePadding": 8,
        },
        "axisX": {"grid": False},
        "axisY": {"domain": False, "ticks": False, "labelPadding": 6},
        "text": {"fontSize": size, "color": ink("ink")},
    }
