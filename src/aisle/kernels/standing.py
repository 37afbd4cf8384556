"""Which candidates stand on a list, in one pass; the twin is `standing_numpy`."""

import numpy as np

from aisle.kernels.compiling import Bytes, FilledBytes, Ints, inlined, kernel
from aisle.kernels.standing_numpy import BEYOND, DOUBLE, SAME_GROUP, STANDS

_FIRST, _SECOND = BEYOND

# What is known of an item, as bits.
_MET, _IN_FIRST, _IN_SECOND = 1, 2, 4


def standing(items: Ints, groups: Ints, bounded: tuple[Ints, Ints], most: tuple[int, int], fixed: int) -> Bytes:
    """Return whether each candidate stands, or why not, as `standing_numpy.standing` does."""
    codes = np.empty(len(items), np.int8)
    _stand(items, groups, *bounded, *most, fixed, codes)
    return codes


@inlined
def _mark(known: Bytes, items: Ints, bit: int) -> None:
    for item in items:
        if 0 <= item < len(known):
            known[item] |= bit


@kernel
def _stand(
    items: Ints,
    groups: Ints,
    first: Ints,
    second: Ints,
    most_first: int,
    most_second: int,
    fixed: int,
    codes: FilledBytes,
) -> None:
    known = np.zeros(1 + max(-1, items.max()) if len(items) else 0, np.int8)
    _mark(known, first, _IN_FIRST)
    _mark(known, second, _IN_SECOND)
    met = np.zeros(1 + max(-1, groups.max()) if len(groups) else 0, np.bool_)
    firsts, seconds = 0, 0
    for at in range(len(items)):
        item = items[at]
        codes[at] = STANDS
        if known[item] & _MET:
            codes[at] = DOUBLE
            continue
        known[item] |= _MET
        if len(groups) and groups[at] >= 0:
            if met[groups[at]] and at >= fixed:
                codes[at] = SAME_GROUP
                continue
            met[groups[at]] = True
        if known[item] & _IN_FIRST:
            firsts += 1
            if firsts > most_first and at >= fixed:
                codes[at] = _FIRST
                continue
        if known[item] & _IN_SECOND:
            seconds += 1
            if seconds > most_second and at >= fixed:
                codes[at] = _SECOND
