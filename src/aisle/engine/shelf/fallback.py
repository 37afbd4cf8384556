"""From what strategies find to a shelf that is not empty: what a shop rules out makes room for what it does not."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from aisle.engine.shelf.reranking import Shelved
from aisle.shop.ids import UNKNOWN

Ints = NDArray[np.int32]
Floats = NDArray[np.float32]

REACHES: Final = (100, 5000)
"""How far down the popular items a short shelf looks for more: not far at first, as every look reads the catalogue."""


@dataclass(frozen=True, eq=False)
class Found:
    """What a strategy proposes for a shelf.

    Attributes
    ----------
    items
        Best first, (candidates,).
    scores
        Higher is better, NaN for whatever only has its place in the order, (candidates,).
    fallback
        What it is instead of what the placement promises, a key of `app.serving.shelf.FALLBACKS`; None if it keeps
        the promise.
    because
        The item that all of it follows from, or `UNKNOWN`.
    filled
        Whether popular items may fill the shelf up: not where it says what each of its items is.
    """

    items: Ints
    scores: Floats
    fallback: str | None = None
    because: int = UNKNOWN
    filled: bool = True


@dataclass(frozen=True, eq=False)
class Filled:
    """A shelf, and what it was chosen from.

    Attributes
    ----------
    found
        What the strategy proposed.
    items
        All candidates, pins and popular items among them, as `shelved.places` and `shelved.drops` number them.
    shelved
        The shelf.
    """

    found: Found
    items: Ints
    shelved: Shelved


def fill(
    finds: Iterable[Found],
    popular: Callable[[int], Ints],
    put: Callable[[Found, Ints, Floats], tuple[Ints, Shelved]],
    n: int,
) -> Filled:
    """Return the first shelf on which anything stands of what was found, or the last one if there is none.

    Parameters
    ----------
    finds
        What the strategy proposes, and what may stand in for it, in this order; at least one.
    popular
        Gives so many of the most popular items.
    put
        Puts candidates on a shelf by the rules, and says which they were, pins and all.
    n
        How long the shelf is to be.
    """
    for found in finds:
        filled = _filled(found, popular, put, n)
        if np.isin(filled.shelved.items, found.items).any():
            break
    return filled


def _filled(
    found: Found,
    popular: Callable[[int], Ints],
    put: Callable[[Found, Ints, Floats], tuple[Ints, Shelved]],
    n: int,
) -> Filled:
    items, scores = found.items, found.scores
    candidates, shelved = put(found, items, scores)
    for reach in REACHES if found.filled else ():
        if len(shelved.items) >= n:
            break
        more = popular(n + reach)
        more = more[~np.isin(more, items)]
        items = np.concatenate((items, more))
        scores = np.concatenate((scores, np.full(len(more), np.nan, np.float32)))
        candidates, shelved = put(found, items, scores)
    return Filled(found, candidates, shelved)
