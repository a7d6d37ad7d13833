"""Today's verdicts beside those that were kept in a file.

Invariant: a file that is not what `copml check --json` writes is refused as a whole; nothing of it is believed but the
verdicts that it states.
"""

from collections import Counter
from pathlib import Path

from copml.app.evidence import check
from copml.app.workspace import Workspace
from copml.conformance import StatedVerdict, VerdictChange, compare, stated
from copml.errors import VerdictsUnreadable

# What `copml check --json` writes has some 40 kB; far beyond that it is something else.
BYTES_MAX = 16 * 1024 * 1024


def check_against(workspace: Workspace, project: str, before: Path) -> tuple[VerdictChange, ...]:
    """What became of the verdicts that a file keeps, one change for each requirement.

    Raises:
        VerdictsUnreadable: when the file is not what `copml check --json` wrote.
    """
    kept = kept_verdicts(before)  # first, so that a wrong file is told before the work
    return compare(kept, [stated(item) for item in check(workspace, project)])


def kept_verdicts(path: Path) -> tuple[StatedVerdict, ...]:
    """The verdicts in a file that `copml check --json` wrote.

    Raises:
        VerdictsUnreadable: when it is none.
    """
    import msgspec

    try:
        size = path.stat().st_size
        if size > BYTES_MAX:
            raise VerdictsUnreadable(str(path), f"it has {size:,} bytes, at most {BYTES_MAX:,} are read")
        kept = msgspec.json.decode(path.read_bytes(), type=list[StatedVerdict])
    except OSError as error:
        raise VerdictsUnreadable(str(path), error.strerror or str(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise VerdictsUnreadable(str(path), str(error)) from None
    twice = [name for name, times in Counter(item.id for item in kept).items() if times > 1]
    if twice or not kept:
        raise VerdictsUnreadable(str(path), f"{twice[0]} is in it twice" if twice else "it is an empty list")
    return tuple(kept)
