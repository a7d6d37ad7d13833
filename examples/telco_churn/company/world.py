"""The company's customers, and one month in their lives.

Invariant: who arrives does not depend on who left, nor on any offer, so that a world with the programme and one without
receive the same people; a customer's number is never used twice. Files are for `files`, what is true but unseen for
`truth`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .draws import Floats, Keys, Purpose, normal, uniform
from .market import (
    BEFORE,
    LINE_QUALITY,
    STREAMING,
    TENURE_MONTHS_MAX,
    Market,
    Scores,
    leaving_in_month,
    market,
    monthly_cents,
    score,
    staying_a_month,
)
from .settings import Settings, first_day
from .traits import DSL, FIBER, MONTH_TO_MONTH, ONE_YEAR, Codes, profiles, reconsidered

Flags = NDArray[np.bool_]

OFFER_DAYS = 90
NEVER = -100_000
"""The day number of an offer that was never made."""
UNDELIVERED_RATIO = 0.03
BILLED_LATE_RATIO = 0.10
"""Of the new customers: those who came too late in the month for its bill."""
FIRST_MONTHS = 8
TENURE_BEFORE_MAX = 180
"""Nobody has been a customer for more months when the history begins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Everybody who is a customer at the start of a month, by number; every array has shape (customers,).

    `offered_on` is the day number of the last offer that was made; `billed` is in cents.
    """

    customer: Keys
    tenure: Keys
    billed: Keys
    offered_on: Keys
    traits: Mapping[str, Codes]

    def __len__(self) -> int:
        return len(self.customer)


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """What happened in a month to those who were customers at its start; every array has shape (customers,).

    Day numbers count as `date.toordinal`, and hold where the flag beside them does.
    """

    left: Flags
    left_on: Keys
    kept: Flags
    offered: Flags
    made_on: Keys


def begin(settings: Settings) -> World:
    """Everybody at the start of the history, as if the company had always been what it is."""
    households = np.arange(settings.customers, dtype=np.int64)
    traits = profiles(settings.seed, households)
    tenure = _settled_tenure(settings, households, traits)
    paid_ratio = 0.9 + 0.2 * uniform(settings.seed, Purpose.BILLED, 0, households)
    cents = monthly_cents(traits, loyalty(settings, households))
    return World(
        customer=households,
        tenure=tenure,
        billed=np.rint(tenure * cents * paid_ratio).astype(np.int64),
        offered_on=np.full(len(households), NEVER, dtype=np.int64),
        traits=traits,
    )


def live(world: World, treated: Flags, month: int, settings: Settings) -> tuple[Happened, World]:
    """What happens in a month in which the `treated` are to get an offer, and the world after it."""
    now = market(month)
    happened = _happened(world, treated, month, now, settings)
    traits = _changed(world.traits, happened.kept, month, now, settings, world.customer)
    stayed = ~happened.left
    old = World(
        customer=world.customer[stayed],
        tenure=world.tenure[stayed] + 1,
        billed=(world.billed + monthly_cents(traits, loyalty(settings, world.customer)))[stayed],
        offered_on=np.where(happened.offered, happened.made_on, world.offered_on)[stayed],
        traits={name: codes[stayed] for name, codes in traits.items()},
    )
    return happened, _together(old, arrivals(month, settings))


def arrivals(month: int, settings: Settings) -> World:
    """Who becomes a customer in a month, as they stand at its end."""
    now = market(month)
    households = np.arange(settings.customers, dtype=np.int64)
    draw = uniform(settings.seed, Purpose.ARRIVE, month, households)
    profile = profiles(settings.seed, households)
    maybe = np.flatnonzero(draw < _turnover_max(settings, now.scores, households, profile))
    turnover = _turnover(settings, now.scores, maybe, _of(profile, maybe))
    who = maybe[draw[maybe] < turnover]
    customer = (month + settings.history + 1) * settings.customers + who
    traits = _of(profile, who)
    traits |= {"gender": (uniform(settings.seed, Purpose.GENDER, month, customer) < 0.5).astype(np.int8)}
    if now.tables_are_new:
        choice = dict.fromkeys(STREAMING, 1.0)
        traits = reconsidered(traits, now.tables, choice, settings.seed, month, customer)
    late = uniform(settings.seed, Purpose.BILLED_LATE, month, customer) < BILLED_LATE_RATIO
    tenure = np.where(late, 0, 1).astype(np.int64)
    return World(
        customer=customer,
        tenure=tenure,
        billed=tenure * monthly_cents(traits, loyalty(settings, customer)),
        offered_on=np.full(len(who), NEVER, dtype=np.int64),
        traits=traits,
    )


def loyalty(settings: Settings, customer: Keys) -> Floats:
    """What old agreements add to or take off the monthly bill of a household, in currency."""
    return normal(settings.seed, Purpose.PRICE, 0, customer % settings.customers)


def line_quality(settings: Settings, customer: Keys) -> Floats:
    """What no model sees, on the logistic scale: a household with a bad line leaves sooner, whoever lives there."""
    return LINE_QUALITY * normal(settings.seed, Purpose.LINE_QUALITY, 0, customer % settings.customers)


def chance_of_leaving(
    world: World, month: int, settings: Settings, *, ahead: int = 0, seen_only: bool = False
) -> Floats:
    """The chance of leaving in the month that is `ahead` of `month`, without any offer; shape (customers,).

    `seen_only`: as if all lines were of middling quality, which is all that can be told from what is seen.
    """
    then = market(month + ahead)
    cents = monthly_cents(world.traits, loyalty(settings, world.customer))
    seen = score(world.traits, world.tenure + ahead, cents, then.scores)
    unseen = 0.0 if seen_only else line_quality(settings, world.customer)
    return leaving_in_month(seen + unseen, then.competitor)


def _of(traits: Mapping[str, Codes], who: Keys) -> dict[str, Codes]:
    return {name: codes[who] for name, codes in traits.items()}


def _reach(
    settings: Settings, scores: Scores, households: Keys, traits: Mapping[str, Codes], months: int
) -> tuple[Floats, Floats]:
    """For each household: the chance to be still there after 0, 1, … `months`, and that of leaving in the next one."""
    cents = monthly_cents(traits, loyalty(settings, households))
    start = score(traits, np.zeros_like(households), cents, scores) + line_quality(settings, households)
    odds = np.outer(np.exp(start), np.exp(scores.tenure * np.arange(months + 1)))
    staying = staying_a_month(odds)
    reach = np.column_stack([np.ones(len(households)), np.cumprod(staying[:, :-1], axis=1)])
    return reach, 1 - staying[:, -1]


def _turnover(settings: Settings, scores: Scores, households: Keys, traits: Mapping[str, Codes]) -> Floats:
    """How often a month a household sends a new customer, so that as many come as leave without a programme."""
    reach, last = _reach(settings, scores, households, traits, TENURE_MONTHS_MAX)
    return np.asarray(1 / (reach[:, :-1].sum(axis=1) + reach[:, -1] / last))


def _turnover_max(settings: Settings, scores: Scores, households: Keys, traits: Mapping[str, Codes]) -> Floats:
    """What the turnover cannot exceed, from the first months alone."""
    reach, _ = _reach(settings, scores, households, traits, FIRST_MONTHS)
    return np.asarray(1 / reach.sum(axis=1))


def _settled_tenure(settings: Settings, households: Keys, traits: Mapping[str, Codes]) -> Keys:
    """Tenures as they are when people have always been coming and leaving as in the market of the history."""
    reach, last = _reach(settings, BEFORE, households, traits, TENURE_MONTHS_MAX)
    weight = np.column_stack([reach[:, :-1], reach[:, -1] / last])
    cumulated = np.cumsum(weight, axis=1)
    draw = uniform(settings.seed, Purpose.TENURE, 0, households) * cumulated[:, -1]
    months = (draw[:, None] >= cumulated).sum(axis=1)
    longer = np.log1p(-uniform(settings.seed, Purpose.LONGER, 0, households)) / np.log1p(-last)
    settled = np.where(months == TENURE_MONTHS_MAX, months + longer, months)
    return np.asarray(np.clip(settled, 1, TENURE_BEFORE_MAX), dtype=np.int64)


def _happened(world: World, treated: Flags, month: int, now: Market, settings: Settings) -> Happened:
    """Who would leave, whose offer was made before they were gone, and who is kept by an offer in force."""

    def draw(purpose: Purpose) -> Floats:
        return uniform(settings.seed, purpose, month, world.customer)

    first = first_day(month).toordinal()
    would_leave = draw(Purpose.LEAVE) < chance_of_leaving(world, month, settings)
    left_on = first + 1 + np.floor(27 * draw(Purpose.LEAVE_DAY)).astype(np.int64)
    made_on = first + 1 + np.floor(4 * draw(Purpose.OFFER_DAY)).astype(np.int64)
    delivered = treated & (draw(Purpose.OFFER_DELIVERED) >= UNDELIVERED_RATIO)
    in_force = _in_force(world.offered_on, left_on) | (delivered & _in_force(made_on, left_on))
    kept = would_leave & in_force & (draw(Purpose.KEPT_BY_OFFER) < now.offer_prevents)
    left = would_leave & ~kept
    offered = delivered & ~(left & (left_on <= made_on))
    return Happened(left=left, left_on=left_on, kept=kept, offered=offered, made_on=made_on)


def _in_force(offered_on: Keys, day: Keys) -> Flags:
    return (offered_on < day) & (day <= offered_on + OFFER_DAYS)


def _changed(
    traits: Mapping[str, Codes], kept: Flags, month: int, now: Market, settings: Settings, who: Keys
) -> dict[str, Codes]:
    """The traits after some took fibre, some thought theirs over, and those who were kept signed for a year."""
    internet, contract = traits["internet_service"], traits["contract"]
    upgraded = (internet == DSL) & (uniform(settings.seed, Purpose.UPGRADE, month, who) < now.fiber_upgrade)
    signed = np.where(kept & (contract == MONTH_TO_MONTH), ONE_YEAR, contract).astype(np.int8)
    after = {**traits, "internet_service": np.where(upgraded, FIBER, internet).astype(np.int8), "contract": signed}
    return reconsidered(after, now.tables, now.reconsider, settings.seed, month, who)


def _together(old: World, new: World) -> World:
    return World(
        customer=np.concatenate([old.customer, new.customer]),
        tenure=np.concatenate([old.tenure, new.tenure]),
        billed=np.concatenate([old.billed, new.billed]),
        offered_on=np.concatenate([old.offered_on, new.offered_on]),
        traits={name: np.concatenate([codes, new.traits[name]]) for name, codes in old.traits.items()},
    )
