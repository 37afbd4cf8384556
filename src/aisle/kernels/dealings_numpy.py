"""What owners did with items, each item once, in plain Python: what the kernel of `dealings` computes.

What an event is to its item stands in the bits of `deeds`. A refund, a hiding and a rating at the lower end of the
scale cancel an item: the first two until it is bought or shown again, the last until it is bought or rated better.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

VIEWED: Final = 1
SEEN: Final = 2
OWNED: Final = 4
BOUGHT: Final = 8
REFUNDED: Final = 16
RATED: Final = 32
HIDDEN: Final = 64
UNHIDDEN: Final = 128
"""The bits of `deeds`."""

CANCELLED: Final = REFUNDED | RATED | HIDDEN
"""The bits of an item that is cancelled; `RATED` is that of a bad rating then."""


class Deeds(NamedTuple):
    """The events of owners; those of owner o are at indptr[o] … indptr[o + 1] - 1, oldest first."""

    indptr: NDArray[np.int64]
    item: NDArray[np.int32]
    deeds: NDArray[np.int16]
    rating: NDArray[np.float32]
    timestamp: NDArray[np.int64]


class Dealings(NamedTuple):
    """What owners did with items, in five lists of each: viewed, seen, owned, bought and cancelled items.

    List l of owner o is `items[l, indptr[o]:indptr[o] + counts[o, l]]`: each item once, and newest first but for the
    cancelled ones, which are in ascending order. A viewed item is not cancelled, and a seen one is not owned.
    """

    items: NDArray[np.int32]
    """(lists, events)."""
    moments: NDArray[np.int64]
    """When each of the owned and bought items was last, (2, events)."""
    counts: NDArray[np.int64]
    """(owners, lists)."""


LISTS: Final = 5


def dealings(events: Deeds, worst: float) -> Dealings:
    """Return what owners did with items.

    Parameters
    ----------
    worst
        The highest rating that cancels an item.
    """
    size, owners = len(events.item), len(events.indptr) - 1
    found = Dealings(
        np.zeros((LISTS, size), np.int32), np.zeros((2, size), np.int64), np.zeros((owners, LISTS), np.int64)
    )
    for owner in range(owners):
        start, stop = events.indptr[owner : owner + 2].tolist()
        rows = list(zip(*(column[start:stop].tolist() for column in events[1:]), strict=True))
        viewed, seen, owned, bought, cancelled = _of_owner(rows, worst)
        for number, items in enumerate((viewed, seen, list(owned), list(bought), cancelled)):
            found.items[number, start : start + len(items)] = items
            found.counts[owner, number] = len(items)
        for number, moments in enumerate((owned, bought)):
            found.moments[number, start : start + len(moments)] = list(moments.values())
    return found


_Row = tuple[int, int, float, int]
"""Item, deeds, rating and moment of an event."""


def _of_owner(
    oldest_first: list[_Row], worst: float
) -> tuple[list[int], list[int], dict[int, int], dict[int, int], list[int]]:
    """Return the five lists of one owner: of owned and bought items with their moments."""
    cancelled, newest_first = _cancelled(oldest_first, worst), oldest_first[::-1]
    owned, bought = dict[int, int](), dict[int, int]()
    for item, deeds, _, moment in newest_first:
        if deeds & OWNED:
            owned.setdefault(item, moment)
        if deeds & BOUGHT:
            bought.setdefault(item, moment)
    viewed = dict.fromkeys(item for item, deeds, *_ in newest_first if deeds & VIEWED and item not in cancelled)
    seen = dict.fromkeys(item for item, deeds, *_ in newest_first if deeds & SEEN and item not in owned)
    return list(viewed), list(seen), owned, bought, sorted(cancelled)


def _cancelled(oldest_first: list[_Row], worst: float) -> set[int]:
    """Return the items that are cancelled in the end."""
    against = dict[int, int]()
    for item, deeds, rating, _ in oldest_first:
        bits = against.get(item, 0)
        if deeds & BOUGHT:
            bits = 0
        bits |= deeds & (REFUNDED | HIDDEN)
        if deeds & RATED:
            bits = bits | RATED if rating <= worst else bits & ~RATED
        if deeds & UNHIDDEN:
            bits &= ~HIDDEN
        against[item] = bits
    return {item for item, bits in against.items() if bits}
