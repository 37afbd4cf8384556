"""Shoppers' events up to a moment each, as arrays: the input of queries and features, in training and live."""

from dataclasses import dataclass, fields
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from aisle.prepare.weigh import revised_since
from aisle.shop.events import KIND_CODES, EventKind

Places = slice | NDArray[np.int64]
"""Which events, as an index."""


@dataclass(frozen=True, eq=False)
class Profiles:
    """The events of some shoppers: those of profile `p` are at `indptr[p]` up to, not including, `indptr[p + 1]`.

    Its events are ordered by time, oldest first. All arrays but the first and the last have the shape (events,).
    """

    indptr: NDArray[np.int64]
    item: NDArray[np.int32]
    """Dense numbers, none of them `UNKNOWN`."""
    kind: NDArray[np.int8]
    """Codes of `shop.events.KIND_CODES`."""
    rating: NDArray[np.float32]
    """Stars, or NaN."""
    price: NDArray[np.float32]
    """Per piece, in units of the currency, or NaN."""
    timestamp: NDArray[np.int64]
    now: NDArray[np.int64]
    """The moment at which each profile is looked at, in microseconds, (profiles,)."""

    def __len__(self) -> int:
        return len(self.indptr) - 1

    @property
    def owner(self) -> NDArray[np.int64]:
        """The number of each event's profile, (events,)."""
        return np.repeat(np.arange(len(self)), np.diff(self.indptr))

    @property
    def pair(self) -> NDArray[np.int64]:
        """A number for each event's profile and item together, (events,)."""
        pair: NDArray[np.int64] = self.owner * (self.item.max(initial=-1) + np.int64(1)) + self.item
        return pair

    def slice(self, start: int, stop: int) -> Self:
        """Return the profiles start … stop - 1, sharing memory."""
        first, last = self.indptr[start], self.indptr[stop]
        return self._of(self.indptr[start : stop + 1] - first, slice(first, last), self.now[start:stop])

    def take(self, rows: NDArray[np.integer]) -> Self:
        """Return the profiles of the given rows."""
        indptr, places = stretches(self.indptr[rows], self.indptr[rows + 1])
        return self._of(indptr, places, self.now[rows])

    def as_rated_last(self) -> Self:
        """Return the profiles without ratings that their shopper has revised since."""
        if not (self.kind == _RATE).any():
            return self
        kept = ~revised_since(self.pair, self.kind, self.timestamp)
        return self._of(np.append(0, np.cumsum(kept))[self.indptr], np.flatnonzero(kept), self.now)

    def _of(self, indptr: NDArray[np.int64], places: Places, now: NDArray[np.int64]) -> Self:
        """Return other profiles of the same events."""
        return type(self)(indptr=indptr, now=now, **{name: getattr(self, name)[places] for name in PER_EVENT})


_RATE: Final = KIND_CODES[EventKind.RATE]

PER_EVENT: Final = tuple(field.name for field in fields(Profiles) if field.name not in ("indptr", "now"))
"""The fields of `Profiles` that have a value for each event."""


def stretches(first: NDArray[np.integer], past: NDArray[np.integer]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the pointers to stretches of an array put one after the other, (stretches + 1,), and their places in it.

    Parameters
    ----------
    first, past
        The first place of each stretch, and the one after its last, (stretches,).
    """
    lengths = past - first
    indptr = np.append(0, np.cumsum(lengths)).astype(np.int64)
    return indptr, np.arange(indptr[-1]) + np.repeat(first - indptr[:-1], lengths)
