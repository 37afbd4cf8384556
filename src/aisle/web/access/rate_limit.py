"""How often an address may call: a bucket of calls for each, which fills up as time goes by."""

import time
from collections import OrderedDict
from collections.abc import Callable
from math import ceil
from typing import Final

BURST_SECONDS: Final = 10
"""A bucket holds the calls of so many seconds: a page sends several at once and then none."""

ADDRESSES: Final = 100_000
"""How many addresses are remembered; the one that called least lately is forgotten."""


class RateLimit:
    """Counts the calls of addresses.

    Parameters
    ----------
    per_second
        How many calls an address may make; 0: as many as it likes.
    clock
        Returns the present moment in seconds.
    """

    def __init__(self, per_second: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_second = per_second
        self._capacity = max(1.0, per_second * BURST_SECONDS)
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait(self, address: str) -> int:
        """Count a call, and return after how many seconds the address may call if it may not now; else 0."""
        if not self._per_second:
            return 0
        now = self._clock()
        calls, then = self._buckets.pop(address, (self._capacity, now))
        calls = min(self._capacity, calls + (now - then) * self._per_second)
        is_allowed = calls >= 1
        self._buckets[address] = (calls - is_allowed, now)
        if len(self._buckets) > ADDRESSES:
            self._buckets.popitem(last=False)
        return 0 if is_allowed else ceil((1 - calls) / self._per_second)
