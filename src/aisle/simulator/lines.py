"""Simulated events as arrays, before they become tables."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from aisle.shop.events import KIND_CODES, EventKind

NONE: Final = -1
"""No user, item, quantity, price or search words."""

_EMPTY: Final[dict[str, Any]] = {
    "item": np.int32(NONE),
    "quantity": np.int32(NONE),
    "price": np.int64(NONE),
    "rating": np.float32(np.nan),
    "satisfaction": np.float32(np.nan),
    "words": np.int32(NONE),
}


@dataclass(frozen=True, eq=False)
class Lines:
    """Events of any kinds, one per row; `NONE` or NaN where a column says nothing.

    Attributes
    ----------
    kind
        A code of `shop.events.KIND_CODES`, int8.
    session
        Number of the session within the block, int32; a rating or a refund keeps that of its purchase.
    user, item
        Numbers within the block and the catalogue, int32; the user of an anonymous session is `NONE`.
    moment
        Microseconds since 1970, int64.
    quantity, price
        Pieces (int32), and micros for each (int64).
    rating, satisfaction
        Stars, and the truth behind them: how the purchase that the line belongs to turns out, from 0 to 1; float32.
    words
        What was searched for: a noun of a leaf, as `leaf * NOUNS + noun`, int32.
    """

    kind: NDArray[np.int8]
    session: NDArray[np.int32]
    user: NDArray[np.int32]
    moment: NDArray[np.int64]
    item: NDArray[np.int32]
    quantity: NDArray[np.int32]
    price: NDArray[np.int64]
    rating: NDArray[np.float32]
    satisfaction: NDArray[np.float32]
    words: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.kind)

    @classmethod
    def of(
        cls,
        kind: EventKind,
        session: NDArray[np.integer[Any]],
        user: NDArray[np.integer[Any]],
        moment: NDArray[np.int64],
        **columns: NDArray[Any],
    ) -> Self:
        """Return lines of one kind; the columns that are not given are empty."""
        size = len(session)
        given = {"kind": np.int8(KIND_CODES[kind])} | _EMPTY | columns
        filled = {name: np.broadcast_to(values, size) for name, values in given.items()}
        return cls(session=session.astype(np.int32), user=user.astype(np.int32), moment=moment, **filled)

    @classmethod
    def join(cls, parts: Sequence[Self]) -> Self:
        """Return the lines of all parts, one after the other."""
        return cls(**{one.name: np.concatenate([getattr(part, one.name) for part in parts]) for one in fields(cls)})

    def take(self, rows: NDArray[Any]) -> Self:
        """Return some rows, given by number or by mask."""
        return type(self)(**{one.name: getattr(self, one.name)[rows] for one in fields(self)})

    def becoming(self, kind: EventKind, moment: NDArray[np.int64], **columns: NDArray[Any]) -> Self:
        """Return what these lines lead to: the same session, user and item in another kind of event, later."""
        return replace(self, kind=np.full(len(self), KIND_CODES[kind], np.int8), moment=moment, **columns)

    def of_kind(self, kind: EventKind) -> Self:
        """Return the lines of one kind."""
        return self.take(self.kind == KIND_CODES[kind])
