"""The shop's catalogue in memory: what rules and pages need of every item, kept true by the versions of changes."""

import threading
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np

from aisle.engine.model import TrainedModel
from aisle.engine.shelf.attributes import Flags, ItemAttributes, attributes_of_rows, sold_here
from aisle.shop import moments
from aisle.shop.errors import StorageError
from aisle.shop.ids import UNKNOWN
from aisle.storage import item_changes, items
from aisle.storage.connection import Database
from aisle.storage.items import ItemFacts


class HeldCatalogue(NamedTuple):
    """What is in memory."""

    facts: Mapping[str, ItemFacts]
    """By id; items that are not in the catalogue are missing."""
    of_model: ItemAttributes
    """The attributes of the model's items, by number."""
    sold_here: Flags
    """Which of the model's items the shop sells at all, by number."""


class CatalogueWatch:
    """Keeps the catalogue in memory, and reads again what changed since the last request."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._lock = threading.Lock()
        self._version: int | None = None
        self._facts: dict[str, ItemFacts] = {}
        self._model: TrainedModel | None = None
        self._of_model: ItemAttributes | None = None
        self._in_catalogue: Flags = np.zeros(0, np.bool_)
        self._sold_here: Flags = self._in_catalogue

    def current(self, model: TrainedModel) -> HeldCatalogue:
        """Return the catalogue at this moment; as it was last read, if the database does not answer."""
        with self._lock:
            changed = self._read_changes()
            if self._of_model is None or self._model is not model:
                self._model, self._of_model = model, self._attributes(model, range(len(model.items)))
                self._in_catalogue = np.array([item_id in self._facts for item_id in model.items.ids], np.bool_)
                self._sold_here = sold_here(self._in_catalogue)
            else:
                numbers = [model.items.number(item_id) for item_id in changed]
                known = [number for number in numbers if number != UNKNOWN]
                if known:
                    self._of_model = self._of_model.updated(np.array(known), self._attributes(model, known))
                    self._in_catalogue[known] = [model.items.ids[number] in self._facts for number in known]
                    self._sold_here = sold_here(self._in_catalogue)
            return HeldCatalogue(self._facts, self._of_model, self._sold_here)

    def _read_changes(self) -> list[str]:
        """Read what changed, everything at first; return the ids of the items that did since."""
        try:
            if self._version is None:
                # The version first: what changes while the items are read is read again.
                version = item_changes.since(self._db, 0).version
                self._facts, self._version = items.facts(self._db), version
                return list(self._facts)
            changes = item_changes.since(self._db, self._version)
            if changes.item_ids:
                read = items.facts(self._db, changes.item_ids)
                gone = [item_id for item_id in changes.item_ids if item_id not in read]
                facts = {**self._facts, **read}
                self._facts = {item_id: facts[item_id] for item_id in facts.keys() - gone} if gone else facts
        except StorageError:
            return []
        self._version = changes.version
        return changes.item_ids

    def _attributes(self, model: TrainedModel, numbers: Iterable[int]) -> ItemAttributes:
        """Return the attributes of some of a model's items."""
        places = np.array(list(numbers), np.int32)
        rows = [self._facts.get(model.items.ids[number]) for number in places.tolist()]
        return attributes_of_rows(
            rows, moments.now(), model.sales_per_day[places], model.tail[places], model.usual_cover
        )
