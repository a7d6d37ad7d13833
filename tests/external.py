"""A model that runs elsewhere: its log, what became of those it was about, and the month in which it became worse."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd

BROKEN = 7
"""The month of 2026 from which on the answers have little to do with what happens."""
LOANS = 900
"""Predictions each month."""
PROJECT = """
copml: 1
project: loans
people: {business: head@bank.example, data: dba@bank.example, science: vendor@score.example, operations: it@bank}
business:
  question: Which borrowers will miss a payment within 30 days?
  decision: Clerks call those who are likely to
  kpi: {name: missed_rate, baseline: 0.45, target: 0.30, better: lower, every: month}
  value: {currency: EUR, kpi_unit: 50, running: {infrastructure: 100}}
  control_group: {none: the model is bought and the calls are made by another team}
data:
  sources:
    scores: {SCORES, entity: borrower, event_at: scored_at}
    missed: {MISSED, entity: borrower, event_at: due_on}
  predictions: {source: scores, answer: score, decision: called, version: release}
  outcome: {source: missed, horizon: 30d, corrections: 60d}
  personal: {borrower: identifier, sex: protected}
  checks: {income: {min: 0, max: 100000}}
deployment: {mode: external, schedule: monthly, objective: 90%}
monitoring:
  every: month
  commissioning: 1
  metrics: [accuracy, roc_auc, recall]
  triggers:
    - {when: surely(roc_auc < 0.75), do: [alert, retrain]}
    - {when: possibly(missed_rate > baseline), for: 12 months, do: propose-retirement}
regulatory:
  affects_people: true
  solely_automated: false
  lawful_basis: contract
  explanation: shapley
  keep: {predictions: 1 year, evidence: 2 years}
"""


@dataclass(frozen=True)
class Month:
    """What a month brings: the log of its predictions, and the payments missed because of them, later."""

    scores: pd.DataFrame
    missed: pd.DataFrame


def month(number: int, rows: int = LOANS) -> Month:
    """The month of 2026 of this number; the same each time."""
    rng = np.random.default_rng(number)
    strain, income = rng.normal(size=rows), rng.normal(3000, 500, rows).round(2)
    seen = 1 / (1 + np.exp(-2 * strain))
    truth = seen if number < BROKEN else 1 - seen * 0.2 - 0.4
    at = pd.to_datetime([f"2026-{number:02}-{1 + place * 27 // rows:02}T10:00:00Z" for place in range(rows)])
    names = [f"b{number}-{place}" for place in range(rows)]
    scores = pd.DataFrame(
        {
            "borrower": names,
            "scored_at": at,
            "score": seen.round(4),
            "called": np.where(seen > 0.5, "yes", "no"),
            "release": "2.0" if number >= 3 else "1.9",
            "income": income,
            "strain": strain.round(3),
            "sex": rng.choice(["f", "m"], rows),
        }
    )
    happened = rng.random(rows) < truth
    days = pd.to_timedelta(rng.integers(2, 29, rows), unit="D")
    missed = pd.DataFrame({"borrower": names, "due_on": at + days})[happened]
    return Month(scores=scores, missed=missed)


def outcomes_by(until: datetime, months: Sequence[int]) -> pd.DataFrame:
    """The payments of these months that were missed by a time."""
    found = pd.concat([month(number).missed for number in months])
    return found[found["due_on"] < pd.Timestamp(until)]


def begin(number: int, day: int = 1) -> datetime:
    """A day of 2026, at six in the morning."""
    return datetime(2026, number, day, 6, tzinfo=UTC)


def as_sql(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as a database takes them: times as text of ISO 8601."""
    shown = frame.copy()
    for name in shown.columns:
        if isinstance(shown[name].dtype, pd.DatetimeTZDtype):
            shown[name] = shown[name].dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    return [dict(row) for row in shown.to_dict("records")]
