"""How well each column alone tells the outcome, over all rows and window by window.

Invariant: a column is looked at by its bins only, missing values being one of them, so that gaps which tell the outcome
are found as values are. What is too good to be true is for `exploration.findings`.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from copml.exploration.columns import Column
from copml.exploration.outcome import Truth
from copml.exploration.result import Association, Gap, Rate
from copml.exploration.windows import Windowed
from copml.metrics import Separable, difference, measure, proportion
from copml.records import Bins, DecisionRule, Interval

RATES_SHOWN = 12
GAPS_SHOWN = 40
# Fewer rows on one side say too little of a gap to be worth a line.
GAP_ROWS_MIN = 30
MISSING = "missing"
# From this share of rows with one value on, a window is taken for one in which the column does not vary.
CONSTANT_RATIO = 0.99

Codes = NDArray[np.int32]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Base:
    """The rows whose outcome is known, in the order of their windows: what every column is measured on."""

    order: NDArray[np.int64]
    separable: Separable
    entity: pa.Array | None

    @classmethod
    def of(cls, truth: Truth, windowed: Windowed | None, entity: pa.ChunkedArray | None) -> "Base":
        """Put the known rows in order once, for all columns."""
        order = np.flatnonzero(truth.known)
        spans: tuple[slice, ...] = ()
        if windowed is not None:
            places = windowed.places[order]
            order = order[np.argsort(places, kind="stable")]
            places = windowed.places[order]
            edges = np.searchsorted(places, np.arange(len(windowed.history.windows) + 1))
            spans = tuple(slice(int(start), int(end)) for start, end in pairwise(edges))
        owners = None if entity is None else entity.combine_chunks().take(pa.array(order))
        return cls(order, Separable.of(truth.positive[order], entity=owners, spans=spans), owners)

    def associate(self, column: Column) -> tuple[Association, Floats] | None:
        """The association of a column, and the counts of its rows by bin and outcome, shape (bins + 1, 2).

        None where no rows are left, or all of one outcome.
        """
        count = len(column.profile.bins.counts) + 1
        here = column.codes[self.order].astype(np.int32)
        found = self.separable.separation(here, count)
        if found.overall is None or found.right is None:
            return None
        counts = np.bincount(here * 2 + self.separable.positive, minlength=2 * count).reshape(count, 2)
        association = Association(
            column=column.profile.name,
            strength=found.overall,
            right=found.right,
            by_window=self._varying(found.spans, here, count),
        )
        return association, counts.astype(np.float64)

    def _varying(self, seen: tuple[Interval | None, ...], codes: Codes, count: int) -> tuple[Interval | None, ...]:
        """Without windows in which every row has one value: there the column could not tell anything."""
        return tuple(
            interval if interval is not None and _varies(codes[span], count) else None
            for span, interval in zip(self.separable.spans, seen, strict=True)
        )

    def rates(self, column: Column) -> tuple[Rate, ...]:
        """The share of the event in each bin that has rows."""
        bins = column.profile.bins
        here = column.codes[self.order]
        labels = [*bin_labels(bins), MISSING]
        shares = ((label, self._share(here == place)) for place, label in enumerate(labels))
        return tuple(Rate(label=label, share=seen) for label, seen in shares if seen is not None)

    def gap(self, column: Column) -> Gap:
        """The share of the event where a column is missing, and where it is not; both sides have rows."""
        gone = column.codes[self.order] == len(column.profile.bins.counts)
        missing, present = self._share(gone), self._share(~gone)
        assert missing is not None, "a gap has rows"
        assert present is not None, "a gap has an edge"
        return Gap(
            column=column.profile.name, missing=missing, present=present, difference=difference(missing, present)
        )

    def _share(self, rows: NDArray[np.bool_]) -> Interval | None:
        positive = self.separable.positive[rows]
        if not len(positive):
            return None
        if self.entity is None:
            return proportion(int(positive.sum()), len(positive))
        entity = self.entity.filter(pa.array(rows))
        return measure("positive_ratio", positive, np.zeros(len(positive)), rule=DecisionRule(), entity=entity)


def _varies(codes: Codes, count: int) -> bool:
    """Whether rows have several values, or none at all: a column that is not filled yet is one that tells nothing."""
    rows = np.bincount(codes, minlength=count)
    return bool(rows[:-1].max(initial=0) < CONSTANT_RATIO * rows.sum())


def widest_gaps(counts: dict[str, Floats]) -> list[str]:
    """Columns whose missing rows differ most from the others in the share of the event; at most `GAPS_SHOWN`."""
    apart: dict[str, float] = {}
    for name, by_bin in counts.items():
        gone, there = by_bin[-1], by_bin[:-1].sum(axis=0)
        if min(gone.sum(), there.sum()) >= GAP_ROWS_MIN:
            apart[name] = abs(gone[1] / gone.sum() - there[1] / there.sum())
    return sorted(apart, key=lambda name: (-apart[name], name))[:GAPS_SHOWN]


def bin_labels(bins: Bins) -> list[str]:
    """What each bin holds, in words: labels, or limits of numbers."""
    if bins.labels:
        return [*bins.labels[:-1], "all others"]
    edges = [f"{edge:.4g}" for edge in bins.edges]
    if not edges:
        return ["all values"]
    inner = [f"{low} to {high}" for low, high in pairwise(edges)]
    return [f"below {edges[0]}", *inner, f"from {edges[-1]}"]
