"""What only Linux offers, as no-ops elsewhere: die with the parent, adopt orphans, see processes, leave the network."""

import ctypes
import os
import signal
import sys
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000
_IS_LINUX = sys.platform == "linux"


def die_with_parent(parent: int) -> None:
    """Have the kernel kill this process when its parent, the process `parent`, ends."""
    if _IS_LINUX:
        _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def adopt_orphans() -> None:
    """Become the parent of descendants whose own parent ends, so that none escapes by starting over."""
    if _IS_LINUX:
        _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def children() -> list[int]:
    """The processes whose parent is this one, which has one thread. Empty where the system does not tell."""
    listing = Path(f"/proc/self/task/{os.getpid()}/children")
    return [int(pid) for pid in listing.read_text().split()] if listing.exists() else []


def session_size(leader: int) -> int:
    """The number of processes in the session of `leader`. 0 where the system does not tell."""
    stats = (_stat(entry) for entry in Path("/proc").glob("[0-9]*")) if _IS_LINUX else ()
    return sum(1 for stat in stats if len(stat) > 3 and stat[3] == str(leader))


def leave_network() -> bool:
    """Move this process, which has one thread, to a network of its own with nothing in it; False if it may not."""
    libc = ctypes.CDLL(None, use_errno=True) if _IS_LINUX else None
    # Whoever is not root may have one together with a user namespace, unless the machine forbids those.
    return libc is not None and any(
        libc.unshare(flags) == 0 for flags in (_CLONE_NEWNET, _CLONE_NEWUSER | _CLONE_NEWNET)
    )


def data_bytes() -> int:
    """Private writable memory of this process, as RLIMIT_DATA counts it. 0 where the system does not tell."""
    statm = Path("/proc/self/statm")
    return int(statm.read_text().split()[5]) * os.sysconf("SC_PAGE_SIZE") if statm.exists() else 0


def _stat(entry: Path) -> list[str]:
    """The fields after the name: state, parent, group, session, …; empty for a process that has just ended."""
    try:
        return (entry / "stat").read_text(errors="replace").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def _prctl(option: int, value: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(option, value, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), f"prctl({option}, {value})")
