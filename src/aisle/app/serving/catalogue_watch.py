"""The shop's catalogue in memory: what rules and pages need of every item, kept true by the versions of changes."""

import threading
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

import numpy as np

from aisle.app.serving.last_known import CATALOGUE, NOTHING, LastKnown
from aisle.engine.model import TrainedModel
from aisle.engine.shelf.attributes import Flags, ItemAttributes, attributes_of_rows, sold_here
from aisle.shop import moments
from aisle.shop.errors import StorageError
from aisle.shop.facts import ItemFacts
from aisle.shop.ids import UNKNOWN
from aisle.storage.catalogue import item_changes, items
from aisle.storage.connection import Database

_MODELS: Final = 4
"""For how many models the attributes of items are held: requests to the one before may still run, and experiments
compare a few."""


class HeldCatalogue(NamedTuple):
    """What is in memory."""

    facts: Mapping[str, ItemFacts]
    """By id; items that are not in the catalogue are missing."""
    of_model: ItemAttributes
    """The attributes of the model's items, by number."""
    in_catalogue: Flags
    """Which of the model's items are in the catalogue, by number."""
    sold_here: Flags
    """Which of them the shop sells at all, by number."""
    version: int | None
    """The version of the catalogue in the database; None if that never answered."""
    database: object
    """Which database that is."""


class CatalogueWatch:
    """Keeps the catalogue in memory, and reads again what changed since the last request.

    Parameters
    ----------
    db
        Where it is read from, which may take a while.
    reads
        Says at each request whether something changed.
    last_known
        Where the catalogue is kept, with each new model, for a start while the database is away.
    """

    def __init__(self, db: Database, reads: Database, last_known: LastKnown = NOTHING) -> None:
        self._db = db
        self._reads = reads
        self._last_known = last_known
        self._lock = threading.Lock()
        self._database: object = None
        self._version: int | None = None
        self._facts: dict[str, ItemFacts] = {}
        self._held: tuple[tuple[TrainedModel, HeldCatalogue], ...] = ()

    def current(self, model: TrainedModel) -> HeldCatalogue:
        """Return the catalogue at this moment; as it was last read, if the database does not answer.

        Who comes while another request reads what changed gets what was read before.
        """
        held = self.held_of(model)
        if held is not None and not self._has_changed():
            return held
        if not self._lock.acquire(blocking=held is None):
            assert held is not None  # noqa: S101
            return held
        try:
            return self._read(model)
        finally:
            self._lock.release()

    def prepare(self, model: TrainedModel) -> None:
        """Make ready what requests to a model will ask for, before the first one comes."""
        with self._lock:
            self._read(model)
            if self._version is not None:
                self._last_known.keep(CATALOGUE, list(self._facts.values()))

    def held_of(self, model: TrainedModel) -> HeldCatalogue | None:
        """Return the catalogue as it was last read for a model; None if it never was."""
        return next((held for of, held in self._held if of is model), None)

    def _has_changed(self) -> bool:
        """Return whether the database holds a newer catalogue, or is another one."""
        try:
            return self._version != item_changes.newest(self._reads) or self._database != self._reads.seen
        except StorageError:
            return False

    def _read(self, model: TrainedModel) -> HeldCatalogue:
        """Read what changed, and return all that is held for a model."""
        try:
            self._read_changes()
        except StorageError:  # then what was read before counts, be it by another process
            if self._version is None and not self._facts:
                self._facts = {facts.item_id: facts for facts in self._last_known.read(CATALOGUE, ItemFacts)}
        held = self.held_of(model)
        if held is None:
            in_catalogue = np.array([item_id in self._facts for item_id in model.items.ids], np.bool_)
            held = self._as_of_now(self._attributes(model, range(len(model.items))), in_catalogue)
            self._held = ((model, held), *self._held[: _MODELS - 1])
        return held

    def _read_changes(self) -> None:
        """Read what changed since the last time; everything at first, and of a database that took another's place."""
        database, newest = self._reads.identity, item_changes.newest(self._db)
        if self._version is None or newest < self._version or database != self._database:
            # The version first: what changes while the items are read is read again.
            self._facts = items.facts(self._db)
            self._database, self._version, self._held = database, newest, ()
        elif newest > self._version:
            changes = item_changes.since(self._db, self._version)
            read = items.facts(self._db, changes.item_ids)
            gone = set(changes.item_ids) - read.keys()
            facts = {**self._facts, **read}
            self._facts = {item_id: facts[item_id] for item_id in facts.keys() - gone} if gone else facts
            self._version = changes.version
            self._held = tuple((model, self._updated(model, held, changes.item_ids)) for model, held in self._held)

    def _updated(self, model: TrainedModel, held: HeldCatalogue, changed: Iterable[str]) -> HeldCatalogue:
        """Return what is held for a model after some items changed."""
        numbers = [model.items.number(item_id) for item_id in changed]
        known = [number for number in numbers if number != UNKNOWN]
        if not known:
            return held._replace(facts=self._facts, version=self._version)
        in_catalogue = held.in_catalogue.copy()
        in_catalogue[known] = [model.items.ids[number] in self._facts for number in known]
        of_model = held.of_model.updated(np.array(known), self._attributes(model, known))
        return self._as_of_now(of_model, in_catalogue)

    def _as_of_now(self, of_model: ItemAttributes, in_catalogue: Flags) -> HeldCatalogue:
        """Return what is held for a model, of the catalogue that was read last."""
        return HeldCatalogue(
            self._facts, of_model, in_catalogue, sold_here(in_catalogue), self._version, self._database
        )

    def _attributes(self, model: TrainedModel, numbers: Iterable[int]) -> ItemAttributes:
        """Return the attributes of some of a model's items."""
        places = np.array(list(numbers), np.int32)
        rows = [self._facts.get(model.items.ids[number]) for number in places.tolist()]
        return attributes_of_rows(
            rows, moments.now(), model.sales_per_day[places], model.tail[places], model.usual_cover
        )
