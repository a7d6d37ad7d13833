"""Effectiveness: does the programme move its KPI, and is that worth more than it costs (EF-1 to EF-4, AV-4).

Invariant: success is read from treated against control and from money, never from a score; a figure whose interval
reaches over the line neither fulfils nor breaks a requirement. A positive effect is a good one.
"""

from copml.conformance.evidence import Evidence, Metric, newest
from copml.conformance.figures import frequency, kpi_form, recent_effect, recent_net, this_year
from copml.conformance.requirement import Finding, at_risk, breached, met, unproven
from copml.conformance.rules import waiting
from copml.conformance.rules.choices import not_in_force
from copml.conformance.words import between, count, listed, money, points, share
from copml.records import Action
from copml.spec import parse_condition
from copml.spec.periods import Duration

# Beyond half of what the programme earns, the cost of running it is worth a discussion.
COST_WARNING = 0.5
BUSINESS_METRICS = (Metric.NET_VALUE, Metric.EFFECT, Metric.VALUE, Metric.COST, Metric.RETURN)


def agreed(evidence: Evidence) -> Finding:
    """EF-1: statistical and business measures, with thresholds and costs, stand in the project file."""
    project = evidence.project
    value, kpi, form = project.business.value, project.business.kpi, kpi_form(evidence)
    if (pending := not_in_force(evidence)) is not None:
        return pending
    gates = () if project.is_external else project.training.gates
    conditions = [*gates, *(trigger.when for trigger in project.monitoring.triggers)]
    bounded = sorted(_read_by(conditions) - {kpi.name, *BUSINESS_METRICS})
    gaps = [
        *(["no statistical metric has a threshold"] if not bounded else []),
        *(
            ["the project file states no running cost"]
            if value.running.infrastructure + value.running.people <= 0
            else []
        ),
        *(["it states no cost of a treatment"] if project.data.treatment and value.treatment_cost <= 0 else []),
    ]
    agreed_on = (
        f"{kpi.name} is to go from {form(kpi.baseline)} to {form(kpi.target)}, a unit of it is worth "
        f"{money(value.kpi_unit, value.currency)}"
    )
    if gaps:
        return at_risk(f"{agreed_on}, but {listed(gaps)}.", f"revision {evidence.revision.number}")
    return met(f"{agreed_on}; thresholds stand on {listed(bounded)}.", f"revision {evidence.revision.number}")


def acted_on(evidence: Evidence) -> Finding:
    """EF-2: every threshold has an action, on the statistical side and on the business side."""
    project = evidence.project
    triggers = project.monitoring.triggers
    if (pending := not_in_force(evidence)) is not None:
        return pending
    if not triggers:
        return breached("The project file has no trigger: nothing happens when a threshold is crossed.")
    read = _read_by([trigger.when for trigger in triggers])
    sides = {
        "the model": not read.isdisjoint({*project.metrics, Metric.DRIFT, Metric.DRIFT_MAX}),
        "the business": not read.isdisjoint({project.business.kpi.name, *BUSINESS_METRICS}),
    }
    missing = [side for side, covered in sides.items() if not covered]
    what = f"{count(len(triggers), 'trigger')} with {count(len({*_actions(evidence)}), 'kind')} of action"
    if missing:
        return at_risk(f"The project file has {what}, but none watches {listed(missing)}.")
    return met(
        f"The project file has {what}, on the model and on the business.", f"revision {evidence.revision.number}"
    )


