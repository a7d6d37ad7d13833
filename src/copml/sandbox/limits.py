"""What project code may use, and the settings that make its arithmetic repeatable.

Invariant: the same settings hold for every child: one thread unless more are asked for, a fixed hash seed, an Arrow
allocator whose memory is counted. Enforcing the limits is for `supervisor` (time, processes, output) and `worker`
(memory).
"""

from dataclasses import dataclass

RESULT_BYTES_MAX = 16 << 20
# Room for a frame around the largest result; what is longer is cut, which makes it no frame.
REPORT_BYTES_MAX = RESULT_BYTES_MAX + 1024
REQUEST_BYTES_MAX = 16 << 20
LOG_HEAD_BYTES = 512 << 10
LOG_TAIL_BYTES = 512 << 10
# More than a job pool of one process per core needs, far fewer than what makes a machine unusable.
PROCESSES_MAX = 512

_THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "POLARS_MAX_THREADS",
)
_FIXED = {
    "PYTHONHASHSEED": "0",
    # Arrow's other allocators reserve a gigabyte of address space at once, which the memory limit would count.
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    # Without its background thread the server has one thread, so that forking it is sound.
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Wall seconds; memory of each process in MB beyond what an idle child has; threads; processes at one time.

    Without `network` the child reaches no other process, where the system can do that; `is_offline` tells it. Memory is
    enforced on Linux only. With more than one thread, sums may be taken in another order from run to run.
    """

    seconds: float
    memory_mb: int
    threads: int = 1
    processes: int = PROCESSES_MAX
    network: bool = True


def thread_settings(threads: int = 1) -> dict[str, str]:
    """The environment variables that set the number of threads of every numerical library."""
    return dict.fromkeys(_THREAD_VARIABLES, str(threads))


def child_settings(threads: int = 1) -> dict[str, str]:
    """All environment variables that copml sets for project code."""
    return thread_settings(threads) | _FIXED
