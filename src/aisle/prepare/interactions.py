"""Training data as arrays: what every recommender is fitted on."""

from dataclasses import dataclass, fields, replace
from functools import cached_property
from hashlib import blake2b
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from aisle.prepare.profiles import PER_EVENT, Profiles, stretches
from aisle.prepare.shown import ShownPlaces
from aisle.shop.ids import UNKNOWN, Vocabulary

if TYPE_CHECKING:  # a shelf does without both
    import polars as pl
    from scipy.sparse import csr_array


@dataclass(frozen=True, eq=False)
class EventLog:
    """Events in the order of time, with dense ids. All arrays have the shape (events,).

    Events without a user have the user `UNKNOWN`: they count for items, and for nobody's taste.
    """

    user: NDArray[np.int32]
    item: NDArray[np.int32]
    kind: NDArray[np.int8]
    """A code of `shop.events.KIND_CODES`."""
    weight: NDArray[np.float32]
    """How much the event says about liking, by `prepare.weigh`; negative for a refund."""
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
    """Pieces, at least 1; 1 if the log does not say."""
    counts: NDArray[np.bool_]
    """Whether it counts for others than its shopper: not if it was over the cap of a network address."""

    def __len__(self) -> int:
        return len(self.item)

    def where(self, chosen: NDArray[np.bool_]) -> Self:
        """Return the chosen events, (events,)."""
        return replace(self, **{field.name: getattr(self, field.name)[chosen] for field in fields(self)})

    def merged(self, other: Self) -> Self:
        """Return the events of both, in the order of time."""
        if len(other) == 0:
            return self
        order = np.argsort(np.append(self.timestamp, other.timestamp), kind="stable")
        both = {
            field.name: np.append(getattr(self, field.name), getattr(other, field.name))[order]
            for field in fields(self)
        }
        return replace(self, **both)


class Histories:
    """A log sorted by user, in which the profile of a user at a moment is a stretch.

    Parameters
    ----------
    log
        Events in the order of time; those without a user are skipped.
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
            Numbers, which may repeat, (profiles,).
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
    """The training data of a recommender.

    Attributes
    ----------
    users, items
        The ids behind the dense numbers.
    matrix
        Summed weights, (users, items) float32, column indices sorted, every stored value above 0.
    log
        The events behind it, for models that need order, baskets, sessions or stars.
    now
        The moment at which the data ends; ages count from here.
    catalogue
        The shop's items, a row each, with the columns of `shop.columns.ITEMS`, as `prepare.catalogue.aligned` returns
        them. None if there is no catalogue, or none is needed.
    revised
        The ratings that are not in `log` because their shopper has revised them; before that, they counted.
    shown
        What shoppers were shown on the main shelf up to `now`; None where nothing is known of it.
    """

    users: Vocabulary
    items: Vocabulary
    matrix: "csr_array"
    log: EventLog
    now: int
    catalogue: "pl.DataFrame | None" = None
    revised: EventLog | None = None
    shown: ShownPlaces | None = None

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
        """A digest of users, items, and the events with their weights, equal for equal data."""
        log = [getattr(self.log, field.name) for field in fields(self.log)]
        digest = blake2b(digest_size=16)
        for array in (*self.users.to_arrays().values(), *self.items.to_arrays().values(), *log):
            digest.update(b"%d:" % array.size)
            digest.update(array.tobytes())
        return digest.hexdigest()

    @property
    def votes(self) -> EventLog:
        """The events of the log that count for others: as many of each voter as `prepare.votes` allows.

        A copy, made anew for each model: kept, it would be most of a log in memory as long as the data.
        """
        return self.log if self._counted.all() else self.log.where(self._counted)

    @cached_property
    def _counted(self) -> NDArray[np.bool_]:
        """Which events of the log count for others, (events,)."""
        from aisle.prepare.votes import counted

        counts = self.log.counts.copy()
        if counts.all():
            return counted(self.log)
        counts[counts] = counted(self.log.where(counts))
        return counts

    @property
    def everything(self) -> EventLog:
        """The log with the revised ratings."""
        return self.log if self.revised is None else self.log.merged(self.revised)

    @cached_property
    def category(self) -> NDArray[np.int32] | None:
        """The number of each item's first category, (items,), from 0, or None if the shop has no categories.

        Items without a category share a number.
        """
        if self.catalogue is None:
            return None
        from aisle.prepare.catalogue import top_categories

        return top_categories(self.catalogue)
