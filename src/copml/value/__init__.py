"""What the programme is worth: the KPI, the effect of treating against not treating, the money.

Invariant: success is read from randomly drawn arms, by what was intended, never from a model's score; an effect that
cannot be told from none is worth an interval around nothing. Pure functions; whom to treat is for `scoring`, what to do
about a figure for `operations`.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from copml.value.arms import Episodes as Episodes
    from copml.value.arms import effect as effect
    from copml.value.goal import kpi as kpi
    from copml.value.money import net_value as net_value
    from copml.value.money import running_cost as running_cost
    from copml.value.power import controls_needed as controls_needed
    from copml.value.power import smallest_effect as smallest_effect

_NAMES = {
    "Episodes": "arms",
    "controls_needed": "power",
    "effect": "arms",
    "kpi": "goal",
    "net_value": "money",
    "running_cost": "money",
    "smallest_effect": "power",
}


def __getattr__(name: str) -> object:
    if name not in _NAMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_NAMES[name]}"), name)
