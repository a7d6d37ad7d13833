"""Whether the request makes sense: a question, a KPI that can be reached, owners, a control group that can be compared.

Invariant: each check reads the sheet and yields problems in plain words; it says nothing about what is missing or of
the wrong kind, which `spec.project` does.
"""

from collections.abc import Iterator

from copml.errors import Problem
from copml.records import ProblemKind
from copml.spec.condition_tree import Constant
from copml.spec.fields import nearest
from copml.spec.sheet import Sheet
from copml.spec.vocabulary import ANY_MODEL_METRICS, MODEL_METRICS, OPERATION_METRICS

_QUESTION_MARKS = ("?", "？", "؟", "՞", "፧")
_WORDS_MIN = 3


def question(sheet: Sheet) -> Iterator[Problem]:
    """The question must ask for something that is unknown today."""
    path = ("business", "question")
    text = sheet.text(*path)
    if text is None:
        return
    if not text.strip().endswith(_QUESTION_MARKS):
        message = "this states something and asks for nothing that is unknown today, so there is nothing to predict"
        yield sheet.problem(path, message, "ask, with a question mark: Which customers will leave within 90 days?")
    elif len(text.split()) < _WORDS_MIN:
        message = "this does not say what is to be predicted"
        yield sheet.problem(path, message, "say who, what and by when: Which customers will leave within 90 days?")


def kpi(sheet: Sheet) -> Iterator[Problem]:
    """The target must lie on the better side of the baseline."""
    path = ("business", "kpi")
    name = sheet.text(*path, "name")
    if name in {*ANY_MODEL_METRICS, *OPERATION_METRICS, *Constant}:
        message = f"`{name}` is the name of something that copml measures itself"
        hint = "name what the business counts, such as churn_rate; a metric that is the KPI goes under `metric`"
        yield sheet.problem((*path, "name"), message, hint)
    metric = sheet.text(*path, "metric")
    if metric is not None and metric not in MODEL_METRICS[sheet.kind]:
        message = f"`{metric}` is not measured of a {sheet.kind} model"
        yield sheet.problem((*path, "metric"), message, nearest(metric, [*MODEL_METRICS[sheet.kind]]))
    baseline, target, better = (
        sheet.number(*path, "baseline"),
        sheet.number(*path, "target"),
        sheet.text(*path, "better"),
    )
    if baseline is None or target is None or better not in {"lower", "higher"}:
        return
    if baseline == target:
        message = f"the target {target:g} is the baseline, so nothing would change if it were reached"
        yield sheet.problem((*path, "target"), message, f"set a target that is {better} than {baseline:g}")
    elif (target < baseline) != (better == "lower"):
        message = f"the target {target:g} is worse than the baseline {baseline:g}, where {better} is better"
        yield sheet.problem((*path, "target"), message, f"set one that is {better} than {baseline:g}, or turn `better`")


def value(sheet: Sheet) -> Iterator[Problem]:
    """Success is worth something; treatments cost, running costs are amounts."""
    path = ("business", "value")
    unit = sheet.number(*path, "kpi_unit")
    if unit is not None and unit <= 0:
        message = f"success is worth {unit:g} each, so no model could be worth its cost"
        yield sheet.problem((*path, "kpi_unit"), message, "write what one avoided (or gained) event is worth, above 0")
    for name in sheet.keys(*path, "treatment"):
        amount = sheet.number(*path, "treatment", name)
        if amount is not None and amount > 0:
            message = f"a treatment that brings in {amount:g} by itself needs no model"
            yield sheet.problem((*path, "treatment", name), message, f"write what it costs as -{amount:g}")
    for name in ("infrastructure", "people"):
        amount = sheet.number(*path, "running", name)
        if amount is not None and amount < 0:
            message = f"running costs are amounts ≥ 0, and this is {amount:g}"
            yield sheet.problem((*path, "running", name), message, f"write {-amount:g}")


def control_group(sheet: Sheet) -> Iterator[Problem]:
    """A control group compares the untreated with the treated, so it must be recorded who was treated."""
    path = ("business", "control_group")
    if sheet.has(*path, "share") and sheet.has("data") and not sheet.has("data", "treatment"):
        message = "a control group compares the untreated with the treated, and nothing says who was treated"
        hint = "name the source under `data.treatment`, or write `none` with the reason why there is no control group"
        yield sheet.problem(path, message, hint, at_key=True)


def effect(sheet: Sheet) -> Iterator[Problem]:
    """What a treatment does is told by how much less, or more, often the outcome happens."""
    if sheet.kind in {ProblemKind.MULTICLASS, ProblemKind.REGRESSION} and sheet.has("data", "treatment"):
        message = f"the effect of a treatment is measured on outcomes of yes and no, and this one is {sheet.kind}"
        hint = "predict whether it happens (`binary` or `ranking`), or take the treatment out"
        yield sheet.problem(("data", "treatment"), message, hint, at_key=True)


def learned_from(sheet: Sheet) -> Iterator[Problem]:
    """Learning untreated outcomes needs to know who was treated, and a group that never is."""
    path = ("training", "on")
    on = sheet.text(*path)
    if not sheet.has("training") or not sheet.has("data") or on not in {None, "untreated"}:
        return
    treated, control = sheet.has("data", "treatment"), sheet.has("business", "control_group", "share")
    if on is not None and not treated:
        message = "learning from the untreated needs a record of who was treated, and there is none"
        yield sheet.problem(path, message, "name the source under `data.treatment`, or write `on: all`")
    elif treated and not control and sheet.has("business", "control_group"):
        message = "whoever the model picks is treated, and without a control group nothing is known of them untreated"
        yield sheet.problem(path, message, "give the control group a share, or write `on: all` and know the bias")


def owners(sheet: Sheet) -> Iterator[Problem]:
    """Whoever must decide something must exist."""
    role = sheet.text("deployment", "approval", "by")
    if role in {"review", "audit"} and sheet.has("people") and not sheet.words("people", role):
        message = f"nobody is named under `people.{role}`, so nothing could ever be approved"
        yield sheet.problem(("deployment", "approval", "by"), message, f"name somebody under `people.{role}`")
    wanted, there = sheet.number("deployment", "approval", "people"), {*sheet.words("people", role or "")}
    if wanted is not None and there and wanted > len(there):
        message = f"{wanted:.0f} people must approve, and `people.{role}` names {len(there)}"
        yield sheet.problem(("deployment", "approval", "people"), message, "name more people, or ask for fewer")
    if role == "audit" and sheet.words("people", "audit"):
        message = "an auditor reads everything and changes nothing, approvals included"
        yield sheet.problem(("deployment", "approval", "by"), message, "let another role approve, such as business")
    alone = sheet.truth("regulatory", "affects_people") and sheet.truth("regulatory", "solely_automated")
    if alone and sheet.has("people") and not sheet.words("people", "review"):
        message = "decisions about people that no human takes can be contested, and nobody is named to review them"
        yield sheet.problem(("people", "review"), message, "name the reviewers (HO-1)")
