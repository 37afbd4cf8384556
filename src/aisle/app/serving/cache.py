"""A small cache of what was read last, for the time that the database is away."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Cache(Generic[K, V]):
    """The values that were put last; safe between threads.

    Parameters
    ----------
    capacity
        The largest weight of all values together; the oldest are removed first.
    weigh
        Returns the weight of a value, at least 1.
    """

    def __init__(self, capacity: int, weigh: Callable[[V], int] = lambda _: 1) -> None:
        self._capacity = capacity
        self._weigh = weigh
        self._weight = 0
        self._values: OrderedDict[K, V] = OrderedDict()
        self._lock = threading.Lock()

    def put(self, key: K, value: V) -> None:
        """Store a value as the newest."""
        with self._lock:
            if key in self._values:
                self._weight -= self._weigh(self._values.pop(key))
            self._values[key] = value
            self._weight += self._weigh(value)
            while self._weight > self._capacity:
                self._weight -= self._weigh(self._values.popitem(last=False)[1])

    def drop(self, chosen: Callable[[K], bool]) -> None:
        """Remove the values whose keys are chosen."""
        with self._lock:
            for key in [key for key in self._values if chosen(key)]:
                self._weight -= self._weigh(self._values.pop(key))

    def get(self, key: K) -> V | None:
        """Return the value, if it is still stored."""
        with self._lock:
            return self._values.get(key)
