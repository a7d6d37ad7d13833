"""Whatever is known and however old it is: nothing is met on evidence past its age, and every requirement is judged."""

from dataclasses import replace
from datetime import timedelta
from functools import cache

from hypothesis import given, settings
from hypothesis import strategies as st
from tests import factories

from copml.conformance import Evidence, check, why
from copml.conformance.table import BY_ID
from copml.records import Verdict

RECORDS = (
    "ingests",
    "snapshots",
    "feature_sets",
    "runs",
    "versions",
    "decisions",
    "deployments",
    "scoring_runs",
    "seals",
    "measurements",
    "firings",
    "incidents",
    "dossiers",
)


@cache
def history(months: int) -> Evidence:
    return factories.history(months)


@st.composite
def known(draw: st.DrawFn) -> Evidence:
    """A history of which some kinds of records are lost, or lost in part, looked at some time later."""
    evidence = history(draw(st.sampled_from([1, 4, 15, 30])))
    kept = {name: draw(st.sampled_from([1.0, 1.0, 0.5, 0.0])) for name in RECORDS}
    lost = {name: getattr(evidence, name)[: int(len(getattr(evidence, name)) * share)] for name, share in kept.items()}
    later = evidence.now + timedelta(days=draw(st.integers(0, 1500)))
    return replace(evidence, **lost, now=later)


@settings(max_examples=80, deadline=None)
@given(known())
def test_nothing_is_met_on_old_evidence(evidence: Evidence) -> None:
    for item in check(evidence):
        if item.verdict in (Verdict.MET, Verdict.AT_RISK) and item.age is not None and item.age_max is not None:
            assert item.age <= item.age_max, item


@settings(max_examples=80, deadline=None)
@given(known())
def test_every_verdict_is_one_that_the_table_names(evidence: Evidence) -> None:
    for item in check(evidence):
        possible = {*BY_ID[item.id].can_be, Verdict.SWITCHED_OFF, Verdict.UNPROVEN}
        assert item.verdict in possible, item
        assert item.reason.endswith("."), item


@settings(max_examples=20, deadline=None)
@given(known(), st.sampled_from(sorted(BY_ID)))
def test_why_always_has_three_sentences(evidence: Evidence, requirement: str) -> None:
    assert len(why(evidence, requirement).split("\n")) == 3
