"""What is well and what is wrong with an installation, from facts that somebody else collected (pure).

Invariant: whatever is not well comes with what to do about it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from packaging.requirements import InvalidRequirement, Requirement
from packaging.version import InvalidVersion

from copml.access import Account, AccountKind, Token
from copml.errors import CopmlError
from copml.ledger import Verification
from copml.records import TaskRecord

PYTHON_MIN = (3, 11)
FREE_BYTES_MIN, FREE_BYTES_WARN = 200 << 20, 2 << 30
"""Below the first nothing can be written safely; below the second it is time to look."""
LATE_MAX = timedelta(days=1, hours=1)
"""How long the loop may not have looked before nobody seems to run it; schedules call it at least daily."""
ENDS_SOON = timedelta(days=7)
NAMES_MAX = 5


class Health(StrEnum):
    """How something is."""

    WELL = "well"
    WARNING = "warning"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True, kw_only=True)
class Symptom:
    """What was looked at, how it is, in words, and what to do about it where it is not well."""

    about: str
    health: Health
    what: str
    do: str = ""


def well(about: str, what: str) -> Symptom:
    """Nothing to do."""
    return Symptom(about=about, health=Health.WELL, what=what)


def warning(about: str, what: str, do: str) -> Symptom:
    """It works; somebody should look."""
    return Symptom(about=about, health=Health.WARNING, what=what, do=do)


def wrong(about: str, what: str, do: str) -> Symptom:
    """It does not work."""
    return Symptom(about=about, health=Health.WRONG, what=what, do=do)


def refused(about: str, error: CopmlError) -> Symptom:
    """An error of copml, whose text says what to do."""
    what, _, do = str(error).rpartition("; ")
    return wrong(
        about, f"{error.code}: {what or do}", do if what else f"look up {error.code} in docs/reference/errors.md"
    )


def python(version: tuple[int, ...]) -> Symptom:
    """The interpreter."""
    shown = ".".join(map(str, version))
    if version[:2] < PYTHON_MIN:
        least = ".".join(map(str, PYTHON_MIN))
        return wrong("Python", f"this is Python {shown}", f"make an environment with Python {least} or newer")
    return well("Python", shown)


def packages(required: Sequence[str], installed: dict[str, str]) -> Symptom:
    """What copml needs beside what is there. `required`: as metadata say it, extras left out; names normalised."""
    problems = [problem for text in required if (problem := _problem(text, installed))]
    if problems:
        return wrong("packages", "; ".join(problems), "run `pip install --upgrade --force-reinstall copml`")
    return well("packages", f"{len(required)} that copml needs are there, in versions that it knows")


def space(free: int, total: int) -> Symptom:
    """The disk on which the workspace is; bytes."""
    what = f"{free / 2**30:.1f} GiB of {total / 2**30:.0f} GiB are free"
    do = "make room: nothing is lost when the disk is full, but the loop stops"
    if free < FREE_BYTES_MIN:
        return wrong("disk", what, do)
    return warning("disk", what, do) if free < FREE_BYTES_WARN else well("disk", what)


def ledger(found: Verification) -> Symptom:
    """The ledger, computed anew."""
    if found.problems:
        first = f"{found.problems[0]}" + (f", and {len(found.problems) - 1} more" if len(found.problems) > 1 else "")
        do = (
            "stop the loop, keep a copy of the workspace, and compare it with a backup; `copml ledger verify` lists all"
        )
        return wrong("ledger", first, do)
    return well("ledger", f"{found.size} entries, all in order, {found.signed} of them signed")


def time(newest: datetime | None, now: datetime) -> Symptom:
    """The clock, beside the newest thing that was written down."""
    if newest is not None and newest > now + timedelta(minutes=1):
        what = f"it is {now:%Y-%m-%d %H:%M} UTC here, and something was recorded at {newest:%Y-%m-%d %H:%M}"
        return wrong("clock", what, "set the clock of this machine (NTP), then run the loop again")
    return well("clock", f"{now:%Y-%m-%d %H:%M} UTC, after everything that was recorded")


def loop(looked: datetime | None, now: datetime) -> Symptom:
    """Whether somebody does what is due. `looked`: when the loop last looked for it, wall time; None for never."""
    do = "keep `copml up` running, or let a schedule call `copml run all`"
    if looked is None:
        return warning("loop", "it never ran here", do)
    what = f"it last looked at {looked:%Y-%m-%d %H:%M} UTC"
    return warning("loop", f"{what}, and nobody runs it", do) if now - looked > LATE_MAX else well("loop", what)


def tasks(project: str, given_up: Sequence[TaskRecord]) -> Symptom:
    """Tasks that failed and wait for somebody."""
    about = f"{project}: tasks"
    if not given_up:
        return well(about, "none was given up")
    first = (given_up[0].error.splitlines() or ["no reason was kept"])[0]
    what = f"{_few(item.key for item in given_up)} failed: {first}"
    return wrong(about, what, f"mend the cause, then run `copml retry --project {project}`")


def sources(project: str, missing: Sequence[str]) -> Symptom:
    """Sources of which nothing can be read; each with the reason in words."""
    about = f"{project}: sources"
    if missing:
        return warning(about, "; ".join(missing), "bring the files, set the variable, or mend the project file")
    return well(about, "each has something to read")


def members(found: Sequence[Account]) -> Symptom:
    """Accounts, and whether anybody can look after them."""
    people = [item for item in found if item.kind is AccountKind.PERSON and item.active]
    if not found:
        do = "run `copml up`: its first start prints an invitation for an administrator"
        return warning("accounts", "there are none: whoever can write to the folder decides in any name", do)
    if not any(item.administrator for item in people):
        do = "make one with `copml accounts invite NAME --administrator`"
        return wrong("accounts", "there is no administrator who may act", do)
    return well("accounts", f"{len(people)} people and {len(found) - len(people)} others")


def strangers(project: str, named: Iterable[str], found: Sequence[Account]) -> Symptom | None:
    """People of the project file who have no account and so cannot act; None where nobody has one."""
    if not found:
        return None
    known = {item.name for item in found if item.active}
    without = sorted({name for name in named if name.lower() not in known})
    about = f"{project}: people"
    if without:
        do = "an administrator invites them: `copml accounts invite NAME`"
        return warning(about, f"{_few(without)} cannot act: they have no account", do)
    return well(about, "all whom the project file names have an account")


def ending(tokens: Sequence[Token], now: datetime) -> Symptom | None:
    """Tokens in use that end within days; None where none was issued."""
    used = [item for item in tokens if item.revoked_at is None and item.expires_at > now]
    soon = [f"{item.label or item.id} of {item.account}" for item in used if item.expires_at <= now + ENDS_SOON]
    if not used:
        return None
    if soon:
        do = "issue another with `copml tokens issue` before it ends"
        return warning("tokens", f"{_few(soon)} end within {ENDS_SOON.days} days", do)
    return well("tokens", f"{len(used)} in use, none ends within {ENDS_SOON.days} days")


def undelivered(project: str, failing: Sequence[str]) -> Symptom:
    """Messages that were tried and did not arrive, by the newest reason."""
    about = f"{project}: messages"
    if failing:
        what = f"{len(failing)} did not arrive yet: {failing[-1]}"
        return warning(about, what, "try the channel with `copml notify test`")
    return well(about, "none waits for a channel")


def _problem(text: str, installed: dict[str, str]) -> str:
    try:
        wanted = Requirement(text)
    except InvalidRequirement:
        return f"{text!r} cannot be read"
    if wanted.marker is not None and not wanted.marker.evaluate({"extra": ""}):
        return ""
    have = installed.get(normal(wanted.name))
    if have is None:
        return f"{wanted.name} is missing"
    try:
        fits = wanted.specifier.contains(have, prereleases=True)
    except InvalidVersion:
        fits = False
    return "" if fits else f"{wanted.name} is {have}, and {wanted.specifier} is needed"


def normal(name: str) -> str:
    """A package's name as all its spellings have it (PEP 503)."""
    return name.lower().replace("_", "-").replace(".", "-")


def _few(names: Iterable[str]) -> str:
    found = list(names)
    more = f" and {len(found) - NAMES_MAX} more" if len(found) > NAMES_MAX else ""
    return ", ".join(found[:NAMES_MAX]) + more
