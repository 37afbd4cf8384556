"""The shop's catalogue at the moment of a request: rows of the database, each read once."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from aisle.engine.model import TrainedModel
from aisle.engine.query import Ints
from aisle.engine.shelf.attributes import Flags, ItemAttributes, attributes_of_rows
from aisle.engine.vocabulary import RequestVocabulary
from aisle.shop import moments
from aisle.storage.items import ItemRow

ReadItems = Callable[[Sequence[str]], Mapping[str, ItemRow]]
"""Reads items by id; those that the catalogue does not know are missing."""


class LiveCatalogue:
    """What the catalogue says of the items of one request.

    Parameters
    ----------
    model
        What answers; its numbers go first.
    read
        Reads items by id.
    read_newest
        Returns the ids of so many of the newest items, newest first.
    """

    def __init__(self, model: TrainedModel, read: ReadItems, read_newest: Callable[[int], Sequence[str]]) -> None:
        self.vocabulary = RequestVocabulary(model.items)
        self._model = model
        self._read = read
        self._read_newest = read_newest
        self._rows: dict[str, ItemRow | None] = {}

    def rows(self, item_ids: Sequence[str]) -> list[ItemRow | None]:
        """Return the rows of items, None for those that the catalogue does not know."""
        new = [item_id for item_id in dict.fromkeys(item_ids) if item_id not in self._rows]
        if new:
            read = self._read(new)
            self._rows.update((item_id, read.get(item_id)) for item_id in new)
        return [self._rows[item_id] for item_id in item_ids]

    def name(self, item_id: str) -> str:
        """Return what an item is called; its id, where the catalogue does not say."""
        row = self.rows([item_id])[0]
        return row.title if row and row.title else item_id

    def attributes(self, items: Ints) -> ItemAttributes:
        """Return what is known of items."""
        rows, model, vocabulary = self.rows(self.vocabulary.ids(items)), self._model, self.vocabulary
        sales: NDArray[np.float32] = vocabulary.values(model.sales_per_day, items, np.nan)
        tail: Flags = vocabulary.values(model.tail, items, True)
        return attributes_of_rows(rows, moments.now(), sales, tail, model.usual_cover)

    def listed(self, items: Ints) -> Flags:
        """Return which items the model or the catalogue knows."""
        listed = items < self.vocabulary.known
        new = np.flatnonzero(~listed)
        if len(new):
            listed[new] = [row is not None for row in self.rows(self.vocabulary.ids(items[new]))]
        return listed

    def newest(self, n: int) -> Ints:
        """Return the n newest items, newest first."""
        return self.vocabulary.numbers(self._read_newest(n))
