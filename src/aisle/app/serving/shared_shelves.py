"""Shelves that are the same for many shoppers: filled once, and looked over in the database at each request.

A shelf is shared while the rules and the catalogue stay as they are and all of its items can be sold; the last two are
read by one query. What a shopper's own events say is on no shared shelf.
"""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np

from aisle.app.serving.cache import Cache
from aisle.app.serving.catalogue_watch import HeldCatalogue
from aisle.app.serving.shelf import Shelf
from aisle.engine.dealings import Dealings
from aisle.engine.model import TrainedModel
from aisle.engine.placement import Placement
from aisle.engine.request import ShelfRequest
from aisle.engine.strategies import NEW_ARRIVALS
from aisle.shop import moments
from aisle.shop.errors import StorageError
from aisle.shop.events import ProfileEvent
from aisle.storage.catalogue import items
from aisle.storage.connection import Database

CAPACITY: Final = 50_000
"""How many places of shelves a process keeps."""


class Asked(NamedTuple):
    """What shelves have in common that are the same."""

    placement: str
    item_id: str | None
    n: int
    variant: str | None


class Basis(NamedTuple):
    """What shared shelves were filled from."""

    held: HeldCatalogue
    placements: Mapping[str, Placement]

    def is_same(self, other: "Basis") -> bool:
        """Return whether it is the very same as another one."""
        return self.held is other.held and self.placements is other.placements


class _Kept(NamedTuple):
    """The shelves of one basis."""

    basis: Basis
    until: float
    """When the next item becomes available, in microseconds."""
    shelves: Cache[Asked, Shelf]


def asked_by_many(
    request: ShelfRequest,
    placement: Placement,
    profile: Sequence[ProfileEvent],
    model: TrainedModel,
    variant: str | None = None,
) -> Asked | None:
    """Return what a request has in common with others; None if its shelf may be the shopper's own.

    Pins and locks may be items that no model knows, and new arrivals change with time: neither is shared.
    """
    own = request.rules or request.cart or request.exclude_ids or request.explain or request.tried
    if own or placement.rules.pins or placement.rules.locks or placement.strategy.name == NEW_ARRIVALS:
        return None
    if profile and not _is_same_for(profile, request, placement, model):
        return None
    return Asked(placement.name, request.item_id, request.n, variant)


def _is_same_for(
    profile: Sequence[ProfileEvent], request: ShelfRequest, placement: Placement, model: TrainedModel
) -> bool:
    """Return whether a shopper with a history gets the same shelf as one without."""
    return (
        placement.strategy.same_for_all
        and request.exclude == "none"
        and not placement.rules.know_the_shopper
        and not model.tells_shoppers_apart
        and Dealings.exclude_nothing(profile, model.weights)
    )


class SharedShelves:
    """The shared shelves of a process; safe between threads."""

    def __init__(self) -> None:
        self._kept: _Kept | None = None

    def find(self, db: Database, asked: Asked, basis: Basis) -> Shelf | None:
        """Return a shelf that may stand as it is at this moment; None if there is none, or nobody can say.

        Parameters
        ----------
        db
            Where the catalogue and what can be sold are read.
        basis
            The catalogue as it was last read for the model, and the placements.
        """
        kept, now = self._kept, moments.now()
        if kept is None or not basis.is_same(kept.basis) or now >= kept.until:
            return None
        shelf = kept.shelves.get(asked)
        return shelf if shelf is not None and _stands(db, shelf, basis.held, now) else None

    def keep(self, asked: Asked, basis: Basis, shelf: Shelf) -> None:
        """Keep a shelf that was just filled."""
        kept, now = self._kept, moments.now()
        if kept is None or not basis.is_same(kept.basis) or now >= kept.until:
            self._kept = kept = _Kept(basis, _next_arrival(basis.held, now), Cache(CAPACITY, _places))
        kept.shelves.put(asked, shelf)


def _stands(db: Database, shelf: Shelf, held: HeldCatalogue, now: int) -> bool:
    """Return whether the catalogue is as it was, and all items of a shelf can be sold."""
    try:
        seen = items.look_over(db, [item.item_id for item in shelf.items], now)
    except StorageError:
        return False
    return not seen.unavailable and seen.version == held.version and db.seen == held.database


def _next_arrival(held: HeldCatalogue, now: int) -> float:
    """Return when the next of the model's items becomes available; infinity if none is still to come."""
    arrivals = held.of_model.available_from
    return float(arrivals[arrivals > now].min(initial=np.inf))


def _places(shelf: Shelf) -> int:
    return 1 + len(shelf.items)
