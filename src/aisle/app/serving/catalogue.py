"""The shop's catalogue at the moment of a request: what is held in memory, and what cannot be sold just now."""

from collections.abc import Sequence

import numpy as np

from aisle.app.serving.catalogue_watch import HeldCatalogue
from aisle.app.serving.shelf import name_of
from aisle.engine.query import Ints
from aisle.engine.shelf.attributes import Flags, ItemAttributes, attributes_of_rows
from aisle.engine.vocabulary import RequestVocabulary
from aisle.shop import moments
from aisle.shop.errors import StorageError
from aisle.shop.facts import ItemFacts
from aisle.shop.ids import Vocabulary
from aisle.storage.catalogue import items as stored
from aisle.storage.catalogue.items import Unavailable
from aisle.storage.connection import Database


class LiveCatalogue:
    """The catalogue during one request.

    Parameters
    ----------
    items
        The model's items, which have the first numbers.
    held
        The catalogue in memory.
    db
        Where `withdraw` and `newest` read; if it does not answer, what is in memory counts.
    """

    def __init__(self, items: Vocabulary, held: HeldCatalogue, db: Database) -> None:
        self.vocabulary = RequestVocabulary(items)
        self._now = moments.now()
        self.held = held
        self._db = db
        self._withdrawn: dict[str, Unavailable] = {}
        self.is_old = False
        """Whether the database did not say what can be sold."""

    @property
    def is_as_held(self) -> bool:
        """Whether the database says no more of the items that were asked about than what is in memory."""
        return not (self.is_old or self._withdrawn)

    def rows(self, item_ids: Sequence[str]) -> list[ItemFacts | None]:
        """Return what the catalogue says of items, None for items that are not in it."""
        return [self.held.facts.get(item_id) for item_id in item_ids]

    def name(self, item_id: str) -> str:
        """Return the name of an item."""
        return name_of(item_id, self.rows([item_id])[0])

    def attributes(self, items: Ints) -> ItemAttributes:
        """Return what is held of items, and of those that were withdrawn, why."""
        attributes = self._held_of(items)
        np.greater(attributes.available_from, self._now, out=attributes.to_come)
        for place, item_id in enumerate(self.vocabulary.ids(items)) if self._withdrawn else ():
            if item_id in self._withdrawn:
                why = self._withdrawn[item_id]
                attributes.hidden[place], attributes.sold_out[place], attributes.to_come[place] = why
        return attributes

    def withdraw(self, items: Ints) -> bool:
        """Read which items cannot be sold at this moment, and note it; return whether any is new to this catalogue."""
        item_ids = [item_id for item_id in self.vocabulary.ids(items) if item_id not in self._withdrawn]
        try:
            unavailable = stored.unavailable(self._db, item_ids, self._now)
        except StorageError:
            self.is_old = True
            return False
        self._withdrawn.update(unavailable)
        return bool(unavailable)

    def _held_of(self, items: Ints) -> ItemAttributes:
        """Return new arrays with what is held of items."""
        known = items < self.vocabulary.known
        held = self.held.of_model.take(items[known])
        if known.all():
            return held
        new = self.rows(self.vocabulary.ids(items[~known]))
        tail = np.ones(len(new), np.bool_)
        of_new = attributes_of_rows(new, self._now, tail=tail)
        return held.joined(of_new).take(np.argsort(np.concatenate((np.flatnonzero(known), np.flatnonzero(~known)))))

    def listed(self, items: Ints) -> Flags:
        """Return which items the shop sells at all."""
        listed = self.vocabulary.values(self.held.sold_here, items, False)
        new = np.flatnonzero(items >= self.vocabulary.known)
        if len(new):
            listed[new] = [row is not None for row in self.rows(self.vocabulary.ids(items[new]))]
        return listed

    def newest(self, n: int) -> Ints:
        """Return the n newest items, newest first; none if the database is away."""
        try:
            return self.vocabulary.numbers(stored.newest(self._db, self._now, n))
        except StorageError:
            return self.vocabulary.numbers([])
