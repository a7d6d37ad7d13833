"""Which requirements a project may switch off: what each would cost it, and what in the project forbids it.

Invariant: one row for each requirement of the framework, in its order; a requirement that something in the project
rests on is never among those that may be switched off. People may still decide otherwise, with their reason.
"""

from collections.abc import Callable
from dataclasses import dataclass

from copml.conformance.words import listed
from copml.records import Action
from copml.spec import Project

Guard = Callable[[Project], str | None]
"""Why the project forbids it; None where nothing does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stake:
    """What is lost without a requirement, and what forbids to go without."""

    cost: str
    forbids: Guard


def always(reason: str) -> Guard:
    """Forbidden in every project."""
    return lambda project: reason


def never(_: Project) -> str | None:
    """Forbidden in none."""
    return None


def affects(project: Project) -> str | None:
    """Where decisions affect people."""
    return "decisions affect people (regulatory.affects_people)" if project.regulatory.affects_people else None


def automated(project: Project) -> str | None:
    """Where a machine decides alone."""
    return (
        "decisions are solely automated (regulatory.solely_automated)" if project.regulatory.solely_automated else None
    )


def does(*actions: Action) -> Guard:
    """Where a trigger leads to one of some actions; to any, when none is named."""

    def forbids(project: Project) -> str | None:
        found = {action for trigger in project.monitoring.triggers for action in trigger.do}
        named = sorted(found & {*actions} if actions else found)
        return f"triggers ask for it: {listed(named, 7)} (monitoring.triggers)" if named else None

    return forbids


def retrains(project: Project) -> str | None:
    """Where a model is trained again without anyone asking."""
    if not project.is_external and project.training.every is not None:
        return f"a model is trained every {project.training.every} (training.every)"
    return does(Action.RETRAIN)(project)


def treats(project: Project) -> str | None:
    """Where somebody is treated, and a group is held back to compare with."""
    if project.data.treatment is None or project.business.control_group.share is None:
        return None
    return "a treatment is given and a control group is held (business.control_group)"


def costs(project: Project) -> str | None:
    """Where the project spends money."""
    value = project.business.value
    spends = value.treatment_cost + value.running.infrastructure + value.running.people
    return "money is spent (business.value)" if spends > 0 else None


def machines(project: Project) -> str | None:
    """Where infrastructure costs money."""
    return (
        "infrastructure costs money (business.value.running)"
        if project.business.value.running.infrastructure > 0
        else None
    )


def personal(project: Project) -> str | None:
    """Where data are about persons."""
    if project.data.personal:
        return f"personal columns are classified: {listed([*project.data.personal])} (data.personal)"
    return affects(project)


def private(project: Project) -> str | None:
    """Where a limit on what the model gives away is stated, or it learns from personal data."""
    return "a limit is stated (risk.privacy)" if project.risk.privacy is not None else personal(project)


def fair(project: Project) -> str | None:
    """Where groups are named, or there are some and decisions affect them."""
    if project.risk.fairness is not None:
        return "a limit is stated (risk.fairness)"
    groups = [name for name, kind in project.data.personal.items() if kind == "protected"]
    return (
        f"decisions affect people, and there are groups of them: {listed(groups)}"
        if groups and affects(project)
        else None
    )


def kept(project: Project) -> str | None:
    """Predictions are kept for a time that the file promises."""
    return f"predictions are kept for {project.regulatory.keep.predictions} (regulatory.keep)"


def repeats(project: Project) -> str | None:
    """Where exact reproduction is promised, or people are affected."""
    if project.regulatory.reproducibility == "exact":
        return "exact reproduction is promised (regulatory.reproducibility)"
    return affects(project)


def approves(project: Project) -> str | None:
    """Where an approval is asked for."""
    return "an approval is asked for (deployment.approval)" if project.deployment.approval is not None else None


def high_stakes(project: Project) -> str | None:
    """Where a machine decides alone about people."""
    return automated(project) if affects(project) else None


def commissions(project: Project) -> str | None:
    """Where triggers change what is live."""
    return does(Action.RETRAIN, Action.REDEPLOY, Action.ROLL_BACK)(project)


STAKES: dict[str, Stake] = {
    "DE-1": Stake(
        cost="nobody remembers why something was chosen, or notices that the reason is gone", forbids=affects
    ),
    "AV-1": Stake(
        cost="nobody can say whether a late batch is a failure",
        forbids=always("nothing is deployed without a stated objective (deployment.objective)"),
    ),
    "AV-2": Stake(
        cost="a missed batch stays missed", forbids=always("decisions wait for every batch (deployment.schedule)")
    ),
    "AV-3": Stake(
        cost="a promise that nobody counts", forbids=always("an objective is promised (deployment.objective)")
    ),
    "AV-4": Stake(cost="machines that cost more than they bring go unnoticed", forbids=machines),
    "EF-1": Stake(
        cost="success is whatever looks good afterwards", forbids=always("gates and triggers need thresholds")
    ),
    "EF-2": Stake(cost="a threshold is crossed and nothing follows", forbids=does()),
    "EF-3": Stake(cost="a treatment that does nothing goes on, because the model looks right", forbids=treats),
    "EF-4": Stake(cost="a programme that loses money goes on", forbids=costs),
    "AU-1": Stake(cost="somebody reads sources by hand, and forgets", forbids=always("every batch needs its rows")),
    "AU-2": Stake(
        cost="the model is asked about features that it never learned",
        forbids=always("training and scoring share them"),
    ),
    "AU-3": Stake(cost="a model that has become wrong is noticed by customers", forbids=does()),
    "AU-4": Stake(cost="what a trigger asked for may not have been done", forbids=does()),
    "AU-5": Stake(cost="the model cannot be mended when its author is away", forbids=retrains),
    "AU-6": Stake(cost="an approved version may never come into use", forbids=retrains),
    "AU-7": Stake(cost="repairs are repeated for ever", forbids=does(Action.REEVALUATE)),
    "AU-8": Stake(cost="a model that nobody needs goes on costing money", forbids=does(Action.PROPOSE_RETIREMENT)),
    "AU-9": Stake(cost="a retrained model learns nothing that is new", forbids=retrains),
    "AU-10": Stake(cost="thresholds act that nobody has seen at work", forbids=commissions),
    "AU-11": Stake(cost="nobody knows what was tried before these parameters", forbids=never),
    "RI-1": Stake(cost="personal data leak, with fines of up to 4 % of turnover (GDPR, article 83)", forbids=personal),
    "RI-2": Stake(cost="somebody can tell who was in the training data", forbids=private),
    "RI-3": Stake(cost="one group bears more of the errors, and nobody knows", forbids=fair),
    "RI-4": Stake(
        cost="a foreign file runs code beside the data", forbids=always("models are loaded where the data are")
    ),
    "RI-5": Stake(cost="only those who built it have looked at it", forbids=high_stakes),
    "ENV-1": Stake(cost="what was never tried goes into production", forbids=affects),
    "AD-1": Stake(cost="nobody can say which model decided", forbids=kept),
    "AD-2": Stake(cost="nobody can say what was decided, and on what", forbids=kept),
    "AD-3": Stake(cost="nobody can say what a model learned from", forbids=repeats),
    "AD-4": Stake(cost="the record can be rewritten, and proves nothing", forbids=affects),
    "RE-1": Stake(cost="a contested prediction cannot be computed again", forbids=repeats),
    "RE-2": Stake(cost="a lost or doubted model cannot be made again", forbids=repeats),
    "RE-3": Stake(
        cost="what was not captured cannot be added later",
        forbids=always("it is captured without anyone asking, and costs nothing"),
    ),
    "EX-1": Stake(cost="an explanation is owed and nobody knows", forbids=affects),
    "EX-2": Stake(cost="reasons that do not fit the model", forbids=affects),
    "EX-3": Stake(cost="reasons that only its makers understand", forbids=affects),
    "EX-4": Stake(cost="reasons of a model that is no longer live", forbids=affects),
    "HO-1": Stake(cost="nobody can contest a machine's decision, which the law allows them", forbids=automated),
    "HO-2": Stake(cost="a machine, or its author alone, decides what goes live", forbids=approves),
}
