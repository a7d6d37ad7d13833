"""What a change of the project file changes: each difference, whether it weakens something, which stages it touches.

Invariant: equal projects have no differences; every difference has a path that people find in the file, and one that
weakens says why. Weakening is judged by `spec.weakening`; who must approve it is for `operations`.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from copml.records import Stage
from copml.spec.project import Part, Project, Trigger
from copml.spec.weakening import gate_lost, trigger_lost, why_weaker

_ALL = tuple(Stage)
_TOUCHES: dict[str, tuple[Stage, ...]] = {
    "zone": _ALL,
    "people": (Stage.NOTIFY,),
    "business": (),
    "business.kpi": (Stage.MONITOR, Stage.ACT),
    "business.value": (Stage.MONITOR, Stage.ACT),
    "business.control_group": (Stage.TRAIN, Stage.SCORE, Stage.MONITOR),
    "data": (Stage.INGEST, Stage.FEATURES, Stage.TRAIN, Stage.SCORE, Stage.MONITOR),
    "data.outcome": (Stage.TRAIN, Stage.MONITOR),
    "data.predictions": (Stage.INGEST, Stage.SCORE, Stage.MONITOR),
    "data.treatment": (Stage.TRAIN, Stage.SCORE, Stage.MONITOR),
    "features": (Stage.FEATURES, Stage.TRAIN, Stage.SCORE),
    "training": (Stage.TRAIN,),
    "deployment": (Stage.SCORE,),
    "deployment.approval": (Stage.DEPLOY,),
    "monitoring": (Stage.MONITOR, Stage.ACT),
    "monitoring.commissioning": (Stage.ACT,),
    "monitoring.triggers": (Stage.ACT,),
    "monitoring.alerts": (Stage.NOTIFY,),
    "risk": (Stage.TRAIN, Stage.MONITOR),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One key that differs; `before` and `after` are as people would write them, None where there is nothing."""

    path: str
    before: str | None
    after: str | None
    weakens: bool
    why: str
    touches: tuple[Stage, ...]


def differences(old: Project, new: Project) -> tuple[Difference, ...]:
    """Every difference between two projects, in the order of the file. Pure."""
    return tuple(_differences(old, new))


def shown(value: object) -> str | None:
    """A value as people would write it; None for nothing."""
    if value is None:
        return None
    if isinstance(value, Part):
        given = {name: getattr(value, name) for name in type(value).model_fields if name in value.model_fields_set}
        return ", ".join(f"{name.rstrip('_')}: {shown(item)}" for name, item in given.items())
    if isinstance(value, dict):
        return ", ".join(f"{key}: {shown(item)}" for key, item in value.items()) or "nothing"
    if isinstance(value, (tuple, list)):
        items = ", ".join(shown(item) or "" for item in value)
        return f"[{items}]" if len(value) != 1 else items
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.12g}" if isinstance(value, float) else str(value)


def _differences(old: Project, new: Project) -> Iterator[Difference]:
    for path, before, after in _changes(old, new, ()):
        name = ".".join(path)
        if name == "training.gates":
            yield from _gates(before, after)
        elif name == "monitoring.triggers":
            yield from _triggers(before, after)
        else:
            yield _difference(name, shown(before), shown(after), why_weaker(path, before, after, old=old, new=new))


def _changes(old: object, new: object, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], object, object]]:
    """The innermost keys whose values differ; a whole part where one side has none."""
    if isinstance(old, Part) and isinstance(new, Part):
        for name, field in type(old).model_fields.items():
            yield from _changes(getattr(old, name), getattr(new, name), (*path, field.alias or name))
    elif isinstance(old, dict) and isinstance(new, dict):
        for key in dict.fromkeys([*old, *new]):
            yield from _changes(old.get(key), new.get(key), (*path, key))
    elif old != new:
        yield path, old, new


def _gates(before: object, after: object) -> Iterator[Difference]:
    assert isinstance(before, tuple)
    assert isinstance(after, tuple)
    for gate in before:
        if gate not in after:
            yield _difference("training.gates", gate, None, gate_lost(gate, after))
    for gate in after:
        if gate not in before:
            yield _difference("training.gates", None, gate, "")


def _triggers(before: object, after: object) -> Iterator[Difference]:
    assert isinstance(before, tuple)
    assert isinstance(after, tuple)
    olds: list[Trigger] = [trigger for trigger in before if trigger not in after]
    news: list[Trigger] = [trigger for trigger in after if trigger not in before]
    for trigger in olds:
        yield _difference("monitoring.triggers", shown(trigger), None, trigger_lost(trigger, after))
    for trigger in news:
        yield _difference("monitoring.triggers", None, shown(trigger), "")


def _difference(path: str, before: str | None, after: str | None, why: str) -> Difference:
    return Difference(path=path, before=before, after=after, weakens=bool(why), why=why, touches=_touched(path))


def _touched(path: str) -> tuple[Stage, ...]:
    """The stages named for the longest beginning of the path."""
    steps = path.split(".")
    starts = (".".join(steps[:length]) for length in range(len(steps), 0, -1))
    return next((_TOUCHES[start] for start in starts if start in _TOUCHES), ())
