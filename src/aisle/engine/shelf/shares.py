"""How many places of a shelf go to what the shopper knows, and how far apart items of one brand or category stand."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from aisle.engine.shelf.attributes import Codes, ItemAttributes
from aisle.engine.shelf.rules import BRAND, Window
from aisle.shop.ids import UNKNOWN


def places_for(share: float, n: int) -> int:
    """Return how many of n places a share allows: never more than the share."""
    return int(share * n + 1e-9)


def spread(attributes: ItemAttributes, windows: Iterable[Window], n: int, fixed: int = 0) -> NDArray[np.intp]:
    """Return which candidates stand on a shelf, place by place, (shown,): the best one that all windows allow.

    A candidate without a brand or a category is allowed everywhere. The shelf ends where no candidate is allowed.

    Parameters
    ----------
    attributes
        What is known of the candidates, best first.
    windows
        How many items of one brand or category may stand close together.
    n
        The length of the shelf.
    fixed
        So many candidates at the front keep their places; they count.
    """
    bounds = [(_codes(attributes, window), window) for window in windows]
    free = np.ones(len(attributes), np.bool_)
    chosen: list[int] = []
    while len(chosen) < min(n, len(attributes)):
        allowed = free.copy()
        for codes, window in bounds if len(chosen) >= fixed else ():
            before = codes[chosen[-(window.places - 1) :]] if chosen else codes[:0]
            values, counts = np.unique(before[before != UNKNOWN], return_counts=True)
            allowed &= ~np.isin(codes, values[counts >= window.most])
        if not allowed.any():
            break
        place = int(allowed.argmax())
        free[place] = False
        chosen.append(place)
    return np.array(chosen, np.intp)


def _codes(attributes: ItemAttributes, window: Window) -> Codes:
    """Return the brand of each candidate, or its whole category path, as codes or `UNKNOWN`."""
    if window.of == BRAND:
        return attributes.brand
    steps = np.count_nonzero(attributes.category != UNKNOWN, axis=1)
    if attributes.category.shape[1] == 0:
        return np.full(len(attributes), UNKNOWN, np.int32)
    last: Codes = attributes.category[np.arange(len(attributes)), np.maximum(steps - 1, 0)]
    return last
