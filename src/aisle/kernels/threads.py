"""One pool of threads at a time: two pools on the same cores run slower than one.

Kernels are compiled for one thread and release the interpreter's lock, so that Python's own threads share the work,
block by block, as cores become free. Nothing here aborts when two threads of a server start work at once or a process
forks, as numba's and OpenMP's pools may.
"""

import os
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import lru_cache
from itertools import pairwise
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController, threadpool_limits

Result = TypeVar("Result")

threads = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
"""The number of threads that share the work: one per core that the process may use."""


class _Holder(threading.local):
    """The pool of the thread that holds the cores, and whether this thread is one of a pool."""

    pool: ThreadPoolExecutor | None = None
    in_pool: bool = False


_cores = threading.Lock()
_this_thread = _Holder()


@contextmanager
def all_cores() -> Iterator[ThreadPoolExecutor]:
    """Until the block ends, hold BLAS to one thread, and let other threads that want all cores wait.

    Blocks may nest: a whole fit then takes the cores once, and not again for every half step.
    """
    if _this_thread.pool:
        yield _this_thread.pool
        return
    blas = _libraries(len(sys.modules)).limit(limits=1, user_api="blas")
    with _cores, blas, ThreadPoolExecutor(threads, initializer=_join_pool) as pool:
        _this_thread.pool = pool
        try:
            yield pool
        finally:
            _this_thread.pool = None


def _join_pool() -> None:
    _this_thread.in_pool = True


@lru_cache(maxsize=1)
def _libraries(_modules: int) -> ThreadpoolController:
    """Return the loaded libraries that have threads; only an import may add to them."""
    return ThreadpoolController()


@contextmanager
def blas_alone() -> Iterator[None]:
    """Hold BLAS to one thread until the block ends: where much that is small is multiplied, a second one only waits.

    Of a server's requests that is true, and of shelves filled in blocks, which share the cores by themselves.
    """
    with threadpool_limits(limits=1, user_api="blas"):
        yield


def hold_blas() -> None:
    """Hold BLAS to one thread from now on.

    A process that answers shoppers solves small systems, on which two threads wait longer than one works.
    """
    threadpool_limits(limits=1, user_api="blas")


def blocks(rows: int, size: int) -> list[int]:
    """Return the bounds of blocks of `size` rows; the last may be smaller."""
    return [*range(0, rows, size), rows]


def even_blocks(work: NDArray[np.number], of_block: float) -> list[int]:
    """Return the bounds of blocks of rows that each are about the same work.

    Parameters
    ----------
    work
        The work of all rows before each row, ascending, (rows + 1,).
    of_block
        The work of a block, above 0.
    """
    if len(work) == 2:  # as for one shopper, who does not wait for the sums below
        return [0, 1]
    bounds = np.r_[0, np.searchsorted(work, np.arange(of_block, work[-1], of_block)), len(work) - 1]
    return [int(bound) for bound in np.unique(bounds)]


def share_out(work: Callable[[int, int], Result], bounds: Sequence[int]) -> list[Result]:
    """Call work(start, stop) for each two successive bounds, on all cores, and return the results in order.

    A single stretch is worked off at once, in the calling thread: what answers a shopper waits for no other work. So
    are the stretches of work that is part of work shared out already.
    """
    if len(bounds) == 2:
        return [work(bounds[0], bounds[1])]
    ranges = list(pairwise(bounds))
    if not ranges or _this_thread.in_pool:
        return [work(start, stop) for start, stop in ranges]
    with all_cores() as pool:
        return list(pool.map(work, *zip(*ranges, strict=True)))


def share_out_rows(work: Callable[[int, int], None], bounds: Sequence[int]) -> None:
    """Do the same for rows that come out alike however they are cut: all at once where the cores are shared already.

    A thread waits for the interpreter's lock whenever a kernel returns, so that a part of a batch calls few of them.
    """
    share_out(work, bounds[:: max(1, len(bounds) - 1)] if _this_thread.in_pool else bounds)
