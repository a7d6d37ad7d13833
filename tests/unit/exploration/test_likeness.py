"""Columns that stand in for a protected one."""

import numpy as np
import pyarrow as pa

from copml.exploration import proxies, remarks

RNG = np.random.default_rng(5)
ROWS = 2000
SEX = RNG.choice(["f", "m"], ROWS)
TABLE = pa.table(
    {
        "sex": SEX,
        "title": np.where(RNG.random(ROWS) < 0.95, np.where(SEX == "f", "Ms", "Mr"), "Dr"),
        "height": np.where(SEX == "f", 165.0, 178.0) + RNG.normal(0, 6, ROWS),
        "noise": RNG.normal(size=ROWS),
        "many": [f"v{number}" for number in range(ROWS)],
        "age": RNG.integers(18, 90, ROWS),
        "empty": pa.nulls(ROWS, pa.string()),
    }
)
OTHERS = ["title", "height", "noise", "many", "age", "empty"]


def test_what_tells_a_group_well_is_found_and_how_well_is_said() -> None:
    found = proxies(TABLE, ["sex"], OTHERS)
    assert [item.column for item in found] == ["title", "height"]
    assert found[0].area.value > 0.95 > found[1].area.value > 0.85
    assert "tells sex" in remarks(found)["sex"][0]


def test_numbers_are_told_by_their_upper_half_and_nothing_tells_itself() -> None:
    older = pa.array(np.where(TABLE["age"].to_numpy() > 60, "retired", "works"))
    (found, *_) = proxies(TABLE.append_column("status", older), ["age"], ["status", "age", "noise"])
    assert (found.column, found.group[:9]) == ("status", "age above")
    assert proxies(TABLE, ["noise"], OTHERS) == ()


def test_groups_too_small_to_be_seen_and_no_rows_give_nothing() -> None:
    assert proxies(TABLE.slice(0, 60), ["sex"], OTHERS) == ()
    assert proxies(TABLE.slice(0, 0), ["sex"], OTHERS) == ()
    assert proxies(TABLE, ["empty"], OTHERS) == ()
