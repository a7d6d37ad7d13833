"""The made-up data of a new project: a sports club whose members come, train, are called, and leave.

Invariant: the same day and seed give the same bytes, and nothing happens after that day. Members leave with a hazard
that grows when they come less often and falls after a call, so that there is something to learn and something to do.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random

MEMBERS = 800
MONTHS = 14
JOINING_PER_MONTH = 40
CALLED_RATIO = 0.05
CALL_WORKS_DAYS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class _Member:
    name: str
    months: int
    plan: str
    fee: int
    gender: str
    zeal: float
    called_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Month:
    """What one month brought for one member."""

    visits: int
    called_on: date | None
    left_on: date | None


def sample_files(today: date, *, seed: int) -> dict[str, str]:
    """CSV files by path: the members of each of the last `MONTHS` months up to today's, departures, calls."""
    chance = Random(seed)  # noqa: S311 - made-up data, no secret
    members = [_join(chance, number, months=int(chance.expovariate(1 / 18))) for number in range(MEMBERS)]
    departures, calls = ["member_id,left_on"], ["member_id,called_on"]
    files = {"data/departures.csv": departures, "data/calls.csv": calls}
    for index, start in enumerate(_month_starts(today)):
        lived = [(member, _live(chance, member, start)) for member in members]
        table = [_row(member, month, start) for member, month in lived]
        files[f"data/members/{start:%Y-%m}.csv"] = ["member_id,as_of,months,plan,fee,visits,gender", *table]
        departures += [f"{member.name},{month.left_on}" for member, month in lived if _past(month.left_on, today)]
        calls += [f"{member.name},{month.called_on}" for member, month in lived if _past(month.called_on, today)]
        members = [_grow(member, month) for member, month in lived if month.left_on is None]
        first = MEMBERS + index * JOINING_PER_MONTH
        members += [_join(chance, first + extra, months=0) for extra in range(JOINING_PER_MONTH)]
    return {path: "\n".join(lines) + "\n" for path, lines in files.items()}


def _join(chance: Random, number: int, *, months: int) -> _Member:
    plan = "yearly" if chance.random() < 0.4 else "monthly"
    return _Member(
        name=f"M{number + 1:05d}",
        months=months,
        plan=plan,
        fee=29 if plan == "yearly" else chance.choice((35, 39, 45)),
        gender=chance.choice(("female", "male")),
        zeal=chance.gauss(0.0, 1.0),
    )


def _live(chance: Random, member: _Member, start: date) -> _Month:
    """Draws are made in every case, so that one member's fate does not move another's."""
    visits = max(0, round(6 + 3 * member.zeal + chance.gauss(0.0, 1.5)))
    call, calling_day, leaving, leaving_day = (chance.random() for _ in range(4))
    called_on = start + timedelta(days=int(28 * calling_day)) if call < CALLED_RATIO else None
    hazard = 1 / (1 + math.exp(2.2 + 0.35 * (visits - 5) + (0.8 if member.plan == "yearly" else 0.0)))
    last_call = called_on or member.called_on
    if last_call is not None and (start - last_call).days < CALL_WORKS_DAYS:
        hazard /= 2
    left_on = start + timedelta(days=1 + int(27 * leaving_day)) if leaving < hazard else None
    return _Month(visits=visits, called_on=called_on, left_on=left_on)


def _grow(member: _Member, month: _Month) -> _Member:
    return replace(member, months=member.months + 1, called_on=month.called_on or member.called_on)


def _row(member: _Member, month: _Month, start: date) -> str:
    return f"{member.name},{start},{member.months},{member.plan},{member.fee},{month.visits},{member.gender}"


def _past(day: date | None, today: date) -> bool:
    return day is not None and day < today


def _month_starts(today: date) -> Iterator[date]:
    newest = today.year * 12 + today.month - 1
    for month in range(newest - MONTHS + 1, newest + 1):
        yield date(month // 12, month % 12 + 1, 1)
