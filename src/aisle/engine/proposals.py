"""What a strategy proposes for a shelf, and the fallbacks."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from aisle.engine.recipe import PERSONAL
from aisle.recommenders.query import Ranked
from aisle.shop.ids import UNKNOWN

Ints = NDArray[np.int32]
Floats = NDArray[np.float32]


class Fallback(msgspec.Struct, frozen=True):
    """What fills a shelf if the placement's own strategy has nothing for it.

    Attributes
    ----------
    name
        Its name, for programs.
    sentence
        What people read.
    reason
        The reason of each item; `{}` is the item that the shelf follows from. None: the reasons of `model`.
    model
        The model that ranks it and gives the reasons; None: its items are popular.
    """

    name: str
    sentence: str
    reason: str | None = None
    model: str | None = None


POPULAR: Final = Fallback("popular", "This is the popular shelf: the model knows nothing that this shopper likes.")
POPULAR_INSTEAD: Final = Fallback(
    "popular_instead", "The shop has nothing for this placement yet, so these are its bestsellers."
)
NOTHING_SIMILAR: Final = Fallback(
    "nothing_similar",
    "The live model compares no items, so these are the shop's bestsellers; train als, content or hybrid.",
)
PERSONAL_INSTEAD: Final = Fallback(
    "personal_instead", "Nothing is known to go with this cart, so this is the personal shelf.", model=PERSONAL
)
SIMILAR_INSTEAD: Final = Fallback(
    "similar_instead",
    "Too few shoppers bought anything together with this item, so these are similar items.",
    reason="like {}",
)
BOUGHT_WITH_CATEGORY: Final = Fallback(
    "bought_with_category",
    "Too few shoppers bought anything together with this item, so these were bought with others of its category.",
    reason="bought with things like {}",
)
BOUGHT_TOGETHER_INSTEAD: Final = Fallback(
    "bought_together_instead",
    "No model compares these items yet, so these were bought together with this one.",
    reason="bought with {}",
)
LAST_KNOWN_PROFILE: Final = Fallback(
    "last_known_profile",
    "The database does not answer, so this shelf is from what was last known of the shopper.",
)
LAST_KNOWN_STOCK: Final = Fallback(
    "last_known_stock", "The database does not answer, so what is hidden or sold out is as it was last known."
)
POPULAR_WITHOUT_DATABASE: Final = Fallback(
    "popular_without_database",
    "The database does not answer and nothing is known of the shopper: the popular shelf.",
)

FALLBACKS: Final = {
    fallback.name: fallback
    for fallback in (
        POPULAR,
        LAST_KNOWN_PROFILE,
        LAST_KNOWN_STOCK,
        POPULAR_WITHOUT_DATABASE,
        POPULAR_INSTEAD,
        NOTHING_SIMILAR,
        PERSONAL_INSTEAD,
        SIMILAR_INSTEAD,
        BOUGHT_WITH_CATEGORY,
        BOUGHT_TOGETHER_INSTEAD,
    )
}
"""Every fallback by name."""


@dataclass(frozen=True, eq=False)
class Proposal:
    """What a strategy proposes for a shelf.

    Attributes
    ----------
    items
        Best first, (candidates,).
    scores
        Higher is better, NaN where an item only has its place in the order, (candidates,).
    fallback
        Which fallback it is; None if the placement's own strategy proposes it.
    because
        The item that all items follow from, or `UNKNOWN`.
    may_be_filled
        Whether popular items may fill the shelf up: not if the shelf claims something of each of its items.
    more
        Returns the same with candidates from further down, for a shelf that rules leave short; None: there are none.
    """

    items: Ints
    scores: Floats
    fallback: Fallback | None = None
    because: int = UNKNOWN
    may_be_filled: bool = True
    more: "Callable[[], Proposal] | None" = None

    @classmethod
    def of_row(cls, shelves: Ranked, row: int, fallback: Fallback | None = None) -> Self:
        """Return what a model ranks for one of several queries."""
        items = shelves.items[row]
        return cls(items[items >= 0], shelves.scores[row, items >= 0], fallback)
