"""A dossier as a page: the question, the evidence as it stood when the question arose, what was tried, the options.

Invariant: figures come from the dossier itself, so that later measurements do not change what people were shown; only
who decided is looked up.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeGuard

from copml.conformance import Evidence
from copml.conformance.figures import kpi_form
from copml.conformance.words import between, day, money, number, points, span
from copml.records import Action, Dossier, Subject
from copml.reporting.judged import judged_by
from copml.reporting.rendering import fill
from copml.reporting.rows import RATIOS, cause_words, decision_on, decision_text, metric_name, training_result

WINDOWS_SHOWN = 12
SHOWN = ("{kpi}.all", "net_value.all", "effect.all", "{metric}.control", "{metric}.all")
MONEY = ("net_value", "value", "cost")


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """A way to go on: what it is, what speaks for it, what against it."""

    name: str
    pro: str
    con: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DossierView:
    """A dossier written out."""

    id: str
    question: str
    action: str
    opened: str
    decided: str
    waits: bool
    facts: tuple[tuple[str, str], ...]
    columns: tuple[str, ...]
    windows: tuple[tuple[str, ...], ...]
    tried: tuple[tuple[str, str, str], ...]
    trainings: tuple[tuple[str, str, str], ...]
    options: tuple[Option, ...]


def dossier(evidence: Evidence, dossier: Dossier) -> str:
    """The dossier as a self-contained HTML page."""
    return fill(
        "dossier.html.j2",
        view=dossier_view(evidence, dossier),
        project=evidence.project,
        title=f"{evidence.project.project}: {dossier.action}",
        simulated=evidence.simulated,
        as_of=day(dossier.opened_at, evidence.project.tz),
    )


def dossier_view(evidence: Evidence, dossier: Dossier) -> DossierView:
    """The dossier as rows of text."""
    kpi, metric = evidence.project.business.kpi.name, judged_by(evidence).metric
    names = [name.format(kpi=kpi, metric=metric) for name in SHOWN]
    windows = _rows(dossier.evidence.get("windows"))
    seen = [name for name in names if any(name in row for row in windows)]
    return DossierView(
        id=dossier.id,
        question=dossier.question,
        action=dossier.action.value,
        opened=day(dossier.opened_at, evidence.project.tz),
        decided=_decided(evidence, dossier),
        waits=not dossier.decided,
        facts=_facts(evidence, dossier),
        columns=tuple(_column(evidence, name) for name in seen),
        windows=tuple(_window(evidence, row, seen) for row in windows[-WINDOWS_SHOWN:]),
        tried=tuple(
            (_text(row, "at"), _text(row, "did"), _text(row, "because")) for row in _rows(dossier.evidence.get("tried"))
        ),
        trainings=tuple(
            (_text(row, "at"), cause_words(_text(row, "cause")), _result(evidence, row))
            for row in _rows(dossier.evidence.get("trainings"))
        ),
        options=_options(evidence, windows, len(_rows(dossier.evidence.get("trainings"))), dossier.action),
    )


def _facts(evidence: Evidence, dossier: Dossier) -> tuple[tuple[str, str], ...]:
    kpi, form = evidence.project.business.kpi, kpi_form(evidence)
    trigger = dossier.evidence.get("trigger")
    asked = trigger if isinstance(trigger, Mapping) else {}
    return (
        ("Opened", day(dossier.opened_at, evidence.project.tz)),
        *((str(name).capitalize(), str(value)) for name, value in asked.items()),
        ("KPI", f"{kpi.name}, from a baseline of {form(kpi.baseline)} to a target of {form(kpi.target)}"),
        ("Decision", _decided(evidence, dossier)),
    )


def _decided(evidence: Evidence, dossier: Dossier) -> str:
    decision = decision_on(evidence, Subject.DOSSIER, dossier.id)
    if decision is not None:
        return decision_text(evidence, decision)
    return "Decided" if dossier.decided else f"Waits for people ({span(evidence.now - dossier.opened_at)})"


def _options(
    evidence: Evidence, windows: Sequence[Mapping[str, object]], trainings: int, action: Action
) -> tuple[Option, ...]:
    currency = evidence.project.business.value.currency
    net = [figures for row in windows if (figures := _figures(row.get("net_value.all"))) is not None]
    quarter = sum(figures[0] for figures in net[-3:])
    pace = f"{money(quarter, currency)} in the newest {len(net[-3:])} measured windows" if net else "not measured"
    judged = judged_by(evidence)
    control = [figures for row in windows if (figures := _figures(row.get(f"{judged.metric}.control"))) is not None]
    good = f"is {judged.form(control[-1][0])}" if control else "is not known"
    score = f"{judged.name[0].lower()}{judged.name[1:]} on control {good}"
    effects = [figures for row in windows if (figures := _figures(row.get("effect.all"))) is not None]
    effect = (
        f"the newest effect is {points(effects[-1][0])} ({between(effects[-1][1], effects[-1][2], points)})"
        if effects
        else "the effect is not known"
    )
    repair = Option(
        name="Repair",
        pro=f"New data, a new model or a new treatment may bring the value back: {effect}, {score}.",
        con=f"{trainings} trainings so far; a model cannot mend a treatment that people no longer want.",
    )
    go_on = Option(
        name="Continue as it is",
        pro=f"Nothing changes for customers, and figures go on being measured; net value: {pace}.",
        con="Whatever made the trigger fire goes on as well.",
    )
    retire = Option(
        name="Retire",
        pro=f"Treatments and running cost end ({_running(evidence)}); evidence and versions are kept.",
        con="Whatever the programme still prevents is lost; starting again needs a new control group and time.",
    )
    return (retire, repair, go_on) if action is Action.PROPOSE_RETIREMENT else (repair, go_on, retire)


def _running(evidence: Evidence) -> str:
    value = evidence.project.business.value
    fixed = money(value.running.infrastructure + value.running.people, value.currency)
    return f"{fixed} per {value.running.per}, and {money(value.treatment_cost, value.currency)} for each treatment"


def _window(evidence: Evidence, row: Mapping[str, object], names: Sequence[str]) -> tuple[str, ...]:
    return (_text(row, "window"), *(_cell(evidence, name, row.get(name)) for name in names))


def _cell(evidence: Evidence, name: str, value: object) -> str:
    figures = _figures(value)
    if figures is None:
        return "–"
    scale, digits, unit = _unit(evidence, name.partition(".")[0])
    shown, low, high = (number(figure * scale, digits) for figure in figures)
    return f"{shown}{unit} ({low} to {high})"


def _column(evidence: Evidence, name: str) -> str:
    metric = name.partition(".")[0]
    unit = evidence.project.business.value.currency if metric in MONEY else "points" if metric == "effect" else ""
    return f"{metric_name(name)}, {unit}" if unit else metric_name(name)


def _unit(evidence: Evidence, metric: str) -> tuple[float, int, str]:
    """Factor, digits and sign of a metric in a table."""
    if metric in MONEY:
        return 1, 0, ""
    if metric == "effect":
        return 100, 1, ""
    return (100, 1, " %") if _is_ratio(evidence, metric) else (1, 3, "")


def _is_ratio(evidence: Evidence, metric: str) -> bool:
    kpi = evidence.project.business.kpi
    return metric in RATIOS or (metric == kpi.name and 0 <= kpi.baseline <= 1 and 0 <= kpi.target <= 1)


def _result(evidence: Evidence, row: Mapping[str, object]) -> str:
    return training_result(evidence, _text(row, "version"), str(row.get("result", "")))


def _rows(value: object) -> list[Mapping[str, object]]:
    return [row for row in value if isinstance(row, Mapping)] if isinstance(value, list | tuple) else []


def _text(row: Mapping[str, object], name: str) -> str:
    return str(row.get(name, "–"))


def _figures(value: object) -> tuple[float, float, float] | None:
    return (value[0], value[1], value[2]) if _is_triple(value) else None


def _is_triple(value: object) -> TypeGuard[Sequence[float]]:
    return isinstance(value, list | tuple) and len(value) == 3 and all(isinstance(item, int | float) for item in value)
