"""The numbers of one request: the model's, and new ones behind them for items that it does not know."""

from collections.abc import Iterable
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from aisle.shop.ids import UNKNOWN, Vocabulary

S = TypeVar("S", bound=np.generic)


class Numbers:
    """A model's vocabulary that learns: whatever is asked for has a number from then on.

    So an item that came after the last training can be pinned, left out, newly arrived and recently viewed.

    Parameters
    ----------
    items
        The model's items.
    """

    def __init__(self, items: Vocabulary) -> None:
        self._items = items
        self._new: dict[str, int] = {}

    def __contains__(self, one: object) -> bool:
        return one in self._items or one in self._new

    def number(self, one: str) -> int:
        """Return the number of an id."""
        known = self._items.number(one)
        return known if known != UNKNOWN else self._new.setdefault(one, len(self._items) + len(self._new))

    def numbers(self, ids: Iterable[str]) -> NDArray[np.int32]:
        """Return the numbers of many ids."""
        return np.array([self.number(one) for one in ids], np.int32)

    def ids(self, numbers: NDArray[np.int32]) -> list[str]:
        """Return the ids of many numbers."""
        new, known = list(self._new), len(self._items)
        return [self._items.ids[one] if one < known else new[one - known] for one in numbers.tolist()]

    def values(self, of_items: NDArray[S], numbers: NDArray[np.int32], otherwise: float) -> NDArray[S]:
        """Return what an array of the model's items says of many numbers, (numbers, …); of new ones, something else."""
        found = np.full((len(numbers), *of_items.shape[1:]), otherwise, of_items.dtype)
        known = numbers < len(self._items)
        found[known] = of_items[numbers[known]]
        return found
