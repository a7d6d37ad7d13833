"""Incidents as people read them: those that wait first, with ids that can be copied, within 80 columns."""

from dataclasses import replace

import pytest
from tests.factories import history

from copml.cli.evidence import show_incidents
from copml.records import IncidentState


def test_open_ones_come_first_and_no_id_is_broken(capsys: pytest.CaptureFixture[str]) -> None:
    found = history().incidents
    seen = replace(found[0], id="seen", state=IncidentState.ACKNOWLEDGED)
    show_incidents("telco", [*found, seen])
    lines = capsys.readouterr().out.splitlines()
    titles = [line for line in lines if not line.startswith(" ")]
    assert {line.split("  ")[0] for line in titles} == {item.id for item in (*found, seen)}
    states = {item.id: item.state for item in (*found, seen)}
    shown = [states[line.split("  ")[0]] for line in titles]
    assert shown == sorted(shown, key=["open", "acknowledged", "resolved"].index)
    assert max(map(len, lines)) <= 80


def test_an_id_that_is_wider_than_the_screen_stays_whole(capsys: pytest.CaptureFixture[str]) -> None:
    long = replace(history().incidents[0], id="failed/" + "x" * 90)
    show_incidents("telco", [long])
    assert long.id in capsys.readouterr().out.splitlines()


def test_none_is_said_in_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    show_incidents("telco", [])
    assert capsys.readouterr().out == "telco has no incidents\n"
