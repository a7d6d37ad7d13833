"""A project whose model runs elsewhere: what it must say, what it may leave out, what makes no sense."""

import pytest
from tests.external import PROJECT

from copml.errors import ProjectInvalid
from copml.spec import differences, parse
from copml.spec.variant import REMOVED, varied

TEXT = PROJECT.replace("{SCORES", "{path: 'log/*.csv'").replace("{MISSED", "{path: 'missed/*.csv'")


def changed(place: str, value: object) -> str:
    return varied(TEXT, {tuple(place.split(".")): value})


def test_it_needs_neither_features_nor_training() -> None:
    project = parse(TEXT)
    assert project.is_external
    assert project.arrivals.named == ("score", "called", "release")
    with pytest.raises(AssertionError):
        _ = project.training


@pytest.mark.parametrize(
    ("place", "value", "where", "words"),
    [
        ("deployment.mode", "batch", "features", "`features` is missing"),
        ("deployment.mode", "batch", "training", "`training` is missing"),
        ("deployment.mode", "batch", "data.predictions", "the model runs here"),
        ("data.predictions", REMOVED, "data", "`predictions` is missing"),
        ("data.predictions.source", "scorse", "data.predictions.source", "no source `scorse`"),
        ("data.predictions.inputs", "gone", "data.predictions.inputs", "no source `gone`"),
        ("data.predictions.inputs", "scores", "data.predictions.inputs", "brings the predictions themselves"),
        ("data.outcome.source", "scores", "data.outcome.source", "brings the predictions themselves"),
        ("data.outcome.horizon", REMOVED, "data.outcome", "`horizon` or `column` is asked for"),
        ("data.sources.scores.event_at", REMOVED, "data.sources.scores", "when a prediction was made"),
        ("data.predictions.answer", "borrower", "data.predictions.answer", "the entity of this source"),
        ("data.predictions.answer", REMOVED, "data.predictions", "one of `answer` and `probabilities`"),
        ("data.predictions.version", "called", "data.predictions", "two meanings"),
        ("deployment.approval", {"by": "business"}, "deployment.approval", "goes live elsewhere"),
        ("business.control_group", {"share": "5%"}, "business.control_group.share", "drawn where the model runs"),
        ("data.outcome.kind", "multiclass", "data.predictions.answer", "not how a multiclass model answers"),
        ("deployment.model", {"digest": "abc", "format": "onnx"}, "deployment.model.digest", "cannot stand here"),
    ],
)
def test_what_is_missing_or_makes_no_sense_is_named_with_its_place(
    place: str, value: object, where: str, words: str
) -> None:
    with pytest.raises(ProjectInvalid) as caught:
        parse(changed(place, value))
    found = [(one.where, one.message) for one in caught.value.problems]
    assert any(seen.startswith(where) and words in message for seen, message in found), found


def test_classes_and_their_columns_go_together() -> None:
    text = varied(
        TEXT,
        {
            ("data", "outcome", "kind"): "multiclass",
            ("data", "outcome", "column"): "what",
            ("data", "outcome", "classes"): ["a", "b"],
            ("data", "predictions"): {"source": "scores", "probabilities": {"a": "p_a", "c": "p_c"}},
            ("monitoring", "metrics"): REMOVED,
            ("monitoring", "triggers"): [],
        },
    )
    with pytest.raises(ProjectInvalid) as caught:
        parse(text)
    assert "probabilities are given of a, c, and the classes are a, b" in str(caught.value)
    assert parse(text.replace("c: p_c", "b: p_c")).arrivals.answers == ("p_a", "p_c")


def test_a_change_of_the_log_is_a_difference() -> None:
    (found,) = differences(parse(TEXT), parse(changed("data.predictions.answer", "score_2")))
    assert (found.path, found.before, found.after) == ("data.predictions.answer", "score", "score_2")
