"""How many places of a shelf go to what the shopper knows, and how far apart items of one brand or category stand."""

from collections.abc import Iterable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from aisle.engine.shelf.attributes import Codes, ItemAttributes
from aisle.engine.shelf.groups import BRAND
from aisle.engine.shelf.rules import Window
from aisle.shop.ids import UNKNOWN

_NO_PLACES: Final = np.zeros(0, np.intp)


def places_for(share: float, n: int) -> int:
    """Return how many of n places a share allows: never more than the share."""
    return int(share * n + 1e-9)


def spread(
    attributes: ItemAttributes, windows: Iterable[Window], n: int, held: NDArray[np.intp] = _NO_PLACES
) -> NDArray[np.intp]:
    """Return which candidates stand on a shelf, place by place, (shown,): the best one that all windows allow.

    A candidate without a brand or a category is allowed everywhere. The shelf ends where no candidate is allowed; those
    with a fixed place beyond it move up.

    Parameters
    ----------
    attributes
        What is known of the candidates: those with a fixed place, and then the others, best first.
    windows
        How many items of one brand or category may stand close together.
    n
        The length of the shelf.
    held
        The places of the first candidates, from 0, ascending; they keep them, and count.
    """
    bounds = [(_codes(attributes, window), window) for window in windows]
    free = np.ones(len(attributes), np.bool_)
    free[: len(held)] = False
    ahead = {int(place): candidate for candidate, place in enumerate(held)}
    chosen: list[int] = []
    while len(chosen) < min(n, len(attributes)):
        candidate = ahead.pop(len(chosen), None)
        if candidate is None:
            allowed = free.copy()
            for codes, window in bounds:
                allowed &= ~np.isin(codes, _full(codes, window, chosen, ahead))
            if not allowed.any():
                break
            candidate = int(allowed.argmax())
            free[candidate] = False
        chosen.append(candidate)
    chosen += list(ahead.values())[: min(n, len(attributes)) - len(chosen)]
    return np.array(chosen, np.intp)


def _full(codes: Codes, window: Window, chosen: list[int], ahead: dict[int, int]) -> Codes:
    """Return the brands or categories that a window with the next place, and none beyond those held, is full of."""
    place = len(chosen)
    near = [other for other in ahead if other < place + window.places]
    full = [codes[:0]]
    for last in (place, *near):
        first = max(0, last - window.places + 1)
        inside = codes[[*chosen[first:], *(ahead[other] for other in near if other <= last)]]
        values, counts = np.unique(inside[inside != UNKNOWN], return_counts=True)
        full.append(values[counts >= window.most])
    return np.concatenate(full)


def _codes(attributes: ItemAttributes, window: Window) -> Codes:
    """Return the brand of each candidate, or its whole category path, as codes or `UNKNOWN`."""
    if window.of == BRAND:
        return attributes.brand
    steps = np.count_nonzero(attributes.category != UNKNOWN, axis=1)
    if attributes.category.shape[1] == 0:
        return np.full(len(attributes), UNKNOWN, np.int32)
    last: Codes = attributes.category[np.arange(len(attributes)), np.maximum(steps - 1, 0)]
    return last
