"""Commands of Aisle as whole processes, measured."""

import os
import sys
import time

from aisle.cli.commands.data import NOTHING_NEW
from benchmarks.shared.rows import Row

__all__ = ["NOTHING_NEW", "aisle"]


def aisle(name: str, arguments: tuple[str, ...], code: int = 0) -> Row:
    """Run one command that ends with a code; return its seconds, those of the processor, and its peak memory."""
    started = time.perf_counter()
    quiet = os.open(os.devnull, os.O_WRONLY)
    actions = [(os.POSIX_SPAWN_DUP2, quiet, stream) for stream in (1, 2)]
    process = os.posix_spawn(
        sys.executable, [sys.executable, "-m", "aisle.cli.main", *arguments], os.environ, file_actions=actions
    )
    _, status, usage = os.wait4(process, 0)
    seconds = time.perf_counter() - started
    os.close(quiet)
    if os.waitstatus_to_exitcode(status) != code:
        sys.exit(f"aisle {' '.join(arguments)} ended with {os.waitstatus_to_exitcode(status)}")
    return {
        "command": name,
        "seconds": seconds,
        "processor_s": usage.ru_utime + usage.ru_stime,
        "peak_mb": usage.ru_maxrss / 1024,
    }
