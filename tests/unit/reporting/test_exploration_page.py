"""The page of an exploration: well-formed, complete in itself, escaped, bounded."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from tests.unit.reporting.test_pages import HOSTILE, Page

from copml.exploration import Exploration, Question, explore
from copml.reporting import explored, explored_html

AT = datetime(2026, 3, 1, tzinfo=UTC)
ROWS = 900


def found(*, outcome: bool = True, columns: int = 2) -> Exploration:
    chance = np.random.default_rng(1)
    left = chance.random(ROWS) < 0.3
    frame = pd.DataFrame({f"c{place}": chance.normal(size=ROWS) + left for place in range(columns)})
    frame["leak"] = left * 9.0 + chance.normal(size=ROWS)
    frame[HOSTILE] = np.where(chance.random(ROWS) < 0.3, None, HOSTILE)
    frame["as_of"] = pd.Timestamp("2025-01-01", tz="UTC") + pd.to_timedelta(np.arange(ROWS) // 3, "D")
    frame["y"] = np.where(left, HOSTILE, "no")
    asked = Question(name=HOSTILE, outcome="y" if outcome else None, positive=HOSTILE if outcome else None)
    return explore(pa.Table.from_pandas(frame, preserve_index=False), asked)


def page(result: Exploration, *, simulated: bool = False) -> str:
    return explored(result, at=AT, zone=ZoneInfo("Europe/Berlin"), simulated=simulated)


@pytest.mark.parametrize("outcome", [True, False])
def test_a_page_is_well_formed_complete_and_escaped(outcome: bool) -> None:
    text = page(found(outcome=outcome))
    read = Page(text)
    assert not read.open
    assert "<script" not in text
    assert HOSTILE in read.text
    assert not any(address.startswith(("http:", "https:", "//")) for address in read.attributes("href"))
    assert not [*read.attributes("src")]
    ids = [*read.attributes("id")]
    assert len(ids) == len(set(ids))
    targets = {address.removeprefix("#") for address in read.attributes("href") if address.startswith("#")}
    assert targets <= set(ids)


def test_findings_come_first_and_figures_stand_beside_charts() -> None:
    read = Page(page(found()))
    assert read.text.index("to look at") < read.text.index("What goes with the outcome?")
    assert read.text.count("Figures of this chart") == len([name for name, _ in read.elements if name == "figure"])


def test_a_simulated_project_is_marked() -> None:
    assert "(simulated)" in page(found(), simulated=True)
    assert "(simulated)" not in page(found())


def test_a_table_of_many_columns_makes_no_endless_page() -> None:
    result = found(columns=200)
    text = page(result)
    assert "144 more columns are not drawn here" in Page(text).text.replace("\xa0", " ")
    assert len(text) < 2_000_000
    assert len(explored_html(result)) < 60_000
