"""Which candidates stand on a list where each item and each group stands once, and some items have few places.

What the kernel of `standing` computes, in plain NumPy.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int32]
Flags = NDArray[np.bool_]
Codes = NDArray[np.int8]

STANDS: Final = 0
DOUBLE: Final = 1
SAME_GROUP: Final = 2
BEYOND: Final = (3, 4)
"""Why a candidate does not stand: there are too many of the first, or of the second, bounded items before it."""


def standing(items: Ints, groups: Ints, bounded: tuple[Ints, Ints], most: tuple[int, int], fixed: int) -> Codes:
    """Return whether each candidate stands, or why not: a code of this module, (candidates,).

    Parameters
    ----------
    items
        Candidates, best first, (candidates,).
    groups
        The group of each, of which the first one stands; -1 is in no group. Empty: groups do not count.
    bounded, most
        Two sets of items, in any order, and how many of each may stand.
    fixed
        So many candidates at the front stand even so, and count; each of them is another item.
    """
    codes = np.zeros(len(items), np.int8)
    front = np.arange(len(items)) < fixed
    codes[~first_of_each(items)] = DOUBLE
    if len(groups):
        left = np.flatnonzero(codes == STANDS)
        codes[left[~(first_of_each(groups[left]) | front[left])]] = SAME_GROUP
    for code, of_bound, count in zip(BEYOND, bounded, most, strict=True):
        own = (codes == STANDS) & np.isin(items, of_bound)
        codes[own & (np.cumsum(own) > count) & ~front] = code
    return codes


def first_of_each(codes: Ints) -> Flags:
    """Return which codes are the first of their kind, (codes,); each -1 counts as a first."""
    by_code = codes.argsort(kind="stable")
    sorted_codes = codes[by_code]
    first = np.empty(len(codes), np.bool_)
    first[by_code[:1]] = True
    first[by_code[1:]] = (sorted_codes[1:] != sorted_codes[:-1]) | (sorted_codes[1:] == -1)
    return first
