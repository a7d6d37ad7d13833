"""Columns that tell a protected one so well that leaving the protected one out changes little.

Each column alone ranks the rows by how often the group is met at its values; the area under the ROC curve of that
ranking (`metrics.separation`) is 0.5 where the column tells nothing of the group, and 1 where it tells all.

Invariant: pure; a group is one value of a protected column against all others, or the upper half of its numbers; what
is found is a likeness and says nothing of whether the column is used unfairly.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from copml.metrics import Separable, bin_codes, profile
from copml.records import Interval

AREA_MIN = 0.75
"""From this area on a column tells a group well enough to stand in for it."""
GROUP_ROWS_MIN = 50
GROUPS_MAX = 5
SHOWN = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxy:
    """A column that tells a group of a protected column from everybody else, and how well: an area, with interval."""

    protected: str
    group: str
    column: str
    area: Interval

    @property
    def words(self) -> str:
        """What was found, for people."""
        return f"{self.column} tells {self.group} from all others: area {self.area.value:.2f}, a likely proxy"


def proxies(rows: pa.Table, protected: Sequence[str], others: Sequence[str]) -> tuple[Proxy, ...]:
    """Proxies of protected columns among others, the best first for each; one for each pair of columns."""
    binned = {name: profile(rows.select([name]))[name] for name in dict.fromkeys([*protected, *others])}
    codes = {name: bin_codes(rows.column(name), bins) for name, bins in binned.items()}
    found: list[Proxy] = []
    for name in protected:
        best: dict[str, Proxy] = {}
        for group, members in _groups(rows.column(name), name).items():
            separable = Separable.of(members)
            for other in others:
                area = separable.separation(codes[other], len(binned[other].counts) + 1).overall
                if other != name and area is not None and area.low >= AREA_MIN:
                    seen = Proxy(protected=name, group=group, column=other, area=area)
                    best[other] = max(best.get(other, seen), seen, key=lambda item: item.area.value)
        found += sorted(best.values(), key=lambda item: -item.area.value)[:SHOWN]
    return tuple(found)


def remarks(found: Sequence[Proxy]) -> dict[str, tuple[str, ...]]:
    """What to say beside each protected column."""
    by_column: dict[str, list[str]] = {}
    for item in found:
        by_column.setdefault(item.protected, []).append(item.words)
    return {name: tuple(words) for name, words in by_column.items()}


def _groups(column: pa.ChunkedArray, name: str) -> Mapping[str, np.ndarray]:
    """Which rows are of each group that is large enough to be seen."""
    bins = profile(pa.table({name: column}))[name]
    if bins.kind == "number" and len(bins.counts) > GROUPS_MAX:
        numbers = pc.cast(column, pa.float64())
        middle = pc.quantile(numbers, 0.5)[0].as_py()
        groups = {f"{name} above {middle:g}": pc.greater(numbers, middle)}
    else:
        counts = pc.value_counts(column.drop_null()).to_pylist()
        named = sorted(counts, key=lambda item: -item["counts"])[:GROUPS_MAX]
        groups = {f"{name} {item['values']}": pc.equal(column, item["values"]) for item in named}
    flags = {group: pc.fill_null(held, False).to_numpy().astype(bool) for group, held in groups.items()}
    return {group: held for group, held in flags.items() if GROUP_ROWS_MIN <= held.sum() <= len(held) - GROUP_ROWS_MIN}