def proved(evidence: Evidence) -> Finding:
    """EF-3: treated against control, with an interval."""
    group = evidence.project.business.control_group
    if group.share is None:
        return unproven(
            f"There is no control group ({group.none}), so nobody can tell what the programme changes.",
            step="Hold a control group (business.control_group.share), or, where the reason against one stands, switch "
            "EF-3 off with it.",
        )
    if evidence.project.data.treatment is None:
        return unproven(
            "The project file names no treatment (data.treatment), so there is nothing to compare control with.",
            step="Name under data.treatment the source that says who was treated, or switch EF-3 off if nobody is.",
        )
    recent = recent_effect(evidence)
    if recent is None:
        return unproven(
            "No episode of treatment has matured yet, so there is no effect to measure.",
            step=waiting.for_outcomes(evidence),
        )
    effect, windows = recent.interval, len(recent.windows)
    reason = (
        f"Over the last {count(windows, 'window')} the outcome was {frequency(evidence, effect.value)} where treatment "
        f"was offered than in the control group (95 % interval: {between(effect.low, effect.high, points)})."
    )
    at = newest(item.measured_at for item in recent.windows)
    if effect.low <= 0 <= effect.high:
        return at_risk(f"{reason} The programme cannot be told from doing nothing.", "effect by window", at=at)
    if effect.high < 0:
        return breached(f"{reason} The programme does harm.", "effect by window", at=at)
    return met(f"{reason} {_kpi(evidence)}".strip(), "effect by window", at=at)


def worth(evidence: Evidence) -> Finding:
    """EF-4: net value over the last twelve months, cost included."""
    currency = evidence.project.business.value.currency
    recent = recent_net(evidence)
    if recent is None:
        why = "outcomes have to mature first"
        if evidence.project.data.treatment is None:
            why = "the project file names no treatment whose effect could be worth something"
        return unproven(f"No net value was measured yet: {why}.", step=_value_step(evidence))
    net, windows = recent.interval, len(recent.windows)
    cost = this_year(evidence, Metric.COST)
    spent = sum(item.value for item in cost)
    back = f", {share(net.value / spent)} of what was spent" if spent > 0 and len(cost) == windows else ""
    reason = (
        f"Net value over the last {count(windows, 'window')} is {money(net.value, currency)}{back} "
        f"(95 % interval: {between(net.low, net.high, lambda amount: money(amount, currency))})."
    )
    at = newest(item.measured_at for item in recent.windows)
    if net.high < 0:
        return breached(f"{reason} The programme costs more than it brings.", "net value by window", at=at)
    if net.low < 0:
        return at_risk(f"{reason} Whether it pays for itself is not certain.", "net value by window", at=at)
    return met(reason, "net value by window", at=at)


def weighed(evidence: Evidence) -> Finding:
    """AV-4: the cost of running it stands beside what the programme is worth before that cost."""
    value = evidence.project.business.value
    recent = recent_net(evidence)
    if value.running.infrastructure <= 0:
        return unproven(
            "The project file states no cost of infrastructure, so there is nothing to weigh.",
            step="State what machines cost under business.value.running.infrastructure.",
        )
    if recent is None:
        return unproven(
            "No net value was measured yet to set against the cost of infrastructure.", step=_value_step(evidence)
        )
    net, windows = recent.interval, recent.windows
    days = sum((item.ends_at - item.starts_at).days for item in windows)
    cost = value.running.infrastructure * days / Duration(1, value.running.per).days
    worth = net.value + cost
    reason = (
        f"Infrastructure cost {money(cost, value.currency)} in {count(len(windows), 'window')}; before that cost the "
        f"programme was worth {money(worth, value.currency)}. A batch needs no standby."
    )
    at = newest(item.measured_at for item in windows)
    if net.high < 0:
        return breached(reason, "net value by window", at=at)
    if net.low < 0 or cost > COST_WARNING * worth:
        return at_risk(reason, "net value by window", at=at)
    return met(reason, "net value by window", at=at)


def _value_step(evidence: Evidence) -> str:
    if evidence.project.data.treatment is None:
        return "Name under data.treatment the source that says who was treated: value is counted from its effect."
    return waiting.for_outcomes(evidence)


def _kpi(evidence: Evidence) -> str:
    kpi = evidence.project.business.kpi
    measured = evidence.series(kpi.name)
    if not measured:
        return ""
    form = kpi_form(evidence)
    line = f"baseline {form(kpi.baseline)}, target {form(kpi.target)}"
    return f"{kpi.name} was {form(measured[-1].value)} in the newest window ({line})."


def _actions(evidence: Evidence) -> list[Action]:
    return [action for trigger in evidence.project.monitoring.triggers for action in trigger.do]


def _read_by(conditions: list[str]) -> frozenset[str]:
    return frozenset(name for text in conditions for name, _ in parse_condition(text).names)
