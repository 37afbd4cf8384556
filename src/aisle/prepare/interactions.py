"""Training data as arrays: what every recommender is fitted on."""

from dataclasses import dataclass, fields, replace
from functools import cached_property
from hashlib import blake2b
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from aisle.prepare.profiles import PER_EVENT, Profiles, stretches
from aisle.shop.ids import UNKNOWN, Vocabulary

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True, eq=False)
class EventLog:
    """Events one by one, in time order, with dense ids. All arrays have the shape (events,).

    Lines that belong to no user are kept, with user `UNKNOWN`: they count for items, and for nobody's taste.
    """

    user: NDArray[np.int32]
    item: NDArray[np.int32]
    kind: NDArray[np.int8]
    """A code of `shop.events.KIND_CODES`."""
    weight: NDArray[np.float32]
    """What the event says about liking, as `prepare.weigh` puts it; a refund's is negative."""
    rating: NDArray[np.float32]
    """Stars, or NaN."""
    timestamp: NDArray[np.int64]
    session: NDArray[np.int32]
    """Sessions numbered from 0, or `UNKNOWN`."""
    basket: NDArray[np.int32]
    """Transactions numbered from 0, or `UNKNOWN`."""
    price: NDArray[np.float32]
    """Per piece, in units of the currency, or NaN."""
    quantity: NDArray[np.int32]
    """Pieces, at least 1; 1 where the log does not say."""

    def __len__(self) -> int:
        return len(self.item)

    def where(self, chosen: NDArray[np.bool_]) -> Self:
        """Return the chosen events, (events,)."""
        return replace(self, **{field.name: getattr(self, field.name)[chosen] for field in fields(self)})

    def merged(self, other: Self) -> Self:
        """Return the events of both, in time order."""
        if len(other) == 0:
            return self
        order = np.argsort(np.append(self.timestamp, other.timestamp), kind="stable")
        both = {
            field.name: np.append(getattr(self, field.name), getattr(other, field.name))[order]
            for field in fields(self)
        }
        return replace(self, **both)


class Histories:
    """A log sorted by user, so that anybody's profile at any moment is a stretch of it.

    Parameters
    ----------
    log
        Events in the order of their time; those of nobody are left out.
    users
        How many users there are.
    """

    def __init__(self, log: EventLog, users: int) -> None:
        order = np.argsort(log.user, kind="stable")[int((log.user == UNKNOWN).sum()) :]
        self._starts = np.zeros(users + 1, np.int64)
        np.cumsum(np.bincount(log.user[order], minlength=users), out=self._starts[1:])
        self._arrays = {name: getattr(log, name)[order] for name in PER_EVENT}

    def until(self, users: NDArray[np.integer], moments: NDArray[np.int64]) -> Profiles:
        """Return the profile of each user with all events before a moment; `UNKNOWN` has none.

        Parameters
        ----------
        users
            Numbers, as often as wanted, (profiles,).
        moments
            In microseconds, (profiles,).
        """
        known = users != UNKNOWN
        first = np.where(known, self._starts[users], 0)
        past = np.where(known, self._starts[users + 1], 0)
        indptr, places = stretches(first, past)
        early = self._arrays["timestamp"][places] < np.repeat(moments, past - first)
        everything = Profiles(
            indptr=np.append(0, np.cumsum(early))[indptr],
            now=moments,
            **{name: array[places[early]] for name, array in self._arrays.items()},
        )
        return everything.as_rated_last()


@dataclass(frozen=True, eq=False)
class Interactions:
    """All that a recommender may learn from.

    Attributes
    ----------
    users, items
        Which dense number stands for whom.
    matrix
        Summed weights, (users, items) float32, column indices sorted, every stored value above 0.
    log
        The events behind it, for whatever needs order, baskets, sessions or stars.
    now
        The moment at which the data ends; ages count from here.
    catalogue
        What the shop says of its items, a row each, with the columns of `shop.columns.ITEMS`; see
        `prepare.catalogue.aligned`. None where there is no catalogue, or nobody asked.
    revised
        The ratings that `log` leaves out since their shopper has revised them; before that, they counted.
    """

    users: Vocabulary
    items: Vocabulary
    matrix: csr_array
    log: EventLog
    now: int
    catalogue: "pl.DataFrame | None" = None
    revised: EventLog | None = None

    @cached_property
    def shape(self) -> tuple[int, int]:
        """Users and items."""
        return len(self.users), len(self.items)

    @cached_property
    def histories(self) -> Histories:
        """The events by user, for anybody's profile."""
        return Histories(self.everything, len(self.users))

    @cached_property
    def fingerprint(self) -> str:
        """A digest of users, items, and the events with their weights: equal for equal data, whenever it is read."""
        log = [getattr(self.log, field.name) for field in fields(self.log)]
        digest = blake2b(digest_size=16)
        for array in (*self.users.to_arrays().values(), *self.items.to_arrays().values(), *log):
            digest.update(b"%d:" % array.size)
            digest.update(array.tobytes())
        return digest.hexdigest()

    @property
    def everything(self) -> EventLog:
        """The log with the ratings that were revised."""
        return self.log if self.revised is None else self.log.merged(self.revised)

    @cached_property
    def category(self) -> NDArray[np.int32] | None:
        """The number of each item's first category, (items,), from 0, or None where the shop has none.

        Items without one share a number.
        """
        if self.catalogue is None:
            return None
        from aisle.prepare.catalogue import top_categories

        return top_categories(self.catalogue)
