"""The item numbers of one request: the model's, and new ones for items that it does not know."""

from collections.abc import Iterable
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from aisle.shop.ids import UNKNOWN, Vocabulary

S = TypeVar("S", bound=np.generic)

_NO_ITEMS: Final = np.zeros(0, np.int32)


class RequestVocabulary:
    """A model's vocabulary that grows: every id that is looked up has a number from then on.

    So an item that came after the last training can be pinned, excluded, newly arrived and recently viewed.
    """

    def __init__(self, items: Vocabulary) -> None:
        self._items = items
        self._new: dict[str, int] = {}

    def __contains__(self, item_id: object) -> bool:
        return item_id in self._items or item_id in self._new

    @property
    def known(self) -> int:
        """How many items the model knows; numbers from here on are new."""
        return len(self._items)

    def number(self, item_id: str) -> int:
        """Return the number of an id."""
        number = self._items.number(item_id)
        return number if number != UNKNOWN else self._new.setdefault(item_id, len(self._items) + len(self._new))

    def numbers(self, item_ids: Iterable[str]) -> NDArray[np.int32]:
        """Return the numbers of many ids."""
        item_ids = list(item_ids)
        if not item_ids:  # as most requests exclude nothing and have no cart
            return _NO_ITEMS
        numbers = self._items.numbers(item_ids)
        for place in np.flatnonzero(numbers == UNKNOWN).tolist():
            numbers[place] = self.number(item_ids[place])
        return numbers

    def ids(self, numbers: NDArray[np.int32]) -> list[str]:
        """Return the ids of many numbers."""
        new, known = list(self._new), len(self._items)
        return [self._items.ids[number] if number < known else new[number - known] for number in numbers.tolist()]

    def new_ids(self) -> list[str]:
        """Return the ids that the model does not know, in the order of their numbers."""
        return list(self._new)

    def values(self, of_items: NDArray[S], numbers: NDArray[np.int32], default: float) -> NDArray[S]:
        """Return what an array of the model's items holds for many numbers, (numbers, …); new items get a default."""
        known = numbers < len(self._items)
        if known.all():
            return of_items[numbers]
        values = np.full((len(numbers), *of_items.shape[1:]), default, of_items.dtype)
        values[known] = of_items[numbers[known]]
        return values
