"""The command on the decisions that the framework asks for."""

from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from copml.cli.output import say, show_json, show_table, shown_path
from copml.cli.place import HERE, Place
from copml.errors import DecisionIncomplete

if TYPE_CHECKING:
    from collections.abc import Sequence

    from copml.advice import Answered
    from copml.records import Topic

# The values of `records.Topic`, which takes longer to load than the whole help.
TopicName = Literal[
    "serving",
    "replicas",
    "engine",
    "features",
    "retraining",
    "explanation",
    "requirements",
    "control-group",
    "threshold",
]
TOPICS: tuple[TopicName, ...] = get_args(TopicName)


def advise(
    topic: TopicName | None = None,
    *,
    decide: str | None = None,
    reason: str | None = None,
    by: str | None = None,
    output: Path | None = None,
    place: Place = HERE,
) -> None:
    """Answer the decisions that the framework asks for, each with reason, figures, cost and alternatives.

    Args:
        topic: One decision in full; a table of all unless given.
        decide: Record that this was chosen on the topic, in its words: batch, 2, 5%, triggers.
        reason: Why it was chosen; kept in the ledger.
        by: Who chose; the login name unless given.
        output: Write an HTML page to this path instead.
    """
    from copml.records import Topic

    chosen = None if topic is None else Topic(topic)
    if decide is not None or reason is not None:
        _decide(chosen, decide, reason, by, place)
        return
    if output is not None:
        from copml.app import advice_page

        with place.opened() as (workspace, project):
            path = advice_page(workspace, project, output, chosen)
        show_json({"page": path}) if place.json else say(f"wrote {shown_path(path)}")
        return
    from copml.app import advise as advise_on

    project, found = place.answer(advise_on, chosen)
    if place.json:
        show_json(found)
    elif topic is None:
        _show_all(project, found)
    else:
        _show(found[0])


def _decide(topic: "Topic | None", decide: str | None, reason: str | None, by: str | None, place: Place) -> None:
    if topic is None or decide is None or reason is None:
        raise DecisionIncomplete(TOPICS)
    from copml.app import decide as decide_on

    made = place.ask(decide_on, topic, decide, by=place.who(by), reason=reason)
    if place.json:
        show_json(made)
        return
    say(f"{topic}: {made.chosen}, chosen by {made.by}")
    if not made.follows:
        say(f"the advice was {made.advised or 'that it cannot be answered yet'}; both are kept")


def _show_all(project: str, found: "Sequence[Answered]") -> None:
    rows = [(item.advice.topic, item.advice.decision, item.advice.confidence, _chosen(item)) for item in found]
    show_table(f"{project}: decisions", ("topic", "advice", "confidence", "chosen"), rows)
    say("next: `copml advise TOPIC` for the reason; `--decide ANSWER --reason WHY` records a choice")


def _chosen(item: "Answered") -> str:
    if item.choice is None:
        return "not yet"
    return f"{item.choice.chosen}; the facts have moved" if item.moved else item.choice.chosen


def _show(item: "Answered") -> None:
    advice = item.advice
    say(advice.question)
    say(f"{advice.decision} {advice.reason}")
    say(f"cost: {advice.cost}")
    say(f"confidence: {advice.confidence}; it rests on {advice.rests_on}")
    for figure in advice.figures:
        say(f"  {figure.what}: {figure.value} ({figure.source})")
    for other in advice.alternatives:
        say(f"or {other.what}: right when {other.right_when}; cost: {other.cost}")
    for gap in advice.missing:
        say(f"missing: {gap}")
    say(f"chosen: {item.words}")
