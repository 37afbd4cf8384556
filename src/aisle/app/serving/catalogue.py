"""The shop's catalogue at the moment of a request: what is held in memory, and what cannot be sold just now."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from aisle.app.serving.catalogue_watch import HeldCatalogue
from aisle.engine.query import Ints
from aisle.engine.shelf.attributes import Flags, ItemAttributes, attributes_of_rows
from aisle.engine.vocabulary import RequestVocabulary
from aisle.shop import moments
from aisle.shop.errors import StorageError
from aisle.shop.facts import ItemFacts
from aisle.shop.ids import Vocabulary
from aisle.storage.items import Unavailable

ReadUnavailable = Callable[[Sequence[str]], Mapping[str, Unavailable]]
"""Reads which of some items cannot be sold at this moment; raises `StorageError` if the database does not answer."""


class LiveCatalogue:
    """The catalogue during one request.

    Parameters
    ----------
    items
        The model's items, which have the first numbers.
    held
        The catalogue in memory.
    read_unavailable
        Reads which items cannot be sold. Where it cannot, what is in memory counts.
    read_newest
        Returns the ids of the n newest items, newest first.
    """

    def __init__(
        self,
        items: Vocabulary,
        held: HeldCatalogue,
        read_unavailable: ReadUnavailable,
        read_newest: Callable[[int], Sequence[str]],
    ) -> None:
        self.vocabulary = RequestVocabulary(items)
        self._held = held
        self._read_unavailable = read_unavailable
        self._read_newest = read_newest
        self.is_old = False
        """Whether the database did not say what can be sold."""

    def rows(self, item_ids: Sequence[str]) -> list[ItemFacts | None]:
        """Return what the catalogue says of items, None for items that are not in it."""
        return [self._held.facts.get(item_id) for item_id in item_ids]

    def name(self, item_id: str) -> str:
        """Return the name of an item; its id, if the catalogue has no name."""
        row = self.rows([item_id])[0]
        return row.title if row and row.title else item_id

    def attributes(self, items: Ints) -> ItemAttributes:
        """Return the attributes of items; whether they can be sold is read at this moment."""
        attributes = self._attributes(items)
        try:
            unavailable = self._read_unavailable(self.vocabulary.ids(items))
        except StorageError:
            self.is_old = True
            return attributes
        flags = np.zeros((len(Unavailable._fields), len(items)), np.bool_)
        if unavailable:
            for place, item_id in enumerate(self.vocabulary.ids(items)):
                flags[:, place] = unavailable.get(item_id, False)
        return replace(attributes, hidden=flags[0], sold_out=flags[1], to_come=flags[2])

    def _attributes(self, items: Ints) -> ItemAttributes:
        """Return what is held of items."""
        known = items < self.vocabulary.known
        held = self._held.of_model.take(items[known])
        if known.all():
            return held
        new = self.rows(self.vocabulary.ids(items[~known]))
        tail = np.ones(len(new), np.bool_)
        of_new = attributes_of_rows(new, moments.now(), tail=tail)
        return held.joined(of_new).take(np.argsort(np.concatenate((np.flatnonzero(known), np.flatnonzero(~known)))))

    def listed(self, items: Ints) -> Flags:
        """Return which items the shop sells at all."""
        listed = self.vocabulary.values(self._held.sold_here, items, False)
        new = np.flatnonzero(items >= self.vocabulary.known)
        if len(new):
            listed[new] = [row is not None for row in self.rows(self.vocabulary.ids(items[new]))]
        return listed

    def newest(self, n: int) -> Ints:
        """Return the n newest items, newest first."""
        return self.vocabulary.numbers(self._read_newest(n))
