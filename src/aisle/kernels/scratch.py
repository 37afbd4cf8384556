"""Arrays of zeros that the kernels of a thread borrow one after another.

An array with a place for every item costs a request more to make and to clear than what happens in the few places that
it needs. Whoever writes into a borrowed array leaves zeros behind, and never keeps it.
"""

import threading
from typing import Any

import numpy as np
from numpy.typing import NDArray


class _OfThread(threading.local):
    """The arrays of a thread, by the type of their numbers."""

    def __init__(self) -> None:
        self.arrays: dict[type[np.generic], NDArray[Any]] = {}


_own = _OfThread()


def zeros(size: int, kind: type[np.generic]) -> NDArray[Any]:
    """Return so many zeros, the same array for the same kind until a larger one is asked for."""
    array = _own.arrays.get(kind)
    if array is None or len(array) < size:
        array = _own.arrays[kind] = np.zeros(size, kind)
    return array[:size]
